// The crash campaign: a command is cut at its N-th fault point, by SIGKILL or by a system error, for every N, and the
// promises are checked after each cut. Used whole by test/campaign/crash.ts, and in part by test/crash.test.ts.
import { renameSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { FAILURES } from "../../lib/failure.ts";
import { pointsOf } from "./gate.ts";
import { contentsBelow, lostFrom } from "./holdings.ts";
import type { Machine, RunResult } from "./machine.ts";
import { type State, type Tree, treeOf } from "./observe.ts";
import type { World } from "./world.ts";

export interface Scenario {
  readonly name: string;
  /** A world in which the command has something to do. */
  readonly make: () => Promise<World>;
  readonly machine: (world: World) => Machine;
  /** A function where the words are known only once the world is made. */
  readonly args: readonly string[] | ((world: World) => readonly string[]);
  /** The command finds the folder part old, part new: where an error stops it, the folder may still be so. */
  readonly recovers?: true;
}

/** A prepared scenario: its world saved, and how it looks before and after the command when nothing strikes. */
export interface Stage extends AsyncDisposable {
  readonly scenario: Scenario;
  readonly args: readonly string[];
  readonly world: World;
  readonly machine: Machine;
  readonly points: readonly string[];
  readonly before: State;
  readonly after: State;
  /** Every content that was in some folder when the command began. */
  readonly treasures: ReadonlySet<string>;
}

/** Makes the scenario's world and runs the command once undisturbed, which must succeed. */
export async function setTheStage(scenario: Scenario): Promise<Stage> {
  const world = await scenario.make();
  try {
    return await prepared(scenario, world);
  } catch (error) {
    await world[Symbol.asyncDispose]();
    throw error;
  }
}

async function prepared(scenario: Scenario, world: World): Promise<Stage> {
  const machine = scenario.machine(world);
  const args = typeof scenario.args === "function" ? scenario.args(world) : scenario.args;
  world.save();
  world.restore();
  const before = machine.state();
  const treasures = new Set(world.machines.flatMap((each) => [...contentsBelow(each.folder)]));
  const { names, run } = await pointsOf(world, machine, args);
  if (run.exit !== 0) throw new Error(`${scenario.name} does not even succeed undisturbed: ${run.stdout}${run.stderr}`);
  if (names.length === 0) throw new Error(`${scenario.name} passes no fault point: is this the test build?`);
  const after = machine.state();
  return {
    scenario,
    args,
    world,
    machine,
    points: names,
    before,
    after,
    treasures,
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

/** A promise that did not hold, with all that is needed to see it again. */
class Broken extends Error {}

function check(holds: boolean, stage: Stage, strike: string, what: string, detail?: unknown): void {
  if (holds) return;
  const at = stage.points[Number(strike.split("@")[1]) - 1] ?? "system call";
  const shown =
    detail === undefined ? "" : `\n${typeof detail === "string" ? detail : JSON.stringify(detail, null, 1)}`;
  throw new Broken(`${stage.scenario.name}, ${strike} (${at}): ${what}${shown}`);
}

/** Kills the command at one point, then checks: no part of a file, an announcement, an exact recovery, no loss, agreement. */
export async function killAt(stage: Stage, point: number, choice: { readonly twice: boolean }): Promise<void> {
  const { world, machine, args } = stage;
  const strike = `kill@${point}`;
  world.restore();
  const killed = await machine.run(args, { fault: strike });
  check(killed.signal === "SIGKILL", stage, strike, "the run was not killed", told(killed));
  await checkAfterCut(stage, strike, choice.twice ? `kill@${1 + (point % 7)}` : null);
}

/**
 * Kills whoever makes the N-th system call of a kind, the program or one of its gits, and checks the same. False when
 * no process of the run made that many.
 */
export async function killAtSystemCall(stage: Stage, call: string, count: number): Promise<boolean> {
  const { world, machine, args } = stage;
  const strike = `${call} ${count}`;
  world.restore();
  const inject = `inject=${call}:signal=SIGKILL:when=${count}`;
  const through = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", `trace=${call}`, "-e", inject];
  const run = await machine.run(args, { through });
  check(!run.hung, stage, strike, "the run hangs after the cut", told(run));
  if (run.exit === 0) return false;
  await checkAfterCut(stage, strike, null);
  return true;
}

async function checkAfterCut(stage: Stage, strike: string, second: string | null): Promise<void> {
  const { world, machine } = stage;
  const middle = machine.tree();
  const torn = tornPaths(middle, stage);
  check(torn.length === 0, stage, strike, "a path holds neither its old nor its new bytes", torn);

  const status = await machine.status();
  check(status.exit !== 1 && status.report !== null, stage, strike, "status cannot speak after the cut", told(status));
  check(equal(machine.tree(), middle), stage, strike, "status changed the folder");

  // without its remote the next command can only recover, so that the recovered state itself can be looked at
  renameSync(world.remote.path, `${world.remote.path}.away`);
  if (second !== null) await machine.sync({ fault: second });
  const recovery = await machine.sync();
  const unreachable = recovery.exit !== 0 && recovery.exit !== 1;
  check(unreachable, stage, strike, "a sync without a remote did not end as unreachable", told(recovery));
  const recovered = machine.state();
  const isNew = equal(recovered.tree, stage.after.tree) && recovered.git?.["head"] === stage.after.git?.["head"];
  const isOld = equal(recovered, stage.before);
  const missed = difference(recovered, stage.before);
  check(isOld || isNew, stage, strike, "recovery led neither to the old state nor to the new one", missed);
  const files = recovered.git?.["files"];
  check(files?.includes(".lock") !== true, stage, strike, "a lock was left behind", files);
  renameSync(`${world.remote.path}.away`, world.remote.path);

  check(lostFrom(world, stage.treasures).length === 0, stage, strike, "something that existed is lost");
  await converge(stage, strike);
  check(lostFrom(world, stage.treasures).length === 0, stage, strike, "something that existed is lost later");
}

/** Injects a system error at one point: the run ends in words, and the folder is at once as before, or complete. */
export async function failAt(stage: Stage, code: string, point: number): Promise<void> {
  const { world, machine, args } = stage;
  const strike = `${code}@${point}`;
  world.restore();
  const run = await machine.run(args, { fault: strike });
  check(
    run.signal === null && run.report !== null && !run.hung,
    stage,
    strike,
    "the run did not end in words",
    told(run),
  );
  const now = machine.state();
  const isNew = equal(now.tree, stage.after.tree);
  const isOld = equal(now, stage.before);
  if (run.exit === 0) check(isNew, stage, strike, "it said all is well, and it is not", told(run));
  else {
    check(run.exit !== 1, stage, strike, "the error was taken for a bug", told(run));
    check((run.report?.failure?.remedy.length ?? 0) > 0, stage, strike, "no remedy was named", told(run));
    const between = stage.scenario.recovers === true && run.exit === FAILURES["rollback-failed"].exit;
    const torn = between ? tornPaths(now.tree, stage) : [];
    check(torn.length === 0, stage, strike, "a path holds neither its old nor its new bytes", torn);
    const whole = between || isOld || isNew;
    check(whole, stage, strike, "the state is neither the old nor the new one", difference(now, stage.before));
  }
  check(lostFrom(world, stage.treasures).length === 0, stage, strike, "something that existed is lost");
  await converge(stage, strike);
}

/**
 * Runs a command; where a killed git left a lock of its own behind, does what the failure's remedy says, once. Nothing
 * else than a lock file that the failure names is removed.
 */
async function followingRemedies(machine: Machine, args: readonly string[]): Promise<RunResult> {
  const run = await machine.run(args);
  const named = /rm (?:-f )?'?([^'\s]+\.lock)'?/.exec(run.report?.failure?.remedy.join("\n") ?? "")?.[1];
  if (run.exit !== FAILURES.locked.exit || named === undefined) return run;
  rmSync(resolve(machine.folder, named), { force: true });
  return machine.run(args);
}

/** The same command and ordinary syncs succeed afterwards, and both machines agree. */
async function converge(stage: Stage, strike: string): Promise<void> {
  const { world, machine, args } = stage;
  if (args[0] !== "rollback") {
    const again = await followingRemedies(machine, args);
    check(again.exit === 0, stage, strike, "the command does not succeed afterwards", told(again));
    check(
      equal(machine.tree(), stage.after.tree),
      stage,
      strike,
      "the command afterwards led elsewhere",
      difference(machine.state(), stage.after),
    );
  }
  for (const each of [...world.machines, ...world.machines]) {
    const run = await each.sync();
    check(run.exit === 0, stage, strike, `a sync of the ${each.name} afterwards fails`, told(run));
  }
  const trees = world.machines.map((each) => withoutIgnored(treeOf(each.folder)));
  check(
    trees.every((tree) => equal(tree, trees[0])),
    stage,
    strike,
    "the machines do not agree afterwards",
    trees,
  );
}

/** The scenarios' folders ignore `*.log` and `.mcp.json`: such files stay on their machine. */
function withoutIgnored(tree: Tree): Tree {
  return Object.fromEntries(Object.entries(tree).filter(([path]) => !path.endsWith(".log") && path !== ".mcp.json"));
}

/** Paths that hold something else than before or after. Folders on their way in or out may be seen empty. */
function tornPaths(middle: Tree, stage: Stage): string[] {
  const [before, after] = [stage.before.tree, stage.after.tree];
  const paths = new Set([...Object.keys(middle), ...Object.keys(before), ...Object.keys(after)]);
  return [...paths].filter((path) => {
    const found = middle[path] === "folder" ? undefined : middle[path];
    if (found === undefined && (before[path] === "folder" || after[path] === "folder")) return false;
    return found !== before[path] && found !== after[path];
  });
}

function difference(found: State, wanted: State): string {
  const lines: string[] = [];
  const compare = (name: string, a: Record<string, string> | null, b: Record<string, string> | null): void => {
    for (const key of new Set([...Object.keys(a ?? {}), ...Object.keys(b ?? {})])) {
      if (a?.[key] !== b?.[key])
        lines.push(`${name} ${key}: found ${JSON.stringify(a?.[key])}, wanted ${JSON.stringify(b?.[key])}`);
    }
  };
  compare("tree", found.tree, wanted.tree);
  compare("time", found.times, wanted.times);
  compare("git", found.git, wanted.git);
  return lines.join("\n");
}

function equal(one: unknown, other: unknown): boolean {
  return Bun.deepEquals(one, other);
}

function told(run: RunResult): string {
  return `${run.command}: ${run.exit ?? run.signal} ${run.stdout}${run.stderr}`;
}
