// What push, pull and sync have in common: one run, its report, the words for it.
import type { Context } from "../../lib/machine/context.ts";
import type { Resolver } from "../../lib/sync/conflict.ts";
import type { Report } from "../../lib/sync/report.ts";
import type { Answer, Call } from "../answer.ts";
import { resolverOf } from "../conflict-resolver.ts";
import { formatTime, wordsOfReport } from "../words.ts";

export interface RunOptions {
  readonly dryRun: boolean;
  readonly resolver: Resolver | null;
}

/** The answer for a run's report. */
export function answerOfReport(report: Report, call: Call): Answer {
  const at = formatTime(call.surroundings.now().toISOString());
  return { object: report, words: wordsOfReport(report, { verbose: call.invocation.verbose, at }), keepFirst: false };
}

/** Opens the context, makes the run and answers with its report. */
export async function answerOfRun(
  call: Call,
  run: (context: Context, options: RunOptions) => Promise<Report>,
): Promise<Answer> {
  const context = await call.openContext();
  const { dryRun } = call.invocation;
  const resolver = dryRun ? null : resolverOf(call, null, context.folder);
  return answerOfReport(await run(context, { dryRun, resolver }), call);
}
