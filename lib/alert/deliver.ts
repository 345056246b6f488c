// Sends what waits in the state: alerts of this run and those that could not be sent before. Every try ends within its
// deadline, what fails waits for a later run, and each alert goes out by each channel once.
import type { AlertRow, AlertStore, Delivery } from "../machine/alert-store.ts";
import type { Environment } from "../machine/context.ts";
import { redact } from "../machine/redact.ts";
import { type AlertSettings, secretsOf } from "../machine/settings-alerts.ts";
import { printable } from "../printable.ts";
import { type Channel, channelsOf } from "./channels.ts";
import { sendMail } from "./mail.ts";
import type { Message } from "./message.ts";
import { post } from "./web.ts";
import { postedTo } from "./webhook.ts";

export interface DeliverPlace {
  readonly store: AlertStore;
  readonly settings: AlertSettings;
  readonly environment: Environment;
  readonly signal: AbortSignal;
  readonly now: () => Date;
  /** Told how each try went; the fault is null where it went well. */
  readonly onTry: (channel: string, alert: number, fault: string | null) => void;
}

/** All channels together; a try that is cut off here counts as failed and waits for the next run. */
const ALL_MS = 20_000;
/** Longer than any try lasts: after it, a delivery of a process that died is free again. */
const CLAIM_MS = 120_000;
/** A channel that is down is tried again by the next run, and not by everyone that follows within minutes. */
const PAUSE_MS = 5 * 60_000;
const LONGEST_FAULT = 400;
/** Sent in one go; what a long outage has left goes out run by run. */
const AT_ONCE = 20;

/** Sends what is due. Never throws for what a channel does. */
export async function deliver(place: DeliverPlace): Promise<void> {
  const due = place.store.unsent().filter(({ nextAt }) => nextAt <= place.now().getTime());
  const channels = new Map(channelsOf(place.settings).map((channel) => [channel.name, channel]));
  const byChannel = Map.groupBy(due.slice(0, AT_ONCE), ({ channel }) => channel);
  const signal = AbortSignal.any([place.signal, AbortSignal.timeout(ALL_MS)]);
  await Promise.all(
    [...byChannel].map(async ([name, deliveries]) => {
      const channel = channels.get(name);
      for (const delivery of deliveries) {
        // taken out of the settings since: there is nobody to send it to any more
        if (channel === undefined) place.store.dropDelivery(delivery.id);
        else if (!(await deliverOne({ ...place, signal }, channel, delivery))) break;
      }
    }),
  );
}

/** Says whether the channel is worth another alert now. */
async function deliverOne(place: DeliverPlace, channel: Channel, delivery: Delivery): Promise<boolean> {
  const { store, now, signal } = place;
  const row = store.alert(delivery.alert);
  if (row === null) {
    store.dropDelivery(delivery.id);
    return true;
  }
  const at = now().getTime();
  if (signal.aborted || !store.claim(delivery.id, at, at + CLAIM_MS)) return !signal.aborted;
  const message = messageOf(row);
  if (message === null) {
    store.dropDelivery(delivery.id);
    place.onTry(channel.shown, row.id, "what was to be said is damaged in state.db");
    return true;
  }
  const id = `${message.run === "" ? row.at : message.run}-${row.id}`;
  const said = await sendBy(place, channel, { message, id });
  if (said === null) store.markSent(delivery.id, now().getTime());
  else store.markFailed(delivery.id, said, now().getTime() + PAUSE_MS);
  place.onTry(channel.shown, row.id, said);
  return said === null;
}

/** As lib/alert/raise.ts wrote it; null where that no longer parses. */
function messageOf({ message }: AlertRow): Message | null {
  try {
    return JSON.parse(message) as Message;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Sends an alert by a channel, now. Null when it was taken, else why not; never throws for that. */
export async function sendBy(
  { settings, environment, signal }: Pick<DeliverPlace, "settings" | "environment" | "signal">,
  channel: Channel,
  alert: { readonly message: Message; readonly id: string },
): Promise<string | null> {
  const fault = await attempt().catch((error: unknown) => {
    // whatever a channel's library throws: the alert stays in the queue
    return error instanceof Error ? error.message : String(error);
  });
  // a server's words go into the log and on the screen
  return fault === null ? null : printable(redact(fault, secretsOf(settings, environment))).slice(0, LONGEST_FAULT);

  async function attempt(): Promise<string | null> {
    if (channel.kind === "webhook") return await post({ ...postedTo(channel.hook, alert.message), signal });
    if (settings.email === null) return "no address is set";
    return await sendMail(settings.email, alert, { environment, signal });
  }
}
