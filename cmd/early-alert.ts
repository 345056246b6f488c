// What keeps a scheduled run from beginning at all: settings that do not parse, a folder that is gone. There is no folder
// whose state could remember it then, so it is remembered beside this machine's settings.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Tidings } from "../lib/alert/happening.ts";
import { tell } from "../lib/alert/tell.ts";
import { eventOfKind } from "../lib/alert/tidings-of-run.ts";
import { Failure } from "../lib/failure.ts";
import { locateRepository } from "../lib/git/repository.ts";
import type { Context } from "../lib/machine/context.ts";
import { openLog } from "../lib/machine/log.ts";
import { settingsPaths } from "../lib/machine/settings.ts";
import { secretsOf } from "../lib/machine/settings-alerts.ts";
import { State } from "../lib/machine/state.ts";
import type { ReportedFailure } from "../lib/sync/report.ts";
import type { Surroundings } from "./surroundings.ts";
import { readableSettings } from "./wiring.ts";

/** Where it is remembered; the folder of this machine's settings. */
function placeOf(surroundings: Surroundings): string {
  return dirname(settingsPaths({ ...surroundings, folder: null }).machine);
}

async function tellFrom(
  surroundings: Surroundings,
  command: string,
  tidings: Tidings,
  later: Context["later"],
): Promise<void> {
  const { settings, environment } = await readableSettings(surroundings);
  const { home, now, signal, version } = surroundings;
  const folder = placeOf(surroundings);
  const context: Context = {
    ...{ folder, settings, environment, now, signal, version, later, allow: [], scheduled: true },
    log: openLog({ home, now, secrets: secretsOf(settings.alerts, environment) }),
    onStep: () => undefined,
  };
  tell(context, State.open(folder), { command, run: "" }, tidings);
}

/** Tells that a scheduled command could not begin. */
export async function tellEarlyFailure(
  surroundings: Surroundings,
  command: string,
  failure: ReportedFailure,
  later: Context["later"],
): Promise<void> {
  const event = eventOfKind(failure.kind);
  if (event === null || !existsSync(placeOf(surroundings))) return;
  const { cause, paths, remedy } = failure;
  const happening = { event, key: `early:${failure.kind}`, cause, paths, done: ["no run was made"], remedy };
  await tellFrom(surroundings, command, { happenings: [happening], ends: [] }, later);
}

/** True for a folder whose own state can remember what happened there. */
export function hasState(folder: string): boolean {
  try {
    return existsSync(locateRepository(folder).stateDir);
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}

/** Ends what was told, once a run could be made again. */
export async function endEarlyFailures(
  surroundings: Surroundings,
  command: string,
  later: Context["later"],
): Promise<void> {
  if (!existsSync(join(placeOf(surroundings), "state.db"))) return;
  await tellFrom(surroundings, command, { happenings: [], ends: ["early:"] }, later);
}
