// sync: pull, then push, as one run.
import type { Context } from "../machine/context.ts";
import { exchange } from "./exchange.ts";
import type { Report } from "./report.ts";
import { type RunOptions, runCommand } from "./run.ts";

/** Brings in what the remote has gained and publishes what is here, as one undertaking. */
export function sync(context: Context, options: RunOptions): Promise<Report> {
  return runCommand(context, "sync", (session) => exchange(session, { ...options, publish: true, fetchFirst: true }));
}
