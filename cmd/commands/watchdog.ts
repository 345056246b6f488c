// `watchdog`: what the watchdog's agent runs. Ends with 10 when something is late or broken, as `doctor` does.
import { FAILURES } from "../../lib/failure.ts";
import { locateRepository } from "../../lib/git/repository.ts";
import type { Context } from "../../lib/machine/context.ts";
import { type Watched, watch } from "../../lib/sync/watchdog.ts";
import type { Answer, Call } from "../answer.ts";
import type { Surroundings } from "../surroundings.ts";
import { wordsOfWatchdog } from "../watchdog-words.ts";

/** Who is asked about the rest of the installation; null where nobody can say. */
function watchedBy({ surroundings }: Call, context: Context): Watched {
  return { agents: () => agentFaults(surroundings, context), rehearse: () => rehearseIfDue(context) };
}

/** Restores the newest snapshot on trial, once a week; null where that is not due, or another run is at work. */
async function rehearseIfDue(context: Context): Promise<{ ok: boolean; says: string } | null> {
  const { rehearsalDue, rehearse } = await import("../../lib/sync/rehearse.ts");
  if (!rehearsalDue(locateRepository(context.folder).stateDir, context.now())) return null;
  const { failure } = await rehearse(context);
  if (failure === null) return { ok: true, says: "" };
  return failure.kind === "locked" ? null : { ok: false, says: `the rehearsal of a restore failed: ${failure.cause}` };
}

/** What is wrong with the jobs that belong to this machine; null where the program is not installed. */
async function agentFaults(surroundings: Surroundings, context: Context): Promise<string[] | null> {
  if (surroundings.binary.length !== 1) return null;
  const { agentPlaceOf, agentPlanOf } = await import("../agent-place.ts");
  const { standingJobs } = await import("../../lib/agent/agents.ts");
  const jobs = await standingJobs(agentPlaceOf(surroundings), agentPlanOf(surroundings, context));
  return jobs
    .filter(({ state }) => state.file === "missing" || state.registered === false)
    .map(({ state }) => `${state.name} is ${state.file === "missing" ? "not installed" : "not registered"}`);
}

export async function watchdogCommand(call: Call): Promise<Answer> {
  const context = await call.openContext();
  const { machines, findings, reached, busy } = await watch(context, watchedBy(call, context));
  const isLate = findings.some(({ event }) => event !== "unwell");
  const exit = isLate ? FAILURES["not-a-repository"].exit : 0;
  const object = { schema: 1, command: "watchdog", exit, reached, busy, machines, findings, failure: null } as const;
  const words = wordsOfWatchdog({ machines, findings, reached, busy }, context.now());
  return { object, words, keepFirst: findings.length > 0 };
}
