// When a machine is late, as tables over its rhythm, its sleep, and clocks that differ.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { overdueFrom, ownOverdueFrom, type Pace, skewOf, wakeUp } from "../lib/alert/overdue.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const T = Date.parse("2026-01-04T10:00:00Z");

const PACES: readonly (readonly [title: string, pace: Omit<Pace, "heardAt">, hours: number])[] = [
  ["every two hours", { nextDue: T + 2 * HOUR, everyMinutes: 120, sleeps: false }, 6.25],
  ["every hour", { nextDue: T + HOUR, everyMinutes: 60, sleeps: false }, 3.25],
  ["every ten minutes", { nextDue: T + 10 * MINUTE, everyMinutes: 10, sleeps: false }, 0.75],
  ["every twelve hours: never later than a day", { nextDue: T + 12 * HOUR, everyMinutes: 720, sleeps: false }, 24],
  ["once a day: a day and an hour", { nextDue: T + 24 * HOUR, everyMinutes: 1440, sleeps: false }, 25],
  ["every hour, but it is put to sleep", { nextDue: T + HOUR, everyMinutes: 60, sleeps: true }, 24],
  ["nothing is scheduled", { nextDue: null, everyMinutes: null, sleeps: false }, 24],
  ["a slot that was past already", { nextDue: T - 5 * HOUR, everyMinutes: 60, sleeps: false }, 2.25],
];

test.each(PACES)("a machine that runs %s", (_, pace, hours) =>
  expect(overdueFrom({ heardAt: T, ...pace }) - T).toBe(hours * HOUR),
);

test("a machine is always told within 25 hours, and never before its third slot", () => {
  const paces = fc.record({
    heardAt: fc.constant(T),
    nextDue: fc.option(fc.integer({ min: T - 48 * HOUR, max: T + 24 * HOUR })),
    everyMinutes: fc.option(fc.constantFrom(10, 20, 30, 60, 120, 240, 480, 720, 1440)),
    sleeps: fc.boolean(),
  });
  fc.assert(
    fc.property(paces, (pace) => {
      const age = overdueFrom(pace) - T;
      expect(age).toBeLessThanOrEqual(25 * HOUR);
      expect(age).toBeGreaterThanOrEqual(Math.min(24 * HOUR, 2 * (pace.everyMinutes ?? 720) * MINUTE));
    }),
  );
});

const CLOCKS: readonly (readonly [title: string, written: number, notBefore: number | null, skew: number])[] = [
  ["in step", T - HOUR, T - 2 * HOUR, 0],
  ["a minute ahead", T + MINUTE, T - HOUR, 0],
  ["an hour ahead", T + HOUR, T - HOUR, HOUR],
  ["three hours behind what was looked at an hour ago", T - 4 * HOUR, T - HOUR, -3 * HOUR],
  ["old, at the first look", T - 40 * HOUR, null, 0],
];

test.each(CLOCKS)("a clock %s", (_, writtenAt, notBefore, skew) =>
  expect(skewOf({ writtenAt, notBefore, foundAt: T })).toBe(skew),
);

describe("a machine that slept was not late", () => {
  const pace: Pace = { heardAt: T, nextDue: T + 2 * HOUR, everyMinutes: 120, sleeps: false };
  const looks = (hours: readonly number[]) => {
    let awake: ReturnType<typeof wakeUp> = { lookedAt: null, awakeSince: null, slept: false };
    for (const hour of hours) awake = wakeUp(awake, T + hour * HOUR, 60);
    return awake;
  };

  test("looked at every hour it is awake all the time", () => {
    expect(looks([0, 1, 2, 3, 4, 5])).toEqual({ lookedAt: T + 5 * HOUR, awakeSince: T, slept: false });
    expect(ownOverdueFrom(pace, T, 60) - T).toBe(6.25 * HOUR);
  });

  test("after a night it has the time of one slot to catch up", () => {
    const { awakeSince, slept } = looks([0, 1, 10]);
    expect([awakeSince, slept]).toEqual([T + 10 * HOUR, true]);
    expect(ownOverdueFrom(pace, awakeSince, 60) - T).toBe(11.25 * HOUR);
  });

  test("after three days too, and then it is late like any other", () => {
    const { awakeSince } = looks([0, 72, 73]);
    expect(ownOverdueFrom(pace, awakeSince, 60) - T).toBe(73.25 * HOUR);
  });

  test("a clock that was set back begins anew", () => {
    expect(looks([5, 1])).toEqual({ lookedAt: T + HOUR, awakeSince: T + HOUR, slept: false });
  });

  test("without a look of the watchdog before, time counts as it passed", () => {
    expect(ownOverdueFrom(pace, null, 60)).toBe(overdueFrom(pace));
  });
});
