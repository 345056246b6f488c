// `alerts`: what was told, the newest first; what nobody has read stays in `status` until `alerts --read`.
import { FAILURES } from "../../lib/failure.ts";
import { locateRepository } from "../../lib/git/repository.ts";
import { withState } from "../../lib/sync/machines.ts";
import { type ShownAlert, shownAlerts } from "../../lib/sync/unread.ts";
import { alertLines } from "../alert-words.ts";
import type { Answer, Call } from "../answer.ts";
import { numberGiven } from "../number-given.ts";
import { columns } from "../words.ts";

const DEFAULT_LIMIT = 20;

/** A test by every channel; 10 when one of them did not take it. */
async function answerOfTrial(call: Call): Promise<Answer> {
  const { tryChannels } = await import("../../lib/alert/try-channels.ts");
  const tried = await tryChannels(await call.openContext());
  const exit = tried.every(({ ok }) => ok) ? 0 : FAILURES["not-a-repository"].exit;
  const object = { schema: 1, command: "alerts", exit, tried, failure: null } as const;
  const words = columns(tried.map(({ channel, ok, says }) => [ok ? "ok" : "failed", channel, says]));
  return { object, words, keepFirst: false };
}

export async function alertsCommand(call: Call): Promise<Answer> {
  if (call.invocation.try) return await answerOfTrial(call);
  const { limit: text, read } = call.invocation;
  const limit = numberGiven("alerts", text, DEFAULT_LIMIT);
  const context = await call.openContext();
  const now = context.now();
  const [alerts, marked] = await withState(locateRepository(context.folder), (state): [ShownAlert[], number] => {
    if (state === null) return [[], 0];
    const shown = shownAlerts(state.alerts, context.settings.alerts, { unread: false, limit });
    return [shown, read ? state.alerts.readAll(now.getTime()) : 0];
  });
  const object = { schema: 1, command: "alerts", exit: 0, alerts, marked, failure: null } as const;
  const words = alerts.length === 0 ? ["there are no alerts"] : alertLines(alerts);
  const end = read ? [marked === 0 ? "all of them were read already" : `${marked} marked as read`] : [];
  return { object, words: [...words, ...end], keepFirst: false };
}
