// `sync`: pull, then push, as one run.
import { sync } from "../../lib/sync/sync.ts";
import type { Answer, Call } from "../answer.ts";
import { answerOfRun } from "./run.ts";

export function syncCommand(call: Call): Promise<Answer> {
  return answerOfRun(call, "sync", sync);
}
