// The watchdog: are this machine's runs and the other machines' on time, and is everything there that tells of it when
// they are not? It needs nothing else to be running, looks at the remote once, and tells what it finds.
import { statfsSync } from "node:fs";
import { wakeUp } from "../alert/overdue.ts";
import { tell } from "../alert/tell.ts";
import { Failure, surroundingFailure } from "../failure.ts";
import { fetchRecords } from "../git/remote.ts";
import { readBaseline } from "../integrity/baseline.ts";
import type { AlertStore } from "../machine/alert-store.ts";
import type { Context } from "../machine/context.ts";
import { glanceAtFolder } from "./glance.ts";
import { noteSightings } from "./heard.ts";
import { beat } from "./heartbeat.ts";
import { conflictsOf, type HereNow, type KnownMachine, machinesOf, ownRuns, recorded } from "./machines.ts";
import { openSession, quietSession } from "./open-session.ts";
import { awakeOf, isScheduledNow, rememberAwake } from "./pace.ts";
import { readRecords } from "./records.ts";
import { newReport } from "./report.ts";
import { remoteOf, type Session } from "./session.ts";
import { stateForTelling } from "./tell-of-run.ts";
import { type Finding, findingsOf, type Seen, tidingsOfFindings } from "./watchdog-findings.ts";

/** What the watchdog asks others for; null where nobody can say. */
export interface Watched {
  /** What is wrong with this machine's scheduled jobs: empty when all are registered, null where that is not known. */
  readonly agents: (() => Promise<readonly string[] | null>) | null;
  /** Restores the newest snapshot on trial where that is due; null where it is not. */
  readonly rehearse: (() => Promise<{ readonly ok: boolean; readonly says: string } | null>) | null;
}

export interface WatchdogReport {
  machines: KnownMachine[];
  findings: Finding[];
  /** Whether the remote answered. */
  reached: boolean;
  /** A run is at work now: nothing was looked at. */
  busy: boolean;
}

/** Looks, and tells. @throws {Failure} of a folder that is none. */
export async function watch(context: Context, watched: Watched): Promise<WatchdogReport> {
  // a run of its own, with a lock of its own
  const rehearsal = watched.rehearse === null ? null : await watched.rehearse();
  const report = newReport(context, "watchdog");
  let opened: Awaited<ReturnType<typeof openSession>>;
  try {
    opened = await openSession(context, "watchdog", report);
  } catch (error) {
    const failure = surroundingFailure(error);
    if (failure === null || context.signal.aborted) throw error;
    if (failure.kind === "locked") return { machines: [], findings: [], reached: false, busy: true };
    return { machines: [], findings: tellObstacle(context, failure), reached: false, busy: false };
  }
  try {
    return await lookAround(opened.session, watched, rehearsal);
  } finally {
    await quietSession(opened.session);
    opened.lock.release();
  }
}

/** Where no run could begin, that is what there is to tell, unless the runs have told it themselves. */
function tellObstacle(context: Context, failure: Failure): Finding[] {
  const says = `no run can begin here: ${failure.message}`;
  const finding: Finding = { name: "obstacle", event: "failed", says, remedy: failure.remedy };
  const state = stateForTelling(context);
  if (state === null) return [finding];
  const isTold = state.alerts.troubles().some(({ key }) => !key.startsWith("watchdog:"));
  if (!isTold) tell(context, state, { command: "watchdog", run: "" }, tidingsOfFindings([finding], null));
  return [finding];
}

async function lookAround(session: Session, watched: Watched, rehearsal: Seen["rehearsal"]): Promise<WatchdogReport> {
  const { context, state, run } = session;
  const now = context.now();
  const reached = await lookAtRecords(session);
  const awake = wakeUp(awakeOf(state), now.getTime(), context.settings.schedule.everyMinutes.watchdog);
  rememberAwake(state, awake, awake.slept, now);
  const { oidBytes } = await session.configuration;
  const look = await glanceAtFolder(context, session.git, session.repository, oidBytes);
  const here = { head: look.head, dirty: look.lines.length };
  const machines = await machinesOf(context, session.git, session.repository, here);
  const seen: Seen = {
    now: now.getTime(),
    folder: context.folder,
    remote: context.settings.remote,
    machines,
    reached,
    agents: await agentsFault(session, watched),
    baseline: baselineFault(context.folder),
    freeBytes: freeBytesOf(context.folder),
    unsent: unsentForADay(state.alerts, now.getTime()),
    rehearsal,
  };
  const findings = findingsOf(seen);
  await beatOfWatchdog(session, findings, here);
  log(context, run, findings, reached);
  tell(context, state, { command: "watchdog", run }, tidingsOfFindings(findings, seen));
  return { machines, findings, reached, busy: false };
}

/** Brings the records here, and notes when they came. */
async function lookAtRecords(session: Session): Promise<boolean> {
  const { context, state, repository } = session;
  const configuration = await session.configuration;
  const remote = { ...remoteOf(session, configuration), attempts: 1 };
  const git = session.git.withSshCommand(configuration.sshCommand);
  const reached = await fetchRecords(git, remote).catch((error: unknown) => {
    if (surroundingFailure(error) === null) throw error;
    return false;
  });
  if (!reached) return false;
  session.pulse.reached = { git, remote };
  const records = await readRecords(session.git, repository, context.settings.remote);
  noteSightings(state, records, context.now().getTime());
  return true;
}

/** The others hear of a machine whose runs fail by its watchdog: the run itself changes nothing at the remote. */
async function beatOfWatchdog(session: Session, findings: readonly Finding[], here: HereNow): Promise<void> {
  const { last, held, good } = ownRuns(session.state);
  if (last === null) return;
  const isGood = held !== null && held.run === good?.run && findings.every(({ event }) => event === "unwell");
  await beat(session, isGood ? "good" : "troubled", {
    lastRun: last,
    lastGoodRun: good === null ? null : recorded(good),
    dirty: here.dirty,
    conflicts: conflictsOf(held),
  });
}

/** Jobs are missed only where there were some: who syncs by hand has none. */
async function agentsFault({ state, context }: Session, { agents }: Watched): Promise<readonly string[] | null> {
  if (agents === null || !isScheduledNow(state, context.now())) return null;
  try {
    return await agents();
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}

function baselineFault(folder: string): string {
  try {
    readBaseline(folder);
    return "";
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  }
}

function freeBytesOf(folder: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return null; // a file system that does not say
  }
}

const DAY_MS = 86_400_000;

function unsentForADay(store: AlertStore, now: number): Seen["unsent"] {
  const old = store.unsent().filter(({ alert, tries }) => tries > 0 && now - (store.alert(alert)?.at ?? now) > DAY_MS);
  const last = old.at(-1);
  return last === undefined ? null : { count: new Set(old.map(({ alert }) => alert)).size, fault: last.fault ?? "" };
}

function log({ log: file }: Context, run: string, findings: readonly Finding[], reached: boolean): void {
  const fields = { command: "watchdog", findings: findings.length, reached };
  file.write("sync", findings.length === 0 ? "info" : "warn", run, "watchdog-looked", fields);
  for (const { name, says } of findings) file.write("error", "warn", run, "watchdog-finds", { name, says });
}
