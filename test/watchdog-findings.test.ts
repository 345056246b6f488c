// What the watchdog makes of what it sees, as a table, and what each finding ends or begins.
import { describe, expect, test } from "bun:test";
import type { KnownMachine } from "../lib/sync/machines.ts";
import { age, findingsOf, type Seen, tidingsOfFindings } from "../lib/sync/watchdog-findings.ts";

const NOW = Date.parse("2026-01-05T10:00:00Z");

function machine(more: Partial<KnownMachine>): KnownMachine {
  return {
    ...{
      id: "laptop-1",
      record: { ref: "refs/petesbrain-sync/machines/laptop-1", commit: "c" },
      name: "MacBook",
      role: "laptop",
      self: false,
      tool: "2.0.0",
    },
    ...{ lastRun: { run: "r", command: "pull", at: "2026-01-04T08:00:00Z" }, lastGoodRun: null },
    ...{ commit: null, sameCommit: null, dirty: 0, conflicts: 0, nextDue: null, overdue: false },
    ...{ heardAt: "2026-01-04T08:00:00Z", clockAheadMs: 0 },
    ...more,
  };
}

function seen(more: Partial<Seen>): Seen {
  return {
    ...{ now: NOW, folder: "/b", remote: "origin", machines: [machine({})], reached: true, agents: [], baseline: "" },
    ...{ freeBytes: 50e9, unsent: null, rehearsal: null },
    ...more,
  };
}

const ROWS: readonly (readonly [title: string, seen: Partial<Seen>, name: string | null, says: RegExp])[] = [
  ["all is well", {}, null, /^$/],
  [
    "another machine is overdue",
    { machines: [machine({ overdue: true })] },
    "overdue:laptop-1",
    /^laptop has not been heard of for 26 hours; its last run was pull at 2026-01-04 08:00 UTC$/,
  ],
  ["it is, but the remote did not answer", { machines: [machine({ overdue: true })], reached: false }, null, /^$/],
  [
    "this machine is overdue, online or not",
    { machines: [machine({ overdue: true, self: true, role: "desktop" })], reached: false },
    "overdue:this",
    /^this machine \(desktop\) has not synced for 26 hours/,
  ],
  ["an agent is gone", { agents: ["com.petesbrain.sync-desktop is not registered"] }, "agents", /not registered/],
  ["nobody knows of agents", { agents: null }, null, /^$/],
  ["the baseline is damaged", { baseline: "it does not parse" }, "baseline", /does not parse/],
  ["the disk is nearly full", { freeBytes: 300e6 }, "disk", /^300 MB are free/],
  [
    "a channel is down",
    { unsent: { count: 3, fault: "refused" } },
    "unsent",
    /^3 alerts could not be sent for a day: ref/,
  ],
  ["a rehearsal failed", { rehearsal: { ok: false, says: "a file differs" } }, "rehearsal", /^a file differs$/],
  ["a rehearsal went well", { rehearsal: { ok: true, says: "" } }, null, /^$/],
];

test.each(ROWS)("%s", (_, more, name, says) => {
  const findings = findingsOf(seen(more));
  expect(findings.map((finding) => finding.name)).toEqual(name === null ? [] : [name]);
  expect(findings[0]?.says ?? "").toMatch(says);
  for (const { remedy } of findings) expect(remedy.length).toBeGreaterThan(0);
});

describe("what is over", () => {
  const ends = (more: Partial<Seen>): readonly string[] => tidingsOfFindings([], seen(more)).ends;

  test("is what was looked at and is well", () => {
    expect(ends({})).toContain("watchdog:overdue:");
    expect(ends({})).toContain("watchdog:agents");
  });

  test("is not what could not be looked at", () => {
    expect(ends({ reached: false })).not.toContain("watchdog:overdue:");
    expect(ends({ reached: false })).toContain("watchdog:overdue:this");
    expect(ends({ agents: null, freeBytes: null })).not.toContain("watchdog:agents");
    expect(ends({ agents: null, freeBytes: null })).not.toContain("watchdog:disk");
    expect(tidingsOfFindings([], null)).toEqual({ happenings: [], ends: [] });
  });
});

test.each([
  [-5, "less than an hour"],
  [59 * 60_000, "less than an hour"],
  [3_600_000, "1 hour"],
  [47.9 * 3_600_000, "47 hours"],
  [48 * 3_600_000, "2 days"],
])("an age of %d ms is %s", (ms, said) => expect(age(ms)).toBe(said));
