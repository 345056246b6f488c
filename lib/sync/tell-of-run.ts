// The end of a run, told: to the state, to a page, and later to whoever listens.
import { existsSync } from "node:fs";
import { NO_TIDINGS } from "../alert/happening.ts";
import { tell } from "../alert/tell.ts";
import { tidingsOfRun } from "../alert/tidings-of-run.ts";
import { FAILURES } from "../failure.ts";
import { locateRepository } from "../git/repository.ts";
import type { Context } from "../machine/context.ts";
import { State } from "../machine/state.ts";
import type { Report } from "./report.ts";

/** Tells how a run ended. `state` is null where the run ended before it had one. Never throws. */
export function tellOfRun(context: Context, report: Report, state: State | null): void {
  const tidings = tidingsOfRun(report);
  const isSilent = tidings === NO_TIDINGS && report.failure !== null && FAILURES[report.failure.kind].retry;
  const store = isSilent ? null : (state ?? stateForTelling(context));
  if (store !== null) tell(context, store, report, tidings);
}

/** The state of a folder whose run could not begin; null where there is none, or where that cannot be used either. */
export function stateForTelling(context: Context): State | null {
  try {
    const { stateDir } = locateRepository(context.folder);
    return existsSync(stateDir) ? State.open(stateDir) : null;
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    context.log.write("error", "error", "-", "alert-not-kept", { detail });
    return null;
  }
}
