// `history`: what ran here and how it ended, newest first.
import { locateRepository } from "../../lib/git/repository.ts";
import { readHistory } from "../../lib/machine/history.ts";
import type { Answer, Call } from "../answer.ts";
import { wordsOfHistory } from "../history-words.ts";
import { numberGiven } from "../number-given.ts";

const DEFAULT_LIMIT = 20;

export async function historyCommand(call: Call): Promise<Answer> {
  const limit = numberGiven("history", call.invocation.limit, DEFAULT_LIMIT);
  const context = await call.openContext();
  const entries = readHistory(locateRepository(context.folder).stateDir, { limit });
  const object = { schema: 1, command: "history", exit: 0, entries, failure: null } as const;
  const words = entries.length === 0 ? [`nothing has run in ${context.folder} yet`] : wordsOfHistory(entries);
  return { object, words, keepFirst: false };
}
