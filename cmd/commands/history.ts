// `history`: what ran here and how it ended, newest first; `history RUN`: one of them in full.
import { locateRepository } from "../../lib/git/repository.ts";
import { findRuns, readHistory } from "../../lib/machine/history.ts";
import type { Answer, Call } from "../answer.ts";
import { PROGRAM } from "../help-form.ts";
import { wordsOfHistory, wordsOfRun } from "../history-words.ts";
import { numberGiven } from "../number-given.ts";
import { usage } from "../usage.ts";

const DEFAULT_LIMIT = 20;

const SIMILAR = 5;

/** One run in full. @throws Failure `usage` for a name that is none, or that several begin with */
async function answerOfOne(call: Call, name: string): Promise<Answer> {
  const context = await call.openContext();
  const [found, ...others] = findRuns(locateRepository(context.folder).stateDir, name, SIMILAR);
  if (found === undefined)
    throw usage(`there is no run ${name} in the history of ${context.folder}`, [`${PROGRAM} history`]);
  if (others.length > 0 && found.entry.run !== name)
    throw usage(
      `more than one run begins with ${name}`,
      [found, ...others].map(({ entry }) => `${PROGRAM} history ${entry.run}`),
    );
  const object = { schema: 1, command: "history", exit: 0, ...found, failure: null } as const;
  return { object, words: wordsOfRun(found), keepFirst: false };
}

export async function historyCommand(call: Call): Promise<Answer> {
  const [name] = call.invocation.words;
  if (name !== undefined) return await answerOfOne(call, name);
  const limit = numberGiven("history", call.invocation.limit, DEFAULT_LIMIT);
  const context = await call.openContext();
  const entries = readHistory(locateRepository(context.folder).stateDir, { limit });
  const object = { schema: 1, command: "history", exit: 0, entries, failure: null } as const;
  const words = entries.length === 0 ? [`nothing has run in ${context.folder} yet`] : wordsOfHistory(entries);
  return { object, words, keepFirst: false };
}
