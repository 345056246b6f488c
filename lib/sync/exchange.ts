// Push, pull and sync are one undertaking with different aims: look, work out what would be done, make the folder safe,
// stage and prove, publish, adopt. Whoever else was first, there or here, makes it start again from a new look.
import { Failure } from "../failure.ts";
import type { Change } from "../git/parse.ts";
import type { GitAnswer } from "../git/shell.ts";
import { keepUndoStart } from "../snapshot/keep.ts";
import { FolderMoved } from "./adopt.ts";
import { attemptOnce, notIn, type Plan } from "./attempt.ts";
import { attestationOf, recallVoucher } from "./attest.ts";
import { keepTree } from "./commit.ts";
import { ConflictsFound } from "./conflict.ts";
import { forgetConflicts, keepConflicts } from "./conflicts-kept.ts";
import { guardArrivingContents, guardIncoming, guardOutgoing } from "./guard.ts";
import { noteIgnoredNow } from "./ignored-now.ts";
import { learnFromFolder } from "./learn.ts";
import { fetchHead, firstLook, type Line, type Look, lookAgain } from "./look.ts";
import { type Proposal, propose } from "./propose.ts";
import { proveResult } from "./prove.ts";
import { confirmedHead, confirmRemote } from "./remote-history.ts";
import { dropOldSnapshots } from "./retire.ts";
import type { RunOptions } from "./run.ts";
import { inBackground, type Session, step } from "./session.ts";
import { beginCopies, takeSnapshot } from "./take-snapshot.ts";
import type { Here } from "./unite.ts";
import { guardAgainstRot, keepBaseline, type WatchedFiles } from "./watched.ts";

export interface Aim extends RunOptions {
  /** Publish what is here. */
  readonly publish: boolean;
  /** Ask the remote first; without it the run starts from what was last seen there, and looks afterwards. */
  readonly fetchFirst: boolean;
  /** The command that a blocked run would be completed as; without it the run's own. */
  readonly completes?: string;
}

const ATTEMPTS = 8;

/** Carries out a push, a pull or a sync, with git's first answer about the folder. Fills the session's report. */
export async function exchange(session: Session, aim: Aim, asked: Promise<GitAnswer>): Promise<void> {
  session.resolver = aim.resolver ?? null;
  session.dryRun = aim.dryRun;
  const { line, watched, ...first } = await step(session, "look", () => firstLook(session, { ...aim, asked }));
  let look: Look = first;
  for (let attempt = 1; ; attempt++) {
    session.report.remote.before ??= look.theirs;
    const plan = await step(session, "plan", () => planOrKeep(session, look, aim, watched));
    if (plan === null) {
      if (!look.fetched)
        look = { ...look, theirs: await step(session, "fetch", () => fetchHead(session, line, { seen: look.theirs })) };
      return nothingToDo(session, line, look, watched);
    }
    const { proposal } = plan;
    report(session, proposal, aim);
    if (aim.dryRun) return;
    const undoTo = inBackground(session, undoneTree(session, look.here, proposal));
    const outcome = await keepingRefused(session, { look, aim, watched }, () => attemptOnce(session, line, look, plan));
    if (outcome.ended === "complete") {
      const undo = await undoTo;
      if (undo !== null && changedSomething(look, proposal)) session.undo = { from: proposal.tree, to: undo };
      const rest = unstoppable(session);
      await finish(rest, line, look, proposal);
      await noteIgnoredNow(rest, look.here, proposal);
      forgetConflicts(session.repository.stateDir);
      return keepBaseline(rest, watched, outcome.watched);
    }
    if (attempt >= ATTEMPTS) throw new FolderMoved(outcome.ended === "remote-moved" ? "the remote" : "the folder");
    look = await step(session, "look", () => lookAgain(session, line));
  }
}

/** Works out what to do and lets the guards look at it, as far as that can be judged before anything is staged. */
function planOrKeep(session: Session, look: Look, aim: Aim, watched: WatchedFiles): Promise<Plan | null> {
  return keepingRefused(session, { look, aim, watched }, async () => {
    requireKnownHead(session, look);
    await guardAgainstRot(session, look.here, watched);
    const { dirty, look: found } = look.here;
    if (found.head !== null && dirty !== null) session.entries.derive(found.head, dirty.tree, dirty.changes);
    // nearly always there is something to do then, and while git works it out, there is time
    const isDue = look.theirs !== found.head || (aim.publish && dirty !== null);
    if (isDue && !aim.dryRun) beginCopies(session, look.here, watched.watched);
    if (aim.publish && dirty !== null) await learnFromFolder(session, dirty.changes);
    const proposal = await propose(session, look.here, look.theirs, aim);
    if (proposal === null) return null;
    deriveEntries(session, look.here, proposal);
    const attestation = bringsIn(proposal)
      ? inBackground(session, attestationOf(session, proposal.theirs, proposal.theirFolders))
      : null;
    await guardOutgoing(session, proposal);
    await guardIncoming(session, proposal, look.here.look.head, attestation);
    if (aim.dryRun) {
      await attestation;
      await guardArrivingContents(session, proposal, attestation);
    }
    return { proposal, watched, attestation };
  });
}

/** What critical files will be in the trees at hand follows from the changes between them. */
function deriveEntries({ entries }: Session, { look, dirty }: Here, proposal: Proposal): void {
  const now = dirty?.tree ?? look.head;
  if (now !== null) entries.derive(now, proposal.tree, proposal.incoming);
  if (proposal.publishes && proposal.relation !== "absent") entries.name(proposal.target, proposal.tree);
}

/** Whether a proposal takes over commits of the remote. */
function bringsIn(proposal: Proposal): proposal is Proposal & { theirs: string } {
  return proposal.theirs !== null && proposal.relation !== "contains";
}

/** A dry run keeps no versions that could be looked at or answered. */
function notKept({ command }: Session, { message, paths }: ConflictsFound): Failure {
  const remedy = [`petesbrain-sync ${command}   # keeps all versions of each, and says how to decide`];
  return new Failure("conflicts", { cause: message, paths: [...paths], remedy });
}

/** A run that is refused still makes the folder safe: what a person does next may well replace what is there now. */
async function keepingRefused<T>(
  session: Session,
  { look, aim, watched }: { look: Look; aim: Aim; watched: WatchedFiles },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { dirty } = look.here;
    const refused = error instanceof Failure && (error.kind === "halted" || error.kind === "conflicts");
    if (refused && dirty !== null && !aim.dryRun && session.state.fact(REFUSED_TREE) !== dirty.tree) {
      await step(session, "snapshot", () => takeSnapshot(session, look.here, { proposal: null, ...watched }));
      session.state.setFact(REFUSED_TREE, dirty.tree);
    }
    if (error instanceof ConflictsFound && !aim.dryRun)
      await keepConflicts(session, aim.completes ?? session.command, error.conflicts);
    throw error instanceof ConflictsFound && aim.dryRun && aim.completes === undefined
      ? notKept(session, error)
      : error;
  }
}

/** Tree of the last refused run's snapshot: the next one, refused over the same files, need not keep them again. */
const REFUSED_TREE = "refused-tree";

/** A branch that has lost its commit is no first run: its ref was damaged or deleted, and the folder's files are not new. */
function requireKnownHead(session: Session, look: Look): void {
  const { remote, branch } = session.context.settings;
  const known = confirmedHead(session, { name: remote, branch });
  if (look.here.look.head !== null || known === null) return;
  throw new Failure("not-a-repository", {
    cause: `the branch ${branch} has no commit, though this folder was synced before: its ref was deleted or damaged`,
    remedy: [
      `git reflog ${branch}   # where it was`,
      `git update-ref refs/heads/${branch} ${known}   # puts it back to what was last synced; no file is touched`,
    ],
  });
}

/** Puts what the proposal does into the report, by path. */
function report(session: Session, proposal: Proposal, aim: Aim): void {
  const { files } = session.report;
  session.report.outcome = aim.dryRun ? "planned" : "synced";
  const merged = new Set(proposal.merges.map(({ path }) => path));
  const changes = [...proposal.incoming, ...notIn(proposal.outgoing, proposal.incoming)].filter(
    ({ path }) => !merged.has(path),
  );
  const paths = (wanted: (change: Change) => boolean): string[] =>
    changes
      .filter(wanted)
      .map(({ path }) => path)
      .sort();
  files.added = paths(({ before }) => before === null);
  files.deleted = paths(({ after }) => after === null);
  files.modified = paths(({ before, after }) => before !== null && after !== null);
  files.merged = [...merged].sort();
}

async function nothingToDo(session: Session, line: Line, look: Look, watched: WatchedFiles): Promise<void> {
  const { here, theirs } = look;
  session.report.outcome = "up-to-date";
  if (theirs !== null && !session.dryRun) confirmRemote(session, line.remote, theirs);
  if (
    theirs !== null &&
    here.look.head !== null &&
    theirs !== session.report.remote.before &&
    theirs !== here.look.head
  ) {
    session.report.notes.push("the remote has changes that this machine lacks: petesbrain-sync pull");
  }
  const tree = here.dirty?.tree ?? here.look.head;
  const { head } = here.look;
  if (head !== null) await step(session, "attest", () => recallVoucher(session, head));
  if (tree !== null) await step(session, "verify", () => proveResult(session, tree, [], watched));
  if (session.dryRun) return;
  keepBaseline(session, watched, null);
  if (look.fetched) forgetConflicts(session.repository.stateDir);
}

/** What follows on completion is carried through also when the run is told to end: all is adopted and proven by then. */
function unstoppable(session: Session): Session {
  const { signal } = new AbortController();
  return { ...session, git: session.git.unstoppable(), context: { ...session.context, signal } };
}

function changedSomething({ here }: Look, { target, incoming, publishes }: Proposal): boolean {
  return publishes || incoming.length > 0 || here.look.head !== target;
}

/** After completion: what undoing would start from, and which old snapshots may go. */
async function finish(session: Session, line: Line, look: Look, proposal: Proposal): Promise<void> {
  if (proposal.theirs !== null && !proposal.publishes) confirmRemote(session, line.remote, proposal.theirs);
  if (!changedSomething(look, proposal)) return;
  if (proposal.publishes) session.state.forgetUndone();
  await keepUndone(session, proposal);
  await dropOldSnapshots(session);
}

/** What was published is undone back to the common base; what only came in, back to the folder as it was. */
async function undoneTree(session: Session, here: Here, proposal: Proposal): Promise<string | null> {
  const before = proposal.publishes ? proposal.base : (here.dirty?.tree ?? here.look.head);
  return before === null ? null : session.entries.treeOf(before);
}

/** Where edits made here stay uncommitted, the folder's tree is in no commit of the branch: undoing starts from it. */
async function keepUndone(session: Session, proposal: Proposal): Promise<void> {
  if (proposal.publishes || proposal.indexKeeps !== "staging") return;
  const message = `folder after ${session.command} ${session.run}\n`;
  await keepUndoStart(session.git, await keepTree(session, proposal.tree, [proposal.target], message));
}
