// The log in the user's home: one line per event, private, bounded, never through a link.
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
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

function keepNewest(path: string, keptLines: number): void {
  const lines = readFileSync(path, "utf8").split("\n");
  if (lines.at(-1) === "") lines.pop();
  if (lines.length <= keptLines * SLACK) return;
  const temporary = `${path}.new`;
  rmSync(temporary, { force: true }); // left by a process that was killed here
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const handle = openSync(temporary, flags, 0o600);
  try {
    writeSync(handle, `${lines.slice(-keptLines).join("\n")}\n`);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(handle);
  }
}

/** Appends a line and returns the size the file had before, bytes; null where the name is not a plain file. */
function append(path: string, line: string): number | null {
  const flags =
    constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = openSync(path, flags, 0o600);
  try {
    const stat = fstatSync(handle);
    if (!stat.isFile()) return null;
    if ((stat.mode & 0o077) !== 0) fchmodSync(handle, 0o600);
    writeSync(handle, line);
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
