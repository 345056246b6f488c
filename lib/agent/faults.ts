// What is wrong with a scheduled job as its scheduler has it; whether it did its work is another question.
import type { StandingJob } from "./agents.ts";

/** One sentence, without the job's name; null when nothing is wrong. */
export function faultOf({ state }: StandingJob): string | null {
  if (state.file === "missing") return `${state.path} is missing`;
  if (state.file === "other") return `${state.path} is not as this version writes it`;
  return state.registered === true ? null : "its file is in place, and the scheduler does not have it";
}
