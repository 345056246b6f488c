// When a machine is late: the rules of age, and what two clocks that differ do to them. Pure; times are milliseconds
// since 1970.

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** However rarely a machine runs, and whatever is known of it, silence for this long is told. */
const ALWAYS_MS = 24 * HOUR_MS;
const MISSED_SLOTS = 3;
/** A run may take a while, and a scheduler a little longer than it says. */
const GRACE_MS = 15 * MINUTE_MS;

/** What is known of a machine's runs, all by one clock. */
export interface Pace {
  /** When it was last heard of. */
  readonly heardAt: number;
  /** When its next scheduled run was due, by what it said then; null while nothing is scheduled. */
  readonly nextDue: number | null;
  readonly everyMinutes: number | null;
  /** It is put to sleep now and then: missed slots say nothing, only a whole day does. */
  readonly sleeps: boolean;
}

/** The time from which a machine counts as overdue: three slots missed, or a day without a word, whichever is first. */
export function overdueFrom({ heardAt, nextDue, everyMinutes, sleeps }: Pace): number {
  const everyMs = (everyMinutes ?? 0) * MINUTE_MS;
  // a machine that runs once a day is not late for running once a day
  const always = heardAt + Math.max(ALWAYS_MS, everyMs === 0 ? 0 : everyMs + HOUR_MS);
  if (sleeps || nextDue === null || everyMs === 0) return always;
  const first = Math.max(nextDue, heardAt);
  return Math.min(always, first + (MISSED_SLOTS - 1) * everyMs + GRACE_MS);
}

/** A record by its writer's clock, and when it came to be known here, by ours. */
export interface Sighting {
  /** When the record says it was written. */
  readonly writtenAt: number;
  /** The newest look before which it was not there yet; null where it was there at the first look. */
  readonly notBefore: number | null;
  /** The look that found it. */
  readonly foundAt: number;
}

/** Differences that ordinary clocks have, and a push takes. */
const TOLERATED_MS = 2 * MINUTE_MS;

/**
 * How far the writer's clock is ahead of ours, as far as can be told: positive when ahead, negative when behind, 0 when
 * nothing speaks for a difference.
 */
export function skewOf({ writtenAt, notBefore, foundAt }: Sighting): number {
  if (writtenAt > foundAt + TOLERATED_MS) return writtenAt - foundAt;
  if (notBefore !== null && writtenAt < notBefore - TOLERATED_MS) return writtenAt - notBefore;
  return 0;
}

/** When this machine's runs were awake to happen: what the watchdog has seen of itself. */
export interface Awake {
  /** When the watchdog last looked, and since when it has looked regularly; null before its first look. */
  readonly lookedAt: number | null;
  readonly awakeSince: number | null;
}

/** A pause between two looks that is longer than this many of their slots was sleep, or a machine that was off. */
const SLEPT_SLOTS = 2;

/** What this look makes of it. `slept` is true when the time since the last look was too long for a machine at work. */
export function wakeUp(awake: Awake, now: number, everyMinutes: number): Awake & { readonly slept: boolean } {
  const { lookedAt, awakeSince } = awake;
  if (lookedAt === null || awakeSince === null) return { lookedAt: now, awakeSince: now, slept: false };
  const gap = now - lookedAt;
  const slept = gap > SLEPT_SLOTS * everyMinutes * MINUTE_MS;
  // a clock that was set back begins anew
  return { lookedAt: now, awakeSince: slept || gap < 0 ? now : awakeSince, slept };
}

/**
 * The time from which this machine itself counts as overdue. A machine that slept was not late: the count begins when it
 * woke, and then it has one slot's time to catch up.
 */
export function ownOverdueFrom(pace: Pace, awakeSince: number | null, everyMinutes: number): number {
  const from = overdueFrom(pace);
  if (awakeSince === null || awakeSince <= pace.heardAt) return from;
  return Math.max(from, awakeSince + everyMinutes * MINUTE_MS + GRACE_MS);
}
