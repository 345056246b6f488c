// The record made before the first file of the folder is touched: what each path held, what it is to hold, which refs
// move and which index is replaced. While it exists the run has not completed, and everything in it can be undone.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { RefUpdate } from "../git/refs.ts";
import type { FileDigest } from "../integrity/digest.ts";
import { flushFolder, writeDurably } from "../machine/durable.ts";

export interface JournalFile {
  readonly path: string;
  /** The bytes on disk before; null where nothing was. */
  readonly before: FileDigest | null;
  /** The bytes on disk after; null where nothing is to be. */
  readonly after: FileDigest | null;
  /** Size and time of the staged file (`saveOf`): with these, other bytes than `after` are damage, not an edit. */
  readonly save?: string;
}

export interface Journal {
  readonly version: 1;
  readonly run: string;
  readonly command: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** Snapshot of the folder as the run found it: the ref that holds it. */
  readonly snapshotRef: string;
  /** Directory of this run: `staging/`, `displaced/<n>` for the n-th file, `index-before`. Absolute. */
  readonly workDir: string;
  readonly oidBytes: 20 | 32;
  readonly files: readonly JournalFile[];
  /** Folders that did not exist before, outermost first, relative to the synced folder. */
  readonly newFolders: readonly string[];
  readonly refs: readonly RefUpdate[];
  /** Prepared index that replaces the repository's; null when the index stays. Absolute. */
  readonly newIndex: string | null;
}

function journalPath(stateDir: string): string {
  return join(stateDir, "journal.json");
}

/** True while a run has begun to adopt and neither completed nor been undone. */
export function journalExists(stateDir: string): boolean {
  return existsSync(journalPath(stateDir));
}

/** Writes and flushes the journal. */
export function writeJournal(stateDir: string, journal: Journal): void {
  writeDurably(journalPath(stateDir), `${JSON.stringify(journal)}\n`);
}

/** The journal of an unfinished run, null when there is none; nothing is guessed from a damaged one. */
export function readJournal(stateDir: string): Journal | null | "damaged" {
  const path = journalPath(stateDir);
  if (!existsSync(path)) return null;
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) return "damaged";
    throw error;
  }
  return isJournal(value) ? value : "damaged";
}

/** Removes the journal: from here on the run counts as ended. */
export function removeJournal(stateDir: string): void {
  rmSync(journalPath(stateDir), { force: true });
  flushFolder(stateDir);
}

function isJournal(value: unknown): value is Journal {
  return (
    typeof value === "object" &&
    value !== null &&
    "version" in value &&
    value.version === 1 &&
    "files" in value &&
    Array.isArray(value.files) &&
    "refs" in value &&
    Array.isArray(value.refs) &&
    "workDir" in value &&
    typeof value.workDir === "string" &&
    "snapshotRef" in value &&
    typeof value.snapshotRef === "string" &&
    "newFolders" in value &&
    Array.isArray(value.newFolders)
  );
}
