// push: publish what is here. The remote is asked only after the push, or when it refused because another was first.
import type { Context } from "../machine/context.ts";
import { exchange } from "./exchange.ts";
import type { Report } from "./report.ts";
import { type RunOptions, runCommand } from "./run.ts";

/** Publishes this machine's changes, uniting them with what the remote has gained where it has. */
export function push(context: Context, options: RunOptions): Promise<Report> {
  return runCommand(context, "push", (session) => exchange(session, { ...options, publish: true, fetchFirst: false }));
}
