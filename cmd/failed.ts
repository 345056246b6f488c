// How a failure, or a bug, becomes an answer: the same object and the same words wherever it arose.

import { Failure } from "../lib/failure.ts";
import { type Log, openLog } from "../lib/machine/log.ts";
import { fromElsewhere, pasted } from "../lib/paste.ts";
import type { ReportedFailure } from "../lib/sync/report.ts";
import type { Answer, AnswerObject } from "./answer.ts";
import { PROGRAM } from "./help-form.ts";
import type { Surroundings } from "./surroundings.ts";

/** Puts a failure in the shape of the contract and says where the log is. */
export function reportedFailure(failure: Failure, log: Log): ReportedFailure {
  return {
    kind: failure.kind,
    title: failure.title,
    cause: failure.message,
    paths: [...failure.paths],
    remedy: [...failure.remedy],
    log: log.pathOf("error"),
  };
}

/** Turns what nobody foresaw into a failure of kind `internal`; the stack goes to the log only. */
export function bugOf(error: unknown, surroundings: Surroundings): Failure {
  const log = openLog({ home: surroundings.home, now: surroundings.now });
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  log.write("error", "error", "-", "bug", { version: surroundings.version, commit: surroundings.commit, stack });
  const sentence = (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
  return new Failure("internal", {
    cause: `this is a mistake in ${PROGRAM}, not yours: ${sentence.slice(0, 300)}`,
    remedy: [`${PROGRAM} status`, `tail -n 5 ${pasted(log.pathOf("error"))}`],
    because: error,
  });
}

/** The answer of a command that failed before it had a report of its own. */
export function answerOfFailure(command: string, failure: Failure, surroundings: Surroundings): Answer {
  const log = openLog({ home: surroundings.home, now: surroundings.now });
  if (failure.kind !== "usage" && failure.kind !== "internal") {
    log.write("error", "error", "-", "failed", { command, kind: failure.kind, cause: failure.message });
  }
  const object = { schema: 1, command, exit: failure.exit, failure: reportedFailure(failure, log) } as const;
  return { object, words: [], keepFirst: false };
}

/** The answer for somebody who is elsewhere than at the top of the folder: its commands can be pasted there too. */
export function answerFrom(answer: Answer, folder: string, { isDefault }: { isDefault: boolean }): Answer {
  const { failure } = answer.object;
  if (failure === null) return answer;
  const object = {
    ...answer.object,
    failure: { ...failure, remedy: fromElsewhere(failure.remedy, folder, { isDefault }) },
  };
  return { ...answer, object };
}

/** The first word of a failure: what became of the run. */
export function leadOf(object: AnswerObject): string {
  const outcome = "outcome" in object ? object.outcome : null;
  if (outcome === "rolled-back") return "rolled back";
  if (outcome === "synced" && object.failure?.kind === "held-back") return "attention";
  const kind = object.failure?.kind;
  if (kind === "interrupted" || kind === "terminated") return "stopped";
  const waits = outcome === "blocked" || kind === "conflicts" || kind === "halted" || kind === "locked";
  return waits ? "blocked" : "failed";
}
