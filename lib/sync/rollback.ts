// rollback: undo the last run that changed something, by the same three-way plan, so that edits made since stay; or make
// the folder what a snapshot saw, all of it or some files. Either takes a snapshot first, so that a rollback undoes a
// rollback. The branch is not moved, unless that is asked for: what comes back is a change on top, which the next push
// publishes.

import { askStatus } from "../git/status.ts";
import type { Context } from "../machine/context.ts";
import type { Report } from "./report.ts";
import type { RollbackOptions } from "./rollback-options.ts";
import { type RunOptions, runCommand } from "./run.ts";
import { inBackground } from "./session.ts";

/** Undoes the last run, or goes to a snapshot. What carries it out is loaded while git looks at the folder. */
export function rollback(context: Context, options: RollbackOptions, command = "rollback"): Promise<Report> {
  return runCommand(
    context,
    command,
    async (session) => {
      const asked = inBackground(session, askStatus(session.git));
      const { carryOut } = await import("./rollback-run.ts");
      await carryOut(session, options, asked);
    },
    options.dryRun,
  );
}

/** Completes an undo that was blocked, once its conflicts are answered; nothing else is asked. */
export function completeUndo(context: Context, options: RunOptions): Promise<Report> {
  const undo = { ...options, to: null, paths: [], exact: false, confirm: null };
  return rollback(context, undo, "resolve");
}
