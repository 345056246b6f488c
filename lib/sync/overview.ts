// Everything a person may want to see of a folder at once: how it stands, what ran here, what any machine published,
// what was told. Reads only, as status does, and what cannot be read is said instead.
import { surroundingFailure } from "../failure.ts";
import { readRef } from "../git/refs.ts";
import { locateRepository } from "../git/repository.ts";
import { Git, GitError } from "../git/shell.ts";
import type { Context } from "../machine/context.ts";
import { type PastRun, runsSince } from "../machine/history.ts";
import { listSnapshots, type SnapshotInfo } from "../snapshot/list.ts";
import { withState } from "./machines.ts";
import { type Published, publishedSince } from "./published.ts";
import { status } from "./status.ts";
import type { Status } from "./status-form.ts";
import { type ShownAlert, shownAlerts } from "./unread.ts";

export interface Overview {
  readonly at: Date;
  readonly since: Date;
  readonly status: Status;
  /** Runs of this machine, the newest first. */
  readonly runs: readonly PastRun[];
  /** What this and the other machines published, the newest first. */
  readonly published: readonly Published[];
  /** The newest first. */
  readonly snapshots: readonly SnapshotInfo[];
  readonly alerts: readonly ShownAlert[];
  /** What could not be read, and why. */
  readonly missing: readonly string[];
}

const DAY_MS = 86_400_000;
/** Runs and alerts that are looked through. */
const MOST_RUNS = 5_000;
const MOST_ALERTS = 100;

/** Looks at the folder, the remote and what is remembered of so many days. */
export async function overview(context: Context, days: number): Promise<Overview> {
  const at = context.now();
  const since = new Date(at.getTime() - days * DAY_MS);
  const found = await status(context);
  const missing: string[] = [];
  const read = async <T>(what: string, none: T, work: () => T | Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      const failure = surroundingFailure(error);
      if (failure === null && !(error instanceof GitError)) throw error;
      missing.push(`${what}: ${failure?.message ?? (error as GitError).message}`);
      return none;
    }
  };
  return {
    at,
    since,
    status: found,
    runs: await read("what ran here", [], () => runsSince(locateRepository(context.folder).stateDir, since, MOST_RUNS)),
    published: await read("what was published", [], () => published(context, since)),
    snapshots: await read("the snapshots", [], () => listSnapshots(context)),
    alerts: await read("the alerts", [], () => alertsOf(context)),
    missing,
  };
}

/** By the remote's branch as it was last seen: what is committed here and not there was not published. */
async function published(context: Context, since: Date): Promise<Published[]> {
  const { folder, environment, signal, settings } = context;
  const git = new Git({ folder, environment, signal });
  const branch = `refs/remotes/${settings.remote}/${settings.branch}`;
  const tip = await readRef(git, locateRepository(folder), branch);
  return tip === null ? [] : await publishedSince(git, tip, since);
}

async function alertsOf({ folder, settings }: Context): Promise<ShownAlert[]> {
  return await withState(locateRepository(folder), (state) =>
    state === null ? [] : shownAlerts(state.alerts, settings.alerts, { unread: false, limit: MOST_ALERTS }),
  );
}
