// What is kept of alerts, in the state database: troubles that last, alerts that were raised, and what of them is still
// to be sent.
import type { Database } from "bun:sqlite";

/** Tables of the alerts, as a migration of the state database. Times are milliseconds since 1970. */
export const ALERT_TABLES = `
  CREATE TABLE IF NOT EXISTS troubles (
    key TEXT PRIMARY KEY, event TEXT NOT NULL, cause TEXT NOT NULL, since INTEGER NOT NULL, seen_at INTEGER NOT NULL,
    count INTEGER NOT NULL, shown_at INTEGER, sent_at INTEGER) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS alerts (
    id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, event TEXT NOT NULL, at INTEGER NOT NULL,
    title TEXT NOT NULL, cause TEXT NOT NULL, message TEXT NOT NULL, page TEXT, read_at INTEGER);
  CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, alert INTEGER NOT NULL, channel TEXT NOT NULL, tries INTEGER NOT NULL,
    next_at INTEGER NOT NULL, claimed_until INTEGER NOT NULL, fault TEXT, sent_at INTEGER);
  CREATE INDEX IF NOT EXISTS deliveries_open ON deliveries (alert) WHERE sent_at IS NULL;`;

export interface Trouble {
  readonly key: string;
  readonly event: string;
  readonly cause: string;
  readonly since: number;
  readonly seenAt: number;
  readonly count: number;
  readonly shownAt: number | null;
  readonly sentAt: number | null;
}

export interface AlertRow {
  readonly id: number;
  readonly key: string;
  readonly event: string;
  readonly at: number;
  readonly title: string;
  readonly cause: string;
  /** JSON of the message, as lib/alert wrote it. */
  readonly message: string;
  /** The page, relative to the folder; null where none could be written. */
  readonly page: string | null;
  readonly readAt: number | null;
}

export interface Delivery {
  readonly id: number;
  readonly alert: number;
  readonly channel: string;
  readonly tries: number;
  readonly nextAt: number;
  /** Why the last try failed; null before the first. */
  readonly fault: string | null;
}

const TROUBLE = "key, event, cause, since, seen_at AS seenAt, count, shown_at AS shownAt, sent_at AS sentAt";
const ALERT = "id, key, event, at, title, cause, message, page, read_at AS readAt";
const DELIVERY = "id, alert, channel, tries, next_at AS nextAt, fault";

export class AlertStore {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** Makes several changes one. */
  together<T>(work: () => T): T {
    return this.database.transaction(work).immediate();
  }

  /** Whether there is anything that a good run would have to end or to send. */
  isQuiet(): boolean {
    const sql = "SELECT 1 FROM troubles UNION ALL SELECT 1 FROM deliveries WHERE sent_at IS NULL LIMIT 1";
    return this.database.query(sql).get() === null;
  }

  trouble(key: string): Trouble | null {
    return this.database.query<Trouble, [string]>(`SELECT ${TROUBLE} FROM troubles WHERE key = ?`).get(key);
  }

  /** Every trouble that lasts, the oldest first. */
  troubles(): Trouble[] {
    return this.database.query<Trouble, []>(`SELECT ${TROUBLE} FROM troubles ORDER BY since, key`).all();
  }

  keepTrouble(trouble: Trouble): void {
    const { key, event, cause, since, seenAt, count, shownAt, sentAt } = trouble;
    this.database
      .query("INSERT OR REPLACE INTO troubles VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
      .run(key, event, cause, since, seenAt, count, shownAt, sentAt);
  }

  endTrouble(key: string): void {
    this.database.query("DELETE FROM troubles WHERE key = ?").run(key);
  }

  /** The alert of a trouble that nobody has read yet; null where there is none. */
  unreadOf(key: string): number | null {
    const sql = "SELECT id FROM alerts WHERE key = ? AND read_at IS NULL ORDER BY id DESC LIMIT 1";
    return this.database.query<{ id: number }, [string]>(sql).get(key)?.id ?? null;
  }

  /** Lets an alert that nobody has read say what is so now. Its page stays until there is a newer one. */
  update(id: number, { event, at, title, cause, message }: Omit<AlertRow, "id" | "readAt" | "key" | "page">): void {
    this.database
      .query("UPDATE alerts SET event = ?, at = ?, title = ?, cause = ?, message = ? WHERE id = ?")
      .run(event, at, title, cause, message, id);
  }

  /** Keeps a new alert and returns its number. */
  add(row: Omit<AlertRow, "id" | "readAt">): number {
    const { key, event, at, title, cause, message, page } = row;
    const sql =
      "INSERT INTO alerts (key, event, at, title, cause, message, page) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id";
    const added = this.database
      .query<{ id: number }, (string | number | null)[]>(sql)
      .get(key, event, at, title, cause, message, page);
    return added?.id ?? 0;
  }

  alert(id: number): AlertRow | null {
    return this.database.query<AlertRow, [number]>(`SELECT ${ALERT} FROM alerts WHERE id = ?`).get(id);
  }

  /** The newest alerts first; with `unread`, only those nobody has read. */
  alerts(choice: { readonly limit: number; readonly unread: boolean }): AlertRow[] {
    const where = choice.unread ? "WHERE read_at IS NULL" : "";
    return this.database
      .query<AlertRow, [number]>(`SELECT ${ALERT} FROM alerts ${where} ORDER BY at DESC, id DESC LIMIT ?`)
      .all(choice.limit);
  }

  setPage(id: number, page: string): void {
    this.database.query("UPDATE alerts SET page = ? WHERE id = ?").run(page, id);
  }

  /** Marks every alert as read and returns how many were not. */
  readAll(now: number): number {
    return this.database.query("UPDATE alerts SET read_at = ? WHERE read_at IS NULL").run(now).changes;
  }

  /** Drops alerts beyond the newest, with what was never sent of them. */
  keepNewest(kept: number): void {
    const limit = this.database
      .query<{ id: number }, [number]>("SELECT id FROM alerts ORDER BY id DESC LIMIT 1 OFFSET ?")
      .get(kept);
    if (limit === null) return;
    this.database.query("DELETE FROM deliveries WHERE alert <= ?").run(limit.id);
    this.database.query("DELETE FROM alerts WHERE id <= ?").run(limit.id);
  }

  /** Lets an alert wait to be sent, unless it waits for that channel already: then that one will say what is so now. */
  enqueue(alert: number, channel: string, now: number): void {
    const waiting = "SELECT 1 FROM deliveries WHERE alert = ? AND channel = ? AND sent_at IS NULL";
    if (this.database.query(waiting).get(alert, channel) !== null) return;
    this.database
      .query("INSERT INTO deliveries (alert, channel, tries, next_at, claimed_until) VALUES (?, ?, 0, ?, 0)")
      .run(alert, channel, now);
  }

  /** Everything that is still to be sent, the oldest first. */
  unsent(): Delivery[] {
    return this.database
      .query<Delivery, []>(`SELECT ${DELIVERY} FROM deliveries WHERE sent_at IS NULL ORDER BY id`)
      .all();
  }

  /** Takes a delivery for this process alone, until the given time; false where another process has it or has sent it. */
  claim(id: number, now: number, until: number): boolean {
    const sql = "UPDATE deliveries SET claimed_until = ? WHERE id = ? AND sent_at IS NULL AND claimed_until <= ?";
    return this.database.query(sql).run(until, id, now).changes === 1;
  }

  markSent(id: number, now: number): void {
    this.database.query("UPDATE deliveries SET sent_at = ?, fault = NULL WHERE id = ?").run(now, id);
  }

  /** Notes why a try failed and when the next is due; frees the claim. */
  markFailed(id: number, fault: string, nextAt: number): void {
    this.database
      .query("UPDATE deliveries SET tries = tries + 1, fault = ?, next_at = ?, claimed_until = 0 WHERE id = ?")
      .run(fault, nextAt, id);
  }

  dropDelivery(id: number): void {
    this.database.query("DELETE FROM deliveries WHERE id = ?").run(id);
  }
}
