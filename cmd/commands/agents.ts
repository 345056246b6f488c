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
import { type Pause, readPause, resumeRuns } from "../../lib/machine/paused.ts";
import { protectedPlace } from "../../lib/machine/protected-place.ts";
import { agentPlaceOf, agentPlanOf } from "../agent-place.ts";
import { type AgentRow, wordsOfAgents } from "../agent-words.ts";
import type { Answer, Call } from "../answer.ts";
import { PROGRAM } from "../help.ts";

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
  readonly deeds: readonly string[];
  readonly files: readonly AgentFile[];
}

async function act(desk: Desk, action: Action): Promise<Done> {
  const { place, plan, stateDir } = desk;
  switch (action) {
    case "install": {
      const deeds = await installAgents(place, plan);
      return { deeds: deeds.length > 0 ? [...deeds, ...warningsOf(desk)] : [], files: [] };
    }
    case "uninstall":
      return { deeds: await uninstallAgents(place), files: [] };
    case "print":
      return { deeds: [], files: agentFiles(place, plan).map(({ path, text }) => ({ path, text })) };
    case "resume": {
      const wasPaused = existsSync(stateDir) && readPause(stateDir) !== null;
      if (wasPaused) resumeRuns(stateDir);
      return { deeds: [wasPaused ? "scheduled runs go on" : "scheduled runs were not paused"], files: [] };
    }
    case "status":
      return { deeds: [], files: [] };
  }
}

function pauseOf(stateDir: string): Pause | null {
  return existsSync(stateDir) ? readPause(stateDir) : null;
}

export async function agentsCommand(call: Call): Promise<Answer> {
  const context = await call.openContext();
  const { surroundings, invocation } = call;
  const action = invocation.words[0] as Action; // one of the choices: checked with the words
  const { stateDir } = locateRepository(context.folder);
  const desk: Desk = {
    call,
    context,
    place: agentPlaceOf(surroundings),
    plan: agentPlanOf(surroundings, context),
    stateDir,
  };
  const { deeds, files } = await act(desk, action);
  for (const deed of deeds) context.log.write("sync", "info", "-", "agents", { action, deed });
  const standing = action === "print" ? [] : await standingJobs(desk.place, desk.plan);
  const agents = standing.map((one) => rowOf(desk, one));
  const paused = pauseOf(stateDir);
  const object = {
    schema: 1,
    command: "agents",
    exit: 0,
    action,
    scheduler: desk.place.platform === "darwin" ? "launchd" : "systemd",
    agents,
    files,
    paused,
    notes: deeds,
    failure: null,
  } as const;
  return { object, words: wordsOfAgents(action, object), keepFirst: false };
}
