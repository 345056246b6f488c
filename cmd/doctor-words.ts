// The words of `doctor`: the verdict, then what needs seeing to with the command that mends it, then what is well.

import type { ProbeRow } from "../lib/doctor/two-columns.ts";
import { spoken } from "../lib/paste.ts";
import { PROGRAM } from "./help-form.ts";
import { columns, count } from "./words.ts";

export interface ShownFinding {
  readonly check: string;
  readonly level: "ok" | "warning" | "error";
  readonly says: string;
  readonly remedy: readonly string[];
  readonly fixable: boolean;
}

function verdict(checks: readonly ShownFinding[]): string {
  const of = (level: ShownFinding["level"]): number => checks.filter((one) => one.level === level).length;
  const [errors, warnings] = [of("error"), of("warning")];
  const all = count(checks.length, "check");
  if (errors + warnings === 0) return `all is well: ${all}`;
  const parts = [errors > 0 ? count(errors, "error") : "", warnings > 0 ? count(warnings, "warning") : ""];
  return `attention: ${parts.filter((part) => part !== "").join(", ")} in ${all}`;
}

/** Nothing where only one column could be filled: then the findings say it all. */
function columnsOf(probes: readonly ProbeRow[]): string[] {
  if (probes.every(({ agent }) => agent === null)) return [];
  const cell = (answer: ProbeRow["agent"]): string => {
    if (answer === null) return "not tried";
    return answer.ok ? "ok" : answer.says;
  };
  return columns([
    ["tried", "in this shell", "under launchd"],
    ...probes.map(({ probe, shell, agent }) => [probe, cell(shell), cell(agent)]),
  ]).map((line) => `  ${line}`);
}

/** What `doctor` reads like. */
export function wordsOfDoctor(
  checks: readonly ShownFinding[],
  probes: readonly ProbeRow[],
  fixed: readonly string[],
): string[] {
  const order = ["error", "warning", "ok"];
  const sorted = checks.toSorted((left, right) => order.indexOf(left.level) - order.indexOf(right.level));
  const wide = Math.max(...checks.map(({ check }) => check.length));
  const lines = sorted.flatMap(({ check, level, says, remedy }) => [
    `${level.padEnd(7)}  ${check.padEnd(wide)}  ${says}`,
    ...remedy.flatMap(spoken).map((line) => `           ${line}`),
  ]);
  const canFix = checks.some(({ fixable }) => fixable);
  return [
    verdict(checks),
    ...fixed.map((what) => `fixed: ${what}`),
    ...columnsOf(probes),
    ...lines,
    ...(canFix ? [`some of this can be mended at once: ${PROGRAM} doctor --fix`] : []),
  ];
}
