// `push`: publishes this machine's changes.
import { push } from "../../lib/sync/push.ts";
import type { Answer, Call } from "../answer.ts";
import { answerOfRun } from "./run.ts";

export function pushCommand(call: Call): Promise<Answer> {
  return answerOfRun(call, "push", push);
}
