// When an entry happened, as its first line says it. Pure; looks at the first and the last few hundred characters of a
// line only, with patterns that never go back over what they have read.
//
// Read at the beginning, after a list marker, a box, emphasis, a bracket, a level (`INFO`) or a day's name:
// `2026-01-04` (also with `/` or `.`), `4 January 2026`, `January 4, 2026`, `04.01.2026`, `04/01/2026`; each with or
// without a time of day and a zone. Read at the end: `(2026-01-04)`, `(done 2026-01-04)`, `✅ 2026-01-04`. Below
// a heading without a date: `Completed: 2026-01-04`, also `Done`, `Finished`, `Closed` and `Date`.

/** What a line says of its time. */
export interface Stamp {
  /** Microseconds since 1970; without a zone as if in UTC. Null: a date that can be read in two ways. */
  readonly time: number | null;
  /** The line beyond its date and time of day. */
  readonly rest: string;
}

/** Whether `04/01/2026` begins with the day; null where the file does not prove it. */
export type DayFirst = boolean | null;

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const MONTH =
  "(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)";

const MARKER = /^(?:#{1,6}[ \t]{1,9})?(?:[-*+][ \t]{1,9}|\d{1,9}[.)][ \t]{1,9})?(?:\[[ xX~/-]\][ \t]{1,9})?/;
const OPENING = /^[*_`~]{0,3}(?:(?:✅|☑|✔|📅|🗓)\uFE0F?[ \t]{0,9})?[[(<]?[*_]{0,3}/u;
const LEVEL = /^(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL):?[ \t]{1,9}[[(]?/;
const DAY_NAME = /^(?:mon|tue(?:s)?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?[ \t]{1,9}/i;
const LABEL =
  /^(?:[-*+][ \t]{1,9})?[*_]{0,3}(?:completed|done|finished|closed|date)(?:[ \t]{1,9}(?:on|at|date))?[*_]{0,3}[ \t]?:[*_]{0,3}[ \t]{1,9}/i;
const ISO = /^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)/;
const DAY_MONTH = new RegExp(`^(\\d{1,2})(?:st|nd|rd|th)?[ \\t]{1,9}${MONTH}\\.?,?[ \\t]{1,9}(\\d{4})(?!\\d)`, "i");
const MONTH_DAY = new RegExp(`^${MONTH}\\.?[ \\t]{1,9}(\\d{1,2})(?:st|nd|rd|th)?,?[ \\t]{1,9}(\\d{4})(?!\\d)`, "i");
const NUMERIC = /^(\d{1,2})([/.])(\d{1,2})\2(\d{4})(?!\d)/;
const CLOCK =
  /^(?:T|,?[ \t]{1,9}(?:at[ \t]{1,9})?)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?:[ \t]?([ap]m))?(?![\d:])/i;
const ZONE = /^[ \t]?(?:(Z|UTC|GMT)|([+-])(\d{2}):?(\d{2}))(?!\w)/;
const AT_END = /[([](?:[a-z]{2,12}:?[ \t]{1,9})?(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}):(\d{2}))?[)\]][.*_ \t]{0,9}$/i;
const TICKED = /✅\uFE0F?[ \t]{0,9}(\d{4}-\d{2}-\d{2})(?!\d)/u;
const MONTH_YEAR = new RegExp(`^${MONTH}\\.?,?[ \\t]{1,9}(\\d{4})$`, "i");
const PERIOD =
  /^(?:(\d{4})(?:-(\d{2}))?|(?:week|wk|w)[ \t]{0,9}\d{1,2},?(?:[ \t]{1,9}\d{4})?|\d{4}-W\d{2}|Q[1-4][ \t]{1,9}\d{4})$/i;
const DAY_NAMES = /\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b/gi;

/** The time that a line tells at its beginning or its end; null for none. */
export function stampOf(line: string, dayFirst: DayFirst): Stamp | null {
  const begin = line.length > 200 ? line.slice(0, 200) : line;
  // most lines of a log begin with their date and nothing before it: asked first, because there are so many of them
  const iso = startsWithDigit(begin) ? ISO.exec(begin) : null;
  if (iso !== null) return dated(begin, iso, [iso[1], iso[3], iso[4]]);
  return readDate(withoutMarkers(begin), dayFirst) ?? (line.includes("-") ? atEnd(line) : null);
}

/** The time in a line such as `**Completed:** 2026-01-04` or `- Done: 4 January 2026`; null for none. */
export function labelledTimeOf(line: string, dayFirst: DayFirst): number | null {
  const label = LABEL.exec(line.slice(0, 80));
  return label === null ? null : (readDate(line.slice(label[0].length, 200), dayFirst)?.time ?? null);
}

/** What the line's own `04/01/2026` proves: true for day first, false for month first, null for nothing. */
export function dayOrderOf(line: string): DayFirst {
  const found = line.includes("/") ? NUMERIC.exec(withoutMarkers(line.slice(0, 200))) : null;
  if (found === null || found[2] !== "/") return null;
  const [first, second] = [Number(found[1]), Number(found[3])];
  if (first > 12 === second > 12) return null;
  return first > 12;
}

/**
 * Says whether a heading is nothing but a day, a week, a month or a year, so that what stands below it are entries of
 * that time; and which.
 */
export function periodOf(heading: string, dayFirst: DayFirst): { readonly time: number | null } | null {
  if (heading.length > 200) return null;
  const words = withoutMarkers(heading).replace(/[*_`)\]:\s]{1,99}$/, "");
  const date = readDate(words, dayFirst);
  if (date !== null) return /[\p{L}\p{N}]/u.test(date.rest.replace(DAY_NAMES, "")) ? null : { time: date.time };
  const month = MONTH_YEAR.exec(words);
  if (month !== null) return { time: microseconds(Number(month[2]), monthOf(month[1]), 1) };
  const period = PERIOD.exec(words);
  if (period === null) return null;
  return { time: period[1] === undefined ? null : microseconds(Number(period[1]), Number(period[2] ?? 1), 1) };
}

function startsWithDigit(line: string): boolean {
  const first = line.charCodeAt(0);
  return first >= 0x30 && first <= 0x39;
}

function withoutMarkers(begin: string): string {
  return begin.replace(MARKER, "").replace(OPENING, "").replace(LEVEL, "").replace(DAY_NAME, "");
}

function readDate(begin: string, dayFirst: DayFirst): Stamp | null {
  const iso = ISO.exec(begin);
  if (iso !== null) return dated(begin, iso, [iso[1], iso[3], iso[4]]);
  const dayMonth = DAY_MONTH.exec(begin);
  if (dayMonth !== null) return dated(begin, dayMonth, [dayMonth[3], monthOf(dayMonth[2]), dayMonth[1]]);
  const monthDay = MONTH_DAY.exec(begin);
  if (monthDay !== null) return dated(begin, monthDay, [monthDay[3], monthOf(monthDay[1]), monthDay[2]]);
  const numeric = NUMERIC.exec(begin);
  if (numeric === null) return null;
  const [, first, separator, second, year] = numeric;
  const order = separator === "." || first === second ? true : dayFirst;
  if (order === null) return { time: null, rest: begin.slice(numeric[0].length) };
  return dated(begin, numeric, order ? [year, second, first] : [year, first, second]);
}

type DateParts = readonly [year: unknown, month: unknown, day: unknown];

function dated(begin: string, found: RegExpExecArray, [year, month, day]: DateParts): Stamp | null {
  const midnight = microseconds(Number(year), Number(month), Number(day));
  if (midnight === null) return null;
  const after = begin.slice(found[0].length);
  const clock = CLOCK.exec(after);
  if (clock === null) return { time: midnight, rest: after };
  const zone = ZONE.exec(after.slice(clock[0].length));
  const rest = after.slice(clock[0].length + (zone?.[0].length ?? 0));
  return { time: midnight + timeOfDay(clock) - offsetOf(zone), rest };
}

function timeOfDay([, hours, minutes, seconds, fraction, half]: RegExpExecArray): number {
  const afternoon = half === undefined ? 0 : Number(half.toLowerCase() === "pm") * 12;
  const hour = half === undefined ? Number(hours) : (Number(hours) % 12) + afternoon;
  const whole = (hour * 60 + Number(minutes)) * 60 + Number(seconds ?? 0);
  return whole * 1e6 + Number((fraction ?? "0").padEnd(6, "0").slice(0, 6));
}

function offsetOf(zone: RegExpExecArray | null): number {
  if (zone?.[2] === undefined) return 0;
  return (zone[2] === "-" ? -1 : 1) * (Number(zone[3]) * 60 + Number(zone[4])) * 60e6;
}

function atEnd(line: string): Stamp | null {
  const found = AT_END.exec(line.slice(-80)) ?? TICKED.exec(line.slice(-200));
  if (found === null) return null;
  const [year, month, day] = (found[1] ?? "").split("-").map(Number);
  const midnight = microseconds(year ?? 0, month ?? 0, day ?? 0);
  if (midnight === null) return null;
  return { time: midnight + (Number(found[2] ?? 0) * 60 + Number(found[3] ?? 0)) * 60e6, rest: line };
}

function monthOf(name: string | undefined): number {
  return MONTHS.indexOf((name ?? "").slice(0, 3).toLowerCase()) + 1;
}

/** Null for a day that no calendar has. */
function microseconds(year: number, month: number, day: number): number | null {
  const date = new Date(Date.UTC(year, month - 1, day));
  const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && year >= 1900;
  return exists ? date.getTime() * 1000 : null;
}
