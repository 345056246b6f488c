// What push, pull and sync have in common: one run, its report, the words for it.
import type { Context } from "../../lib/machine/context.ts";
import type { ScheduledCommand } from "../../lib/machine/settings-schedule.ts";
import type { Report } from "../../lib/sync/report.ts";
import type { RunOptions } from "../../lib/sync/run.ts";
import type { Answer, Call } from "../answer.ts";
import { resolverOf } from "../conflict-resolver.ts";
import { formatTime, wordsOfReport } from "../words.ts";

/** The answer for a run's report. */
export function answerOfReport(report: Report, call: Call): Answer {
  const at = formatTime(call.surroundings.now().toISOString());
  return { object: report, words: wordsOfReport(report, { verbose: call.invocation.verbose, at }), keepFirst: false };
}

/** Opens the context, makes the run and answers with its report. */
export async function answerOfRun(
  call: Call,
  command: ScheduledCommand,
  run: (context: Context, options: RunOptions) => Promise<Report>,
): Promise<Answer> {
  const context = await call.openContext();
  const { dryRun } = call.invocation;
  const isPinged = !dryRun && context.settings.alerts.pingUrl !== null;
  const toldRun = isPinged ? pinging(run) : run;
  if (!context.scheduled) {
    const resolver = dryRun ? null : resolverOf(call, null, context.folder);
    return answerOfReport(await toldRun(context, { dryRun, resolver }), call);
  }
  const { runScheduled } = await import("../../lib/sync/scheduled.ts");
  const report = await runScheduled(context, command, { dryRun, resolver: null }, toldRun);
  await tellBeginning(call, context, report);
  // no network is no news: the log has it, and the watchdog says when it has lasted too long
  const failureSaid = report.failure?.kind === "remote-unreachable";
  return { ...answerOfReport(report, call), failureSaid };
}

/** A scheduled run that could not begin, in a folder that cannot remember it, is told from elsewhere; a good one ends that. */
async function tellBeginning({ surroundings, later }: Call, { folder }: Context, report: Report): Promise<void> {
  const { endEarlyFailures, hasState, tellEarlyFailure } = await import("../early-alert.ts");
  const { command, failure } = report;
  if (failure === null) await endEarlyFailures(surroundings, command, later);
  else if (!hasState(folder)) await tellEarlyFailure(surroundings, command, failure, later);
}

type Run = (context: Context, options: RunOptions) => Promise<Report>;

/** The same run, its start and its end told to whoever counts pings. */
function pinging(run: Run): Run {
  return async (context, options) => {
    const { beginPing } = await import("../../lib/alert/ping.ts");
    const endPing = beginPing(context);
    const report = await run(context, options);
    endPing(report);
    return report;
  };
}
