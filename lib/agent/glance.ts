// The scheduled runs as far as files tell: which are set up here and when each comes next. Asks no scheduler, so that
// `status` stays as quick as it is; `agents status` and `doctor` ask.
import { existsSync } from "node:fs";
import { platform } from "node:os";
import { isAbsolute, join } from "node:path";
import type { Context } from "../machine/context.ts";
import { machineId } from "../machine/machine-id.ts";
import { jobsOf } from "./jobs.ts";
import { findAgents } from "./launch-agents.ts";
import { nextSlot } from "./schedule.ts";
import { findUnits } from "./systemd.ts";
import { unitNamesOf } from "./units.ts";

export interface AgentGlance {
  readonly name: string;
  readonly command: string;
  readonly everyMinutes: number;
  /** A file of ours is in place for it. */
  readonly installed: boolean;
  /** ISO 8601, UTC; null where it is not installed. */
  readonly nextSlot: string | null;
}

/** The names under which files of ours are in place. */
function installedNames(context: Context): ReadonlySet<string> {
  const home = context.environment["HOME"] ?? "";
  if (home === "") return new Set();
  if (platform() === "darwin")
    return new Set(
      findAgents(home)
        .filter(({ isOurs }) => isOurs)
        .map(({ label }) => label),
    );
  const chosen = context.environment["XDG_CONFIG_HOME"];
  const configHome = chosen !== undefined && isAbsolute(chosen) ? chosen : join(home, ".config");
  return new Set(findUnits(configHome));
}

/** The jobs of this machine; empty in a folder where nothing has run yet. */
export function glanceAtAgents(context: Context, stateDir: string): AgentGlance[] {
  if (!existsSync(stateDir)) return [];
  const { role, schedule } = context.settings;
  const names = installedNames(context);
  const plan = {
    role,
    machineId: machineId(stateDir, role),
    schedule,
    program: "",
    folder: context.folder,
    configHome: null,
  };
  return jobsOf(plan).map((job) => {
    const name = platform() === "darwin" ? job.label : unitNamesOf(job).timer;
    const installed = names.has(name);
    const next = installed ? nextSlot(job.slots, context.now()).toISOString() : null;
    return { name, command: job.command, everyMinutes: job.everyMinutes, installed, nextSlot: next };
  });
}
