// `alerts`: what was told, the newest first; what nobody has read stays in `status` until `alerts --read`.
import { locateRepository } from "../../lib/git/repository.ts";
import { withState } from "../../lib/sync/machines.ts";
import { type ShownAlert, shownAlerts } from "../../lib/sync/unread.ts";
import { alertLines } from "../alert-words.ts";
import type { Answer, Call } from "../answer.ts";
import { numberGiven } from "../number-given.ts";

const DEFAULT_LIMIT = 20;

export async function alertsCommand(call: Call): Promise<Answer> {
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
