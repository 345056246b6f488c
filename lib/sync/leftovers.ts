// What the old scripts left on a machine, as `init` finds it: told, and lost by nothing. Only logs are moved, to a name
// beside, because the new ones have the same names and keep no more than their last lines.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { findAgents } from "../agent/launch-agents.ts";
import type { Git } from "../git/shell.ts";
import { readBaseline } from "../integrity/baseline.ts";
import { runStart } from "../machine/identity.ts";
import { setAside } from "../machine/set-aside.ts";
import { SHIMS } from "../machine/shims.ts";
import { named } from "../named.ts";
import { pasted } from "../paste.ts";

export interface OldPlace {
  readonly folder: string;
  readonly home: string;
  readonly git: Git;
}

/** Snapshots of the old scripts: everything that no run of this program made. */
function oldSnapshots({ folder }: OldPlace): string[] {
  const place = join(folder, ".sync-snapshot");
  if (!existsSync(place)) return [];
  const names = readdirSync(place)
    .filter((name) => name !== "work" && runStart(name) === null)
    .sort();
  if (names.length === 0) return [];
  return [`kept what the old scripts left in .sync-snapshot: ${named(names)}; no run touches it`];
}

/** As wrappers of their kind name them; a stash that a person named otherwise is a person's. */
const THEIR_STASH =
  /petesbrain|pre-?sync|auto-?(?:sync|stash)|sync[-_ ]?(?:snapshot|stash|backup|v2)|before (?:sync|pull|push)/i;

/** Stashes that the old scripts made and perhaps never put back: edits may be in there and nowhere else. */
async function oldStashes({ folder, git }: OldPlace): Promise<string[]> {
  const answer = await git.run(["stash", "list", "-z", "--format=%gd: %gs"], { accept: [0, 128] });
  const all = Buffer.from(answer.stdout).toString("utf8").split("\0");
  const found = all.filter((line) => THEIR_STASH.test(line));
  const [first] = found;
  if (first === undefined) return [];
  const name = first.slice(0, first.indexOf(":"));
  const count = found.length === 1 ? "a stash" : `${found.length} stashes`;
  return [
    `kept ${count} of the old scripts, which may hold edits that were never put back (${named(found)}); to look: git -C ${pasted(folder)} stash show --stat -p ${pasted(name)}`,
  ];
}

function oldAgents({ home }: OldPlace): string[] {
  return findAgents(home)
    .filter(({ isOurs }) => !isOurs)
    .map(
      ({ label, path }) =>
        `${path} still runs the old scripts; to stop it: launchctl bootout gui/$(id -u)/${label} (agents install replaces it and keeps the file)`,
    );
}

const THEIR_LOG = /^\.petesbrain-sync-.+\.log$/;
const SAME_NAME: readonly string[] = [
  ".petesbrain-sync-v2.log",
  ".petesbrain-sync-v2-error.log",
  ".petesbrain-sync-rollback.log",
];
/** How every line of this program's logs begins. */
const OUR_LINE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (?:INFO|WARN|ERROR) /;

function isTheirs(path: string): boolean {
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.some((line) => line !== "" && !OUR_LINE.test(line));
}

/** Logs of the old scripts: those of the same name as ours are moved aside whole, the others stay where they are. */
function oldLogs({ home }: OldPlace): string[] {
  const names = readdirSync(home)
    .filter((name) => THEIR_LOG.test(name))
    .sort();
  const moved = names
    .filter((name) => SAME_NAME.includes(name) && isTheirs(join(home, name)))
    .map((name) => `kept the old scripts' log ~/${name} as ${setAside(join(home, name))}`);
  const others = names.filter((name) => !SAME_NAME.includes(name));
  return others.length === 0 ? moved : [...moved, `kept the logs of the old scripts' agents: ${named(others)}`];
}

/** A baseline of the old scripts has no modes of files; it is read, and every run brings it up to date. */
function oldBaseline({ folder }: OldPlace): string[] {
  const baseline = readBaseline(folder);
  const isOld = baseline !== null && [...baseline.files.values()].some(({ mode }) => mode === null);
  if (baseline === null || !isOld) return [];
  return [`the old scripts' baseline goes on being used: ${baseline.files.size} files, of ${baseline.takenAt}`];
}

function oldScripts({ folder }: OldPlace): string[] {
  const theirs = Object.entries(SHIMS).filter(([name, text]) => {
    const path = join(folder, "shared", "scripts", name);
    return existsSync(path) && readFileSync(path, "utf8") !== text;
  });
  if (theirs.length === 0) return [];
  const names = theirs.map(([name]) => name).join(", ");
  return [
    `the old scripts are still in shared/scripts (${names}); petesbrain-sync shims install lets their names lead here`,
  ];
}

/** Finds what the old scripts left, moves only their logs aside, and returns a sentence for each kind. */
export async function settleLeftovers(place: OldPlace): Promise<string[]> {
  return [
    ...oldSnapshots(place),
    ...(await oldStashes(place)),
    ...oldBaseline(place),
    ...oldScripts(place),
    ...oldAgents(place),
    ...oldLogs(place),
  ];
}
