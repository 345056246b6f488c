// A random history of several machines, played on the real product and on a model of it that knows only trees. Checked
// after each step: what the model expects, honest exit codes, no force; at the end: agreement, rest, and nothing lost.
// The same seed plays the same history; contents are single lines that occur once, so every merge is decided by path.
import { expect } from "bun:test";
import { lstatSync, rmSync, type Stats } from "node:fs";
import { dirname } from "node:path";
import { contentsBelow, lostFrom } from "./holdings.ts";
import type { Machine, RunResult } from "./machine.ts";
import type { Tree } from "./observe.ts";
import { split, threeWay } from "./random-model.ts";
import { expectAgreement, expectMonotoneRemote, expectQuietRound } from "./together.ts";
import { threeMachines, twoMachines, type World } from "./world.ts";

/** mulberry32: 32 bits of state, good enough to choose with. */
export function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((((mixed ^ (mixed >>> 14)) >>> 0) * below) / 4294967296) | 0;
  };
}

const PATHS = ["a", "b", "d/a", "d/b", "d/e/a", "x", "x/y", "-dash", "sp ace", 'q"uote', "nl\nx", "ü 🧠"] as const;

/** In a folder of a dozen one-line files most changes look like damage; here they are all meant. */
const ALLOW = ["mass-delete", "all-changed", "emptied", "critical-delete"] as const;

interface Player {
  readonly machine: Machine;
  /** The tree this machine and the remote last agreed on: the merge base of its next run. */
  base: Tree;
}

interface Game {
  readonly world: World;
  readonly players: readonly Player[];
  readonly random: (below: number) => number;
  /** Tree at the remote, by the model. */
  remote: Tree;
  /** Commit of the remote's branch when a run was last judged. */
  head: string | null;
  /** Every tree the remote has had. */
  readonly published: Tree[];
  /** Digest of every content that was in a folder when a run began that had something to do. */
  readonly seen: Set<string>;
  serial: number;
  /** What was done, to be read when something breaks. */
  readonly story: string[];
}

export interface Played {
  readonly runs: number;
  readonly blocked: number;
  readonly killed: number;
}

/** Plays one history. Throws, with the story, at the first promise that does not hold. */
export async function playHistory(choice: {
  seed: number;
  steps: number;
  machines: 2 | 3;
  kills: boolean;
}): Promise<Played> {
  const start = { a: "start a\n", b: "start b\n", "d/a": "start d/a\n" };
  await using world = await (choice.machines === 2 ? twoMachines(start) : threeMachines(start));
  const game: Game = {
    world,
    players: world.machines.map((machine) => ({ machine, base: start })),
    random: randomOf(choice.seed),
    remote: start,
    head: world.remote.head(),
    published: [start],
    seen: new Set(),
    serial: 0,
    story: [],
  };
  const played = { runs: 0, blocked: 0, killed: 0 };
  try {
    for (let step = 0; step < choice.steps; step++) {
      const player = pick(game, game.players);
      if (game.random(10) < 6) edit(game, player);
      else await run(game, player, played, choice.kills && game.random(4) === 0);
    }
    await finish(game, played);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new Error(`seed ${choice.seed}, ${choice.machines} machines:\n${game.story.join("\n")}\n${text}`, {
      cause: error,
    });
  }
  return played;
}

function pick<T>(game: Game, from: readonly T[]): T {
  const chosen = from[game.random(from.length)];
  if (chosen === undefined) throw new Error("nothing to choose from");
  return chosen;
}

/** One change as a person makes it: written in place, deleted, made executable, turned link; sometimes committed. */
function edit(game: Game, { machine }: Player): void {
  const path = pick(game, PATHS);
  const kind = pick(game, ["write", "write", "write", "write", "remove", "chmod", "link", "commit"] as const);
  game.story.push(`${machine.name}: ${kind} ${JSON.stringify(path)} ${game.serial + 1}`);
  const there = lookAt(machine, path);
  if (kind === "commit") machine.git("add", "-A").git("commit", "-q", "--allow-empty", "-m", "by hand");
  else if (kind === "chmod" && there?.isFile() === true) machine.chmod(path, there.mode & 0o100 ? 0o644 : 0o755);
  else if (kind === "remove" && there !== undefined) removeWithParents(machine, path);
  else if (kind === "write" || kind === "link") put(game, machine, path, kind);
}

/** New content of the same length as every other, so that only its bytes tell it apart; a file is written in place. */
function put(game: Game, machine: Machine, path: string, kind: "write" | "link"): void {
  clearTheWay(machine, path, kind === "write");
  game.serial += 1;
  const serial = String(game.serial).padStart(6, "0");
  if (kind === "link") machine.link(path, `target ${serial}`);
  else machine.write(path, `line ${serial}\n`);
}

function clearTheWay(machine: Machine, path: string, keepFile: boolean): void {
  const there = lookAt(machine, path);
  if (there !== undefined && !(keepFile && there.isFile())) machine.remove(path);
  for (let at = dirname(path); at !== "."; at = dirname(at)) {
    const parent = lookAt(machine, at);
    if (parent !== undefined && !parent.isDirectory()) machine.remove(at);
  }
}

function removeWithParents(machine: Machine, path: string): void {
  machine.remove(path);
  for (let at = dirname(path); at !== "."; at = dirname(at)) {
    if (Object.keys(machine.tree()).some((other) => other.startsWith(`${at}/`) && machine.tree()[other] !== "folder"))
      return;
    rmSync(machine.at(at), { recursive: true });
  }
}

async function run(
  game: Game,
  player: Player,
  played: { runs: number; blocked: number; killed: number },
  kill: boolean,
): Promise<void> {
  const { machine } = player;
  const command = pick(game, ["push", "pull", "sync", "sync"] as const);
  const contents = contentsBelow(machine.folder);
  let before = machine.tree();
  if (kill && !(await killed(game, player, command, played))) before = machine.tree();
  const result = await machine.run([command], { allow: ALLOW });
  played.runs += 1;
  game.story.push(`${machine.name}: ${command} -> ${result.exit} ${result.report?.outcome ?? ""}`);
  judge(game, player, command, before, result);
  remember(game, contents, result);
  if (result.exit === 20) {
    played.blocked += 1;
    takeTheirs(game, player, result);
  }
  expectMonotoneRemote(game.world);
}

/** What was in the folder when a run had something to do can be got back for ever; a quiet run takes no snapshot. */
function remember(game: Game, contents: ReadonlySet<string>, result: RunResult): void {
  expect(lostFrom(game.world, contents)).toEqual([]);
  if (result.report?.outcome === "up-to-date") return;
  for (const digest of contents) game.seen.add(digest);
}

/** A run that is cut off somewhere, if it comes that far; the next must behave as if nothing, or all of it, had happened. */
async function killed(game: Game, player: Player, command: string, played: { killed: number }): Promise<boolean> {
  const { machine } = player;
  const point = 1 + game.random(60);
  const cut = await machine.run([command], { allow: ALLOW, fault: `kill@${point}` });
  game.story.push(`${machine.name}: ${command} killed at ${point}: ${cut.exit ?? cut.signal}`);
  // one that ended before that point has done its work: its result is what the next one starts from
  if (cut.signal === null) judge(game, player, command, machine.tree(), cut);
  else played.killed += 1;
  return cut.signal !== null;
}

function judge(game: Game, player: Player, command: string, before: Tree, result: RunResult): void {
  const { machine } = player;
  const { remote } = game;
  const wanted = threeWay(player.base, before, remote);
  const nothingOfOurs = Bun.deepEquals(before, player.base);
  if (wanted === null && !(command === "push" && nothingOfOurs)) {
    expect(result).toFailWith("conflicts");
    expect(machine.tree()).toEqual(before);
    return;
  }
  expect(result).toSucceed();
  if (command === "push" && pushedNothing(game, player, before, result)) return;
  expect(machine.tree()).toEqual(wanted ?? {});
  if (command === "pull") {
    player.base = remote;
    return;
  }
  game.remote = wanted ?? {};
  game.published.push(game.remote);
  player.base = game.remote;
  game.head = game.world.remote.head();
  expect(machine.gitText("rev-parse", "HEAD")).toBe(game.world.remote.head() ?? "");
  expect(machine.gitText("status", "--porcelain")).toBe("");
}

/**
 * A push whose folder holds nothing beyond what the remote had when it was last seen publishes nothing, and need not
 * bring in what the remote gained since. It may end at any tree the remote has had that contains all of ours.
 */
function pushedNothing(game: Game, player: Player, before: Tree, result: RunResult): boolean {
  // a push that took back what it had published itself comes to an older tree as well, and has moved the branch
  const head = game.world.remote.head();
  const isMoved = head !== game.head;
  game.head = head;
  if (isMoved) return false;
  const now = player.machine.tree();
  const contains = (tree: Tree): boolean => Bun.deepEquals(threeWay(player.base, before, tree), tree);
  const reached = game.published.find((tree) => Bun.deepEquals(tree, now) && contains(tree));
  if (reached === undefined) return false;
  if (result.report?.outcome === "synced") player.base = reached;
  return true;
}

/** A person's answer to a conflict: the other machine's version, having seen both. */
function takeTheirs(game: Game, { machine }: Player, result: RunResult): void {
  const conflicts = result.report?.files.conflicts ?? [];
  game.story.push(`${machine.name}: takes the other side of ${JSON.stringify(conflicts)}`);
  for (const path of conflicts) takeTheirVersion(game, machine, path);
}

function takeTheirVersion(game: Game, machine: Machine, path: string): void {
  const related = (other: string): boolean =>
    other === path || other.startsWith(`${path}/`) || path.startsWith(`${other}/`);
  for (const own of Object.keys(machine.tree()).filter(related)) {
    if (exists(machine, own)) removeWithParents(machine, own);
  }
  for (const [there, entry] of Object.entries(game.remote)) {
    if (!related(there) || exists(machine, there)) continue;
    if (entry.startsWith("-> ")) machine.link(there, entry.slice(3));
    else machine.write(there, split(entry).text, split(entry).executable ? 0o755 : 0o644);
  }
}

/** What is at a path, not looking through links or files among its parents. */
function lookAt(machine: Machine, path: string): Stats | undefined {
  const above = dirname(path);
  if (above !== "." && lookAt(machine, above)?.isDirectory() !== true) return undefined;
  return lstatSync(machine.at(path), { throwIfNoEntry: false });
}

function exists(machine: Machine, path: string): boolean {
  return lookAt(machine, path) !== undefined;
}

async function finish(game: Game, played: { runs: number }): Promise<void> {
  for (const player of [...game.players, ...game.players]) {
    let left = 4;
    while (!(await lastSync(game, player, played))) {
      left -= 1;
      if (left === 0) throw new Error("the conflict does not end");
    }
  }
  expectAgreement(game.world);
  expect(game.players[0]?.machine.tree()).toEqual(game.remote);
  await expectQuietRound(game.world);
  expect(lostFrom(game.world, game.seen)).toEqual([]);
}

/** True when the sync went through; otherwise the person has answered and it is to be tried again. */
async function lastSync(game: Game, player: Player, played: { runs: number }): Promise<boolean> {
  const { machine } = player;
  const contents = contentsBelow(machine.folder);
  const before = machine.tree();
  const result = await machine.sync({ allow: ALLOW });
  played.runs += 1;
  game.story.push(`${machine.name}: last sync -> ${result.exit} ${result.report?.outcome ?? ""}`);
  judge(game, player, "sync", before, result);
  remember(game, contents, result);
  if (result.exit !== 0) takeTheirs(game, player, result);
  return result.exit === 0;
}
