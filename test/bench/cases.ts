// The cases of the benchmark: each measures one promise and gives its rows.
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BrainPlan } from "../../cmd/demo/brain.ts";
import { changeBrain } from "../../cmd/demo/change-brain.ts";
import { compileProgram } from "./compile.ts";
import type { Goals, Row } from "./goals.ts";
import { type Case, peakOf, ratioOf, spreadOf, timeInRounds, timeOf } from "./measure.ts";
import { plainCommand, productCommand, type Trees } from "./trees.ts";

export interface Bench {
  readonly scratch: string;
  readonly trees: Trees;
  readonly plan: BrainPlan;
  readonly product: string;
  readonly goals: Goals;
  readonly rounds: number;
}

const LOOK = "git fetch -q origin && git status --porcelain --branch";
const PUBLISH = "git add -A && git commit -q -m change && git push -q origin main";
const BRING_IN = "git pull -q --ff-only";

/** Each change of the benchmark gets a round number of its own, so that no two write the same. */
let changes = 0;

/** Push and pull of `count` changed files beside what a person would type in plain git. */
export async function cycleRows(bench: Bench, count: number): Promise<Row[]> {
  const { trees, plan, goals } = bench;
  const first = changes;
  changes += bench.rounds + 1;
  const change = (folder: string) => (round: number) => {
    if (count > 0) changeBrain(folder, plan, { count, round: first + round + 1, kind: "edit" });
  };
  const cases: Case[] = [
    {
      name: "plain push",
      command: plainCommand(trees, "desktop", count > 0 ? PUBLISH : LOOK),
      before: change(trees.plain.desktop),
    },
    {
      name: "push",
      command: productCommand(trees, "desktop", [bench.product, "push"]),
      before: change(trees.product.desktop),
    },
    { name: "plain pull", command: plainCommand(trees, "laptop", count > 0 ? BRING_IN : LOOK) },
    { name: "pull", command: productCommand(trees, "laptop", [bench.product, "pull"]) },
  ];
  const times = await timeInRounds(cases, bench.rounds);
  const what = count === 0 ? "nothing changed" : `${count} file${count === 1 ? "" : "s"} changed`;
  const goalOf = (verb: "push" | "pull"): number => {
    if (count === 0) return goals.nothing;
    if (count > 1) return goals.manyFiles;
    return verb === "push" ? goals.oneFilePush : goals.oneFilePull;
  };
  return (["push", "pull"] as const).map((verb) =>
    ratioRow(times, { name: `${what}: ${verb}`, goal: goalOf(verb), plain: `plain ${verb}`, own: verb }),
  );
}

/** `--version` and `--help` beside a compiled program that does nothing. */
export async function startRows(bench: Bench): Promise<Row[]> {
  const environment = bench.trees.environmentOf("desktop");
  const source = join(bench.scratch, "empty.ts");
  writeFileSync(source, "export {};\n");
  const empty = compileProgram(source, { name: "empty", scratch: bench.scratch, environment });
  const command = (...argv: string[]) => ({ argv, cwd: bench.scratch, environment });
  const cases: Case[] = [
    { name: "empty", command: command(empty) },
    { name: "--version", command: command(bench.product, "--version") },
    { name: "--help", command: command(bench.product, "--help") },
  ];
  const times = await timeInRounds(cases, 15);
  return ["--version", "--help"].map((own) =>
    ratioRow(times, { name: own, goal: bench.goals.start, plain: "empty", own }),
  );
}

/** Own peak memory of a push and a pull of nothing, and of 500 files. */
export async function memoryRows(bench: Bench): Promise<Row[]> {
  const rows: Row[] = [];
  for (const count of [0, 500]) {
    if (count > 0) changeBrain(bench.trees.product.desktop, bench.plan, { count, round: changes++, kind: "edit" });
    for (const [machine, verb] of [
      ["desktop", "push"],
      ["laptop", "pull"],
    ] as const) {
      const peak = await peakOf(productCommand(bench.trees, machine, [bench.product, verb]));
      const name = `${peak.own ? "own" : "largest process's"} memory: ${verb} of ${count} files`;
      rows.push({
        name,
        goal: bench.goals.memoryMegabytes,
        unit: "MB",
        measured: spreadOf([peak.megabytes]),
        times: null,
      });
    }
  }
  return rows;
}

/** How often the remote is connected to, counted by programs in the place of git's two ends of a connection. */
export function connectionRows(bench: Bench): Row[] {
  const log = join(bench.scratch, "connections");
  const { desktop, laptop } = bench.trees.product;
  const environment = bench.trees.environmentOf("desktop");
  for (const end of ["upload-pack", "receive-pack"]) {
    const counting = join(bench.scratch, `counting-${end}`);
    writeFileSync(counting, `#!/bin/sh\necho ${end} >> '${log}'\nexec git ${end} "$@"\n`);
    chmodSync(counting, 0o755);
    for (const cwd of [desktop, laptop])
      timeOf({ argv: ["git", "config", `remote.origin.${end.replace("-", "")}`, counting], cwd, environment });
  }
  const count = (machine: "desktop" | "laptop", verb: string): number => {
    rmSync(log, { force: true });
    timeOf(productCommand(bench.trees, machine, [bench.product, verb]));
    const counted = existsSync(log) ? readFileSync(log, "utf8").trimEnd().split("\n").length : 0;
    if (counted === 0) throw new Error(`${verb} met none of the counting programs: the connections cannot be counted`);
    return counted;
  };
  const row = (name: string, goal: number, counted: number): Row => ({
    name,
    goal,
    unit: "connections",
    measured: spreadOf([counted]),
    times: null,
  });
  const nothing = [
    row("nothing changed: push", 1, count("desktop", "push")),
    row("nothing changed: pull", 1, count("laptop", "pull")),
  ];
  changeBrain(desktop, bench.plan, { count: 1, round: changes++, kind: "edit" });
  return [
    ...nothing,
    row("1 file changed: push", 2, count("desktop", "push")),
    row("1 file changed: pull", 1, count("laptop", "pull")),
  ];
}

/** A row of how long `own` takes beside `plain`, round by round. */
export function ratioRow(
  times: ReadonlyMap<string, readonly number[]>,
  row: { name: string; goal: number; plain: string; own: string },
): Row {
  const middle = (name: string): number => spreadOf(times.get(name) ?? []).median;
  return {
    name: row.name,
    goal: row.goal,
    unit: "×",
    measured: ratioOf(times, row.own, row.plain),
    times: { plain: middle(row.plain), product: middle(row.own) },
  };
}
