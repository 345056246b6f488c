// The conflicts of the past, path by path: from the run that first met one to the run that got through. Pure.
import { WENT_THROUGH } from "../lib/failure.ts";
import type { PastRun } from "../lib/machine/history.ts";

export interface PastConflict {
  readonly path: string;
  /** ISO 8601, UTC: the run that met it first. */
  readonly from: string;
  /** Runs that it stopped. */
  readonly runs: number;
  /** The run that got through; null while it waits for an answer. */
  readonly ended: { readonly at: string; readonly command: string } | null;
}

/** Commands that end no conflict, whatever they say. */
const BYSTANDERS = ["verify", "init", "rehearse"];

/** The newest first. @param runs the newest first */
export function pastConflicts(runs: readonly PastRun[]): PastConflict[] {
  const found: PastConflict[] = [];
  const open = new Map<string, { from: string; runs: number }>();
  for (const { conflicts, exit, startedAt: at, command } of runs.toReversed()) {
    // what a rollback asks about is no conflict of two machines
    if (command === "rollback") continue;
    if (conflicts.length === 0 && (BYSTANDERS.includes(command) || !WENT_THROUGH.includes(exit))) continue;
    for (const [path, { from, runs: times }] of open) {
      if (conflicts.includes(path)) continue;
      found.push({ path, from, runs: times, ended: { at, command } });
      open.delete(path);
    }
    for (const path of conflicts) {
      const before = open.get(path);
      open.set(path, { from: before?.from ?? at, runs: (before?.runs ?? 0) + 1 });
    }
  }
  for (const [path, { from, runs: times }] of open) found.push({ path, from, runs: times, ended: null });
  return found.sort((a, b) => compare(b.from, a.from) || compare(a.path, b.path));
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
