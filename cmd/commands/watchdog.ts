// `watchdog`: what the watchdog's agent runs. Ends with 10 when something is late or broken, as `doctor` does.
import { FAILURES, surroundingFailure } from "../../lib/failure.ts";
import { locateRepository } from "../../lib/git/repository.ts";
import type { Context } from "../../lib/machine/context.ts";
import { listSnapshots } from "../../lib/snapshot/list.ts";
import { type Watched, watch } from "../../lib/sync/watchdog.ts";
import type { Answer, Call } from "../answer.ts";
import { rehearsalLine } from "../rollback-words.ts";
import type { Surroundings } from "../surroundings.ts";
import { wordsOfWatchdog } from "../watchdog-words.ts";

/** Who is asked about the rest of the installation; null where nobody can say. */
function watchedBy({ surroundings }: Call, context: Context, rehearsal: Rehearsed): Watched {
  return { agents: () => agentFaults(surroundings, context), rehearse: () => Promise.resolve(rehearsal) };
}

type Rehearsed = { readonly ok: boolean; readonly says: string } | null;

/** Once a week, before the watchdog's own look, because either holds the lock. Null where it is not due, or a run is at work. */
async function rehearseWhenDue(context: Context): Promise<Rehearsed> {
  const { rehearsalDue, rehearse } = await import("../../lib/sync/rehearse.ts");
  if (!rehearsalDue(locateRepository(context.folder).stateDir, context.now())) return null;
  // before the first snapshot there is nothing to restore, and nothing to be remembered of it
  if ((await listSnapshots(context)).length === 0) return null;
  const { rehearsal, failure } = await rehearse(context);
  context.signal.throwIfAborted();
  if (rehearsal === null && (failure === null || failure.kind === "locked")) return null;
  return { ok: failure === null, says: failure?.cause ?? rehearsalLine(rehearsal) };
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

/** What keeps a rehearsal from beginning keeps the watchdog's look from it too, which then tells of it. */
async function rehearseIfPossible(context: Context): Promise<Rehearsed> {
  try {
    return await rehearseWhenDue(context);
  } catch (error) {
    context.signal.throwIfAborted();
    if (surroundingFailure(error) === null) throw error;
    return null;
  }
}

export async function watchdogCommand(call: Call): Promise<Answer> {
  const context = await call.openContext();
  const { machines, findings, reached, busy } = await watch(
    context,
    watchedBy(call, context, await rehearseIfPossible(context)),
  );
  const isLate = findings.some(({ event }) => event !== "unwell");
  const exit = isLate ? FAILURES["not-a-repository"].exit : 0;
  const object = { schema: 1, command: "watchdog", exit, reached, busy, machines, findings, failure: null } as const;
  const words = wordsOfWatchdog({ machines, findings, reached, busy }, context.now());
  return { object, words, keepFirst: findings.length > 0 };
}
