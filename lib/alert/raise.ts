// From tidings to what is kept and what is to be done: the state first, then the page, both before anything leaves this
// machine. What is to be sent waits in the state; what is to be shown is returned.
import type { AlertStore, Trouble } from "../machine/alert-store.ts";
import type { AlertSettings } from "../machine/settings-alerts.ts";
import { channelsOf } from "./channels.ts";
import type { Happening, Tidings } from "./happening.ts";
import { decide, decideRecovery, LOUDNESS, type Said } from "./loudness.ts";
import { type About, type Message, makeMessage, shownTime } from "./message.ts";
import type { Notice } from "./notify.ts";
import { formatPage } from "./page.ts";
import { writePage } from "./page-file.ts";

export interface RaisePlace {
  readonly store: AlertStore;
  readonly folder: string;
  readonly settings: AlertSettings;
  readonly now: Date;
  /** Where and when, but for what only the state knows. Asked only when there is something to say. */
  readonly about: () => Omit<About, "since" | "count" | "at">;
  /** Told that a page could not be written, and why. */
  readonly onNoPage: (error: unknown) => void;
}

/** Alerts beyond these are forgotten. */
const KEPT = 500;

interface Raised {
  readonly said: Said;
  readonly message: Message;
  /** Number of the alert in the state; null where it leaves nothing to be read. */
  readonly id: number | null;
}

/** Keeps what happened and returns what is to be shown on the screen. */
export function raise(tidings: Tidings, place: RaisePlace): Notice[] {
  const raised = place.store.together(() => {
    const ended = endTroubles(tidings, place);
    const happened = tidings.happenings.map((happening) => happen(happening, place));
    place.store.keepNewest(KEPT);
    return [...(ended === null ? [] : [ended]), ...happened];
  });
  for (const { said, message, id } of raised) if (said.send && id !== null) putPage(place, id, message);
  return raised.flatMap(({ said, message }) => (said.show ? noticesOf(message) : []));
}

function happen(happening: Happening, place: RaisePlace): Raised {
  const { store, now } = place;
  const at = now.getTime();
  const { event, key, cause } = happening;
  if (LOUDNESS[event].notification === "silent") {
    const message = messageOf(happening, place, { since: at, count: 1 });
    return { said: { show: true, send: false }, message, id: null };
  }
  const known = store.trouble(key);
  const since = known?.since ?? at;
  const count = (known?.count ?? 0) + 1;
  const before = { shownAt: known?.shownAt ?? null, sentAt: known?.sentAt ?? null };
  const said = decide(event, { since, count, ...before }, at);
  store.keepTrouble({
    ...{ key, event, cause, since, seenAt: at, count },
    shownAt: said.show ? at : before.shownAt,
    sentAt: said.send ? at : before.sentAt,
  });
  const message = messageOf(happening, place, { since, count });
  return { said, message, id: said.show || said.send ? keep(key, message, said, place) : null };
}

/** Ends what is over and says so once, for all of it together; null where nothing was. */
function endTroubles({ happenings, ends }: Tidings, place: RaisePlace): Raised | null {
  const still = new Set(happenings.map(({ key }) => key));
  const over = place.store
    .troubles()
    .filter(({ key }) => !still.has(key) && ends.some((start) => key.startsWith(start)));
  for (const { key } of over) place.store.endTrouble(key);
  const said = over.map(decideRecovery);
  const [first] = over;
  if (first === undefined) return null;
  const happening: Happening = {
    event: "recovered",
    key: `${first.key}:recovered`,
    cause: `over: ${first.cause}${over.length > 1 ? `; and ${over.length - 1} more` : ""}`,
    paths: [],
    done: over.map(lasted),
    remedy: [],
  };
  const all = { show: said.some(({ show }) => show), send: said.some(({ send }) => send) };
  const count = Math.max(...over.map((trouble) => trouble.count));
  const message = messageOf(happening, place, { since: first.since, count });
  return { said: all, message, id: all.send ? keep(happening.key, message, all, place) : null };
}

function lasted({ cause, since, seenAt, count }: Trouble): string {
  const [from, to] = [since, seenAt].map((time) => shownTime(new Date(time).toISOString()));
  return count === 1 ? `${from}: ${cause}` : `from ${from} to ${to}, ${count} times: ${cause}`;
}

function keep(key: string, message: Message, said: Said, { store, settings, now }: RaisePlace): number {
  const { event, title, cause } = message;
  const at = now.getTime();
  const row = { event, at, title, cause, message: JSON.stringify(message) };
  const unread = store.unreadOf(key);
  if (unread !== null) store.update(unread, row);
  const id = unread ?? store.add({ key, ...row, page: null });
  if (said.send) for (const { name } of channelsOf(settings)) store.enqueue(id, name, at);
  return id;
}

function messageOf(happening: Happening, place: RaisePlace, state: { since: number; count: number }): Message {
  return makeMessage(happening, {
    ...place.about(),
    at: place.now,
    since: new Date(state.since),
    count: state.count,
  });
}

/** A page that cannot be written stops nothing: the alert is in the state and goes out by every other way. */
function putPage({ store, folder, now, onNoPage }: RaisePlace, id: number, message: Message): void {
  try {
    store.setPage(id, writePage(folder, now, formatPage(message)));
  } catch (error) {
    onNoPage(error);
  }
}

/** The notifications of a message, in order. */
function noticesOf(message: Message): Notice[] {
  const { event, machine, command, cause } = message;
  const { notices, title, notification } = LOUDNESS[event];
  if (notification === "none") return [];
  return (notices ?? [title]).map((one) => ({
    event,
    title: one,
    subtitle: `${machine.role}: ${command}`,
    text: cause,
    shown: notification,
  }));
}
