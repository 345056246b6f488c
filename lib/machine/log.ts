// The log in the user's home: one line per event, private, bounded, never through a link.
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { systemCode } from "../failure.ts";
import { redact } from "./redact.ts";

export type LogFile = "sync" | "error" | "rollback";
export type LogLevel = "info" | "warn" | "error";

export interface Log {
  /** Appends one line: UTC time, level, run, event, then `key=value` for each field. Never throws. */
  write(
    file: LogFile,
    level: LogLevel,
    run: string,
    event: string,
    fields?: Readonly<Record<string, string | number | boolean>>,
  ): void;
  /** Absolute path of a log file, for messages. */
  pathOf(file: LogFile): string;
}

/** Names and lengths are the specification's: the newest lines are kept. */
const FILES: Readonly<Record<LogFile, { name: string; keptLines: number }>> = {
  sync: { name: ".petesbrain-sync-v2.log", keptLines: 1000 },
  error: { name: ".petesbrain-sync-v2-error.log", keptLines: 500 },
  rollback: { name: ".petesbrain-sync-rollback.log", keptLines: 500 },
};

/** Below this size per kept line nothing is counted, for a line is hardly ever shorter: a young log is never read. */
const SHORTEST_LINE_BYTES = 64;
/** Lines are dropped only when a tenth too many are there, so that not every run rewrites the file. */
const SLACK = 1.1;
const LONGEST_VALUE = 8000;

const PLAIN_VALUE = /^[\p{L}\p{N}\p{P}\p{S}]+$/u;
/** What JSON leaves as it is and yet steers a terminal: C1 controls, direction marks, separators, invisible characters. */
const STEERING = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/gu;

function escapeUnit(character: string): string {
  return Array.from(
    { length: character.length },
    (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`,
  ).join("");
}

function formatValue(value: string | number | boolean, secrets: readonly string[]): string {
  const text = redact(String(value), secrets).slice(0, LONGEST_VALUE);
  const isPlain = PLAIN_VALUE.test(text) && !/["=\\]/.test(text);
  return isPlain ? text : JSON.stringify(text).replace(STEERING, escapeUnit);
}

/** One line of the log, with its line break: no value can begin a second line or steer a terminal that shows it. */
export function formatLogLine(
  at: Date,
  level: LogLevel,
  run: string,
  event: string,
  fields: Readonly<Record<string, string | number | boolean>>,
  secrets: readonly string[] = [],
): string {
  const time = at.toISOString().replace(/\.\d+Z$/, "Z");
  const words = Object.entries(fields).map(([key, value]) => `${key}=${formatValue(value, secrets)}`);
  return `${[time, level.toUpperCase(), run || "-", event, ...words].join(" ")}\n`;
}

/** A rotation that has not ended after this time was killed; its beginnings may be taken away. */
const ABANDONED_MS = 60_000;

/**
 * Keeps the newest lines, by one rename. Safe with other processes that write or rotate: one rotates at a time, and what
 * they wrote to the old file while it was being replaced is carried over.
 */
function keepNewest(path: string, keptLines: number): void {
  const claimed = claim(`${path}.new`, path);
  if (claimed === null) return;
  let old: number | null = null;
  let isPlaced = false;
  try {
    old = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    const text = readFileSync(old);
    const lines = text.toString("utf8").split("\n");
    if (lines.at(-1) === "") lines.pop();
    if (lines.length <= keptLines * SLACK) return;
    writeSync(claimed, `${lines.slice(-keptLines).join("\n")}\n`);
    renameSync(`${path}.new`, path);
    isPlaced = true;
    const rest = readFileSync(old); // goes on where the first reading ended
    if (rest.length > 0) append(path, rest.toString("utf8"));
  } finally {
    if (!isPlaced) rmSync(`${path}.new`, { force: true });
    for (const handle of [claimed, old]) if (handle !== null) closeSync(handle);
  }
}

/** Makes the file that one process alone may make; null where another is at it. */
function claim(temporary: string, log: string): number | null {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  try {
    return openSync(temporary, flags, 0o600);
  } catch (error) {
    if (systemCode(error) !== "EEXIST") throw error;
    // both times are the file system's own: the log was written to a moment ago
    if (statSync(log).mtimeMs - lstatSync(temporary).mtimeMs < ABANDONED_MS) return null;
    rmSync(temporary, { force: true });
    return openSync(temporary, flags, 0o600);
  }
}

const APPENDING =
  constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Appends whole lines and returns the size the file had before, bytes; null where the name is not a plain file. */
function append(path: string, lines: string): number | null {
  const handle = openSync(path, APPENDING, 0o600);
  try {
    const stat = fstatSync(handle);
    if (!stat.isFile()) return null;
    if ((stat.mode & 0o077) !== 0) fchmodSync(handle, 0o600);
    writeSync(handle, lines);
    // replaced meanwhile, perhaps after the last look at it: whoever replaced it may not have seen these lines
    if (fstatSync(handle).nlink === 0 && !readFileSync(path, "utf8").includes(lines)) return append(path, lines);
    return stat.size;
  } finally {
    closeSync(handle);
  }
}

/** Opens the three logs of a home folder; files appear with their first line. `secrets` never reach them. */
export function openLog(place: {
  readonly home: string;
  readonly now: () => Date;
  readonly secrets?: readonly string[];
}): Log {
  const pathOf = (file: LogFile): string => join(place.home, FILES[file].name);
  const measured = new Set<LogFile>();
  return {
    pathOf,
    write: (file, level, run, event, fields = {}) => {
      const { keptLines } = FILES[file];
      try {
        const sizeBytes = append(pathOf(file), formatLogLine(place.now(), level, run, event, fields, place.secrets));
        const isLong = sizeBytes !== null && sizeBytes > keptLines * SLACK * SHORTEST_LINE_BYTES;
        if (isLong && !measured.has(file)) keepNewest(pathOf(file), keptLines);
        measured.add(file); // once a process: a run writes far fewer lines than the slack
      } catch {
        // A log that cannot be written (full disk, read-only home, a link in its place) never stops a run: what matters
        // is also in the report and in the run's own records.
      }
    },
  };
}
