// When scheduled runs come: fixed slots of the day, at an odd minute that differs between machines, so that they do not
// meet at the remote. The scheduler only wakes us; whether a run is due is decided here, by what has run already.

/** A time of the day, this machine's zone; every hour where `hour` is null. */
export interface Slot {
  readonly hour: number | null;
  readonly minute: number;
}

const MINUTES_PER_HOUR = 60;
const HOURS_PER_DAY = 24;
/** Of the hours a longer rhythm may fall on, those that have one at the beginning of a working day. */
const MORNING_HOUR = 9;
/** The last digit of the minute: machines of different roles never share a slot. Odd, for others choose round ones. */
const DIGITS: Readonly<Record<string, readonly number[]>> = { desktop: [1, 5], laptop: [3, 7] };
const OTHER_DIGITS = [9];
/** How long after its machine's run the watchdog comes; no multiple of ten, so that they never fall together. */
const WATCHDOG_LATER = 28;

/** FNV-1a over the UTF-16 units: which minute a machine gets must not change between versions. */
function numberOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return hash;
}

/** The minute of the hour at which a machine's run comes: odd, always the same, told apart by role and then by id. */
export function minuteOf(role: string, machineId: string): number {
  const digits = DIGITS[role] ?? OTHER_DIGITS;
  const number = numberOf(machineId);
  const tens = number % 6;
  return tens * 10 + (digits[Math.floor(number / 6) % digits.length] ?? 0);
}

/** The minute of the hour at which the watchdog of that machine comes. */
export function watchdogMinuteOf(role: string, machineId: string): number {
  return (minuteOf(role, machineId) + WATCHDOG_LATER) % MINUTES_PER_HOUR;
}

/** The slots of a rhythm: `everyMinutes` divides an hour, or is so many whole hours that they divide a day. */
export function slotsOf(everyMinutes: number, minute: number): Slot[] {
  if (everyMinutes <= MINUTES_PER_HOUR) {
    const first = minute % everyMinutes;
    const count = MINUTES_PER_HOUR / everyMinutes;
    return Array.from({ length: count }, (_, at) => ({ hour: null, minute: first + at * everyMinutes }));
  }
  const hours = everyMinutes / MINUTES_PER_HOUR;
  const first = MORNING_HOUR % hours;
  const count = HOURS_PER_DAY / hours;
  return Array.from({ length: count }, (_, at) => ({ hour: first + at * hours, minute }));
}

/** The first slot after a time. `slots` must hold at least one. */
export function nextSlot(slots: readonly Slot[], after: Date): Date {
  const [year, month, day] = [after.getFullYear(), after.getMonth(), after.getDate()];
  const everyHour = Array.from({ length: HOURS_PER_DAY }, (_, hour) => hour);
  const times = [0, 1].flatMap((days) =>
    slots.flatMap(({ hour, minute }) =>
      (hour === null ? everyHour : [hour]).map((one) => new Date(year, month, day + days, one, minute)),
    ),
  );
  const later = times.filter((time) => time > after).sort((left, right) => left.getTime() - right.getTime());
  return later[0] ?? new Date(year, month, day + 2);
}

const MS_PER_MINUTE = 60_000;
/** Part of the rhythm within which an earlier run makes another one needless. */
const RECENT = 1 / 3;

/**
 * Whether a scheduled run has work to do now. The scheduler fires at log-in and at the slot, and again after sleep: a
 * run that ended well shortly before stands for this one. One that began "later than now" says the clock was set back.
 */
export function isDue(lastGoodRun: Date | null, now: Date, everyMinutes: number): boolean {
  if (lastGoodRun === null) return true;
  const ageMs = now.getTime() - lastGoodRun.getTime();
  return ageMs < 0 || ageMs >= everyMinutes * MS_PER_MINUTE * RECENT;
}
