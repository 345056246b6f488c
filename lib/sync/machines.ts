// The machines of a folder as this one knows them: itself by its own history, the others by their records.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { overdueFrom, ownOverdueFrom, type Pace } from "../alert/overdue.ts";
import { FAILURES, WENT_THROUGH } from "../failure.ts";
import type { KeptRecord } from "../git/record-refs.ts";
import type { Repository } from "../git/repository.ts";
import type { Git } from "../git/shell.ts";
import type { Context } from "../machine/context.ts";
import { machineId } from "../machine/machine-id.ts";
import type { MachineRecord, RecordedRun } from "../machine/record.ts";
import { type RunRow, State } from "../machine/state.ts";
import { byOurClock, sightingOf } from "./heard.ts";
import { awakeOf, isScheduledNow, nextRun } from "./pace.ts";
import { readRecords } from "./records.ts";

export interface KnownMachine {
  id: string;
  name: string;
  role: string;
  self: boolean;
  /** Its record as it lies here; null for this machine. */
  record: KeptRecord | null;
  /** Version of the tool there. */
  tool: string;
  lastRun: RecordedRun | null;
  lastGoodRun: RecordedRun | null;
  /** The commit that is checked out there. */
  commit: string | null;
  /** Whether that is the commit checked out here; null where that machine has said nothing since it was published. */
  sameCommit: boolean | null;
  dirty: number;
  conflicts: number;
  nextDue: string | null;
  overdue: boolean;
  /** When it was last heard of, by this machine's clock: ISO 8601, UTC; null where it never was. */
  heardAt: string | null;
  /** By how much its clock is ahead of this one's (negative: behind), as far as can be told. */
  clockAheadMs: number;
}

/** How this machine's folder is now. */
export interface HereNow {
  readonly head: string | null;
  readonly dirty: number;
}

/** Runs looked through for one that ended well. */
const SOUGHT = 500;
const SYNCING = ["push", "pull", "sync", "resolve"];
/** Ends that are as if the run had not been: offline, another run at work, ended from outside. */
const NOT_HELD: readonly number[] = [
  FAILURES["remote-unreachable"].exit,
  FAILURES.locked.exit,
  FAILURES.interrupted.exit,
  FAILURES.terminated.exit,
];

/** This machine's newest runs that sync: any that was held, and one that ended well. */
export function ownRuns(state: State | null): { last: RecordedRun | null; held: RunRow | null; good: RunRow | null } {
  const rows = (state?.runs(SOUGHT) ?? []).filter(({ command }) => SYNCING.includes(command));
  const [last] = rows;
  return {
    last: last === undefined ? null : recorded(last),
    held: rows.find(({ exit }) => !NOT_HELD.includes(exit)) ?? null,
    good: rows.find(({ exit }) => WENT_THROUGH.includes(exit)) ?? null,
  };
}

/** Files in conflict, by the last run that was held. */
export function conflictsOf(held: RunRow | null): number {
  if (held === null) return 0;
  // written by this program from its own report
  const { failure } = JSON.parse(held.report) as { failure: { kind: string; paths: string[] } | null };
  return failure?.kind === "conflicts" ? Math.max(1, failure.paths.length) : 0;
}

/** A run as records name it. */
export function recorded({ run, command, startedAt }: RunRow): RecordedRun {
  return { run, command, at: startedAt };
}

/** Opens the state where there is one, for as long as the work lasts. */
export async function withState<T>(repository: Repository, work: (state: State | null) => Promise<T> | T): Promise<T> {
  if (!existsSync(join(repository.stateDir, "state.db"))) return await work(null);
  const state = State.open(repository.stateDir);
  try {
    return await work(state);
  } finally {
    state.close();
  }
}

/** This machine's id; null where none was chosen yet. */
function ownIdOf(repository: Repository, role: string): string | null {
  return existsSync(join(repository.stateDir, "machine-id")) ? machineId(repository.stateDir, role) : null;
}

/** Every machine, this one first. */
export async function machinesOf(
  context: Context,
  git: Git,
  repository: Repository,
  here: HereNow,
): Promise<KnownMachine[]> {
  const records = await readRecords(git, repository, context.settings.remote);
  const own = ownIdOf(repository, context.settings.role);
  return await withState(repository, (state) => {
    const publishedAt = newest(records.flatMap(({ record }) => (record?.commit === here.head ? [record.at] : [])));
    const others = records.flatMap(({ id, kept, record }) =>
      record === null || id === own
        ? []
        : [{ ...otherMachine(context, state, record, { here, publishedAt }), record: kept }],
    );
    return [self(context, state, own ?? "", here), ...others];
  });
}

function newest(times: readonly string[]): string | null {
  return [...times].sort().at(-1) ?? null;
}

function self(context: Context, state: State | null, id: string, here: HereNow): KnownMachine {
  const { settings, version, now } = context;
  const { last, held, good } = ownRuns(state);
  const pace = ownPace(context, state, held, id);
  return {
    ...{ id, name: settings.name, role: settings.role, self: true, record: null, tool: version },
    lastRun: last,
    lastGoodRun: good === null ? null : recorded(good),
    commit: here.head,
    sameCommit: here.head === null ? null : true,
    dirty: here.dirty,
    conflicts: conflictsOf(held),
    nextDue: pace?.nextDue == null ? null : new Date(pace.nextDue).toISOString(),
    overdue: pace !== null && ownOverdue(context, state, pace) < now().getTime(),
    heardAt: held?.startedAt ?? null,
    clockAheadMs: 0,
  };
}

/** The time from which this machine itself is overdue; what it slept does not count. */
function ownOverdue({ settings }: Context, state: State | null, pace: Pace): number {
  return ownOverdueFrom(pace, awakeOf(state).awakeSince, settings.schedule.everyMinutes.watchdog);
}

/** This machine's rhythm since its last run that was held; null before the first. */
function ownPace({ settings, now }: Context, state: State | null, held: RunRow | null, id: string): Pace | null {
  if (state === null || held === null) return null;
  const heardAt = Date.parse(held.startedAt);
  if (!isScheduledNow(state, now())) return { heardAt, nextDue: null, everyMinutes: null, sleeps: false };
  const { at, everyMinutes } = nextRun(settings, id, new Date(heardAt));
  return { heardAt, nextDue: at.getTime(), everyMinutes, sleeps: false };
}

function otherMachine(
  { now }: Context,
  state: State | null,
  record: MachineRecord,
  { here, publishedAt }: { readonly here: HereNow; readonly publishedAt: string | null },
): Omit<KnownMachine, "record"> {
  const { machine, tool, lastRun, lastGoodRun, dirty, conflicts, nextDue, everyMinutes, sleeps, at } = record;
  const { heardAt, skewMs } = byOurClock(sightingOf(state, machine.id, at, now().getTime()));
  const due = nextDue === null ? null : Date.parse(nextDue) - skewMs;
  const commit = record.head ?? record.commit;
  const silent = publishedAt !== null && at < publishedAt;
  const differs = silent ? null : false;
  return {
    ...{ ...machine, self: false, tool, lastRun, lastGoodRun, commit, dirty, conflicts },
    sameCommit: commit === here.head ? true : differs,
    nextDue: due === null ? null : new Date(due).toISOString(),
    overdue: overdueFrom({ heardAt, nextDue: due, everyMinutes, sleeps }) < now().getTime(),
    heardAt: new Date(heardAt).toISOString(),
    clockAheadMs: skewMs,
  };
}
