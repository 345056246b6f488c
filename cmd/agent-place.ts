// What the commands about agents need, put together from the process and the settings: this machine's plan, its
// scheduler and the way to run the scheduler's program.
import { existsSync, mkdirSync, realpathSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import type { AgentTools } from "../lib/agent/agent-tools.ts";
import type { AgentPlace } from "../lib/agent/agents.ts";
import type { AgentPlan } from "../lib/agent/jobs.ts";
import { Failure } from "../lib/failure.ts";
import { locateRepository } from "../lib/git/repository.ts";
import { runProgram, systemEnvironment } from "../lib/machine/command.ts";
import type { Context, Environment } from "../lib/machine/context.ts";
import { machineId } from "../lib/machine/machine-id.ts";
import { pause } from "../lib/sync/pause.ts";
import type { Surroundings } from "./surroundings.ts";

const PROGRAM_TIMEOUT_MS = 30_000;

/** Runs programs of the system and waits, for as long as the process may. */
function toolsOf({ environment, signal }: Pick<Surroundings, "environment" | "signal">): AgentTools {
  const kept = systemEnvironment(environment);
  return {
    run: (argv) => runProgram(argv, { environment: kept, timeoutMs: PROGRAM_TIMEOUT_MS, signal }),
    sleep: async (ms) => {
      await pause(ms, signal);
      signal.throwIfAborted();
    },
    elapsedMs: () => performance.now(),
  };
}

function chosenConfigHome(environment: Environment): string | null {
  const chosen = environment["XDG_CONFIG_HOME"];
  return chosen !== undefined && isAbsolute(chosen) ? chosen : null;
}

/** This machine's scheduler. */
export function agentPlaceOf(surroundings: Surroundings): AgentPlace {
  const { platform, home, userId, environment } = surroundings;
  const configHome = chosenConfigHome(environment) ?? join(home, ".config");
  return { platform, home, userId, configHome, tools: toolsOf(surroundings) };
}

/**
 * What this machine's agents are to be. Needs the folder's repository, and the built program: an agent starts one file.
 * @throws Failure `usage`, `not-a-repository`
 */
export function agentPlanOf(surroundings: Surroundings, context: Context): AgentPlan {
  const { settings, folder } = context;
  const [program, ...more] = surroundings.binary;
  if (program === undefined || more.length > 0) {
    throw new Failure("usage", {
      cause: "agents start the installed program, and this is not it but the sources",
      remedy: ["./install.sh   # then: petesbrain-sync agents install"],
    });
  }
  const { stateDir } = locateRepository(folder);
  // the minute of the slots comes from the machine's id, which is kept there from the first look on
  if (!existsSync(stateDir)) mkdirSync(stateDir, { mode: 0o700 });
  return {
    role: settings.role,
    machineId: machineId(stateDir, settings.role),
    schedule: settings.schedule,
    program: realpathSync(program),
    folder,
    configHome: chosenConfigHome(surroundings.environment),
  };
}
