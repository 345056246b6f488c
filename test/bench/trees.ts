// What is measured on: for each way of working (plain git, the product) a bare remote and two checkouts of one content.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BrainPlan, writeBrain } from "../../cmd/demo/brain.ts";
import { type Command, timeOf, type Variables } from "./measure.ts";

export interface Pair {
  readonly remote: string;
  readonly desktop: string;
  readonly laptop: string;
}

export interface Trees {
  readonly plain: Pair;
  readonly product: Pair;
  /** Environment of a machine: a home of its own, and of the person's variables the search path only. */
  readonly environmentOf: (machine: "desktop" | "laptop") => Variables;
}

/** Makes both pairs below `scratch`, has the product adopt its own, and lets both come to rest. */
export function makeTrees(scratch: string, plan: BrainPlan, product: string, path: string): Trees {
  const environmentOf = (machine: "desktop" | "laptop"): Variables => machineEnvironment(scratch, machine, path);
  const git = (cwd: string, ...args: string[]): number =>
    timeOf({ argv: ["git", ...args], cwd, environment: environmentOf("desktop") });
  const seed = join(scratch, "seed");
  writeBrain(seed, plan);
  git(seed, "init", "-q", "-b", "main");
  git(seed, "add", "-A");
  git(seed, "commit", "-q", "-m", "the folder");
  const makePair = (name: string): Pair => {
    const pair = {
      remote: join(scratch, name, "remote.git"),
      desktop: join(scratch, name, "desktop"),
      laptop: join(scratch, name, "laptop"),
    };
    mkdirSync(join(scratch, name));
    git(scratch, "-c", "pack.window=0", "clone", "-q", "--bare", "--no-local", seed, pair.remote);
    for (const folder of [pair.desktop, pair.laptop]) {
      git(scratch, "clone", "-q", "--no-hardlinks", pair.remote, folder);
      writeBrain(folder, { ...plan, files: plan.files.filter((file) => !file.tracked) });
    }
    return pair;
  };
  const trees = { plain: makePair("plain"), product: makePair("product"), environmentOf };
  rmSync(seed, { recursive: true });
  for (const machine of ["desktop", "laptop"] as const) {
    const folder = trees.product[machine];
    const run = (...words: string[]): number => timeOf(productCommand(trees, machine, [product, ...words]));
    run("init", folder, "--role", machine, "--remote", trees.product.remote, "--yes");
    run("push");
    run("pull");
  }
  settle([trees.plain.desktop, trees.plain.laptop, trees.product.desktop, trees.product.laptop], git);
  return trees;
}

/** The product's command as that machine runs it in its checkout. */
export function productCommand(trees: Trees, machine: "desktop" | "laptop", argv: readonly string[]): Command {
  return { argv, cwd: trees.product[machine], environment: trees.environmentOf(machine) };
}

/** A line of shell as that machine runs it in its plain checkout. */
export function plainCommand(trees: Trees, machine: "desktop" | "laptop", line: string): Command {
  return { argv: ["sh", "-c", line], cwd: trees.plain[machine], environment: trees.environmentOf(machine) };
}

/** An index written in the same second as its files makes git read them all again; that is not what is measured. */
function settle(folders: readonly string[], git: (cwd: string, ...args: string[]) => number): void {
  Bun.sleepSync(1200);
  for (const folder of folders) git(folder, "status", "--porcelain");
}

function machineEnvironment(scratch: string, machine: string, path: string): Variables {
  const home = join(scratch, `${machine}-home`);
  mkdirSync(home, { recursive: true });
  // Automatic gc would run beside what is being timed, and the product has it off for its own commands.
  const settings = `[user]\n\tname = ${machine}\n\temail = ${machine}@bench.example\n[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n[receive]\n\tautogc = false\n`;
  writeFileSync(join(home, ".gitconfig"), settings);
  return { PATH: path, HOME: home, LC_ALL: "C", NO_COLOR: "1", GIT_CONFIG_NOSYSTEM: "1", GIT_TERMINAL_PROMPT: "0" };
}
