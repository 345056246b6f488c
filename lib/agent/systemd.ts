// Agents on Linux: the same jobs as timers of the user's own systemd. Can be run again at any time and after any cut.
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Failure, systemCode } from "../failure.ts";
import type { ProgramAnswer } from "../machine/command.ts";
import { writeDurably } from "../machine/durable.ts";
import { setAside } from "../machine/set-aside.ts";
import { type AgentState, type AgentTools, standingOf } from "./agent-tools.ts";
import type { Job } from "./jobs.ts";
import { serviceOf, timerOf, UNIT_BY_US, unitNamesOf } from "./units.ts";

export interface SystemdPlace {
  /** Where settings are, `~/.config` or what `XDG_CONFIG_HOME` says; systemd looks there too. Absolute. */
  readonly configHome: string;
  readonly tools: AgentTools;
}

interface Unit {
  readonly path: string;
  readonly text: string;
}

const FILE = /^petesbrain-sync-.+\.(?:service|timer)$/;
const READABLE = 0o644;
/** Where `enable` keeps its links. Source: systemd.special(7), timers.target. */
const WANTED = "timers.target.wants";

function folderOf(configHome: string): string {
  return join(configHome, "systemd", "user");
}

/** The files of the jobs, as they should be. @throws Failure `usage` for a name that no unit can hold */
export function systemdFiles(configHome: string, jobs: readonly Job[]): Unit[] {
  const folder = folderOf(configHome);
  return jobs.flatMap((job) => {
    const { service, timer } = unitNamesOf(job);
    return [
      { path: join(folder, service), text: serviceOf(job) },
      { path: join(folder, timer), text: timerOf(job) },
    ];
  });
}

function systemctl({ tools }: SystemdPlace, words: readonly string[]): Promise<ProgramAnswer> {
  return tools.run(["systemctl", "--user", ...words]);
}

async function must(place: SystemdPlace, words: readonly string[]): Promise<void> {
  const answer = await systemctl(place, words);
  if (answer.exit === 0) return;
  const said = answer.timedOut ? "it gave no answer in time" : answer.stderr.trim() || "it said nothing";
  throw new Failure("permission-denied", {
    cause: `systemctl --user ${words.join(" ")} did not succeed: ${said} (${answer.exit})`,
    remedy: ["systemctl --user status   # does your own systemd run? it begins when you log in at this computer"],
  });
}

/** The text of each of this product's files that is there, by its path. */
function foundFiles(configHome: string): Map<string, string> {
  const folder = folderOf(configHome);
  try {
    const names = readdirSync(folder).filter((name) => FILE.test(name));
    return new Map(names.sort().map((name) => [join(folder, name), readFileSync(join(folder, name), "utf8")]));
  } catch (error) {
    if (systemCode(error) === "ENOENT") return new Map();
    throw error;
  }
}

/** The names of this product's timers that are in place. */
export function findUnits(configHome: string): string[] {
  return [...foundFiles(configHome)]
    .filter(([path, text]) => path.endsWith(".timer") && text.startsWith(UNIT_BY_US))
    .map(([path]) => timerName(path));
}

function timerName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1).replace(/\.service$/, ".timer");
}

/** Takes away what is ours and not wanted, sets aside what a person wrote in our place. Returns what was done. */
async function clear(place: SystemdPlace, wanted: readonly Unit[]): Promise<string[]> {
  const deeds: string[] = [];
  for (const [path, text] of foundFiles(place.configHome)) {
    const isWanted = wanted.some((unit) => unit.path === path);
    const isOurs = text.startsWith(UNIT_BY_US);
    if (isWanted === isOurs || (!isWanted && !isOurs)) continue;
    if (isOurs) {
      if (path.endsWith(".timer")) await systemctl(place, ["disable", "--now", timerName(path)]);
      rmSync(path);
      deeds.push(`removed ${path}, which is for another role`);
    } else deeds.push(`kept ${path}, written by hand, as ${setAside(path)}`);
  }
  return deeds;
}

/**
 * Installs the timers and starts them; each job runs at once and then in its slots.
 * @returns what was done, empty when all was as it should be
 * @throws Failure `permission-denied` with systemctl's own text
 */
export async function installSystemd(place: SystemdPlace, jobs: readonly Job[]): Promise<string[]> {
  const wanted = systemdFiles(place.configHome, jobs);
  // where it is out of reach, files that are left behind would look like a schedule
  await must(place, ["daemon-reload"]);
  mkdirSync(folderOf(place.configHome), { recursive: true });
  const deeds = await clear(place, wanted);
  const before = foundFiles(place.configHome);
  for (const { path, text } of wanted.filter((unit) => before.get(unit.path) !== unit.text)) {
    writeDurably(path, text);
    chmodSync(path, READABLE);
  }
  await must(place, ["daemon-reload"]); // also after a cut between writing and this
  for (const job of jobs) {
    const { service, timer } = unitNamesOf(job);
    const own = wanted.filter(({ path }) => path.endsWith(`/${service}`) || path.endsWith(`/${timer}`));
    const isSame = own.every(({ path, text }) => before.get(path) === text);
    if (isSame && (await isRunning(place, timer))) continue;
    await must(place, ["enable", timer]);
    await must(place, ["restart", timer]);
    await must(place, ["is-active", timer]);
    await must(place, ["start", "--no-block", service]);
    deeds.push(`${own.some(({ path }) => before.has(path)) ? "renewed" : "installed"} ${timer}`);
  }
  return deeds;
}

async function isRunning(place: SystemdPlace, timer: string): Promise<boolean> {
  if ((await systemctl(place, ["is-enabled", timer])).exit !== 0) return false;
  return (await systemctl(place, ["is-active", timer])).exit === 0;
}

/** Stops and removes every timer of ours; what a person wrote stays. @returns what was done */
export async function uninstallSystemd(place: SystemdPlace): Promise<string[]> {
  const found = [...foundFiles(place.configHome)];
  const ours = found.filter(([, text]) => text.startsWith(UNIT_BY_US)).map(([path]) => path);
  const deeds: string[] = [];
  // where no systemd of the user's runs, nothing of it can be at work either: the files go, and nothing starts again
  const runs = ours.length > 0 && !(await isOutOfReach(place));
  for (const path of ours.filter((one) => one.endsWith(".timer"))) {
    if (runs) await must(place, ["disable", "--now", timerName(path)]);
    else rmSync(join(folderOf(place.configHome), WANTED, timerName(path)), { force: true });
    deeds.push(`removed ${timerName(path)}`);
  }
  for (const path of ours) rmSync(path);
  if (runs) await must(place, ["daemon-reload"]);
  return deeds;
}

/** No systemd of the user's own answers: nobody is logged in here, or this system has none. */
async function isOutOfReach(place: SystemdPlace): Promise<boolean> {
  const { exit, stderr } = await systemctl(place, ["daemon-reload"]);
  return exit !== 0 && /Failed to connect to (?:user scope )?bus/.test(stderr);
}

/** How each job stands. */
export async function systemdStates(place: SystemdPlace, jobs: readonly Job[]): Promise<AgentState[]> {
  const found = foundFiles(place.configHome);
  const files = systemdFiles(place.configHome, jobs);
  const states: AgentState[] = [];
  for (const job of jobs) {
    const { service, timer } = unitNamesOf(job);
    const standings = files
      .filter(({ path }) => path.endsWith(`/${service}`) || path.endsWith(`/${timer}`))
      .map(({ path, text }) => standingOf(found.get(path), text));
    const [worst = "current"] = standings.filter((one) => one !== "current");
    const path = join(folderOf(place.configHome), timer);
    states.push({ name: timer, path, file: worst, registered: await isRunning(place, timer) });
  }
  return states;
}
