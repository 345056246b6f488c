// The words for alerts, as `alerts` and `status` show them.
import type { ShownAlert } from "../lib/sync/unread.ts";
import { count, formatTime } from "./words.ts";

/** An alert in a line, and in further ones where it can be read and why it could not be sent. */
export function alertLines(alerts: readonly ShownAlert[]): string[] {
  return alerts.flatMap(({ at, title, cause, count: times, read, page, unsent }) => [
    `${formatTime(at)}  ${title}: ${cause}${times > 1 ? ` (${times} times in a row)` : ""}${read ? "" : "  unread"}`,
    ...(page === null ? [] : [`  ${page}`]),
    ...unsent.map(({ channel, fault }) => `  not sent by ${channel}${fault === null ? " yet" : `: ${fault}`}`),
  ]);
}

/** The heading over the alerts that nobody has read. */
export function unreadHeading(alerts: readonly ShownAlert[]): string {
  return `${count(alerts.length, "unread alert")} (petesbrain-sync alerts --read):`;
}
