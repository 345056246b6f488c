// How push, pull and sync begin: git is asked about the folder at once, and what carries the run out is loaded meanwhile.
import { askStatus } from "../git/status.ts";
import type { Context } from "../machine/context.ts";
import { refreshCopied } from "./copied-folder.ts";
import type { Aim } from "./exchange.ts";
import type { Report } from "./report.ts";
import { runCommand } from "./run.ts";
import { inBackground } from "./session.ts";

/** Carries out one of the three. */
export function runExchange(context: Context, command: string, aim: Aim): Promise<Report> {
  return runCommand(
    context,
    command,
    async (session) => {
      await refreshCopied(session, aim.dryRun);
      const asked = inBackground(session, askStatus(session.git));
      const { exchange } = await import("./exchange.ts");
      await exchange(session, aim, asked);
    },
    aim.dryRun,
  );
}
