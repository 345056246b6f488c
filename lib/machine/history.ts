// What ran on this machine for this folder, read back from the state database for people.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type RunRow, State } from "./state.ts";

export interface HistoryEntry {
  readonly run: string;
  readonly command: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly outcome: string;
  readonly exit: number;
  readonly files: {
    readonly added: number;
    readonly modified: number;
    readonly deleted: number;
    readonly merged: number;
  };
  readonly durationMs: number;
  readonly snapshot: string | null;
  readonly failureTitle: string | null;
}

/** The newest runs first; empty where none was ever recorded. */
export function readHistory(stateDir: string, options: { limit: number }): HistoryEntry[] {
  if (!existsSync(join(stateDir, "state.db"))) return [];
  const state = State.open(stateDir);
  try {
    return state.runs(options.limit).map(entryOf);
  } finally {
    state.close();
  }
}

interface RecordedReport {
  files: Record<"added" | "modified" | "deleted" | "merged", string[]>;
  durationMs: number;
  snapshot: string | null;
  failure: { title: string } | null;
}

function entryOf(row: RunRow): HistoryEntry {
  // written by this program from its own Report; a row that does not parse is a bug and is thrown as one
  const report = JSON.parse(row.report) as RecordedReport;
  return {
    run: row.run,
    command: row.command,
    startedAt: row.startedAt,
    outcome: row.outcome,
    exit: row.exit,
    files: {
      added: report.files.added.length,
      modified: report.files.modified.length,
      deleted: report.files.deleted.length,
      merged: report.files.merged.length,
    },
    durationMs: report.durationMs,
    snapshot: report.snapshot,
    failureTitle: report.failure?.title ?? null,
  };
}
