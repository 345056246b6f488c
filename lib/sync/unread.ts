// The alerts that nobody has read yet, and what of them could not be sent.
import { channelsOf } from "../alert/channels.ts";
import type { AlertRow, AlertStore, Delivery } from "../machine/alert-store.ts";
import type { AlertSettings } from "../machine/settings-alerts.ts";
import type { State } from "../machine/state.ts";

export interface ShownAlert {
  id: number;
  event: string;
  /** ISO 8601, UTC. */
  at: string;
  title: string;
  cause: string;
  /** Occurrences in a row while it lasts; 0 once it is over. */
  count: number;
  read: boolean;
  /** Path of its page, relative to the folder; null where none could be written. */
  page: string | null;
  /** Channels that it could not be sent by yet, and why; null while it was not tried. */
  unsent: { channel: string; fault: string | null }[];
}

const MOST_SHOWN = 50;

/** The newest alerts first. */
export function shownAlerts(
  store: AlertStore,
  settings: AlertSettings,
  choice: { readonly unread: boolean; readonly limit: number },
): ShownAlert[] {
  const waiting = Map.groupBy(store.unsent(), ({ alert }) => alert);
  const names = new Map(channelsOf(settings).map(({ name, shown }) => [name, shown]));
  return store.alerts(choice).map((row) => shown(store, row, waiting.get(row.id) ?? [], names));
}

/** What `status` shows. */
export function unreadAlerts(state: State | null, settings: AlertSettings): ShownAlert[] {
  return state === null ? [] : shownAlerts(state.alerts, settings, { unread: true, limit: MOST_SHOWN });
}

function shown(
  store: AlertStore,
  row: AlertRow,
  waiting: readonly Delivery[],
  names: ReadonlyMap<string, string>,
): ShownAlert {
  const { id, key, event, at, title, cause, page, readAt } = row;
  return {
    ...{ id, event, at: new Date(at).toISOString(), title, cause, read: readAt !== null, page },
    count: store.trouble(key)?.count ?? 0,
    unsent: waiting.map(({ channel, fault }) => ({ channel: names.get(channel) ?? channel, fault })),
  };
}
