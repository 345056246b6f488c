// status: how this folder stands, in one verdict and the facts behind it. Reads only, takes no lock, asks the remote
// once, and never fails because the remote cannot be reached: that is part of the answer.
import { type AgentGlance, glanceAtAgents } from "../agent/glance.ts";
import { Failure, surroundingFailure } from "../failure.ts";
import { readConfiguration } from "../git/configuration.ts";
import { readRef, refsBelow } from "../git/refs.ts";
import { fetchRecords, lookAtRemote, type Remote, type RemoteHead, type RemoteLook } from "../git/remote.ts";
import { locateRepository, type Repository, refuseUnfinishedStates } from "../git/repository.ts";
import { Git } from "../git/shell.ts";
import type { Context } from "../machine/context.ts";
import { type HistoryEntry, readHistory } from "../machine/history.ts";
import { currentHolder, type LockHolder } from "../machine/lock.ts";
import { type Pause, readPause } from "../machine/paused.ts";
import { listSnapshots, type SnapshotInfo } from "../snapshot/list.ts";
import type { FolderLook } from "../snapshot/take.ts";
import { type BlockedRun, blockedRun } from "./conflicts-kept.ts";
import { glanceAtFolder } from "./glance.ts";
import { journalExists, readJournal } from "./journal.ts";
import { type KnownMachine, machinesOf, withState } from "./machines.ts";
import { pause } from "./pause.ts";
import { damagedJournal } from "./recover.ts";
import { type Rehearsal, readRehearsal } from "./rehearsal.ts";
import { newReport, type Report } from "./report.ts";
import { readIntegrity, type StatusIntegrity, unknownIntegrity } from "./status-integrity.ts";
import { type ShownAlert, unreadAlerts } from "./unread.ts";

export type Verdict = "SAFE TO SWITCH" | "NOT YET" | "ATTENTION";

export interface Status extends Report {
  verdict: Verdict;
  /** Why it is not safe to switch; empty when it is. */
  reasons: string[];
  local: {
    folder: string;
    /** Files that differ from the last commit. */
    changed: string[];
    /** Commits that the remote lacks, and that this machine lacks; null where that cannot be known. */
    ahead: number | null;
    behind: number | null;
  };
  /** A run that was cut off waits to be recovered. */
  pendingRecovery: boolean;
  /** The run that is at work now, as far as its note says. */
  running: LockHolder | null;
  /** The run that waits for a person to choose between versions. */
  blocked: BlockedRun | null;
  lastRuns: HistoryEntry[];
  lastSnapshot: string | null;
  /** Snapshots left by runs that were cut off, newest first. */
  cutOff: Pick<SnapshotInfo, "id" | "takenAt">[];
  /** How the last rehearsal of a rollback went; null where there was none. */
  rehearsal: Rehearsal | null;
  /** Scheduled runs of this machine rest. */
  paused: Pause | null;
  integrity: StatusIntegrity;
  /** This machine first, then the others by their records. */
  machines: KnownMachine[];
  agents: AgentGlance[];
  /** What nobody has read yet, the newest first. */
  alerts: ShownAlert[];
}

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
  refuseUnfinishedStates(repository);
  const { settings } = context;
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
  const prefixes = ["refs/petesbrain-sync/machines/", `refs/remotes/${remote.name}/petesbrain-sync/machines/`];
  const known = await refsBelow(git, repository, prefixes);
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

async function judge(
  found: Status,
  git: Git,
  repository: Repository,
  here: FolderLook,
  remote: Remote,
  answer: RemoteHead | Failure,
): Promise<void> {
  const { local } = found;
  found.head = { before: here.head, after: here.head };
  found.files.heldBack = here.heldBack.map(({ path }) => path);
  local.changed = here.lines.map(({ path }) => path);
  if (here.branch !== remote.branch) {
    attend(
      found,
      new Failure("not-a-repository", {
        cause: `${here.branch ?? "no branch"} is checked out, but ${remote.branch} is synced`,
        remedy: [`git switch ${remote.branch}`],
      }),
    );
  }
  if (local.changed.length > 0)
    notYet(
      found,
      `${local.changed.length} ${local.changed.length === 1 ? "file" : "files"} changed here: petesbrain-sync push`,
    );
  const [held] = here.heldBack;
  if (held !== undefined) {
    const count = here.heldBack.length;
    attend(
      found,
      `${count} ${count === 1 ? "file is" : "files are"} held back, so not on the other machine: petesbrain-sync why ${held.path}`,
    );
  }
  if (answer instanceof Failure) return remoteProblem(found, git, repository, here, remote, answer);
  const remoteHead = answer === "absent" ? null : answer.commit;
  found.remote = { before: remoteHead, after: remoteHead };
  if (found.blocked !== null) attend(found, waiting(found, found.blocked));
  const lastRun = found.lastRuns[0];
  if (
    lastRun !== undefined &&
    found.blocked === null &&
    lastRun.failureTitle !== null &&
    lastRun.exit >= 20 &&
    lastRun.exit < 100
  ) {
    attend(
      found,
      `the last ${lastRun.command} ended with ${lastRun.exit} (${lastRun.failureTitle}): petesbrain-sync ${lastRun.command === "rehearse" ? "rollback --rehearse" : lastRun.command}`,
    );
  }
  await compare(found, git, here.head, remoteHead);
}

/** Both machines changed what the blocked run names: said as long as no run got through. */
function waiting(found: Status, { command, at, conflicts }: BlockedRun): string {
  found.files.conflicts = conflicts.map(({ path }) => path);
  const [first] = conflicts;
  const what = conflicts.length === 1 ? `${first?.path ?? ""} is` : `${conflicts.length} files are`;
  return `${what} in conflict since the ${command} of ${at}: petesbrain-sync resolve`;
}

async function remoteProblem(
  found: Status,
  git: Git,
  repository: Repository,
  here: FolderLook,
  remote: Remote,
  failure: Failure,
): Promise<void> {
  if (failure.kind === "remote-unreachable")
    notYet(found, `${failure.message}: only what was last seen there is known`);
  else attend(found, failure);
  const known = await readRef(git, repository, `refs/remotes/${remote.name}/${remote.branch}`);
  found.remote.before = known;
  await compare(found, git, here.head, known);
}

/** Counts commits either way; where the remote's commit is not here yet, only that there is something is known. */
async function compare(found: Status, git: Git, head: string | null, remoteHead: string | null): Promise<void> {
  if (remoteHead === null) return notYet(found, "the remote is empty: petesbrain-sync push");
  if (head === null) return notYet(found, "nothing was committed here yet: petesbrain-sync pull");
  const answer = await git.run(["rev-list", "--left-right", "--count", `${head}...${remoteHead}`], {
    accept: [0, 128],
  });
  const [, ahead, behind] = /^(\d+)\s+(\d+)/.exec(Buffer.from(answer.stdout).toString("latin1")) ?? [];
  if (answer.exit !== 0 || ahead === undefined || behind === undefined) {
    return notYet(found, "the remote has changes that this machine lacks: petesbrain-sync pull");
  }
  found.local.ahead = Number(ahead);
  found.local.behind = Number(behind);
  if (found.local.behind > 0)
    notYet(
      found,
      `the remote has ${behind} ${behind === "1" ? "commit" : "commits"} that this machine lacks: petesbrain-sync pull`,
    );
  if (found.local.ahead > 0)
    notYet(found, `${ahead} ${ahead === "1" ? "commit is" : "commits are"} not published: petesbrain-sync push`);
}

function notYet(found: Status, reason: string): void {
  if (found.verdict === "SAFE TO SWITCH") found.verdict = "NOT YET";
  found.reasons.push(reason);
}

function attend(found: Status, problem: Failure | string): void {
  found.verdict = "ATTENTION";
  if (typeof problem === "string") {
    found.reasons.unshift(problem);
    return;
  }
  found.reasons.unshift(`${problem.message}: ${problem.remedy[0] ?? ""}`);
  found.exit = problem.exit;
  found.failure ??= {
    kind: problem.kind,
    title: problem.title,
    cause: problem.message,
    paths: [...problem.paths],
    remedy: [...problem.remedy],
    log: "",
  };
}
