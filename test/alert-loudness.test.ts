// The one table that decides what is loud: every event, the turns at which a trouble is said again, and what the end of
// a run amounts to.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { decide, decideRecovery, type EventName, LOUDNESS, lastTurn } from "../lib/alert/loudness.ts";
import { type EndedRun, tidingsOfRun } from "../lib/alert/tidings-of-run.ts";
import { FAILURES, type FailureKind } from "../lib/failure.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.parse("2026-01-04T10:00:00Z");

test("the table is the specification's", () => {
  const rows = Object.entries(LOUDNESS).map(([event, row]) => [event, row.notification, row.sendsFrom]);
  expect(rows).toEqual([
    ["synced", "silent", null],
    ["put-back", "silent", null],
    ["nothing", "none", null],
    ["conflict", "shown", 2],
    ["held-back", "shown", 2],
    ["settings", "shown", 2],
    ["halted", "sound", 1],
    ["failed", "sound", 1],
    ["integrity", "sound", 1],
    ["rolled-back", "sound", 1],
    ["rollback-failed", "sound", 1],
    ["overdue", "sound", 1],
    ["unwell", "shown", 1],
    ["recovered", "silent", 1],
    ["test", "sound", 1],
  ]);
  expect(LOUDNESS.synced.title).toBe("✅ Sync Successful");
  expect(LOUDNESS.conflict.title).toBe("⚠️ Sync Blocked");
  expect(LOUDNESS.failed.title).toBe("🚨 Sync Failed");
  expect(LOUDNESS["rolled-back"].notices).toEqual(["🔄 Rollback Initiated", "✅ Rollback Successful"]);
});

/** Lets a trouble happen at those times and returns the times at which it was shown and sent. */
function lived(event: EventName, times: readonly number[]): { shown: number[]; sent: number[] } {
  const told: { shown: number[]; sent: number[] } = { shown: [], sent: [] };
  let [shownAt, sentAt]: [number | null, number | null] = [null, null];
  for (const [n, at] of times.entries()) {
    const said = decide(event, { since: times[0] ?? 0, count: n + 1, shownAt, sentAt }, at);
    if (said.show) told.shown.push(at);
    if (said.send) told.sent.push(at);
    if (said.show) shownAt = at;
    if (said.send) sentAt = at;
  }
  return told;
}

const hourly = (count: number): number[] => Array.from({ length: count }, (_, n) => START + n * HOUR);
const days = (times: readonly number[]): number[] => times.map((at) => (at - START) / DAY);

describe("a trouble that lasts", () => {
  test("is said at once, after 1, 3 and 7 days, then every week", () => {
    const { shown, sent } = lived("failed", hourly(24 * 30));
    expect(days(shown)).toEqual([0, 1, 3, 7, 14, 21, 28]);
    expect(sent).toEqual(shown);
  });

  test("a hundred identical failures within an hour make one alert, a hundred hourly ones three", () => {
    const burst = Array.from({ length: 100 }, (_, n) => START + n * 30_000);
    expect(lived("failed", burst).sent).toHaveLength(1);
    expect(days(lived("failed", hourly(100)).sent)).toEqual([0, 1, 3]);
  });

  test("a conflict is shown at once, and sent from the second run in a row on", () => {
    const { shown, sent } = lived("conflict", hourly(30));
    expect(days(shown)).toEqual([0, 1]);
    expect(sent).toEqual([START + HOUR, START + DAY]);
    expect(lived("held-back", hourly(1)).sent).toEqual([]);
  });

  test("a machine that was off does not catch up on turns it missed", () => {
    expect(lived("overdue", [START, START + 8 * DAY, START + 8 * DAY + HOUR]).sent).toHaveLength(2);
  });

  test("its end is said by the ways on which it was heard of", () => {
    const lasting = { since: START, count: 3 };
    expect(decideRecovery({ ...lasting, shownAt: START, sentAt: null })).toEqual({ show: true, send: false });
    expect(decideRecovery({ ...lasting, shownAt: START, sentAt: START })).toEqual({ show: true, send: true });
  });
});

test("a turn is never in the future, never goes back, and nothing is said twice in one", () => {
  const events = Object.keys(LOUDNESS) as EventName[];
  fc.assert(
    fc.property(
      fc.constantFrom(...events),
      fc.array(fc.nat(40 * DAY), { minLength: 1, maxLength: 60 }),
      (event, gaps) => {
        const times = gaps.map((gap) => START + gap).sort((a, b) => a - b);
        const turns = times.map((at) => lastTurn(times[0] ?? 0, at));
        expect(turns.every((turn, n) => turn <= (times[n] ?? 0) && turn >= (turns[n - 1] ?? 0))).toBe(true);
        const { sent } = lived(event, times);
        expect(sent.length).toBeLessThanOrEqual(new Set(turns).size);
        if (LOUDNESS[event].sendsFrom === 1) expect(sent).toHaveLength(new Set(turns).size);
      },
    ),
  );
});

test("a clock that was set back says nothing again", () => {
  expect(decide("failed", { since: START, count: 2, shownAt: START, sentAt: START }, START - 30 * DAY)).toEqual({
    show: false,
    send: false,
  });
});

function ended(more: Partial<EndedRun> & { kind?: FailureKind; cause?: string }): EndedRun {
  const { kind, cause = "it did not work", ...rest } = more;
  const failure = kind === undefined ? null : { kind, cause, ...FAILURES[kind], paths: ["a.md"], remedy: ["b"] };
  const files = { added: [], modified: [], deleted: [], merged: [], heldBack: [] };
  const outcome = failure === null ? "up-to-date" : "failed";
  const exit = kind === undefined ? 0 : FAILURES[kind].exit;
  return { command: "push", run: "r", outcome, exit, rolledBack: false, files, failure, notes: [], ...rest };
}

const EVENTS_OF_KINDS: Readonly<Record<FailureKind, EventName | null>> = {
  internal: "failed",
  usage: null,
  "config-invalid": "settings",
  "not-a-repository": "failed",
  locked: null,
  "remote-unreachable": null,
  "remote-rejected": "failed",
  "permission-denied": "failed",
  conflicts: "conflict",
  halted: "halted",
  "recovery-pending": "failed",
  "held-back": "held-back",
  "snapshot-failed": "failed",
  "integrity-mismatch": "integrity",
  "rollback-failed": "rollback-failed",
  interrupted: null,
  terminated: null,
};

test.each(Object.entries(EVENTS_OF_KINDS) as [FailureKind, EventName | null][])(
  "a run that ends with %s",
  (kind, event) => {
    const { happenings, ends } = tidingsOfRun(ended({ kind }));
    expect(happenings.map((one) => one.event)).toEqual(event === null ? [] : [event]);
    expect(ends).toEqual([]);
  },
);

describe("what a run amounts to", () => {
  const files = { added: ["a"], modified: ["b"], deleted: [], merged: [], heldBack: [] };

  test("a quiet one ends the troubles of its command and of those whose work it did", () => {
    expect(tidingsOfRun(ended({ command: "sync" }))).toEqual({
      happenings: [],
      ends: ["sync:", "push:", "pull:", "exchange:"],
    });
    expect(tidingsOfRun(ended({ command: "pull" })).ends).toEqual(["pull:", "exchange:"]);
    expect(tidingsOfRun(ended({ command: "verify" })).ends).toEqual(["verify:"]);
    expect(tidingsOfRun(ended({ command: "resolve" })).ends).toContain("sync:conflicts");
  });

  test("one that changed something is told silently", () => {
    const { happenings } = tidingsOfRun(ended({ outcome: "synced", files }));
    expect(happenings).toMatchObject([{ event: "synced", cause: "push: 2 files", paths: ["a", "b"] }]);
  });

  test("a plan amounts to nothing, whatever it found", () => {
    expect(tidingsOfRun(ended({ outcome: "planned", files }))).toEqual({ happenings: [], ends: [] });
  });

  test("one that was undone says what happened and that the folder is as it was", () => {
    const run = ended({ kind: "integrity-mismatch", outcome: "rolled-back", rolledBack: true });
    expect(tidingsOfRun(run).happenings).toMatchObject([
      { event: "rolled-back", done: ["the run was undone: the folder is as it was before"] },
    ]);
    const failed = ended({ kind: "rollback-failed", rolledBack: true });
    expect(tidingsOfRun(failed).happenings).toMatchObject([{ event: "rollback-failed" }]);
  });

  test("what was held back is a trouble although the run was good", () => {
    const run = ended({
      exit: FAILURES["held-back"].exit,
      outcome: "synced",
      files: { ...files, heldBack: ["k.pem"] },
    });
    expect(tidingsOfRun(run)).toMatchObject({
      happenings: [{ event: "held-back", key: "push:held-back", paths: ["k.pem"] }],
      ends: ["push:", "sync:", "exchange:"],
    });
  });

  test("one conflict is one trouble, whichever command meets it, but for a rollback's own", () => {
    const key = (command: string): string =>
      tidingsOfRun(ended({ command, kind: "conflicts" })).happenings[0]?.key ?? "";
    expect(new Set(["push", "pull", "sync", "resolve"].map(key)).size).toBe(1);
    expect(key("rollback")).not.toBe(key("pull"));
    for (const command of ["push", "pull", "sync", "resolve"])
      expect(tidingsOfRun(ended({ command })).ends.some((end) => key("pull").startsWith(end))).toBe(true);
    expect(tidingsOfRun(ended({ command: "verify" })).ends.some((end) => key("pull").startsWith(end))).toBe(false);
  });

  test("halts of two guards are two troubles, of one guard over other files the same", () => {
    const key = (cause: string): string => tidingsOfRun(ended({ kind: "halted", cause })).happenings[0]?.key ?? "";
    expect(key("secret: a.md holds a key")).not.toBe(key("mass-delete: 40 files are gone"));
    expect(key("secret: a.md holds a key")).toBe(key("secret: b.md holds a key"));
  });
});
