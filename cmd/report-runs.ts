// What ran and what was published, day by day, as pictures and a table of the page of `report`. Pure.
import { WENT_THROUGH } from "../lib/failure.ts";
import type { PastRun } from "../lib/machine/history.ts";
import type { Overview } from "../lib/sync/overview.ts";
import type { Published } from "../lib/sync/published.ts";
import { historyCells } from "./history-words.ts";
import { type ChartKind, countByDay, daysBetween, formatChart } from "./report-chart.ts";
import { rowsOf, type Said } from "./report-form.ts";
import { count } from "./words.ts";

const LISTED = 50;

/** How a run ended, for people. */
const ENDS: readonly ChartKind[] = [
  { name: "with changes", className: "good" },
  { name: "nothing to do", className: "idle" },
  { name: "stopped, for a person to decide", className: "wait" },
  { name: "did not go through", className: "bad" },
];
const [CHANGED, IDLE, STOPPED, FAILED] = [0, 1, 2, 3];

/** Its place among the ends. */
function endOf({ exit, outcome }: PastRun): number {
  if (!WENT_THROUGH.includes(exit)) return exit >= 20 && exit < 30 ? STOPPED : FAILED;
  return outcome === "up-to-date" ? IDLE : CHANGED;
}

export interface Tally {
  readonly total: number;
  readonly changed: number;
  readonly nothing: number;
  readonly stopped: number;
  readonly failed: number;
}

/** How many runs ended in which way. */
export function tallyOf(runs: readonly PastRun[]): Tally {
  const ends = runs.map(endOf);
  const of = (end: number): number => ends.filter((one) => one === end).length;
  return { total: runs.length, changed: of(CHANGED), nothing: of(IDLE), stopped: of(STOPPED), failed: of(FAILED) };
}

const PLAIN_GIT = "plain git";
const COLORS = ["mine", "theirs", "third"] as const;

/** Who published: this machine first, plain git last. */
function publishersOf(published: readonly Published[], own: string): ChartKind[] {
  const roles = [...new Set(published.flatMap(({ role }) => role ?? []))].filter((role) => role !== own).sort();
  const machines = [own, ...roles].map((name, at) => ({
    name,
    className: COLORS[Math.min(at, COLORS.length - 1)] ?? "",
  }));
  return published.some(({ role }) => role === null) ? [...machines, { name: PLAIN_GIT, className: "idle" }] : machines;
}

/** HTML: the pictures. */
export function runParts({ runs, published, since, at, status }: Overview, said: Said): string {
  const days = daysBetween(since, at);
  const { role } = status.machine;
  const ran = countByDay(days, ENDS.length, runs, (run) => ({ at: run.startedAt, kind: endOf(run) }));
  const kinds = publishersOf(published, role);
  const sent = countByDay(days, kinds.length, published, (commit) => {
    return { at: commit.at, kind: kinds.findIndex(({ name }) => name === (commit.role ?? PLAIN_GIT)) };
  });
  return `<h3>What ran on ${said(role)}: ${count(runs.length, "run")}</h3>
${formatChart({ says: `runs of ${role} by day`, kinds: ENDS, days: ran, said })}
<h3>What was published: ${count(published.length, "commit")}</h3>
${formatChart({ says: "commits by day and machine", kinds, days: sent, said })}`;
}

/** HTML: a row each. */
export function newestRuns({ runs }: Overview, said: Said): string {
  const heads = ["when", "command", "how it ended", "who", "took", "files", "run"];
  const rest = runs.length - LISTED;
  const more = rest > 0 ? `<p>${said(`and ${rest} more: petesbrain-sync history --limit ${runs.length}`)}</p>` : "";
  return `${rowsOf(heads, runs.slice(0, LISTED).map(historyCells), said)}${more}`;
}
