// pull: bring the remote's changes in; edits made here stay, uncommitted.
import type { Context } from "../machine/context.ts";
import { exchange } from "./exchange.ts";
import type { Report } from "./report.ts";
import { type RunOptions, runCommand } from "./run.ts";

/** Brings what the remote has gained into the folder. Publishes nothing. */
export function pull(context: Context, options: RunOptions): Promise<Report> {
  return runCommand(context, "pull", (session) => exchange(session, { ...options, publish: false, fetchFirst: true }));
}
