// What ran of a job's kind, from this machine's own history: a scheduler that has a job registered proves nothing.
import { WENT_THROUGH } from "../failure.ts";
import { type HistoryEntry, readHistory } from "../machine/history.ts";
import type { ScheduledCommand } from "../machine/settings-schedule.ts";

/** Runs that do what a command does, and so stand for it. */
const STANDS_FOR: Readonly<Record<ScheduledCommand, readonly string[]>> = {
  push: ["push", "sync"],
  pull: ["pull", "sync"],
  sync: ["sync"],
};
const SOUGHT = 200;

export interface LastRuns {
  readonly last: HistoryEntry | null;
  readonly lastGood: HistoryEntry | null;
}

/** The newest run that stands for the command, and the newest that ended well. */
export function lastRunsOf(stateDir: string, command: ScheduledCommand): LastRuns {
  const runs = readHistory(stateDir, { limit: SOUGHT }).filter((run) => STANDS_FOR[command].includes(run.command));
  return { last: runs[0] ?? null, lastGood: runs.find(({ exit }) => WENT_THROUGH.includes(exit)) ?? null };
}
