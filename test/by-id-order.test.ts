// The order of a united list: what was turned round on either side is turned round, new entries follow their own.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { uniteOrder } from "../lib/merge/by-id-order.ts";

const ids = (text: string): string[] => (text === "" ? [] : text.split(" "));

function united(base: string[], ours: string[], theirs: string[], contradicted: "refuse" | "decide" = "refuse") {
  const kept = new Set(
    [...ours, ...theirs].filter((id) => !base.includes(id) || (ours.includes(id) && theirs.includes(id))),
  );
  return uniteOrder({ base, ours, theirs, kept }, contradicted);
}

describe("from both sides", () => {
  const cases: readonly (readonly [what: string, base: string, ours: string, theirs: string, united: string | null])[] =
    [
      ["nothing changed", "a b c", "a b c", "a b c", "a b c"],
      ["nothing there", "", "", "", ""],
      ["one side turned round", "a b c", "c b a", "a b c", "c b a"],
      ["both the same way", "a b c", "b c a", "b c a", "b c a"],
      ["both, apart from each other", "a b c d", "b a c d", "a b d c", "b a d c"],
      ["the last one up to the top, and two before it", "a b c d", "d a b c", "b a c d", "d b a c"],
      ["two to the top, each on one side", "a b c d", "c a b d", "d a b c", "d c a b"],
      ["the same one to different places", "a b c", "b a c", "b c a", "b c a"],
      ["the same one up and down", "a b c", "b a c", "a c b", null],
      ["added after its predecessor", "a b", "a x b", "a b", "a x b"],
      ["added before everything", "a b", "x a b", "a b", "x a b"],
      ["added at one place on both sides", "a b", "a y b", "a x b", "a x y b"],
      ["added in rows at one place", "a", "a t-9 t-11", "a t-10", "a t-9 t-10 t-11"],
      ["added in a row that keeps its order", "a", "a z b", "a c", "a c z b"],
      ["added behind one that the other moved", "a b c", "a x b c", "b c a", "b c a x"],
      ["added behind one that the other deleted", "a b c", "a b x c", "a c", "a x c"],
      ["deleted", "a b c", "a c", "a b c", "a c"],
      ["the same two added in the same order", "a", "a x y", "a x y", "a x y"],
      ["the same two added in contradicting orders", "a", "a x y", "a y x", null],
      ["the same one added at different places", "a b", "a x b", "a b x", null],
      ["no base, the same", "", "a b", "a b", "a b"],
      ["no base, some in common", "", "a c d", "b c e", "a b c d e"],
      ["an id that is empty", "", " a", " b", " a b"],
    ];
  test.each(cases)("%s", (_what, base, ours, theirs, expected) => {
    const wanted = expected === null ? null : ids(expected);
    expect(united(ids(base), ids(ours), ids(theirs))).toEqual(wanted);
    expect(united(ids(base), ids(theirs), ids(ours))).toEqual(wanted);
  });

  test("where a contradiction is to be decided, it is decided alike from both sides, and nothing is lost", () => {
    for (const [, base, ours, theirs] of cases) {
      const decided = united(ids(base), ids(ours), ids(theirs), "decide");
      expect(united(ids(base), ids(theirs), ids(ours), "decide")).toEqual(decided);
      expect(decided?.toSorted()).toEqual(expectedIds(ids(base), ids(ours), ids(theirs)));
    }
  });
});

function expectedIds(base: string[], ours: string[], theirs: string[]): string[] {
  const both = [...new Set([...ours, ...theirs])];
  return both.filter((id) => !base.includes(id) || (ours.includes(id) && theirs.includes(id))).sort();
}

/** The definition: a pair stands the other way round than in the base if either side turned it; null if that is no order. */
function byDefinition(base: readonly string[], ours: readonly string[], theirs: readonly string[]): string[] | null {
  const precedes = (a: string, b: string): boolean => {
    const before = base.indexOf(a) < base.indexOf(b);
    const turned = [ours, theirs].some((side) => side.indexOf(a) < side.indexOf(b) !== before);
    return before !== turned;
  };
  const counts = base.map((id) => base.filter((other) => other !== id && precedes(other, id)).length);
  if (new Set(counts).size !== base.length) return null;
  return base.toSorted((a, b) => (counts[base.indexOf(a)] ?? 0) - (counts[base.indexOf(b)] ?? 0));
}

test("reordered entries stand as the definition by pairs says, or contradict each other where it does", () => {
  const five = ["a", "b", "c", "d", "e"];
  const orders = fc.shuffledSubarray(five, { minLength: five.length });
  let [agreed, contradicted] = [0, 0];
  fc.assert(
    fc.property(orders, orders, (ours, theirs) => {
      const expected = byDefinition(five, ours, theirs);
      if (expected === null) contradicted++;
      else agreed++;
      expect(united(five, ours, theirs)).toEqual(expected);
    }),
    { numRuns: 2000 },
  );
  expect(Math.min(agreed, contradicted)).toBeGreaterThan(100);
});

test("any lists: the same from both sides, each new run in its own order, nothing lost, applied twice nothing changes", () => {
  const list = fc.uniqueArray(fc.constantFrom(..."abcdefgh"), { maxLength: 8 });
  fc.assert(
    fc.property(list, list, list, (base, ours, theirs) => {
      const made = united(base, ours, theirs);
      expect(united(base, theirs, ours)).toEqual(made);
      if (made === null) return;
      expect(made.toSorted()).toEqual(expectedIds(base, ours, theirs));
      expect(united(base, made, made)).toEqual(made);
      expect(united(ours, made, ours)).toEqual(made);
    }),
    { numRuns: 1000 },
  );
});

test("20,000 entries, turned round on one side and stirred on the other", () => {
  const base = Array.from({ length: 20_000 }, (_, at) => `${at}`);
  const pairs = base.map((_, at) => base[at % 2 === 0 ? at + 1 : at - 1] ?? "");
  const front = [...base.slice(10_000), ...base.slice(0, 10_000)];
  expect(reordered(base, pairs, front)).toEqual([...pairs.slice(10_000), ...pairs.slice(0, 10_000)]);
  expect(reordered(base, base.toReversed(), pairs)).toEqual(base.toReversed());
  const ends = ["19999", ...base.slice(1, -1), "0"];
  expect(reordered(base, [...base.slice(1), "0"], ["19999", ...base.slice(0, -1)])).toEqual(ends);
  // 0 behind 1 on one side, 2 before 1 on the other: 2 before 0 is what neither side says
  expect(reordered(base, ["1", "0", ...base.slice(2)], ["0", "2", "1", ...base.slice(3)])).toEqual(null);
});

/** For lists that hold the same ids. */
function reordered(base: string[], ours: string[], theirs: string[]): string[] | null {
  return uniteOrder({ base, ours, theirs, kept: new Set(base) }, "refuse");
}
