// `status`: may I switch machines? The verdict first, then what it rests on.
import { Failure } from "../../lib/failure.ts";
import type { Context } from "../../lib/machine/context.ts";
import { status } from "../../lib/sync/status.ts";
import type { Answer, Call } from "../answer.ts";
import { answerOfFailure } from "../failed.ts";
import { wordsOfStatus } from "../status-words.ts";

export async function statusCommand(call: Call): Promise<Answer> {
  let context: Context;
  try {
    context = await call.openContext();
  } catch (error) {
    return answerWithoutContext(call, error);
  }
  const found = await status(context);
  return {
    object: found,
    words: wordsOfStatus(found, call.invocation.verbose, context.now()),
    keepFirst: true,
    failureSaid: true,
  };
}

/** Broken settings, or no folder: that is a verdict too, as the first line. */
function answerWithoutContext({ surroundings }: Call, error: unknown): Answer {
  if (!(error instanceof Failure) || error.kind === "usage") throw error;
  const answer = answerOfFailure("status", error, surroundings);
  return { ...answer, words: [`ATTENTION: ${error.message}`], keepFirst: true };
}
