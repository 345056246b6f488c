// Undoing beside plain git: a rollback beside `reset --hard` of the same files, a snapshot beside the git commands it is
// made of and beside a stash, and what a rollback takes of memory.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { changeBrain } from "../../cmd/demo/change-brain.ts";
import { type Bench, ratioRow } from "./cases.ts";
import { compileProgram } from "./compile.ts";
import type { Row } from "./goals.ts";
import { type Case, outputOf, peakOf, spreadOf, timeInRounds, timeOf } from "./measure.ts";
import type { SnapshotTime } from "./snapshot-program.ts";
import { plainCommand, productCommand } from "./trees.ts";

let round = 900_000;

interface Way {
  /** The snapshot before the pull, for `rollback`. */
  readonly snapshot: string;
}

/** Has `count` files brought in by a pull, on both sides. */
function bringIn({ trees, plan, product }: Bench, count: number): Way {
  round += 1;
  for (const side of [trees.plain, trees.product]) changeBrain(side.desktop, plan, { count, round, kind: "edit" });
  timeOf(plainCommand(trees, "desktop", "git add -A && git commit -q -m change && git push -q origin main"));
  timeOf(plainCommand(trees, "laptop", "git pull -q --ff-only"));
  const allowed = ["all-changed", "mass-delete"].flatMap((guard) => ["--allow", guard]);
  timeOf(productCommand(trees, "desktop", [product, "push", ...allowed]));
  const pull = outputOf(productCommand(trees, "laptop", [product, "pull", "--json", ...allowed]));
  return { snapshot: (JSON.parse(pull) as { snapshot: string }).snapshot };
}

/** Puts a checkout back to its commit, with an index that is older than nothing in it. */
function settleAt(folder: string, environment: Record<string, string | undefined>, commit: string): void {
  const git = (...args: string[]): number => timeOf({ argv: ["git", ...args], cwd: folder, environment });
  git("reset", "-q", "--hard", commit);
  Bun.sleepSync(1100);
  git("update-index", "-q", "--refresh");
}

/** A rollback to before a pull of `count` files, each proven, beside `git reset --hard` to before it. */
export async function rollbackRow(bench: Bench, count: number): Promise<Row> {
  const { trees, product, rounds, goals } = bench;
  const { snapshot } = bringIn(bench, count);
  const environment = trees.environmentOf("laptop");
  const headOf = (cwd: string): string => outputOf({ argv: ["git", "rev-parse", "HEAD"], cwd, environment }).trim();
  const heads = { plain: headOf(trees.plain.laptop), product: headOf(trees.product.laptop) };
  const cases: Case[] = [
    {
      name: "reset",
      command: plainCommand(trees, "laptop", "git reset -q --hard HEAD~1"),
      before: () => settleAt(trees.plain.laptop, environment, heads.plain),
    },
    {
      name: "rollback",
      command: productCommand(trees, "laptop", [product, "rollback", snapshot, "--force"]),
      before: () => settleAt(trees.product.laptop, environment, heads.product),
    },
  ];
  const times = await timeInRounds(cases, count > 1000 ? Math.min(rounds, 3) : rounds);
  for (const side of ["plain", "product"] as const) settleAt(trees[side].laptop, environment, heads[side]);
  const name = `rollback of ${count} file${count === 1 ? "" : "s"}`;
  return ratioRow(times, { name, goal: goals.rollback, plain: "reset", own: "rollback" });
}

/** The recipe in plain git: index aside, add, tree, commit, ref, and the new contents read back. */
const RECIPE = [
  "cp -p .git/index .git/bench-index",
  "git status --porcelain=v2 -z --untracked-files=all > /dev/null",
  "export GIT_INDEX_FILE=.git/bench-index",
  "git add -A",
  "tree=$(git write-tree)",
  "git diff-tree -r -z HEAD $tree > .git/bench-diff",
  "commit=$(git commit-tree -p HEAD -m snapshot $tree)",
  "git -c core.fsync=all update-ref refs/bench/$1 $commit",
  "git diff-tree -r HEAD $tree | cut -d' ' -f4 | git cat-file --batch > /dev/null",
  "rm .git/bench-index .git/bench-diff",
].join(" && ");

/** One snapshot of a folder as a run takes it, without the start of the program. */
function takeOne(bench: Bench, program: string, folder: string): number {
  const scratch = mkdtempSync(join(bench.scratch, "snapshot-"));
  const run = `20260101T000000Z-${(round++ % 65_536).toString(16).padStart(4, "0")}`;
  const environment = bench.trees.environmentOf("laptop");
  const { ms } = JSON.parse(
    outputOf({ argv: [program, folder, scratch, run], cwd: folder, environment }),
  ) as SnapshotTime;
  rmSync(scratch, { recursive: true });
  return ms;
}

/** A snapshot of `count` edits beside the git commands it is made of, and beside a stash that is applied again. */
export function snapshotRows(bench: Bench, count: number): Row[] {
  const { trees, plan, rounds, goals } = bench;
  const environment = trees.environmentOf("laptop");
  const folder = trees.plain.laptop;
  const source = join(import.meta.dir, "snapshot-program.ts");
  const program = compileProgram(source, { name: "snapshot-program", scratch: bench.scratch, environment });
  // as in every folder that the product keeps: its copies are no files of the user's
  writeFileSync(join(folder, ".git/info/exclude"), "/.sync-snapshot/\n");
  const edit = (): void => {
    round += 1;
    settleAt(folder, environment, "HEAD");
    changeBrain(folder, plan, { count, round, kind: "edit" });
  };
  const times = new Map<string, number[]>([
    ["recipe", []],
    ["stash", []],
    ["snapshot", []],
  ]);
  for (let at = -1; at < rounds; at++) {
    const measured: [string, () => number][] = [
      [
        "recipe",
        () => timeOf({ ...plainCommand(trees, "laptop", RECIPE), argv: ["sh", "-c", RECIPE, "sh", `r${round}`] }),
      ],
      [
        "stash",
        () => timeOf(plainCommand(trees, "laptop", "git stash push -q -u && git stash apply -q && git stash drop -q")),
      ],
      ["snapshot", () => takeOne(bench, program, folder)],
    ];
    for (const [name, measure] of measured) {
      edit();
      const ms = measure();
      if (at >= 0) times.get(name)?.push(ms);
    }
  }
  settleAt(folder, environment, "HEAD");
  const name = `snapshot of ${count} edits`;
  return [
    ratioRow(times, {
      name: `${name}, beside its git commands`,
      goal: goals.snapshot,
      plain: "recipe",
      own: "snapshot",
    }),
    ratioRow(times, {
      name: `${name}, beside stash and apply`,
      goal: goals.snapshotToStash,
      plain: "stash",
      own: "snapshot",
    }),
  ];
}

/** Own peak memory of a rollback of 500 files. */
export async function rollbackMemoryRow(bench: Bench): Promise<Row> {
  const { trees, product, goals } = bench;
  const { snapshot } = bringIn(bench, 500);
  const peak = await peakOf(productCommand(trees, "laptop", [product, "rollback", snapshot, "--force"]));
  const name = `${peak.own ? "own" : "largest process's"} memory: rollback of 500 files`;
  timeOf(productCommand(trees, "laptop", [product, "rollback", "--force"]));
  return { name, goal: goals.memoryMegabytes, unit: "MB", measured: spreadOf([peak.megabytes]), times: null };
}
