// A merge from which most is left out comes out as the whole merge does, to the byte and to the word; and what is put back
// is held against the whole versions.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { uniteById, uniteWhole } from "../lib/merge/by-id.ts";
import { abridge } from "../lib/merge/by-id-abridged.ts";
import { restore } from "../lib/merge/by-id-restored.ts";
import { hasEveryId } from "../lib/merge/by-id-written.ts";
import type { Versions } from "../lib/merge/united.ts";
import { printed, stories } from "./support/task-lists.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const versionsOf = (base: string, ours: string, theirs: string): Versions => ({
  base: bytes(base),
  ours: bytes(ours),
  theirs: bytes(theirs),
});

/** Whether something was left out, and what was put back was proved. */
function isAbridged(versions: Versions): boolean {
  const abridged = abridge(versions);
  if (abridged === null) return false;
  const united = uniteWhole(abridged);
  return "content" in united && restore(abridged, united.content) !== null;
}

function outcomeOf(versions: Versions): string {
  const united = uniteById(versions);
  expect(united).toEqual(uniteWhole({ versions }));
  if ("refused" in united) return `refused: ${united.refused}`;
  return Buffer.from(united.content).toString();
}

test("stories of two machines in every style come out as they would whole, and many are abridged", () => {
  let abridged = 0;
  fc.assert(
    fc.property(stories(2, { restyle: true }), ({ base, sides, styles }) => {
      const [before = "", ours = "", theirs = ""] = [base, ...sides].map((one, at) =>
        printed(one, styles[at] ?? { indent: "", lineEnd: "\n", colon: ":", endsWithLine: false, escapes: false }),
      );
      const versions = versionsOf(before, ours, theirs);
      outcomeOf(versions);
      if (isAbridged(versions)) abridged++;
    }),
    { numRuns: 1000 },
  );
  expect(abridged).toBeGreaterThan(20);
});

/** Members that an entry may have besides its id: harmless ones, and each thing that a cut might go wrong at. */
const MEMBERS = [
  '"v":1',
  '"v":2',
  '"t":"a \\"},{\\" b"',
  '"t":":"',
  '"k" : ":x"',
  '"k":1,"k":2',
  '"u":"é"',
  '"u":"\\u00e9"',
  '"u":"\\ud800"',
  '"u":"\\ud83d\\ude00"',
  '"n":9007199254740993',
  '"tags":["a","b"]',
  '"o":{"id":"a"}',
  '"o":{}',
  '"s":[{"id":1},{"id":2}]',
  '"s":[{"id":1},{"id":1}]',
  '"s":[{"id":"a","v":1}]',
  '"s":[{"id":"b"},{"id":"c"}]',
  '"s":[[{"x":1},{"x":2}],[]]',
  '"s":[\n    {"id":7},\n    {"id":8}\n  ]',
  `"d":${"[".repeat(202)}${"]".repeat(202)}`,
];
const IDS = [...'abcdefghijklm"']
  .map((id) => JSON.stringify(id))
  .concat('"é"', '"\\u00e9"', "1", "2", '"1"', "null", "1.5");

interface MadeEntry {
  readonly id: string;
  readonly members: readonly string[];
}

const mostly = <T>(usual: fc.Arbitrary<T>, seldom: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 12, arbitrary: usual }, { weight: 1, arbitrary: seldom });
const plain = fc.constantFrom(...MEMBERS.slice(0, 2));
const member = mostly(plain, fc.constantFrom(...MEMBERS));
const madeEntry: fc.Arbitrary<MadeEntry> = fc.record({
  id: fc.constantFrom(...IDS),
  members: fc.array(member, { maxLength: 2 }),
});
const startOfList = fc.tuple(
  mostly(fc.uniqueArray(fc.constantFrom(...IDS.slice(0, 14)), { minLength: 7 }), fc.array(fc.constantFrom(...IDS))),
  fc.array(member, { minLength: 14, maxLength: 14 }),
);
const deed: fc.Arbitrary<Deed> = fc.record({
  kind: fc.constantFrom<Deed["kind"][]>("touch", "change", "delete", "add", "move"),
  at: fc.nat(20),
  to: fc.nat(20),
  entry: madeEntry,
});

interface Deed {
  readonly kind: "touch" | "change" | "delete" | "add" | "move";
  readonly at: number;
  readonly to: number;
  readonly entry: MadeEntry;
}

function done(list: readonly MadeEntry[], deeds: readonly Deed[]): MadeEntry[] {
  const after = [...list];
  for (const { kind, at, to, entry } of deeds) {
    const from = at % Math.max(1, after.length);
    const there = after[from];
    if (kind === "add") after.splice(to % (after.length + 1), 0, entry);
    else if (there === undefined) continue;
    else if (kind === "touch") after[from] = { ...there, members: ['"w":1', ...there.members] };
    else if (kind === "change") after[from] = { ...there, members: entry.members };
    else {
      after.splice(from, 1);
      if (kind === "move") after.splice(to % (after.length + 1), 0, there);
    }
  }
  return after;
}

interface Layout {
  readonly lead: string;
  readonly close: string;
  readonly frame: readonly [string, string];
  /** Gaps that are not as the others are, by index. */
  readonly odd: Readonly<Record<number, string>>;
}

const FRAMES = [
  ["", ""],
  ['{"version":1,"tasks":', "}\n"],
  ['{\n  "a": [{"id":"a"}],\n  "tasks": ', ',\n  "done": [\n    {"id":"a"},\n    {"id":"z"}\n  ]\n}\n'],
  ['{"m":{"deep":', ',"x":[{"id":"a"}]}}'],
  ['[{"id":1,"list":', "}]"],
] as const;

function written(entries: readonly MadeEntry[], { lead, close, frame, odd }: Layout): string {
  const body = entries.map(({ id, members }, at) => {
    const gap = at === 0 ? lead : (odd[at] ?? `,${lead}`);
    return `${gap}{${[`"id":${id}`, ...members].join(",")}}`;
  });
  return `${frame[0]}[${body.join("")}${close}]${frame[1]}`;
}

const layout: fc.Arbitrary<Layout> = fc.record({
  lead: mostly(fc.constantFrom("", "\n    ", "\r\n\t"), fc.constantFrom(" ", "\n\n ")),
  close: fc.constantFrom("", "\n", "\n  ", "\r\n"),
  frame: fc.constantFrom(...FRAMES),
  odd: mostly(
    fc.constant({}),
    fc.dictionary(fc.constantFrom("1", "2", "3", "5"), fc.constantFrom(", ", ",\n    ", ",", ",1,")),
  ),
});

test("whatever lists there are, crooked ones too, they come out as they would whole", () => {
  const known = { abridged: 0, united: 0, refused: 0 };
  const deeds = fc.array(deed, { maxLength: 3 });
  fc.assert(
    fc.property(
      startOfList,
      deeds,
      deeds,
      layout,
      mostly(fc.constant(null), layout),
      ([ids, members], a, b, one, other) => {
        const base = ids.map((id, at): MadeEntry => ({ id, members: [members[at] ?? '"v":1'] }));
        const texts = [written(base, one), written(done(base, a), one), written(done(base, b), other ?? one)] as const;
        const versions = versionsOf(...texts);
        known[outcomeOf(versions).startsWith("refused: ") ? "refused" : "united"]++;
        if (isAbridged(versions)) known.abridged++;
      },
    ),
    { numRuns: 4000 },
  );
  expect(known.abridged).toBeGreaterThan(100);
  expect(known.united).toBeGreaterThan(200);
  expect(known.refused).toBeGreaterThan(200);
});

/** A printed list of ten tasks; each word of `more` is what one of them has besides. */
function tasks(more: Readonly<Record<number, string>>, added = ""): string {
  const lines = Array.from({ length: 10 }, (_, at) => `  {"id":"t${at}"${more[at] ?? ""}}`);
  return `[\n${lines.join(",\n")}${added}\n]\n`;
}

const ONE = ',"s":[{"id":1}]';
const NEW = ',\n  {"id":"new","s":[{"id":1}]}';
const STEP = ',"s":[{"id":"s"}]';

describe("one list", () => {
  const cases: readonly (readonly [what: string, versions: Versions, isAbridged: boolean])[] = [
    ["changed on both sides", versionsOf(tasks({}), tasks({ 3: ',"a":1' }), tasks({ 5: ',"a":1' })), true],
    ["the same entry changed", versionsOf(tasks({}), tasks({ 3: ',"a":1' }), tasks({ 3: ',"b":1' })), true],
    ["the same field changed", versionsOf(tasks({}), tasks({ 3: ',"a":1' }), tasks({ 3: ',"a":2' })), false],
    [
      "steps numbered alike in new tasks",
      versionsOf(tasks({ 3: ONE }), tasks({ 3: ONE }, NEW), tasks({ 3: ONE, 5: ONE })),
      true,
    ],
    ["an id added that is there", versionsOf(tasks({}), tasks({}, ',\n  {"id":"t4"}'), tasks({ 3: ',"a":1' })), false],
    ["a number as id among texts", versionsOf(tasks({}), tasks({}, ',\n  {"id":4}'), tasks({ 3: ',"a":1' })), false],
    ["a key twice where nothing was changed", versionsOf(...three(tasks({ 3: ',"a":1,"a":1' }))), false],
    [
      "a key twice in what was changed",
      versionsOf(tasks({ 3: ',"a":1,"a":1' }), tasks({}), tasks({ 5: ',"a":1' })),
      false,
    ],
    ["half a pair where nothing was changed", versionsOf(...three(tasks({ 3: ',"a":"\\ud800"' }))), false],
    ["a whole pair where nothing was changed", versionsOf(...three(tasks({ 3: ',"a":"\\ud83d\\ude00"' }))), true],
    ["a pair and another sign", versionsOf(...three(tasks({ 3: ',"a":"\\ud83d\\ude00é"' }))), false],
    ["an entry that is put into two others", versionsOf(tasks({}), moved(3), moved(4)), false],
    ["a step put at once into two", versionsOf(tasks({ 2: STEP }), tasks({ 5: STEP }), tasks({ 7: STEP })), false],
  ];
  test.each(cases)("%s", (_what, versions, abridged) => {
    outcomeOf(versions);
    expect(isAbridged(versions)).toBe(abridged);
  });
});

/** The same with a change on either side of what is alike. */
function three(base: string): [string, string, string] {
  return [base, base.replace('"t8"', '"t8","b":1'), base.replace('"t1"', '"t1","b":1')];
}

/** The tasks of which the last but one is now inside another. */
function moved(into: number): string {
  return tasks({ [into]: ',"s":[{"id":"t8"}]' }).replace('  {"id":"t8"},\n', "");
}

describe("what was left out", () => {
  const versions = versionsOf(tasks({}), tasks({ 3: ',"a":1' }), tasks({}, ',\n  {"id":"new"}'));
  const abridged = abridge(versions);
  if (abridged === null) throw new Error("something can be left out");
  const united = uniteWhole(abridged);
  if ("refused" in united) throw new Error(united.refused);
  const [[id, run] = ["", []]] = abridged.runs;

  test("is put back where it was", () => {
    expect(Buffer.from(restore(abridged, united.content) ?? []).toString()).toBe(
      tasks({ 3: ',"a":1' }, ',\n  {"id":"new"}'),
    );
  });

  const wrong: readonly (readonly [what: string, runs: readonly (readonly [string, readonly string[]])[]])[] = [
    ["is lost", []],
    ["lacks an entry", [[id, run.slice(1)]]],
    ["has an entry twice", [[id, [...run, ...run.slice(0, 1)]]]],
    ["has one that nobody wrote", [[id, [...run, '"id":"x"']]]],
    ["has one without an id", [[id, [...run.slice(1), '"x":1']]]],
    ["belongs behind an entry that is not there", [["x", run]]],
    ["is no entry", [[id, [...run.slice(1), '"id":"t1"},{"x":1']]]],
    ["ends the list", [[id, [...run.slice(1), '"id":"t1"}],"x":[{"y":1']]]],
  ];
  test.each(wrong)("is not taken for sound where it %s", (_what, runs) => {
    expect(restore({ ...abridged, runs: new Map(runs) }, united.content)).toBeNull();
  });
});

test("an id that a result lacks, has too often or has for no reason is seen in the texts", () => {
  const list = (...ids: string[]): string => JSON.stringify(ids.map((id) => ({ id })));
  const sides = { base: list("a", "b"), ours: list("a", "c"), theirs: list("a", "b", 'd"') };
  expect(hasEveryId(sides, list("a", "c", 'd"'))).toBe(true);
  for (const result of [
    list("a", "c"),
    list("a", "b", "c", 'd"'),
    list("a", "a", "c", 'd"'),
    list("a", "c", 'd"', "e"),
  ])
    expect(hasEveryId(sides, result)).toBe(false);
  // what all begin or end with does not hide what is between
  const [head, tail] = [
    ["1", "2"],
    ["3", "4"],
  ];
  const around = (...ids: string[]): string => list(...head, ...ids, ...tail);
  const three = { base: around("a"), ours: around("a", "b"), theirs: around("a") };
  expect(hasEveryId(three, around("a", "b"))).toBe(true);
  for (const result of [around("a"), around("b"), around("a", "b", "4"), around(), list("1", "2", "a", "b", "4")])
    expect(hasEveryId(three, result)).toBe(false);
  // steps of different tasks are numbered alike
  const steps = { base: list("1"), ours: list("1", "1"), theirs: list("1", "1", "1") };
  expect(hasEveryId(steps, list("1", "1", "1", "1"))).toBe(true);
  for (const result of [steps.base, steps.ours, steps.theirs, list()]) expect(hasEveryId(steps, result)).toBe(false);
});
