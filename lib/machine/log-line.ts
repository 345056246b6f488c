// A line of the log, read back. The form is written by log.ts; lines of another form (an older tool's) are kept as they
// are. Pure.

export interface LogEntry {
  /** ISO 8601, UTC; null for a line of another form, as is everything but its text. */
  readonly at: string | null;
  readonly level: string | null;
  /** Empty for what belongs to no run. */
  readonly run: string | null;
  readonly event: string | null;
  readonly fields: Readonly<Record<string, string>>;
  /** The line as it stands. */
  readonly text: string;
}

const LINE = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) ([A-Z]+) (\S+) (\S+)((?: .*)?)$/;
const FIELD = / ([^\s=]+)=("(?:[^"\\]|\\.)*"|[^\s"]*)/gy;

/** Reads a line. */
export function parseLogLine(text: string): LogEntry {
  const [, at, level, run, event, rest = ""] = LINE.exec(text) ?? [];
  if (at === undefined || level === undefined || run === undefined || event === undefined)
    return { at: null, level: null, run: null, event: null, fields: {}, text };
  const fields: Record<string, string> = {};
  for (const [, key = "", value = ""] of rest.matchAll(FIELD)) fields[key] = plainValue(value);
  return { at, level: level.toLowerCase(), run: run === "-" ? "" : run, event, fields, text };
}

function plainValue(value: string): string {
  if (!value.startsWith('"')) return value;
  try {
    return String(JSON.parse(value));
  } catch {
    return value; // a line that was cut off
  }
}

export interface LogFilter {
  /** Entries from this time on; all when null. */
  readonly since: Date | null;
  /** Entries of runs whose name begins so; all when null. */
  readonly run: string | null;
}

/** Whether an entry is asked for. A line of another form belongs to no time and no run. */
export function isAskedFor({ at, run }: LogEntry, filter: LogFilter): boolean {
  if (filter.since !== null && (at === null || Date.parse(at) < filter.since.getTime())) return false;
  return filter.run === null || run?.startsWith(filter.run) === true;
}

const AGE = /^(\d{1,5})([mhdw])$/;
const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const TIME = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?)?$/;

/** Reads `30m`, `2h`, `3d`, `1w` as that long ago, or a date, or a date and a time, in UTC; null for anything else. */
export function parseSince(text: string, now: Date): Date | null {
  const [, count, unit = ""] = AGE.exec(text) ?? [];
  if (count !== undefined) return new Date(now.getTime() - Number(count) * (UNIT_MS[unit] ?? 0));
  if (!TIME.test(text)) return null;
  const iso = text.length === 10 ? `${text}T00:00:00Z` : `${text.replace(" ", "T").replace(/Z$/, "")}Z`;
  const time = new Date(iso);
  return Number.isNaN(time.getTime()) ? null : time;
}
