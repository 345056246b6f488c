// `doctor`: the whole installation, looked at; each finding with the command that mends it. 10 when one is an error.
import type { AgentPlan } from "../../lib/agent/jobs.ts";
import { examine } from "../../lib/doctor/examine.ts";
import { type Finding, type Patient, problem } from "../../lib/doctor/finding.ts";
import { FAILURES, Failure } from "../../lib/failure.ts";
import { locateRepository } from "../../lib/git/repository.ts";
import { Git } from "../../lib/git/shell.ts";
import { runProgram } from "../../lib/machine/command.ts";
import type { Context } from "../../lib/machine/context.ts";
import { openLog } from "../../lib/machine/log.ts";
import { secretsOf } from "../../lib/machine/settings-alerts.ts";
import { fromElsewhere } from "../../lib/paste.ts";
import { agentPlaceOf, agentPlanOf } from "../agent-place.ts";
import type { Answer, Call } from "../answer.ts";
import { type ShownFinding, wordsOfDoctor } from "../doctor-words.ts";
import { reportedFailure } from "../failed.ts";
import { chooseFolder, readableSettings } from "../wiring.ts";

/** Null where the sources are running: then nothing can be said of an installed program. */
function planOf(call: Call, context: Context): AgentPlan | null {
  return call.surroundings.binary.length === 1 ? agentPlanOf(call.surroundings, context) : null;
}

function patientOf(call: Call, context: Context): Patient {
  const repository = locateRepository(context.folder);
  return {
    context,
    repository,
    git: new Git({ ...context, folder: repository.folder }),
    place: agentPlaceOf(call.surroundings),
    plan: planOf(call, context),
  };
}

function shownFinding({ check, level, says, remedy, mend }: Finding): ShownFinding {
  return { check, level, says, remedy: [...remedy], fixable: mend !== null };
}

/** The failure of the whole: the first error, with the ways out of all of them. */
function failureOf(checks: readonly ShownFinding[]): Failure | null {
  const errors = checks.filter(({ level }) => level === "error");
  const [first] = errors;
  if (first === undefined) return null;
  const more = errors.length === 1 ? "" : `; and ${errors.length - 1} more`;
  return new Failure("not-a-repository", {
    cause: `${first.check}: ${first.says}${more}`,
    remedy: [...new Set(errors.flatMap(({ remedy }) => remedy.slice(0, 1)))],
  });
}

/** The context, and what is wrong with the settings: then it has those that can be read, so that the rest is looked at. */
async function contextOf(call: Call): Promise<{ context: Context; unreadable: Failure | null }> {
  try {
    return { context: await call.openContext(), unreadable: null };
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== "config-invalid") throw error;
    const { surroundings, invocation, onStep, later } = call;
    const { home, cwd, now, signal, version } = surroundings;
    const { settings, environment } = await readableSettings(surroundings);
    const folder = chooseFolder(invocation.folder, cwd, settings);
    const log = openLog({ home, now, secrets: secretsOf(settings.alerts, environment) });
    const given = { now, signal, version, onStep, later, allow: [], scheduled: false };
    return { context: { folder, settings, environment, log, ...given }, unreadable: error };
  }
}

export async function doctorCommand(call: Call): Promise<Answer> {
  const { context, unreadable } = await contextOf(call);
  const { surroundings, invocation } = call;
  const probes = async (words: readonly string[], timeoutMs: number): Promise<string> => {
    const argv = [...surroundings.binary, "probe", ...words, "--folder", context.folder];
    const { environment, signal } = surroundings;
    const answer = await runProgram(argv, { environment, signal, timeoutMs });
    return answer.stdout;
  };
  const { fix } = invocation;
  const tried = unreadable === null ? probes : null;
  const { findings, probes: rows, fixed } = await examine(patientOf(call, context), { fix, probes: tried });
  const settings = unreadable === null ? [] : [problem("settings", unreadable.message, unreadable.remedy)];
  const looked = [...settings, ...findings].map(shownFinding);
  const failure = failureOf(looked);
  const isAtTop = surroundings.cwd === context.folder;
  const isDefault = invocation.folder === null;
  const checks = isAtTop
    ? looked
    : looked.map((one) => ({ ...one, remedy: fromElsewhere(one.remedy, context.folder, { isDefault }) }));
  const object = {
    schema: 1,
    command: "doctor",
    exit: failure === null ? 0 : FAILURES["not-a-repository"].exit,
    checks,
    probes: rows,
    fixed: fixed.map(({ check, says }) => ({ check, says })),
    failure: failure === null ? null : reportedFailure(failure, context.log),
  } as const;
  const words = wordsOfDoctor(
    checks,
    rows,
    fixed.map(({ says }) => says),
  );
  return { object, words, keepFirst: true, failureSaid: true };
}
