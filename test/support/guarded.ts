// Runs under guards, as a person meets them: what a halt must leave alone, what it must say, and the way through it by
// the very words that it says.
import { expect } from "bun:test";
import { existsSync, lstatSync, readFileSync } from "node:fs";
import type { GuardCase, Way } from "./guard-cases.ts";
import { BASE } from "./guard-cases.ts";
import type { Machine, RunResult } from "./machine.ts";
import { gitText } from "./plain-git.ts";
import { twoMachines, type World } from "./world.ts";

/** Commits everything by plain git, which asks nobody. */
export function commitPlainly(machine: Machine): void {
  machine.git("add", "-A").git("commit", "-q", "-m", "by plain git");
}

/** Publishes by plain git, so that no machine vouches for it and no allowance comes with it. */
export function publishPlainly(machine: Machine): void {
  commitPlainly(machine);
  machine.git("push", "-q", "origin", "HEAD:main");
}

/** A world in which a command of the desktop meets a case's change. */
export async function worldOf(one: GuardCase, way: Way): Promise<World> {
  const world = await twoMachines(one.start ?? BASE);
  const { desktop, laptop } = world;
  if (one.meanwhile !== undefined) {
    one.meanwhile(laptop);
    publishPlainly(laptop);
  }
  if (way === "pull" && one.meanwhile === undefined) {
    one.change(laptop);
    publishPlainly(laptop);
    // an edit that waits here: a halt must leave it, and keep it
    desktop.write("waiting.md", "not committed\n");
  } else {
    one.change(desktop);
    if (one.committed === true) commitPlainly(desktop);
  }
  return world;
}

const BASELINE = ".sync-checksums.json";

/** Everything that a halt must leave as it was, on the machine and at the remote. */
export function everythingOf(world: World, machine: Machine): unknown {
  const baseline = existsSync(machine.at(BASELINE)) ? machine.read(BASELINE) : null;
  return { state: machine.state(), remote: world.remote.refs(), baseline };
}

/** What a halt is expected to say first. */
export interface By {
  readonly guard: string;
  readonly path: string | null;
  readonly says: string;
}

/** The run was halted by a guard, and says so with path and numbers. */
function expectHalted(run: RunResult, by: By): void {
  expect(run).toFailWith("halted");
  const { cause = "", paths = [] } = run.report?.failure ?? {};
  expect(cause).toStartWith(`${by.guard}: ${by.path === null ? "" : `${by.path} `}`);
  expect(cause).toContain(by.says);
  expect(paths).toEqual(by.path === null ? [] : expect.arrayContaining([by.path]));
  expect(run.report).toMatchObject({ outcome: "blocked", rolledBack: false });
}

/** Runs a command that a guard must halt: nothing is different from before, and a snapshot holds what is not committed. */
export async function expectHalt(world: World, machine: Machine, words: readonly string[], by: By): Promise<RunResult> {
  const before = everythingOf(world, machine);
  const run = await machine.run(words);
  expectHalted(run, by);
  expect(everythingOf(world, machine)).toEqual(before);
  if (run.report?.snapshot != null) expectSnapshotOf(machine, run.report.snapshot);
  return run;
}

/** A snapshot holds every file of the folder that git does not ignore, as it is now. */
function expectSnapshotOf(machine: Machine, run: string): void {
  const ref = `refs/petesbrain-sync/snapshots/${run}`;
  const listed = machine.gitText("ls-tree", "-r", "-z", "--full-tree", ref).split("\0").filter(Boolean);
  const kept = listed.map((row) => [row.slice(row.indexOf("\t") + 1), row.split(/[ \t]/)[2]]);
  const names = machine.gitText("ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0");
  const here = [...new Set(names)].filter(
    (path) => path !== "" && lstatSync(machine.at(path), { throwIfNoEntry: false })?.isFile() === true,
  );
  const ids = gitText(machine.folder, machine.home, ["hash-object", "--stdin-paths"], `${here.join("\n")}\n`).split(
    "\n",
  );
  expect(Object.fromEntries(kept)).toEqual(Object.fromEntries(here.map((path, n) => [path, ids[n]])));
}

/** The words of the remedy that let the run pass, read as a shell reads them; without the program's name. */
export function allowedWords(run: RunResult): string[] {
  const line = run.report?.failure?.remedy.find((remedy) => remedy.includes("--allow")) ?? "";
  const read = Bun.spawnSync([
    "sh",
    "-c",
    `petesbrain_sync() { printf '%s\\n' "$@"; }; ${line.replace("petesbrain-sync", "petesbrain_sync")}`,
  ]);
  const words = read.stdout.toString().split("\n").slice(0, -1);
  if (!line.startsWith("petesbrain-sync ") || words.length < 3)
    throw new Error(`no command to let it pass in ${JSON.stringify(run.report?.failure?.remedy)}`);
  return words;
}

/** All that a machine has written down about its runs, as bytes. */
export function writtenDown(machine: Machine): Buffer {
  const logs = [".petesbrain-sync-v2.log", ".petesbrain-sync-v2-error.log", ".petesbrain-sync-rollback.log"];
  const places = [
    ...logs.map((name) => `${machine.home}/${name}`),
    ...["state.db", "state.db-wal", "journal.json"].map((name) => machine.at(`.git/petesbrain-sync/${name}`)),
    machine.at(BASELINE),
  ];
  return Buffer.concat(places.flatMap((place) => (existsSync(place) ? [readFileSync(place)] : [])));
}

/** Content of every object of a repository, reachable or not, after each other. */
export function allObjects(repository: string): Buffer {
  const env = { PATH: process.env["PATH"] ?? "", GIT_CONFIG_NOSYSTEM: "1", HOME: repository };
  const args = ["cat-file", "--batch-all-objects", "--batch"];
  const answer = Bun.spawnSync(["git", ...args], { cwd: repository, env });
  if (answer.exitCode !== 0 || answer.stdout.length === 0) throw new Error(`git ${args.join(" ")}: ${answer.stderr}`);
  return Buffer.from(answer.stdout);
}

/** Plays a case that nothing stands against: it leaves by either command, and arrives by either. */
export async function expectPassed(one: GuardCase): Promise<void> {
  await using world = await worldOf(one, "push");
  const { desktop, laptop } = world;
  expect(await desktop.run(["sync", "--dry-run"])).toSucceed();
  expect(await desktop.push()).toSucceed();
  // as if plain git had published it: what nobody vouches for is judged no milder, and nothing was let pass
  expect(await laptop.run(["sync", "--dry-run"])).toSucceed();
  expect(await laptop.pull()).toSucceed();
}

/** Plays a case that halts: it can be let pass, for this run and only for what it is. */
export async function expectStopped(one: GuardCase, way: Way): Promise<void> {
  await using world = await worldOf(one, way);
  const { desktop, laptop } = world;
  const { guard, path = null, says = "" } = one;
  const before = everythingOf(world, desktop);
  const halted = await desktop.run([way]);
  expectHalted(halted, { guard, path, says });
  expect(everythingOf(world, desktop)).toEqual(before);
  const isKept = one.committed === true && way !== "pull";
  expect(halted.report?.snapshot === null).toBe(isKept);
  if (!isKept) expectSnapshotOf(desktop, halted.report?.snapshot ?? "");
  expectHalted(await desktop.run([way, "--allow", `${guard}:another/path.md`]), { guard, path, says });
  const words = allowedWords(halted);
  expect(words[0]).toBe(way);
  // both forms of the word, each in a run that carries it out and in one that only says what it would do
  const [planned, carriedOut] = way === "sync" ? [words, [way, "--allow", guard]] : [[way, "--allow", guard], words];
  expect(await desktop.run([...planned, "--dry-run"])).toSucceed();
  expect(everythingOf(world, desktop)).toEqual(before);
  expect(await desktop.run(carriedOut)).toSucceed();
  // what was let pass here is not asked again there
  expect(await (way === "pull" ? desktop.pull() : laptop.pull())).toSucceed();
}
