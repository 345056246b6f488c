// The words for runs of the past, as `history` and `status` show them.
import type { HistoryEntry, RecordedRun } from "../lib/machine/history.ts";
import type { Report } from "../lib/sync/report.ts";
import { columns, formatTime, listOf, stepLines, wordsOfFailure } from "./words.ts";

function filesOf({ files }: HistoryEntry): string {
  const said = Object.entries(files).filter(([, number]) => number > 0);
  return said.map(([kind, number]) => `${number} ${kind}`).join(", ");
}

/** `0.8 s`. */
function formatDuration(ms: number): string {
  return ms < 60_000
    ? `${(ms / 1000).toFixed(1)} s`
    : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

/** `laptop`, and whose files they were where another machine vouched for them. */
function whoOf({ machine, attestedBy }: HistoryEntry): string {
  return attestedBy === null || attestedBy === machine.role ? machine.role : `${machine.role}, from ${attestedBy}`;
}

function outcomeOf({ exit, outcome }: HistoryEntry): string {
  return exit === 0 ? outcome : `${outcome} (${exit})`;
}

/** Of one run: when, what, how it ended, who, how long, which files, its name. */
export function historyCells(entry: HistoryEntry): string[] {
  return [
    formatTime(entry.startedAt),
    entry.command,
    outcomeOf(entry),
    whoOf(entry),
    formatDuration(entry.durationMs),
    entry.failureTitle ?? filesOf(entry),
    entry.run,
  ];
}

/** The newest runs as columns. */
export function wordsOfHistory(entries: readonly HistoryEntry[]): string[] {
  return columns(entries.map(historyCells));
}

/** One run in full. */
export function wordsOfRun({ entry, report }: RecordedRun): string[] {
  // recorded by this program; a report of an earlier version may lack what came later, but none of what is shown here
  const full = report as unknown as Report;
  const commits = ({ before, after }: Report["head"]): string =>
    before === after
      ? (after ?? "none").slice(0, 12)
      : `${(before ?? "none").slice(0, 12)} to ${(after ?? "none").slice(0, 12)}`;
  const facts: [string, string][] = [
    ["run", entry.run],
    ["command", entry.command],
    ["began", `${formatTime(entry.startedAt)}, took ${formatDuration(entry.durationMs)}`],
    ["outcome", outcomeOf(entry)],
    ["who", `${whoOf(entry)} (${entry.machine.name})`],
    ["branch", `${full.branch}: ${commits(full.head)}`],
    ["remote", commits(full.remote)],
    ["files", filesOf(entry) || "none"],
    ["verified", `${full.verified.critical} critical, ${full.verified.changed} changed`],
    ["snapshot", entry.snapshot === null ? "none" : `${entry.snapshot}: petesbrain-sync rollback ${entry.snapshot}`],
  ];
  const { conflicts, heldBack } = full.files;
  return [
    ...columns(facts),
    ...listOf(full.files, true),
    ...conflicts.map((path) => `  conflict ${path}`),
    ...heldBack.map((path) => `  held back ${path}`),
    ...full.notes.map((note) => `note: ${note}`),
    ...(full.failure === null ? [] : wordsOfFailure(full.failure, entry.outcome)),
    ...stepLines(full),
  ];
}
