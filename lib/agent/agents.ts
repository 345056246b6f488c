// The scheduled jobs of this machine, whichever scheduler it has: the one place that knows there are two.
import { Failure } from "../failure.ts";
import type { AgentState, AgentTools } from "./agent-tools.ts";
import { type AgentPlan, type Job, jobsOf } from "./jobs.ts";
import { installLaunchd, launchdFiles, launchdStates, uninstallLaunchd } from "./launchd.ts";
import { installSystemd, systemdFiles, systemdStates, uninstallSystemd } from "./systemd.ts";

export interface AgentPlace {
  /** `darwin` or `linux`, as the system calls itself. */
  readonly platform: string;
  readonly home: string;
  /** `~/.config`, or what `XDG_CONFIG_HOME` says. Absolute. */
  readonly configHome: string;
  readonly userId: number;
  readonly tools: AgentTools;
}

export interface AgentFile {
  readonly path: string;
  readonly text: string;
}

function guardAgainstOtherSystems({ platform }: AgentPlace): void {
  if (platform === "darwin" || platform === "linux") return;
  throw new Failure("usage", {
    cause: `there is no scheduler known here for ${platform}`,
    remedy: ["petesbrain-sync sync --scheduled   # give this line to a scheduler of your own"],
  });
}

/** The files that `install` would put in place. @throws Failure `usage` */
export function agentFiles(place: AgentPlace, plan: AgentPlan): AgentFile[] {
  guardAgainstOtherSystems(place);
  const jobs = jobsOf(plan);
  return place.platform === "darwin" ? launchdFiles(place.home, jobs) : systemdFiles(place.configHome, jobs);
}

/** Puts the jobs in place and starts them. @returns what was done. @throws Failure `permission-denied`, `usage` */
export async function installAgents(place: AgentPlace, plan: AgentPlan): Promise<string[]> {
  guardAgainstOtherSystems(place);
  const jobs = jobsOf(plan);
  return place.platform === "darwin" ? await installLaunchd(place, jobs) : await installSystemd(place, jobs);
}

/** Takes away every job of ours. @returns what was done. @throws Failure `permission-denied`, `usage` */
export async function uninstallAgents(place: AgentPlace): Promise<string[]> {
  guardAgainstOtherSystems(place);
  return place.platform === "darwin" ? await uninstallLaunchd(place) : await uninstallSystemd(place);
}

/** A job, and how it stands with the scheduler. */
export interface StandingJob {
  readonly job: Job;
  readonly state: AgentState;
}

/** How the jobs stand, in the order of the plan. @throws Failure `usage` */
export async function standingJobs(place: AgentPlace, plan: AgentPlan): Promise<StandingJob[]> {
  guardAgainstOtherSystems(place);
  const jobs = jobsOf(plan);
  const states = place.platform === "darwin" ? await launchdStates(place, jobs) : await systemdStates(place, jobs);
  return jobs.flatMap((job, at) => {
    const state = states[at];
    return state === undefined ? [] : [{ job, state }];
  });
}
