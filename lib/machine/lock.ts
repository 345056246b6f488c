// One run at a time: a SQLite file held in an exclusive transaction for the length of the run. The kernel frees it
// whenever the process dies, so it is never stale and never stolen by age. Who holds it is readable beside it.
import { Database } from "bun:sqlite";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { Failure } from "../failure.ts";
import { quoted } from "../paste.ts";

export interface LockHolder {
  readonly pid: number;
  readonly host: string;
  readonly command: string;
  readonly run: string;
  /** ISO 8601, UTC. */
  readonly since: string;
}

const UNKNOWN_HOLDER: LockHolder = { pid: 0, host: "", command: "another run", run: "", since: "" };
/** A look at who holds the lock takes it for an instant; a run that starts just then waits for that, no longer. */
const PROBE_MS = 250;

export interface Lock {
  release(): void;
}

/**
 * Takes the run lock in `stateDir`, which must exist.
 * @throws {Failure} `locked` naming the holder when another process has it.
 */
export function takeLock(stateDir: string, holder: LockHolder): Lock {
  const database = new Database(join(stateDir, "lock.db"), { create: true });
  const holderFile = join(stateDir, "lock.json");
  try {
    database.run(`PRAGMA busy_timeout = ${PROBE_MS}`);
    database.run("PRAGMA synchronous = OFF");
    database.run("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if (isDamaged(error)) throw damagedLock(join(stateDir, "lock.db"), error);
    if (!isBusy(error)) throw error;
    throw locked(stateDir, readHolder(stateDir));
  }
  writeFileSync(holderFile, `${JSON.stringify(holder)}\n`, { mode: 0o600 });
  return {
    release: () => {
      rmSync(holderFile, { force: true });
      database.run("ROLLBACK");
      database.close();
    },
  };
}

/** Who is at work now; null when nobody is, also where a killed process left its note. Holds the lock for an instant. */
export function currentHolder(stateDir: string): LockHolder | null {
  const path = join(stateDir, "lock.db");
  if (!existsSync(path)) return null;
  let database: Database | null = null;
  try {
    database = new Database(path, { create: false, readwrite: true });
    database.run("BEGIN EXCLUSIVE");
    database.run("ROLLBACK");
    return null;
  } catch (error) {
    // where the file cannot be written, no run can be holding it either
    return isBusy(error) ? (readHolder(stateDir) ?? UNKNOWN_HOLDER) : null;
  } finally {
    database?.close();
  }
}

/** Who holds the lock, as far as the note beside it says; null when there is no readable note. */
function readHolder(stateDir: string): LockHolder | null {
  try {
    const value: unknown = JSON.parse(readFileSync(join(stateDir, "lock.json"), "utf8"));
    return isHolder(value) ? value : null;
  } catch {
    // the holder may be between taking the lock and writing its note
    return null;
  }
}

/** This process's own note. */
export function holderNote(run: string, command: string, now: Date): LockHolder {
  return { pid: process.pid, host: hostname(), command, run, since: now.toISOString() };
}

function isHolder(value: unknown): value is LockHolder {
  return (
    typeof value === "object" &&
    value !== null &&
    "pid" in value &&
    "command" in value &&
    "since" in value &&
    "host" in value &&
    "run" in value
  );
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "SQLITE_BUSY" || error.code === "SQLITE_LOCKED");
}

function isDamaged(error: unknown): boolean {
  return (
    error instanceof Error && "code" in error && (error.code === "SQLITE_NOTADB" || error.code === "SQLITE_CORRUPT")
  );
}

/** It holds nothing, and yet is not replaced unasked: a run that began before it was damaged may still be at work. */
function damagedLock(path: string, because: unknown): Failure {
  return new Failure("recovery-pending", {
    cause: `the lock ${path} is damaged; it holds nothing that could be lost`,
    remedy: [
      "ps ax | grep '[p]etesbrain-sync'   # is a run at work? let it end",
      `rm ${quoted(path)}   # only when none is; then run the same command again`,
    ],
    because,
  });
}

function locked(stateDir: string, holder: LockHolder | null): Failure {
  const who =
    holder === null
      ? "another process"
      : `${holder.command} (process ${holder.pid} on ${holder.host}, since ${holder.since})`;
  return new Failure("locked", {
    cause: `${who} is working on this folder`,
    remedy:
      holder === null
        ? [`cat ${quoted(join(stateDir, "lock.json"))}   # says who it is; then try again`]
        : [`ps -p ${holder.pid}   # is it still at work? then try again when it has ended`],
  });
}
