// Which snapshots stay: the stated rule, and that it can never drop what it promises.
import { expect, test } from "bun:test";
import fc from "fast-check";
import { retain } from "../lib/snapshot/retention.ts";

const DAY_MS = 86_400_000;
const now = new Date("2026-06-15T12:00:00Z");
const at = (daysAgo: number): { run: string; takenAt: Date } => ({
  run: `at ${daysAgo}`,
  takenAt: new Date(now.getTime() - daysAgo * DAY_MS),
});
const many = (from: number, to: number, step: number): { run: string; takenAt: Date }[] =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, n) => at(from + n * step));

test("all of the last day, one a day for two weeks, one a week for two months", () => {
  const { keep, drop } = retain(many(0, 100, 1 / 24), now);
  const ages = keep.map(({ run }) => Number(run.slice(3)));
  expect(ages.filter((age) => age <= 1).length).toBe(25);
  expect(ages.filter((age) => age > 1 && age <= 14).length).toBe(14);
  expect(ages.filter((age) => age > 14 && age <= 61).length).toBeGreaterThanOrEqual(6);
  expect(ages.filter((age) => age > 14 && age <= 61).length).toBeLessThanOrEqual(8);
  expect(ages.filter((age) => age > 61)).toEqual([]);
  expect(keep.length + drop.length).toBe(2401);
  expect([...keep, ...drop].every(({ reason }) => reason !== "")).toBe(true);
});

test("twenty stay however old they are, the newest ones", () => {
  const { keep, drop } = retain(many(200, 299, 1), now);
  expect(keep.map(({ run }) => run)).toEqual(many(200, 219, 1).map(({ run }) => run));
  expect(drop.length).toBe(80);
});

test("where they take too much space the oldest go first, of the newest twenty none, and that is said", () => {
  const each = 10;
  const sized = many(0, 29, 1 / 2).map((one) => ({ ...one, bytes: each }));
  const kept = retain(sized, now).keep.length;
  const space = (mostBytes: number) => ({ mostBytes, usedBytes: sized.length * each });
  expect(retain(sized, now, space(kept * each)).keep.length).toBe(kept);
  const tight = retain(sized, now, space((kept - 2) * each));
  expect(tight.keep.length).toBe(Math.max(kept - 2, 20));
  const none = retain(sized, now, space(1));
  expect(none.keep.length).toBe(Math.min(kept, 20));
  expect(none.overBound).toBe(true);
  const bySpace = retain(
    many(0, 10, 1 / 24).map((one) => ({ ...one, bytes: 1 })),
    now,
    {
      mostBytes: 22,
      usedBytes: 241,
    },
  );
  expect(bySpace.keep.length).toBe(22);
  expect(bySpace.overBound).toBe(false);
  expect(bySpace.keep.map(({ run }) => run)).toEqual(
    many(0, 10, 1 / 24)
      .slice(0, 22)
      .map(({ run }) => run),
  );
  expect(bySpace.drop.at(-1)?.reason).toContain("the oldest");
});

test("nothing to keep, and times from the future", () => {
  expect(retain([], now)).toEqual({ keep: [], drop: [], overBound: false });
  expect(retain([at(-400)], now).keep).toEqual([{ run: "at -400", reason: "taken within a day" }]);
});

test("whatever is there: each is kept or dropped once, the newest always stays, deciding again drops nothing more", () => {
  const ages = fc.array(fc.double({ min: -5, max: 400, noNaN: true }), { maxLength: 80 });
  fc.assert(
    fc.property(ages, (list) => {
      const snapshots = list.map((age, n) => ({ ...at(age), run: `run ${n}` }));
      const { keep, drop } = retain(snapshots, now);
      expect([...keep, ...drop].map(({ run }) => run).sort()).toEqual(snapshots.map(({ run }) => run).sort());
      expect(keep.length).toBeGreaterThanOrEqual(Math.min(20, snapshots.length));
      const kept = new Set(keep.map(({ run }) => run));
      const newest = snapshots.toSorted((a, b) => b.takenAt.getTime() - a.takenAt.getTime())[0];
      if (newest !== undefined)
        expect(
          [...kept].some(
            (run) => snapshots.find((one) => one.run === run)?.takenAt.getTime() === newest.takenAt.getTime(),
          ),
        ).toBe(true);
      expect(
        retain(
          snapshots.filter(({ run }) => kept.has(run)),
          now,
        ).drop,
      ).toEqual([]);
    }),
  );
});
