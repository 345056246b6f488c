// `agents`: the scheduled runs of this machine. `status` tells what really ran, from our own history, and not only that
// a scheduler has a job registered.
import { existsSync } from "node:fs";
import {
  type AgentFile,
  type AgentPlace,
  agentFiles,
  installAgents,
  type StandingJob,
  standingJobs,
  uninstallAgents,
} from "../../lib/agent/agents.ts";
import type { AgentPlan } from "../../lib/agent/jobs.ts";
import { type LastRuns, lastRunsOf } from "../../lib/agent/last-runs.ts";
import { nextSlot } from "../../lib/agent/schedule.ts";
import { locateRepository } from "../../lib/git/repository.ts";
import type { Context } from "../../lib/machine/context.ts";
import { type Log, openLog } from "../../lib/machine/log.ts";
import { type Pause, readPause, resumeRuns } from "../../lib/machine/paused.ts";
import { protectedPlace } from "../../lib/machine/protected-place.ts";
import { agentPlaceOf, agentPlanOf } from "../agent-place.ts";
import { type AgentRow, wordsOfAgents } from "../agent-words.ts";
import type { Answer, Call } from "../answer.ts";
import { PROGRAM } from "../help-form.ts";

interface Desk {
  readonly call: Call;
  readonly context: Context;
  readonly place: AgentPlace;
  readonly plan: AgentPlan;
  readonly stateDir: string;
}

type Action = "install" | "uninstall" | "status" | "print" | "resume";

const NOTHING_RAN: LastRuns = { last: null, lastGood: null };

function rowOf(desk: Desk, { job, state }: StandingJob): AgentRow {
  const { last, lastGood } = job.command === "watchdog" ? NOTHING_RAN : lastRunsOf(desk.stateDir, job.command);
  const isComing = state.registered === true;
  return {
    name: state.name,
    command: job.command,
    everyMinutes: job.everyMinutes,
    path: state.path,
    file: state.file,
    registered: state.registered,
    lastRun:
      last === null
        ? null
        : { run: last.run, command: last.command, at: last.startedAt, outcome: last.outcome, exit: last.exit },
    lastGoodRun: lastGood?.startedAt ?? null,
    nextSlot: isComing ? nextSlot(job.slots, desk.call.surroundings.now()).toISOString() : null,
  };
}

/** What a person should know about where things lie, before an agent finds out. */
function warningsOf({ place, plan }: Desk): string[] {
  if (place.platform !== "darwin") {
    return ["these run while you are logged in; to run always: loginctl enable-linger"];
  }
  return [
    ["the folder", plan.folder],
    ["the program", plan.program],
  ].flatMap(([what = "", path = ""]) => {
    const found = protectedPlace(path, place.home);
    if (found === null) return [];
    return [`${what} is in ${found.where}, which macOS keeps from scheduled programs: ${PROGRAM} doctor`];
  });
}

interface Done {
  readonly notes?: readonly string[];
  readonly agents?: readonly AgentRow[];
  readonly files?: readonly AgentFile[];
  readonly paused?: Pause | null;
}

function answerOf(action: Action, { platform }: AgentPlace, done: Done): Answer {
  const { notes = [], agents = [], files = [], paused = null } = done;
  const scheduler = platform === "darwin" ? "launchd" : "systemd";
  const found = { agents, files, paused, notes };
  const object = { schema: 1, command: "agents", exit: 0, action, scheduler, ...found, failure: null } as const;
  return { object, words: wordsOfAgents(action, object), keepFirst: false };
}

function logDeeds(log: Log, action: Action, deeds: readonly string[]): void {
  for (const deed of deeds) log.write("sync", "info", "-", "agents", { action, deed });
}

/** Needs no folder: agents go also where it is gone already. */
async function uninstall({ surroundings }: Call): Promise<Answer> {
  const place = agentPlaceOf(surroundings);
  const notes = await uninstallAgents(place);
  logDeeds(openLog(surroundings), "uninstall", notes);
  return answerOf("uninstall", place, { notes });
}

/** Needs no installed program: the pause is the folder's. */
async function resume(call: Call): Promise<Answer> {
  const context = await call.openContext();
  const { stateDir } = locateRepository(context.folder);
  const wasPaused = existsSync(stateDir) && readPause(stateDir) !== null;
  if (wasPaused) resumeRuns(stateDir);
  const notes = [wasPaused ? "scheduled runs go on" : "scheduled runs were not paused"];
  logDeeds(context.log, "resume", notes);
  return answerOf("resume", agentPlaceOf(call.surroundings), { notes });
}

async function openDesk(call: Call): Promise<Desk> {
  const context = await call.openContext();
  const { surroundings } = call;
  const { stateDir } = locateRepository(context.folder);
  return { call, context, place: agentPlaceOf(surroundings), plan: agentPlanOf(surroundings, context), stateDir };
}

/** How the agents stand; with `install`, after they were put in place. */
async function standing(call: Call, action: "install" | "status"): Promise<Answer> {
  const desk = await openDesk(call);
  const { place, plan, stateDir, context } = desk;
  const deeds = action === "install" ? await installAgents(place, plan) : [];
  logDeeds(context.log, action, deeds);
  const notes = deeds.length > 0 ? [...deeds, ...warningsOf(desk)] : [];
  const agents = (await standingJobs(place, plan)).map((one) => rowOf(desk, one));
  return answerOf(action, place, { notes, agents, paused: readPause(stateDir) });
}

async function print(call: Call): Promise<Answer> {
  const { place, plan } = await openDesk(call);
  const files = agentFiles(place, plan).map(({ path, text }) => ({ path, text }));
  return answerOf("print", place, { files });
}

export async function agentsCommand(call: Call): Promise<Answer> {
  const action = call.invocation.words[0] as Action; // one of the choices: checked with the words
  switch (action) {
    case "install":
    case "status":
      return await standing(call, action);
    case "uninstall":
      return await uninstall(call);
    case "print":
      return await print(call);
    case "resume":
      return await resume(call);
  }
}
