// One test by every channel, now: what became of it, and where to look for it.
import type { Context } from "../machine/context.ts";
import { secretsOf } from "../machine/settings-alerts.ts";
import { type Channel, channelsOf } from "./channels.ts";
import { sendBy } from "./deliver.ts";
import { LOUDNESS } from "./loudness.ts";
import { type Message, makeMessage } from "./message.ts";
import { notify } from "./notify.ts";
import { formatPage } from "./page.ts";
import { writePage } from "./page-file.ts";

export interface Tried {
  readonly channel: string;
  readonly ok: boolean;
  /** What became of it, and where to look. */
  readonly says: string;
}

const ALL_MS = 20_000;
/** A Mac shows nothing, and says so nowhere, where Script Editor was never allowed to notify. */
const SEEN_NOTHING =
  'look for it on the screen; on a Mac that shows nothing, open Script Editor once, run: display notification "hello", and allow it';

/** Sends a test by every channel of the settings. */
export async function tryChannels(context: Context): Promise<Tried[]> {
  const message = testMessage(context);
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(ALL_MS)]);
  const rows = [await tryNotification(context, message), tryPage(context, message)];
  const sent = channelsOf(context.settings.alerts).map((channel) =>
    tryChannel({ ...context, signal }, channel, message),
  );
  return [...rows, ...(await Promise.all(sent))];
}

function testMessage({ settings, folder, environment, now }: Context): Message {
  const happening = {
    event: "test",
    key: "test",
    cause: "this is a test: so it looks when something is wrong",
    paths: [],
    done: ["nothing happened"],
    remedy: [],
  } as const;
  const { name, role } = settings;
  return makeMessage(happening, {
    ...{ machine: { name, role }, folder, command: "alerts --try", run: "", at: now(), since: now(), count: 1 },
    ...{ lastRuns: [], log: [], secrets: secretsOf(settings.alerts, environment) },
  });
}

async function tryNotification(context: Context, message: Message): Promise<Tried> {
  const { environment, signal, settings } = context;
  const channel = "notification";
  if (!settings.alerts.notifications) return { channel, ok: true, says: 'turned off by notifications = "off"' };
  const { title, cause, machine } = message;
  const notice = { event: "test", title, subtitle: machine.role, text: cause, shown: "sound" } as const;
  const answer = await notify(notice, { environment, signal });
  if (answer === null) return { channel, ok: false, says: "this system has no notify-send: nothing can be shown" };
  if (answer.exit === 0) return { channel, ok: true, says: SEEN_NOTHING };
  const why = answer.timedOut ? "no answer in time" : answer.stderr.trim().slice(0, 200) || `exit ${answer.exit}`;
  return { channel, ok: false, says: `it could not be shown: ${why}` };
}

function tryPage({ folder, now }: Context, message: Message): Tried {
  const channel = "page";
  try {
    return { channel, ok: true, says: `open ${writePage(folder, now(), formatPage(message))} in a browser` };
  } catch (error) {
    return {
      channel,
      ok: false,
      says: `no page can be written: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

async function tryChannel(context: Context, channel: Channel, message: Message): Promise<Tried> {
  const { settings, environment, signal, now } = context;
  const place = { settings: settings.alerts, environment, signal };
  const fault = await sendBy(place, channel, { message, id: `test-${now().getTime()}` });
  if (fault !== null) return { channel: channel.shown, ok: false, says: fault };
  const where =
    channel.kind === "email" ? "look into the inbox, and into what was taken for spam" : "look where it leads";
  return { channel: channel.shown, ok: true, says: `taken: ${where}: "${LOUDNESS.test.title}"` };
}
