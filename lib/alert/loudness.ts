// How loud each event is, by which channels, how often it is said again: the one place that decides. Pure.

export type EventName =
  | "synced"
  | "put-back"
  | "nothing"
  | "conflict"
  | "held-back"
  | "settings"
  | "halted"
  | "failed"
  | "integrity"
  | "rolled-back"
  | "rollback-failed"
  | "overdue"
  | "unwell"
  | "recovered"
  | "test";

/** `silent` is shown without a sound and leaves nothing to be read; `shown` has no sound either, but stays unread. */
export type Shown = "none" | "silent" | "shown" | "sound";

export interface Loudness {
  /** The title of the page, the e-mail and what else is sent. */
  readonly title: string;
  /** Titles of the notifications, where they differ: each is shown, in this order. */
  readonly notices?: readonly string[];
  readonly notification: Shown;
  /** The page, e-mail and webhooks: from which run in a row on; never where null. */
  readonly sendsFrom: number | null;
}

/** Titles are the specification's where it has one. */
export const LOUDNESS: Readonly<Record<EventName, Loudness>> = {
  synced: { title: "✅ Sync Successful", notification: "silent", sendsFrom: null },
  "put-back": { title: "✅ Rollback Successful", notification: "silent", sendsFrom: null },
  nothing: { title: "✅ Up To Date", notification: "none", sendsFrom: null },
  conflict: { title: "⚠️ Sync Blocked", notification: "shown", sendsFrom: 2 },
  "held-back": { title: "⚠️ Files Held Back", notification: "shown", sendsFrom: 2 },
  settings: { title: "⚠️ Sync Blocked", notification: "shown", sendsFrom: 2 },
  halted: { title: "⚠️ Sync Blocked", notification: "sound", sendsFrom: 1 },
  failed: { title: "🚨 Sync Failed", notification: "sound", sendsFrom: 1 },
  integrity: { title: "🚨 Sync Failed", notification: "sound", sendsFrom: 1 },
  "rolled-back": {
    title: "🚨 Sync Failed, Rolled Back",
    notices: ["🔄 Rollback Initiated", "✅ Rollback Successful"],
    notification: "sound",
    sendsFrom: 1,
  },
  "rollback-failed": {
    title: "🚨 Rollback Failed",
    notices: ["🔄 Rollback Initiated", "🚨 Rollback Failed"],
    notification: "sound",
    sendsFrom: 1,
  },
  overdue: { title: "🚨 Sync Overdue", notification: "sound", sendsFrom: 1 },
  unwell: { title: "⚠️ Sync Needs Attention", notification: "shown", sendsFrom: 1 },
  recovered: { title: "✅ Sync Recovered", notification: "silent", sendsFrom: 1 },
  test: { title: "🔔 Sync Test", notification: "sound", sendsFrom: 1 },
};

const DAY_MS = 86_400_000;
const AGAIN_DAYS: readonly number[] = [1, 3, 7];
const THEN_EVERY_DAYS = 7;

/** What is known of a trouble that lasts, this occurrence included. */
export interface Lasting {
  /** When it was first seen: milliseconds since 1970. */
  readonly since: number;
  /** Occurrences in a row, without a good run between them. */
  readonly count: number;
  /** When it was last shown and last sent; null when never. */
  readonly shownAt: number | null;
  readonly sentAt: number | null;
}

export interface Said {
  readonly show: boolean;
  readonly send: boolean;
}

/** The newest time at which a trouble of that age was to be said: at once, after 1, 3 and 7 days, then every week. */
export function lastTurn(since: number, now: number): number {
  const days = Math.max(0, Math.floor((now - since) / DAY_MS));
  const weeks = Math.floor(days / THEN_EVERY_DAYS) * THEN_EVERY_DAYS;
  const turn = Math.max(0, weeks, ...AGAIN_DAYS.filter((day) => day <= days));
  return since + turn * DAY_MS;
}

/** Whether an occurrence of a trouble is shown and sent, or only counted. */
export function decide(event: EventName, { since, count, shownAt, sentAt }: Lasting, now: number): Said {
  const { notification, sendsFrom } = LOUDNESS[event];
  const turn = lastTurn(since, now);
  return {
    show: notification !== "none" && (shownAt === null || shownAt < turn),
    send: sendsFrom !== null && count >= sendsFrom && (sentAt === null || sentAt < turn),
  };
}

/** Whether the end of a trouble is said: silently to whoever was shown it, and sent where the trouble was. */
export function decideRecovery({ shownAt, sentAt }: Lasting): Said {
  return { show: shownAt !== null, send: sentAt !== null };
}
