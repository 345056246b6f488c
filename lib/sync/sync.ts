// sync: pull, then push, as one run.
import type { Context } from "../machine/context.ts";
import type { Report } from "./report.ts";
import type { RunOptions } from "./run.ts";
import { runExchange } from "./run-exchange.ts";

/** Brings in what the remote has gained and publishes what is here, as one undertaking. */
export function sync(context: Context, options: RunOptions): Promise<Report> {
  return runExchange(context, "sync", { ...options, publish: true, fetchFirst: true });
}
