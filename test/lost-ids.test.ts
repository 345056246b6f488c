// Whether a merged task list lost an entry: every way an id can be on the three sides, and in the merge.
import { expect, test } from "bun:test";
import fc from "fast-check";
import { lostIds } from "../lib/integrity/lost-ids.ts";

const list = (...ids: (string | number)[]): string => JSON.stringify({ tasks: ids.map((id) => ({ id, title: "x" })) });

/** Base, ours, theirs, merged have the id (1) or not (0); only an id that nobody deleted must be in the merge. */
const SIDES: readonly (readonly [sides: string, lost: boolean])[] = [
  ["0000", false],
  ["0001", false],
  ["0010", true],
  ["0011", false], // new in theirs
  ["0100", true],
  ["0101", false], // new in ours
  ["0110", true],
  ["0111", false], // new in both
  ["1000", false],
  ["1001", false], // deleted by both
  ["1010", false],
  ["1011", false], // deleted by ours
  ["1100", false],
  ["1101", false], // deleted by theirs
  ["1110", true],
  ["1111", false], // kept by both
];

for (const [sides, lost] of SIDES) {
  test(`${lost ? "lost" : "not lost"}: base, ours, theirs, merged ${[...sides].join(" ")}`, () => {
    const [base = "", ours = "", theirs = "", merged = ""] = [...sides].map((has) =>
      has === "1" ? list("k", "a") : list("k"),
    );
    expect(lostIds({ base, ours, theirs, merged })).toEqual(lost ? ["a"] : []);
    if (sides.startsWith("0")) expect(lostIds({ base: null, ours, theirs, merged })).toEqual(lost ? ["a"] : []);
  });
}

test("numbers, texts, nested lists and lists at the top; several lost ids are sorted", () => {
  const nested = (...ids: (string | number)[]): string =>
    JSON.stringify([{ id: "p", sub: { steps: ids.map((id) => ({ id })) } }]);
  expect(lostIds({ base: null, ours: nested(7, "b"), theirs: nested("a"), merged: nested() })).toEqual(["7", "a", "b"]);
  expect(lostIds({ base: null, ours: nested(7, "b"), theirs: nested("a"), merged: nested("a", 7, "b") })).toEqual([]);
  expect(lostIds({ base: null, ours: "\ufeff[]", theirs: '[{"id":1}]', merged: "[]" })).toEqual(["1"]);
});

test("an id of an object that is no entry of a list is none, nor is one that is neither number nor text", () => {
  const ours = JSON.stringify({
    id: "file",
    list: [{ owner: { id: "someone" } }, { id: null }, { id: {} }, { id: true }, ["id"], 1, null],
  });
  expect(lostIds({ base: null, ours, theirs: ours, merged: "[]" })).toEqual([]);
});

test("entries below different entries may have the same id: step 1 of one task is not step 1 of another", () => {
  const tasks = (...steps: number[][]): string =>
    JSON.stringify(steps.map((ids, n) => ({ id: `t${n}`, steps: ids.map((id) => ({ id })) })));
  const [base, ours, theirs] = [tasks([], []), tasks([1], []), tasks([], [1])];
  expect(lostIds({ base, ours, theirs, merged: tasks([1], [1]) })).toEqual([]);
  expect(lostIds({ base, ours, theirs, merged: tasks([1, 1], []) })).toEqual(["1 (2 times)"]);
});

test("an entry that is doubled counts as a loss and is told with its number", () => {
  const [base, ours, theirs] = [list("a"), list("a", "b"), list("a", "b")];
  expect(lostIds({ base, ours, theirs, merged: list("a", "b", "b") })).toEqual(["b (2 times)"]);
  expect(lostIds({ base, ours, theirs, merged: list("a", "a", "a", "b") })).toEqual(["a (3 times)"]);
  // one that comes twice on a side may do so in the merge, and must
  const twice = list("a", "a");
  expect(lostIds({ base: twice, ours: twice, theirs: twice, merged: twice })).toEqual([]);
  expect(lostIds({ base: twice, ours: twice, theirs: twice, merged: list("a") })).toEqual(["a"]);
  expect(lostIds({ base: twice, ours: list("a"), theirs: twice, merged: list("a") })).toEqual([]);
});

test("a text that does not parse is not judged here", () => {
  const good = { base: list("a"), ours: list("a"), theirs: list("a"), merged: list() };
  expect(lostIds(good)).toEqual(["a"]);
  for (const side of ["base", "ours", "theirs", "merged"] as const)
    expect(lostIds({ ...good, [side]: "[1," })).toEqual([]);
  expect(lostIds({ ...good, merged: "" })).toEqual([]);
});

test("a merge that keeps what nobody deleted loses nothing, and any entry taken from it is named", () => {
  const ids = fc.uniqueArray(fc.oneof(fc.nat(20), fc.stringMatching(/^[a-e]{1,3}$/)), {
    maxLength: 12,
    selector: String,
  });
  fc.assert(
    fc.property(ids, ids, ids, fc.nat(), (base, ours, theirs, pick) => {
      const [had, here, there] = [base, ours, theirs].map((side) => new Set(side.map(String)));
      const all = [...new Set([...ours, ...theirs].map(String))];
      const kept = all.filter((id) => had?.has(id) !== true || (here?.has(id) === true && there?.has(id) === true));
      const versions = { base: list(...base), ours: list(...ours), theirs: list(...theirs) };
      expect(lostIds({ ...versions, merged: list(...kept) })).toEqual([]);
      expect(lostIds({ ...versions, merged: list(...kept.toReversed(), "brought by the merge") })).toEqual([]);
      const taken = kept[pick % Math.max(1, kept.length)];
      if (taken !== undefined)
        expect(lostIds({ ...versions, merged: list(...kept.filter((id) => id !== taken)) })).toEqual([taken]);
    }),
  );
});
