// What ran on this machine for this folder, read back from the state database for people.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { WENT_THROUGH } from "../failure.ts";
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
  /** The machine it ran on, and the role of the one that vouched for what came in; null where none did. */
  readonly machine: { readonly name: string; readonly role: string };
  readonly attestedBy: string | null;
  readonly snapshot: string | null;
  readonly failureTitle: string | null;
}

/** The newest runs first; empty where none was ever recorded. */
export function readHistory(stateDir: string, options: { limit: number }): HistoryEntry[] {
  if (!existsSync(join(stateDir, "state.db"))) return [];
  const state = State.open(stateDir);
  try {
    return state.runs(options.limit).map((row) => entryOf(row));
  } finally {
    state.close();
  }
}

/** A run with the files that people ask for by name. */
export interface PastRun extends HistoryEntry {
  readonly conflicts: readonly string[];
  readonly merged: readonly string[];
  readonly heldBack: readonly string[];
  /** What the failure said; null for a run without one. */
  readonly cause: string | null;
  /** Kind of the failure. */
  readonly kind: string | null;
}

/** The runs that began since a time, the newest first, at most so many; empty where none was ever recorded. */
export function runsSince(stateDir: string, since: Date, limit: number): PastRun[] {
  if (!existsSync(join(stateDir, "state.db"))) return [];
  const state = State.open(stateDir);
  try {
    return state.runs(limit, since.toISOString()).map(pastRunOf);
  } finally {
    state.close();
  }
}

/** One run with its report as it was recorded. */
export interface RecordedRun {
  readonly entry: HistoryEntry;
  /** What `--json` printed. */
  readonly report: Readonly<Record<string, unknown>>;
}

/** The runs whose names begin with a text, the newest first, at most so many. */
export function findRuns(stateDir: string, beginning: string, limit: number): RecordedRun[] {
  if (!existsSync(join(stateDir, "state.db"))) return [];
  const state = State.open(stateDir);
  try {
    return state
      .runsNamed(beginning, limit)
      .map((row) => ({ entry: entryOf(row), report: JSON.parse(row.report) as Record<string, unknown> }));
  } finally {
    state.close();
  }
}

/** Names and commands of the newest runs; empty where none was ever recorded. */
export function readCommands(stateDir: string, limit: number): { readonly run: string; readonly command: string }[] {
  if (!existsSync(join(stateDir, "state.db"))) return [];
  const state = State.open(stateDir);
  try {
    return state.commands(limit);
  } finally {
    state.close();
  }
}

/** A run that proved what lies on disk. */
export interface LastVerified {
  readonly run: string;
  readonly command: string;
  /** When it began: ISO 8601, UTC. */
  readonly at: string;
  /** Critical files that were read and proven, and files the run had changed. */
  readonly critical: number;
  readonly changed: number;
}

/** A rehearsal proves what a snapshot holds, and nothing about the folder. */
const REHEARSE = "rehearse";

/** Runs looked through for one that ended well. */
const SOUGHT = 1_000;

/** The newest run that ended well, and so read back what it left; null where there is none. */
export function lastVerified(stateDir: string): LastVerified | null {
  if (!existsSync(join(stateDir, "state.db"))) return null;
  const state = State.open(stateDir);
  try {
    for (const { run, command, startedAt: at, exit, outcome, report } of state.runs(SOUGHT)) {
      if (command === REHEARSE || !WENT_THROUGH.includes(exit) || outcome === "planned") continue;
      const { critical, changed } = (JSON.parse(report) as RecordedReport).verified;
      // a share of the tracked files says nothing of the critical ones
      if (command !== "verify" || critical > 0) return { run, command, at, critical, changed };
    }
    return null;
  } finally {
    state.close();
  }
}

interface RecordedReport {
  files: Record<"added" | "modified" | "deleted" | "merged" | "conflicts" | "heldBack", string[]>;
  durationMs: number;
  snapshot: string | null;
  machine: { name: string; role: string };
  verified: { critical: number; changed: number; attestedBy: string | null };
  failure: { kind: string; title: string; cause: string } | null;
}

function pastRunOf(row: RunRow): PastRun {
  const report = reportOf(row);
  const { files, failure } = report;
  // recorded by an earlier version, perhaps
  const { conflicts = [], merged = [], heldBack = [] } = files;
  const [cause, kind] = [failure?.cause ?? null, failure?.kind ?? null];
  return { ...entryOf(row, report), conflicts, merged, heldBack, cause, kind };
}

/** Written by this program from its own Report; a row that does not parse is a bug and is thrown as one. */
function reportOf(row: RunRow): RecordedReport {
  return JSON.parse(row.report) as RecordedReport;
}

function entryOf(row: RunRow, report = reportOf(row)): HistoryEntry {
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
    machine: report.machine,
    attestedBy: report.verified.attestedBy,
    snapshot: report.snapshot,
    failureTitle: report.failure?.title ?? null,
  };
}
