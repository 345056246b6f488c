// status: how this folder stands, in one verdict and the facts behind it. Reads only, takes no lock, asks the remote
// once, and never fails because the remote cannot be reached: that is part of the answer.

import { glanceAtAgents } from "../agent/glance.ts";
import { Failure, surroundingFailure } from "../failure.ts";
import { readConfiguration } from "../git/configuration.ts";
import { trackedPlaces } from "../git/record-refs.ts";
import { refsBelow } from "../git/refs.ts";
import { fetchRecords, lookAtRemote, type Remote, type RemoteLook } from "../git/remote.ts";
import { locateRepository, type Repository, refuseUnfinishedStates } from "../git/repository.ts";
import { Git } from "../git/shell.ts";
import type { Context } from "../machine/context.ts";
import { readHistory } from "../machine/history.ts";
import { currentHolder } from "../machine/lock.ts";
import { type Pause, readPause } from "../machine/paused.ts";
import { listSnapshots } from "../snapshot/list.ts";
import { blockedRun } from "./conflicts-kept.ts";
import { glanceAtFolder } from "./glance.ts";
import { journalExists, readJournal } from "./journal.ts";
import { machinesOf, withState } from "./machines.ts";
import { pause } from "./pause.ts";
import { damagedJournal } from "./recover.ts";
import { readRehearsal } from "./rehearsal.ts";
import { newReport } from "./report.ts";
import { attend, notYet, type Status } from "./status-form.ts";
import { readIntegrity, unknownIntegrity } from "./status-integrity.ts";
import { judge } from "./status-judge.ts";
import { unreadAlerts } from "./unread.ts";

const RUNS_SHOWN = 5;

/** Looks at the folder and at the remote. Problems become part of the verdict. */
export async function status(context: Context): Promise<Status> {
  const started = performance.now();
  const found: Status = {
    ...newReport(context, "status"),
    run: "",
    outcome: "up-to-date",
    exit: 0,
    verdict: "SAFE TO SWITCH",
    reasons: [],
    local: { folder: context.folder, changed: [], ahead: null, behind: null },
    pendingRecovery: false,
    running: null,
    blocked: null,
    lastRuns: [],
    lastSnapshot: null,
    cutOff: [],
    rehearsal: null,
    paused: null,
    integrity: unknownIntegrity(),
    machines: [],
    agents: [],
    alerts: [],
  };
  try {
    await look(context, found);
  } catch (error) {
    const failure = surroundingFailure(error);
    if (failure === null) throw error;
    attend(found, failure);
  }
  found.durationMs = Math.round(performance.now() - started);
  return found;
}

async function look(context: Context, found: Status): Promise<void> {
  const repository = locateRepository(context.folder);
  await lookAtState(context, repository, found);
  const { settings } = context;
  try {
    refuseUnfinishedStates(repository);
  } catch (error) {
    // what needs no git is told all the same
    found.lastSnapshot = (await listSnapshots(context))[0]?.id ?? null;
    found.alerts = await withState(repository, (state) => unreadAlerts(state, settings.alerts));
    throw error;
  }
  const git = new Git({
    folder: repository.folder,
    environment: context.environment,
    signal: context.signal,
  });
  const configuration = await readConfiguration(git, settings.remote);
  const remote: Remote = {
    name: settings.remote,
    branch: settings.branch,
    shownUrl: configuration.shownUrl,
    loopbackHttp: configuration.loopbackHttp,
    timeoutMs: settings.networkTimeoutMs,
    attempts: 1,
    pause: (ms) => pause(ms, context.signal),
  };
  const line = git.withSshCommand(configuration.sshCommand);
  const asked = lookAtRemote(line, remote).catch(
    (error: unknown) => surroundingFailure(error) ?? Promise.reject(error),
  );
  const here = await glanceAtFolder(context, git, repository, configuration.oidBytes);
  const [answer, snapshots] = await Promise.all([asked, listSnapshots(context)]);
  await bringRecords(line, remote, repository, answer);
  found.lastSnapshot = snapshots[0]?.id ?? null;
  const running = found.running?.run;
  found.cutOff = snapshots
    .filter(({ id, cutOff }) => cutOff && id !== running)
    .map(({ id, takenAt }) => ({ id, takenAt }));
  const { integrity, failure } = await readIntegrity(context, git, { ...repository, ...here });
  found.integrity = integrity;
  if (failure !== null) attend(found, failure);
  await judge(found, git, repository, here, remote, answer instanceof Failure ? answer : answer.branch);
  found.machines = await machinesOf(context, git, repository, { head: here.head, dirty: here.lines.length });
  found.alerts = await withState(repository, (state) => unreadAlerts(state, settings.alerts));
}

/** What lies beside the repository: of runs, snapshots' rehearsals, agents, and of a run that was cut off. */
async function lookAtState(context: Context, repository: Repository, found: Status): Promise<void> {
  found.pendingRecovery = journalExists(repository.stateDir);
  if (readJournal(repository.stateDir) === "damaged") throw await damagedJournal({ repository, context });
  found.lastRuns = readHistory(repository.stateDir, { limit: RUNS_SHOWN });
  found.rehearsal = readRehearsal(repository.stateDir);
  found.running = currentHolder(repository.stateDir);
  found.blocked = blockedRun(repository.stateDir);
  found.agents = glanceAtAgents(context, repository.stateDir);
  noteUndoing(found, readPause(repository.stateDir));
  if (found.pendingRecovery && found.running === null) {
    attend(
      found,
      new Failure("recovery-pending", {
        cause: "a run was cut off; the next one puts the folder back first",
        remedy: ["petesbrain-sync pull   # or push, or sync: recovers, then goes on"],
      }),
    );
  }
}

/** Records that changed since the last fetch are brought here; one more connection, only then. What fails stays as it was. */
async function bringRecords(
  git: Git,
  remote: Remote,
  repository: Repository,
  answer: RemoteLook | Failure,
): Promise<void> {
  if (answer instanceof Failure || answer.records.size === 0) return;
  const known = await refsBelow(git, repository, trackedPlaces(remote.name));
  const isNew = [...answer.records].some(([ref, commit]) => known.get(ref) !== commit);
  if (isNew) await fetchRecords(git, remote).catch(() => false); // the answer says what was known before
}

/** A restore that was tried and failed is as bad as none; runs that rest are easily forgotten. */
function noteUndoing(found: Status, paused: Pause | null): void {
  const { rehearsal } = found;
  if (rehearsal !== null && (rehearsal.failed !== null || rehearsal.damaged.length > 0))
    attend(
      found,
      `the last rehearsal of a rollback failed (${rehearsal.snapshot}): petesbrain-sync rollback --rehearse`,
    );
  found.paused = paused;
  if (paused !== null)
    notYet(found, `scheduled runs rest since ${paused.since || "some time"}: petesbrain-sync agents resume`);
}
