// Agents on a Mac: the property lists of this machine's jobs put in place and loaded. Can be run again at any time and
// after any cut: what is loaded is what its file says, because a file is replaced only while its job is unloaded.
import { setAside } from "../machine/set-aside.ts";
import { type AgentState, type AgentTools, standingOf } from "./agent-tools.ts";
import type { Job } from "./jobs.ts";
import { agentPath, type FoundAgent, findAgents, prepareFolders, removeAgent, writeAgent } from "./launch-agents.ts";
import { isLoaded, type LoginSession, load, unload } from "./launchctl.ts";
import { formatPropertyList, propertyListOf } from "./property-list.ts";

export interface LaunchdPlace {
  readonly home: string;
  /** The user's number; launchd names login sessions by it. */
  readonly userId: number;
  readonly tools: AgentTools;
}

function sessionOf({ userId, tools }: LaunchdPlace): LoginSession {
  return { domain: `gui/${userId}`, tools };
}

/** The files of the jobs, as they should be. @throws Failure `usage` for a name that no property list can hold */
export function launchdFiles(home: string, jobs: readonly Job[]): { path: string; text: string; label: string }[] {
  return jobs.map((job) => ({
    label: job.label,
    path: agentPath(home, job.label),
    text: formatPropertyList(propertyListOf(job, home)),
  }));
}

/** Unloads what is not as it should be; ours is removed, what a person wrote is kept beside. Returns what was done. */
async function retire(session: LoginSession, agent: FoundAgent): Promise<string[]> {
  await unload(session, agent.label, agent.path);
  if (agent.isOurs) {
    removeAgent(agent.path);
    return [`removed ${agent.label}, which is for another role`];
  }
  const kept = setAside(agent.path);
  return [`unloaded ${agent.label}, an agent written by hand; its file is kept as ${kept}`];
}

/**
 * Installs the jobs and loads them, each of which runs at once and then in its slots.
 * @returns what was done, empty when all was as it should be
 * @throws Failure `permission-denied` with launchctl's own text
 */
export async function installLaunchd(place: LaunchdPlace, jobs: readonly Job[]): Promise<string[]> {
  const session = sessionOf(place);
  const wanted = launchdFiles(place.home, jobs);
  const deeds: string[] = [];
  prepareFolders(place.home);
  const labels = jobs.map(({ label }) => label);
  for (const found of findAgents(place.home, labels)) {
    const isOurPlace = wanted.some(({ path }) => path === found.path);
    if (!(isOurPlace && found.isOurs)) deeds.push(...(await retire(session, found)));
  }
  for (const { label, path, text } of wanted) {
    const there = findAgents(place.home).find((found) => found.path === path);
    const isSame = there?.text === text;
    if (isSame && (await isLoaded(session, label))) continue;
    if (!isSame) {
      await unload(session, label, path);
      writeAgent(path, text);
    }
    await load(session, label, path);
    deeds.push(`${there === undefined ? "installed" : "renewed"} ${label}`);
  }
  return deeds;
}

/** Unloads and removes every agent of ours; what a person wrote stays. @returns what was done */
export async function uninstallLaunchd(place: LaunchdPlace): Promise<string[]> {
  const session = sessionOf(place);
  const deeds: string[] = [];
  for (const found of findAgents(place.home)) {
    if (!found.isOurs) {
      deeds.push(`left ${found.path} as it is: it was written by hand`);
      continue;
    }
    await unload(session, found.label, found.path);
    removeAgent(found.path);
    deeds.push(`removed ${found.label}`);
  }
  return deeds;
}

/** How each job stands. */
export async function launchdStates(place: LaunchdPlace, jobs: readonly Job[]): Promise<AgentState[]> {
  const labels = jobs.map(({ label }) => label);
  const found = new Map(findAgents(place.home, labels).map((agent) => [agent.path, agent.text]));
  const session = sessionOf(place);
  const states: AgentState[] = [];
  for (const { label, path, text } of launchdFiles(place.home, jobs)) {
    const file = standingOf(found.get(path), text);
    states.push({ name: label, path, file, registered: await isLoaded(session, label) });
  }
  return states;
}
