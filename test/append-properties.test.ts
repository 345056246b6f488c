// What holds of every union of entries, whatever the file and whatever two or three machines did to it.
import { expect, test } from "bun:test";
import fc from "fast-check";
import { uniteEntries } from "../lib/merge/append.ts";
import type { Versions } from "../lib/merge/united.ts";
import {
  additionsOnly,
  bases,
  carryOut,
  DATED,
  type Deed,
  deeds,
  type FileShape,
  type Item,
  shapes,
  sorted,
  textOf,
} from "./support/entry-files.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The united text; null where a person must choose. */
function unite(base: string | null, ours: string, theirs: string): string | null {
  const versions: Versions = { base: base === null ? null : encode(base), ours: encode(ours), theirs: encode(theirs) };
  const united = uniteEntries(versions);
  return "content" in united ? Buffer.from(united.content).toString("utf8") : null;
}

interface Case {
  readonly shape: FileShape;
  readonly base: readonly Item[];
  readonly deeds: readonly Deed[];
}

function cases(deed: fc.Arbitrary<Deed>, machines: number): fc.Arbitrary<Case> {
  return fc
    .record({ shape: shapes, base: bases, deeds: fc.array(deed, { minLength: machines, maxLength: machines }) })
    .map(({ shape, base, deeds: all }) => {
      // a single line without an end does not say how lines end
      const finalNewline = shape.finalNewline || base.length < 2;
      return { shape: { ...shape, finalNewline }, base: sorted(base, shape), deeds: all };
    });
}

function textsOf({ shape, base, deeds: all }: Case): [base: string, ...sides: string[]] {
  return [textOf(base, shape), ...all.map((deed) => textOf(carryOut(base, deed, shape), shape))];
}

/** True where two entries were added by both machines, and not in the same order: below a day nothing says which. */
function inOtherOrders({ deeds: [one, other] }: Case): boolean {
  const names = other?.added.map(({ name }) => name) ?? [];
  const places = (one?.added ?? []).map(({ name }) => names.indexOf(name)).filter((at) => at >= 0);
  return places.some((at, next) => at < (places[next - 1] ?? 0));
}

const RUNS = { numRuns: 500 };
/** Lines that begin an entry of this name, not the ones that go on with it. */
const occurrences = (text: string, name: string): number =>
  text.split(/\r?\n/).filter((line) => !/^ {2}at |: 5$/.test(line) && line.split(" ").includes(name)).length;

test("the result is the same to the byte whichever side is ours", () => {
  fc.assert(
    fc.property(cases(deeds, 2), fc.boolean(), (made, isAdded) => {
      const [base, ours = "", theirs = ""] = textsOf(made);
      const from = isAdded ? null : base;
      expect(unite(from, ours, theirs)).toBe(unite(from, theirs, ours));
    }),
    RUNS,
  );
});

test("uniting again changes nothing, and is only refused where something was deleted", () => {
  fc.assert(
    fc.property(cases(deeds, 2), fc.boolean(), (made, isAdded) => {
      const [base, ours = "", theirs = ""] = textsOf(made);
      const from = isAdded ? null : base;
      const united = unite(from, ours, theirs);
      fc.pre(united !== null);
      const mayRefuse = !isAdded && made.deeds.some(({ deleted, edited }) => deleted.length + edited.length > 0);
      for (const side of [ours, theirs, united]) {
        const again = unite(from, united, side);
        if (again !== null || !mayRefuse) expect(again).toBe(united);
      }
    }),
    RUNS,
  );
});

test("every entry that nobody deleted is there exactly once, one that was deleted is not", () => {
  let refused = 0;
  fc.assert(
    fc.property(cases(deeds, 2), (made) => {
      const [base, ours = "", theirs = ""] = textsOf(made);
      const united = unite(base, ours, theirs);
      if (united === null) {
        refused++;
        return;
      }
      const isDeleted = (at: number): boolean => made.deeds.some(({ deleted }) => deleted.includes(at));
      for (const [at, item] of made.base.entries()) {
        // a change that cannot be known as one, because next to nothing is left of the entry, is kept
        const isKept = made.deeds.some(
          ({ deleted, edited }) => !deleted.includes(at) && edited.some(([i]) => i === at),
        );
        if (!isDeleted(at) || !isKept) expect(occurrences(united, item.name), item.name).toBe(isDeleted(at) ? 0 : 1);
        else expect(occurrences(united, item.name), item.name).toBeLessThanOrEqual(1);
      }
      for (const item of made.deeds.flatMap(({ added }) => added))
        expect(occurrences(united, item.name), item.name).toBe(1);
    }),
    RUNS,
  );
  // half of these files have an entry that both changed, or that one changed and the other deleted
  expect(refused).toBeLessThan(RUNS.numRuns * 0.7);
});

test("three machines come to the same in whatever order they meet", () => {
  let compared = 0;
  fc.assert(
    fc.property(cases(deeds, 3), fc.boolean(), (made, isAdded) => {
      const [base, a = "", b = "", c = ""] = textsOf(made);
      const from = isAdded ? null : base;
      const meet = (one: string, two: string, three: string): string | null => {
        const first = unite(from, one, two);
        return first === null ? null : unite(from, first, three);
      };
      const ends = [meet(a, b, c), meet(a, c, b), meet(b, c, a)];
      if (ends.includes(null)) return;
      compared++;
      // without dates only the neighbours say where an entry belongs: where one of those was deleted, additions beside
      // it may come in another order
      const isPlaced = DATED.includes(made.shape.style) || made.deeds.every(({ deleted }) => deleted.length === 0);
      const told = (text: string | null): string | null =>
        isPlaced ? text : (text ?? "").split(/\s+/).sort().join(" ");
      expect(told(ends[1] ?? null)).toBe(told(ends[0] ?? null));
      expect(told(ends[2] ?? null)).toBe(told(ends[0] ?? null));
    }),
    RUNS,
  );
  expect(compared).toBeGreaterThan(RUNS.numRuns * 0.1);
});

test("where both machines only add, nothing is refused, and files in time order stay so", () => {
  fc.assert(
    fc.property(cases(additionsOnly, 2), (made) => {
      const { shape } = made;
      const isOrdered = new Set(made.base.map(({ day }) => day)).size > 1;
      fc.pre(isOrdered);
      const [base, ours = "", theirs = ""] = textsOf(made);
      const united = unite(base, ours, theirs);
      const isUndated = !DATED.includes(shape.style) || (shape.style === "days" && inOtherOrders(made));
      if (isUndated) {
        fc.pre(united !== null);
        return;
      }
      expect(united).not.toBeNull();
      const days = [...(united ?? "").matchAll(/^(?:## |- \[x\] )?2026-01-(\d\d)/gm)].map(([, day]) => Number(day));
      expect(days).toEqual(days.toSorted((x, y) => (shape.newestFirst ? y - x : x - y)));
    }),
    RUNS,
  );
});

test("line ends and the end of the file stay as they are", () => {
  fc.assert(
    fc.property(cases(deeds, 2), (made) => {
      const [base, ours = "", theirs = ""] = textsOf(made);
      const united = unite(base, ours, theirs);
      fc.pre(united !== null && base !== "" && united !== ours && united !== theirs);
      const bare = united.match(/(?<!\r)\n/g)?.length ?? 0;
      const both = united.match(/\r\n/g)?.length ?? 0;
      expect(made.shape.lineEnd === "\n" ? both : bare).toBe(0);
      expect(united.endsWith("\n")).toBe(made.shape.finalNewline);
    }),
    RUNS,
  );
});
