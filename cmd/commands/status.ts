// `status`: may I switch machines? The verdict first, then what it rests on.
import { status } from "../../lib/sync/status.ts";
import type { Answer, Call } from "../answer.ts";
import { wordsOfStatus } from "../status-words.ts";

export async function statusCommand(call: Call): Promise<Answer> {
  const context = await call.openContext();
  const found = await status(context);
  return {
    object: found,
    words: wordsOfStatus(found, call.invocation.verbose, context.now()),
    keepFirst: true,
    failureSaid: true,
  };
}
