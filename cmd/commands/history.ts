// `history`: what ran here and how it ended, newest first.
import { Failure } from "../../lib/failure.ts";
import { locateRepository } from "../../lib/git/repository.ts";
import { readHistory } from "../../lib/machine/history.ts";
import type { Answer, Call } from "../answer.ts";
import { PROGRAM } from "../help.ts";
import { wordsOfHistory } from "../history-words.ts";

const DEFAULT_LIMIT = 20;
const HIGHEST_LIMIT = 100_000;

function limitOf(text: string | null): number {
  if (text === null) return DEFAULT_LIMIT;
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= HIGHEST_LIMIT) return limit;
  const cause = `--limit needs a whole number from 1 to ${HIGHEST_LIMIT}, not "${text}"`;
  throw new Failure("usage", { cause, remedy: [`${PROGRAM} history --limit ${DEFAULT_LIMIT}`] });
}

export async function historyCommand(call: Call): Promise<Answer> {
  const limit = limitOf(call.invocation.limit);
  const context = await call.openContext();
  const entries = readHistory(locateRepository(context.folder).stateDir, { limit });
  const object = { schema: 1, command: "history", exit: 0, entries, failure: null } as const;
  const words = entries.length === 0 ? [`nothing has run in ${context.folder} yet`] : wordsOfHistory(entries);
  return { object, words, keepFirst: false };
}
