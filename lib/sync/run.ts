// The frame of every run that may write: begin, work, end. Whatever happens inside becomes the report; the history row
// and the log line are written in every case, and what was adopted but not completed is taken back.
import { FAILURES, Failure, surroundingFailure } from "../failure.ts";
import type { Context } from "../machine/context.ts";
import type { State } from "../machine/state.ts";
import { tidy } from "../tidy.ts";
import { FolderMoved } from "./adopt.ts";
import type { Resolver } from "./conflict.ts";
import { openSession, quietSession } from "./open-session.ts";
import { isBeatDue, rememberScheduled } from "./pace.ts";
import { newReport, type Report } from "./report.ts";
import type { Session } from "./session.ts";

export interface RunOptions {
  /** Work out and report what would be done; change nothing. */
  readonly dryRun: boolean;
  /** Asked over conflicts, where somebody can answer. */
  readonly resolver?: Resolver | null;
}

const MANY_FILES = 1_000;

/**
 * Carries out a run. Never throws for an expected end: that is in the report.
 * @param isDry it leaves no trace but its lines in the log: no history, no word to the other machines, no alert.
 */
export async function runCommand(
  context: Context,
  command: string,
  work: (session: Session) => Promise<void>,
  isDry = false,
): Promise<Report> {
  const report = newReport(context, command);
  const started = performance.now();
  const startedAt = context.now().toISOString();
  let opened: Awaited<ReturnType<typeof openSession>> | null = null;
  try {
    opened = await openSession(context, command, report);
    await work(opened.session);
    report.exit = report.files.heldBack.length > 0 ? FAILURES["held-back"].exit : 0;
    if (!isDry) await keepBeating(opened.session);
  } catch (error) {
    recordFailure(context, report, error);
  } finally {
    if (opened !== null) await quietSession(opened.session);
  }
  // what the work held is free by now, and a long report is about to be written twice
  if (report.files.added.length + report.files.modified.length > MANY_FILES) tidy(Number.MAX_SAFE_INTEGER);
  report.durationMs = Math.round(performance.now() - started);
  writeLog(context, report);
  if (opened !== null) {
    try {
      if (!isDry) recordRun(opened.session, startedAt, report);
    } catch (error) {
      recordFailure(context, report, error);
    } finally {
      // the state stays open: alerts may still be told, and the runtime closes it when the process ends
      opened.lock.release();
    }
  }
  if (!isDry) await tellEnd(context, report, opened?.session.state ?? null);
  return report;
}

/** Loads what tells people only where there may be something to tell: most runs end quietly. */
async function tellEnd(context: Context, report: Report, state: State | null): Promise<void> {
  const isQuiet = report.exit === 0 && report.outcome === "up-to-date" && state?.alerts.isQuiet() === true;
  if (isQuiet || report.outcome === "planned") return;
  const { tellOfRun } = await import("./tell-of-run.ts");
  tellOfRun(context, report, state);
}

/** The other machines learn that this one is well; where that is not due, or the remote was not asked, nothing is loaded. */
async function keepBeating(session: Session): Promise<void> {
  rememberScheduled(session);
  if (session.report.outcome === "planned" || session.pulse.reached === null || !isBeatDue(session, "good")) return;
  const { beatOfRun } = await import("./heartbeat.ts");
  await beatOfRun(session).catch((error: unknown) => {
    // the run is done and proven; what stood in the way of its word to the others is for the log
    if (session.context.signal.aborted) return;
    const detail = error instanceof Error ? error.message : String(error);
    session.context.log.write("error", "warn", session.run, "no-heartbeat", { detail });
  });
}

function recordFailure(context: Context, report: Report, error: unknown): void {
  const failure = expected(error);
  report.outcome = outcomeOf(failure, report);
  report.exit = failure.exit;
  report.failure = {
    kind: failure.kind,
    title: failure.title,
    cause: failure.message,
    paths: [...failure.paths],
    remedy: [...failure.remedy],
    log: context.log.pathOf("error"),
  };
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  context.log.write("error", "error", report.run, failure.kind, {
    command: report.command,
    cause: failure.message,
    detail,
  });
}

function outcomeOf(failure: Failure, report: Report): Report["outcome"] {
  if (failure.kind === "conflicts" || failure.kind === "halted") return "blocked";
  return report.rolledBack ? "rolled-back" : "failed";
}

function expected(error: unknown): Failure {
  if (error instanceof FolderMoved) {
    return new Failure("halted", {
      cause: `${error.message}, again and again; nothing was changed`,
      remedy: ["close the program that keeps writing there, then run the same command again"],
      because: error,
    });
  }
  const known = surroundingFailure(error);
  if (known !== null) return known;
  return new Failure("internal", {
    cause: error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error),
    remedy: ["petesbrain-sync status   # the folder is as it was; the log has the details"],
    because: error,
  });
}

function writeLog(context: Context, report: Report): void {
  const fields: Record<string, string | number> = {
    command: report.command,
    outcome: report.outcome,
    exit: report.exit,
    ms: report.durationMs,
  };
  for (const kind of ["added", "modified", "deleted", "merged", "conflicts", "heldBack"] as const) {
    if (report.files[kind].length > 0) fields[kind] = report.files[kind].length;
  }
  if (report.failure !== null) fields["cause"] = report.failure.cause;
  context.log.write("sync", report.exit === 0 ? "info" : "error", report.run, "run-ends", fields);
}

function recordRun(session: Session, startedAt: string, report: Report): void {
  if (report.outcome === "planned") return;
  session.state.recordRun({
    run: report.run,
    command: report.command,
    startedAt,
    outcome: report.outcome,
    exit: report.exit,
    report: JSON.stringify(report),
    undoFrom: session.undo?.from ?? null,
    undoTo: session.undo?.to ?? null,
  });
}
