// The check that holds a merge against its versions catches one that loses, doubles, invents or drops; and whatever three
// versions there are, a merge is refused or passes both this check and the guard on lost ids.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { lostIds } from "../lib/integrity/lost-ids.ts";
import { uniteById } from "../lib/merge/by-id.ts";
import { unconservedEntry } from "../lib/merge/by-id-conserved.ts";
import { Survey } from "../lib/merge/json-survey.ts";

function judge(base: unknown, ours: unknown, theirs: unknown, united: unknown): string | null {
  const survey = new Survey();
  survey.add("base", base);
  survey.add("ours", ours);
  survey.add("theirs", theirs);
  survey.add("united", united);
  return unconservedEntry(survey.top);
}

const list = (...ids: string[]): object[] => ids.map((id) => ({ id }));

describe("a merge that", () => {
  const cases: readonly (readonly [
    what: string,
    base: unknown,
    ours: unknown,
    theirs: unknown,
    united: unknown,
    why: RegExp | null,
  ])[] = [
    ["keeps all", list("a"), list("a", "b"), list("a", "c"), list("c", "a", "b"), null],
    ["lets go what was deleted", list("a", "b"), list("a"), list("a", "b"), list("a"), null],
    [
      "loses an added entry",
      list("a"),
      list("a", "b"),
      list("a", "c"),
      list("a", "b"),
      /have the entry "c" 0 times, not 1/,
    ],
    ["loses one nobody touched", list("a"), list("a"), list("a", "c"), list("c"), /entry "a" 0 times, not 1/],
    [
      "brings back a deleted one",
      list("a", "b"),
      list("a"),
      list("a", "b"),
      list("a", "b"),
      /entry "b" 1 times, not 0/,
    ],
    ["doubles one", list("a"), list("a", "b"), list("a", "b"), list("a", "b", "b"), /entry "b" 2 times, not 1/],
    ["invents one", list("a"), list("a"), list("a"), list("a", "x"), /entry "x" 1 times, not 0/],
    ["drops a changed one", list("a"), [], [{ id: "a", title: "t" }], [], /drop the entry "a", which was changed/],
    ["drops one in which keys changed places", [{ id: "a", b: 1 }], [], [{ b: 1, id: "a" }], [], null],
    [
      "loses one deep inside",
      { x: [{ id: 1, s: [] }] },
      { x: [{ id: 1, s: list("s") }] },
      { x: [{ id: 1, s: [] }] },
      { x: [{ id: 1, s: [] }] },
      /entry "s"/,
    ],
    [
      "puts one into another list",
      { x: list("a"), y: [] },
      { x: list("a"), y: [] },
      { x: list("a"), y: list("b") },
      { x: list("a", "b"), y: [] },
      /entry "b"/,
    ],
    [
      "doubles one that was moved apart",
      { x: list("a"), y: [], z: [] },
      { x: [], y: list("a"), z: [] },
      { x: [], y: [], z: list("a") },
      { x: [], y: list("a"), z: list("a") },
      /"a" was put into different lists/,
    ],
    ["loses all", list("a"), list("a"), list("a", "b"), null, /entry/],
  ];
  test.each(cases)("%s", (_what, base, ours, theirs, united, why) => {
    for (const wrong of [judge(base, ours, theirs, united), judge(base, theirs, ours, united)]) {
      if (why === null) expect(wrong).toBeNull();
      else expect(wrong).toMatch(why);
    }
  });
});

/** Any list with entries of a few ids, so that most of them clash somehow. */
function anyList(name: string): fc.Arbitrary<unknown> {
  const entry = fc.record({ id: fc.constantFrom(..."abcde"), v: fc.nat(1), steps: fc.subarray(["1", "2", "3"]) });
  return fc.uniqueArray(entry, { selector: ({ id }) => id, maxLength: 5 }).map((entries) =>
    entries.map(({ id, v, steps }) => {
      const full = `${name}${id}`;
      return { id: full, v, steps: steps.map((step) => ({ id: `${full}${step}` })) };
    }),
  );
}

const files = fc.record({ t: anyList("t"), d: anyList("d") });

test("whatever three versions there are: the same from both sides, refused, or nothing lost and nothing left to unite", () => {
  const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  const known = { united: 0, refused: 0 };
  fc.assert(
    fc.property(fc.option(files), files, files, (base, ours, theirs) => {
      const versions = { base: base === null ? null : bytes(base), ours: bytes(ours), theirs: bytes(theirs) };
      const united = uniteById(versions);
      const other = uniteById({ ...versions, ours: versions.theirs, theirs: versions.ours });
      expect("refused" in other).toBe("refused" in united);
      known["refused" in united ? "refused" : "united"]++;
      if ("refused" in united) return;
      expect(other).toEqual(united);
      const merged = new TextDecoder().decode(united.content);
      const texts = {
        base: base === null ? null : JSON.stringify(base),
        ours: JSON.stringify(ours),
        theirs: JSON.stringify(theirs),
      };
      expect(lostIds({ ...texts, merged })).toEqual([]);
      expect(judge(base, ours, theirs, JSON.parse(merged))).toBeNull();
      expect(uniteById({ ...versions, ours: united.content })).toEqual(united);
      expect(uniteById({ ...versions, theirs: united.content })).toEqual(united);
    }),
    { numRuns: 1500 },
  );
  expect(known.united).toBeGreaterThan(30);
  expect(known.refused).toBeGreaterThan(30);
});
