// The benchmark: `bun run bench [--size S|M|L] [--runs N]`. The product beside plain git that does the unsafe same, as
// ratios within one run; exit code 1 when a goal is missed. `--only undoing` leaves out all but rollback and snapshot. Not
// a test: it needs a quiet machine.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { type BrainSize, planBrain } from "../../cmd/demo/brain.ts";
import { differences, readTree } from "../../cmd/demo/tree.ts";
import { quietRows } from "./alerting.ts";
import { type Bench, connectionRows, cycleRows, memoryRows, startRows } from "./cases.ts";
import { formatRows, GOALS, type Row, verdictOf } from "./goals.ts";
import { hashRows } from "./hashing.ts";
import { mergeRows } from "./merging.ts";
import { makeTrees } from "./trees.ts";
import { rollbackMemoryRow, rollbackRow, snapshotRows } from "./undoing.ts";

const RUNS: Readonly<Record<BrainSize, number>> = { S: 9, M: 7, L: 5 };

/** Every file of M; of L as many, for a rollback that changes ten thousand files changes enough. */
const ALL = 10_000;
/** Files whose content no edit can change are few, and spread. */
const UNCHANGEABLE = 0.02;

interface Request {
  readonly size: BrainSize;
  readonly runs: number;
  readonly product: string;
  readonly onlyUndoing: boolean;
}

function readRequest(words: string[]): Request {
  const { values } = parseArgs({
    args: words,
    options: {
      size: { type: "string", default: "M" },
      runs: { type: "string" },
      product: { type: "string" },
      only: { type: "string" },
    },
  });
  const { size } = values;
  if (size !== "S" && size !== "M" && size !== "L") throw new Error(`--size is S, M or L, not ${size}`);
  const runs = Number(values.runs ?? RUNS[size]);
  if (!Number.isInteger(runs) || runs < 1) throw new Error(`--runs is a number of rounds, not ${values.runs}`);
  const product = resolve(
    values.product ?? join(import.meta.dir, "../../dist", `${process.platform}-${process.arch}`, "petesbrain-sync"),
  );
  if (!existsSync(product)) throw new Error(`${product} is not there: bun run build`);
  if (values.only !== undefined && values.only !== "undoing") throw new Error(`--only is undoing, not ${values.only}`);
  return { size, runs, product, onlyUndoing: values.only === "undoing" };
}

/** Measures everything once and returns the exit code. */
export async function runBench(words: string[]): Promise<number> {
  const request = readRequest(words);
  const scratch = mkdtempSync(join(tmpdir(), "petesbrain-bench-"));
  // At L the scratch folder holds some 6 GB: it does not stay behind when the benchmark is broken off.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => {
      rmSync(scratch, { recursive: true, force: true });
      process.exit(130);
    });
  }
  try {
    const plan = planBrain(request.size, 1);
    console.log(`size ${request.size}: ${plan.files.length} files; ${request.runs} rounds; in ${scratch}`);
    const trees = makeTrees(scratch, plan, request.product, process.env["PATH"] ?? "/usr/bin:/bin");
    const bench = {
      scratch,
      trees,
      plan,
      product: request.product,
      goals: GOALS[request.size],
      rounds: request.runs,
    };
    const rows = [...(request.onlyUndoing ? [] : await measure(bench)), ...(await measureUndoing(bench))];
    proveSame(trees.product.desktop, trees.product.laptop);
    const failed = rows.filter((row) => verdictOf(row) === "FAIL").length;
    console.log(`${rows.length - failed} of ${rows.length} goals reached`);
    return failed === 0 ? 0 : 1;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

type Show = (title: string, made: readonly Row[]) => void;

function showing(rows: Row[]): Show {
  return (title, made) => {
    console.log(`\n${title}\n${formatRows(made)}`);
    rows.push(...made);
  };
}

async function measureUndoing(bench: Bench): Promise<Row[]> {
  const rows: Row[] = [];
  const show = showing(rows);
  const tracked = bench.plan.files.filter((file) => file.tracked).length;
  for (const count of [1, 500, Math.floor(Math.min(tracked, ALL) * (1 - UNCHANGEABLE))])
    show(`rollback of ${count}, beside git reset --hard`, [await rollbackRow(bench, count)]);
  for (const count of [1, 500]) show(`snapshot of ${count}`, snapshotRows(bench, count));
  show("memory of a rollback", [await rollbackMemoryRow(bench)]);
  console.log("");
  return rows;
}

async function measure(bench: Bench): Promise<Row[]> {
  const rows: Row[] = [];
  const show = showing(rows);
  show("start, beside an empty compiled program", await startRows(bench));
  const hashing = await hashRows(bench);
  show("hashing", hashing.rows);
  for (const why of hashing.skipped) console.log(`skipped: ${why}`);
  show("merging", mergeRows(bench));
  show("channels", await quietRows(bench));
  show("nothing changed, beside git fetch + git status", await cycleRows(bench, 0));
  show("one file, beside add + commit + push and pull --ff-only", await cycleRows(bench, 1));
  show("500 files, beside the same", await cycleRows(bench, 500));
  show("memory", await memoryRows(bench));
  show("connections to the remote", connectionRows(bench));
  console.log("");
  return rows;
}

/** A fast product that does not sync would be worth nothing. */
function proveSame(desktop: string, laptop: string): void {
  const skip = (path: string): boolean => path === ".git" || path.startsWith(".sync-");
  const different = differences(readTree(desktop, skip), readTree(laptop, skip));
  if (different.length > 0)
    throw new Error(`the machines differ in ${different.length} files: ${different.slice(0, 5).join(", ")}`);
  console.log("both machines hold the same bytes");
}

if (import.meta.main) process.exitCode = await runBench(process.argv.slice(2));
