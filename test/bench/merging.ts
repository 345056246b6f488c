// The row about merging: a list of 10,000 tasks that both machines changed, united by id.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { task } from "../../cmd/demo/bodies.ts";
import { Random } from "../../cmd/demo/random.ts";
import type { Bench } from "./cases.ts";
import { compileProgram } from "./compile.ts";
import type { Row } from "./goals.ts";
import { outputOf, spreadOf } from "./measure.ts";
import type { MergeTime } from "./merge-program.ts";

const TASKS = 10_000;
const ADDED = 100;

type Task = Record<string, unknown>;

/** One merge in a process of its own, the first it does. */
export function mergeRows(bench: Bench): Row[] {
  const environment = bench.trees.environmentOf("desktop");
  const folder = join(bench.scratch, "merge");
  mkdirSync(folder);
  const megabytes = writeVersions(folder);
  const source = join(import.meta.dir, "merge-program.ts");
  const program = compileProgram(source, { name: "merge-program", scratch: bench.scratch, environment });
  const command = { argv: [program, folder], cwd: bench.scratch, environment };
  const measured = Array.from({ length: bench.rounds }, () => (JSON.parse(outputOf(command)) as MergeTime).ms);
  const united: { tasks: Task[] } = JSON.parse(readFileSync(join(folder, "united"), "utf8"));
  if (united.tasks.length !== TASKS + 2 * ADDED) throw new Error(`${united.tasks.length} tasks came out of the merge`);
  const name = `${TASKS} tasks (${megabytes.toFixed(1)} MB) united by id, inside the process`;
  return [{ name, goal: bench.goals.mergeMs, unit: "ms", measured: spreadOf(measured), times: null }];
}

/** Each side edits every twentieth task and adds a hundred. @returns the size of the base in MB */
function writeVersions(folder: string): number {
  const random = new Random(1);
  const base = Array.from({ length: TASKS }, (): Task => task(random, "smythson"));
  const edited = (from: number): Task[] => [
    ...base.map((one, at) => (at % 20 === from ? { ...one, status: "done" } : one)),
    ...Array.from({ length: ADDED }, () => task(random, "smythson")),
  ];
  const write = (name: string, tasks: readonly Task[]): number => {
    const text = `${JSON.stringify({ version: 1, tasks }, null, 2)}\n`;
    writeFileSync(join(folder, name), text);
    return text.length / 1e6;
  };
  write("ours", edited(3));
  write("theirs", edited(7));
  return write("base", base);
}
