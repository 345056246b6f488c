// resolve: answers the conflicts of the run that was blocked, and completes it. What is asked is found anew: only answers
// to what both machines have now are worth anything.
import type { Context } from "../machine/context.ts";
import type { Resolver } from "./conflict.ts";
import { blockedRunOf } from "./conflicts-kept.ts";
import { newReport, type Report } from "./report.ts";
import { completeUndo } from "./rollback.ts";
import { runExchange } from "./run-exchange.ts";

export interface ResolveOptions {
  readonly dryRun: boolean;
  readonly resolver: Resolver | null;
}

/** How the commands that can be blocked go about the remote. */
const AIMS = {
  push: { publish: true, fetchFirst: false },
  pull: { publish: false, fetchFirst: true },
  sync: { publish: true, fetchFirst: true },
} as const;

/** Completes the blocked run; a report that says so where none waits. */
export async function resolve(context: Context, options: ResolveOptions): Promise<Report> {
  const blocked = blockedRunOf(context);
  if (blocked === null) {
    const report = newReport(context, "resolve");
    return { ...report, outcome: "up-to-date", exit: 0 };
  }
  if (blocked.command === "rollback") return completeUndo(context, options);
  const completes = blocked.command in AIMS ? (blocked.command as keyof typeof AIMS) : "sync";
  return runExchange(context, "resolve", { ...options, ...AIMS[completes], completes });
}
