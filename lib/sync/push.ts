// push: publish what is here. The remote is asked only after the push, or when it refused because another was first.
import type { Context } from "../machine/context.ts";
import type { Report } from "./report.ts";
import type { RunOptions } from "./run.ts";
import { runExchange } from "./run-exchange.ts";

/** Publishes this machine's changes, uniting them with what the remote has gained where it has. */
export function push(context: Context, options: RunOptions): Promise<Report> {
  return runExchange(context, "push", { ...options, publish: true, fetchFirst: false });
}
