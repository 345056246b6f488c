// `pull`: brings the remote's changes in.
import { pull } from "../../lib/sync/pull.ts";
import type { Answer, Call } from "../answer.ts";
import { answerOfRun } from "./run.ts";

export function pullCommand(call: Call): Promise<Answer> {
  return answerOfRun(call, "pull", pull);
}
