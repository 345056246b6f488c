// The words the stories are written in: `toSucceed()` and `toFailWith(kind)`. Import this file for its effect.
import { expect, setDefaultTimeout } from "bun:test";
import { FAILURES, type FailureKind } from "../../lib/failure.ts";
import type { RunResult } from "./machine.ts";

declare module "bun:test" {
  interface Matchers<T> {
    /** The run ended with exit code 0, said so in its report, and did not hang. */
    toSucceed(): void;
    /** The run ended with this kind's exit code, and says one clear sentence and a remedy. */
    toFailWith(kind: FailureKind): void;
  }
}

// A run is a process of its own and stories have many; a hanging run is caught by its own deadline.
setDefaultTimeout(120_000);

function isRunResult(value: unknown): value is RunResult {
  return typeof value === "object" && value !== null && "exit" in value && "report" in value;
}

function told(run: RunResult): string {
  const failure = run.report?.failure;
  const said = failure ? `${failure.kind}: ${failure.cause}` : "no failure in its report";
  const how = `${run.exit ?? run.signal}${run.hung ? " after hanging" : ""}`;
  return `${run.command} ended with ${how}, ${said}\n${run.stderr}${run.report === null ? run.stdout : ""}`;
}

/** What is wrong with how a failure is said; null when it is said well. */
function wrongWords(run: RunResult): string | null {
  const failure = run.report?.failure;
  if (!failure) return "there is no failure in the report";
  if (failure.cause.trim() === "") return "the cause is empty";
  // a name may hold a line end; the terminal's words escape it, the object carries it as it is
  const words = failure.paths.reduce((text, path) => text.replaceAll(path, "PATH"), failure.cause);
  if (words.endsWith(".") || words.includes("\n")) return "the cause is not one sentence without a full stop";
  if (failure.remedy.length === 0 || failure.remedy.some((line) => line.trim() === "")) return "there is no remedy";
  if (/undefined|\[object|\bat .*\.ts:\d/.test(`${failure.cause} ${failure.remedy.join(" ")}`))
    return "the words leak the inside";
  return null;
}

expect.extend({
  toSucceed(value: unknown) {
    if (!isRunResult(value)) return { pass: false, message: () => "not the result of a run" };
    const pass = value.exit === 0 && !value.hung && value.report?.exit === 0 && value.report.failure === null;
    return { pass, message: () => `expected success, but ${told(value)}` };
  },
  toFailWith(value: unknown, kind: FailureKind) {
    if (!isRunResult(value)) return { pass: false, message: () => "not the result of a run" };
    if (value.hung) return { pass: false, message: () => told(value) };
    if (
      value.exit !== FAILURES[kind].exit ||
      value.report?.failure?.kind !== kind ||
      value.report.exit !== value.exit
    ) {
      return { pass: false, message: () => `expected ${kind} (${FAILURES[kind].exit}), but ${told(value)}` };
    }
    const wrong = wrongWords(value);
    return {
      pass: wrong === null,
      message: () => `${wrong ?? "failed as expected"}: ${told(value)} ${JSON.stringify(value.report?.failure)}`,
    };
  },
});
