// What the end of a run amounts to: nothing, an event, or the end of a trouble. Pure.
import { FAILURES, type FailureKind } from "../failure.ts";
import { isGuardName } from "../guard.ts";
import { pasted } from "../paste.ts";
import { type Happening, NO_TIDINGS, type Tidings } from "./happening.ts";
import type { EventName } from "./loudness.ts";

/** What the report of a run says that matters here; `Report` of lib/sync has this form. */
export interface EndedRun {
  readonly command: string;
  readonly run: string;
  readonly outcome: string;
  readonly exit: number;
  readonly rolledBack: boolean;
  readonly files: Readonly<Record<"added" | "modified" | "deleted" | "merged" | "heldBack", readonly string[]>>;
  readonly failure: {
    readonly kind: FailureKind;
    readonly title: string;
    readonly cause: string;
    readonly paths: readonly string[];
    readonly remedy: readonly string[];
  } | null;
  readonly notes: readonly string[];
}

const EVENT_OF_KIND: Readonly<Partial<Record<FailureKind, EventName>>> = {
  conflicts: "conflict",
  "held-back": "held-back",
  "config-invalid": "settings",
  halted: "halted",
  "integrity-mismatch": "integrity",
  "rollback-failed": "rollback-failed",
};

/** One conflict stands in the way of all of these, and is one trouble, whichever of them meets it. */
const EXCHANGE = "exchange:";
const EXCHANGING: readonly string[] = ["push", "pull", "sync", "resolve"];

/** A good run ends the troubles of the commands whose work it did as well; by the beginnings of their keys. */
const COVERS: Readonly<Record<string, readonly string[]>> = {
  push: ["push:", "sync:", EXCHANGE],
  pull: ["pull:", EXCHANGE],
  sync: ["sync:", "push:", "pull:", EXCHANGE],
  resolve: ["resolve:", "sync:conflicts", "push:conflicts", "pull:conflicts", "rollback:conflicts", EXCHANGE],
};

/** The event that a failure is; null for one that only the log hears of. */
export function eventOfKind(kind: FailureKind): EventName | null {
  if (FAILURES[kind].loudness === "quiet") return null;
  return EVENT_OF_KIND[kind] ?? "failed";
}

/** What there is to tell of a run that has ended. */
export function tidingsOfRun(run: EndedRun): Tidings {
  if (run.outcome === "planned") return NO_TIDINGS;
  if (run.failure !== null) return ofFailure(run, run.failure);
  const ends = COVERS[run.command] ?? [`${run.command}:`];
  if (run.exit === FAILURES["held-back"].exit) return { happenings: [heldBack(run)], ends };
  const changed = Object.values(run.files).some((paths) => paths.length > 0);
  if (run.outcome === "rolled-back") return { happenings: [done(run, "put-back")], ends };
  return { happenings: changed && run.outcome === "synced" ? [done(run, "synced")] : [], ends };
}

function ofFailure(run: EndedRun, failure: NonNullable<EndedRun["failure"]>): Tidings {
  const event = eventOfKind(failure.kind);
  if (event === null) return NO_TIDINGS;
  const rolledBack = run.rolledBack && event !== "rollback-failed";
  const happening: Happening = {
    event: rolledBack ? "rolled-back" : event,
    key: keyOf(run.command, failure),
    cause: rolledBack ? `${failure.title}: ${failure.cause}` : failure.cause,
    paths: failure.paths,
    done: [whatWasDone(failure.kind, rolledBack), ...run.notes],
    remedy: failure.remedy,
  };
  return { happenings: [happening], ends: [] };
}

function keyOf(command: string, { kind, cause }: NonNullable<EndedRun["failure"]>): string {
  if (kind === "conflicts" && EXCHANGING.includes(command)) return `${EXCHANGE}conflicts`;
  return `${command}:${kind}${guardIn(cause)}`;
}

/** A halt names its guard first; halts of two guards are two troubles. */
function guardIn(cause: string): string {
  const [word = ""] = cause.split(":");
  return isGuardName(word) ? `:${word}` : "";
}

function whatWasDone(kind: FailureKind, rolledBack: boolean): string {
  if (kind === "rollback-failed") return "putting the folder back failed part of the way";
  if (rolledBack) return "the run was undone: the folder is as it was before";
  if (kind === "internal") return "the run ended; the log has the details";
  return "the run ended without changing any file";
}

function heldBack(run: EndedRun): Happening {
  const [first = ""] = run.files.heldBack;
  const count = run.files.heldBack.length;
  return {
    event: "held-back",
    key: `${run.command}:held-back`,
    cause: `${count === 1 ? "a file is" : `${count} files are`} held back, so not on the other machine`,
    paths: run.files.heldBack,
    done: ["everything else was synced", ...run.notes],
    remedy: [`petesbrain-sync why ${pasted(first)}   # says why, and the ways out`],
  };
}

function done(run: EndedRun, event: EventName): Happening {
  const { files } = run;
  const paths = [...new Set([...files.added, ...files.modified, ...files.deleted, ...files.merged])];
  const count = `${paths.length} ${paths.length === 1 ? "file" : "files"}`;
  const cause = event === "put-back" ? `${count} put back` : `${run.command}: ${count}`;
  return { event, key: `${run.command}:done`, cause, paths, done: [], remedy: [] };
}
