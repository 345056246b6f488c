// pull: bring the remote's changes in; edits made here stay, uncommitted.
import type { Context } from "../machine/context.ts";
import type { Report } from "./report.ts";
import type { RunOptions } from "./run.ts";
import { runExchange } from "./run-exchange.ts";

/** Brings what the remote has gained into the folder. Publishes nothing. */
export function pull(context: Context, options: RunOptions): Promise<Report> {
  return runExchange(context, "pull", { ...options, publish: false, fetchFirst: true });
}
