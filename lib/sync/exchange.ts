// Push, pull and sync are one undertaking with different aims: look, work out what would be done, make the folder safe,
// stage and prove, publish, adopt. Whoever else was first, there or here, makes it start again from a new look.
import { Failure } from "../failure.ts";
import type { Change } from "../git/parse.ts";
import { type RefUpdate, readRef } from "../git/refs.ts";
import { keepSnapshot, keepUndoStart, snapshotRef } from "../snapshot/keep.ts";
import { FolderMoved } from "./adopt.ts";
import { adopt, prepareIndex } from "./adoption.ts";
import { commitTree } from "./commit.ts";
import { confirmRemote, fetchHead, type Line, lookHere, openLine, trackingRef } from "./look.ts";
import { type Proposal, propose } from "./propose.ts";
import { NOTHING_READ, prepareProof, proveResult, type ReadAlready, readCritical } from "./prove.ts";
import { publish } from "./publish.ts";
import { dropOldSnapshots } from "./retire.ts";
import type { RunOptions } from "./run.ts";
import { type Session, step } from "./session.ts";
import { type Staged, stage } from "./stage.ts";
import { together } from "./together.ts";
import { treeOf } from "./trees.ts";
import type { Here } from "./unite.ts";

export interface Aim extends RunOptions {
  /** Publish what is here. */
  readonly publish: boolean;
  /** Ask the remote first; without it the run starts from what was last seen there, and looks afterwards. */
  readonly fetchFirst: boolean;
}

interface Look {
  readonly here: Here;
  /** The remote's commit, as fetched or as last seen; null when it has none. */
  readonly theirs: string | null;
  readonly fetched: boolean;
}

const ATTEMPTS = 8;

/** Carries out a push, a pull or a sync. Fills the session's report. */
export async function exchange(session: Session, aim: Aim): Promise<void> {
  const { line, critical, ...first } = await step(session, "look", () => firstLook(session, aim));
  let look: Look = first;
  for (let attempt = 1; ; attempt++) {
    session.report.remote.before ??= look.theirs;
    const proposal = await step(session, "plan", () => planOrKeep(session, look, aim));
    if (proposal === null) {
      if (!look.fetched) look = { ...look, theirs: await step(session, "fetch", () => fetchHead(session, line)) };
      return nothingToDo(session, line, look, critical);
    }
    report(session, proposal, aim);
    if (aim.dryRun) return;
    const ended = await attemptOnce(session, line, look, proposal);
    if (ended === "complete") return finish(session, line, look, proposal);
    if (attempt >= ATTEMPTS) throw new FolderMoved(ended === "remote-moved" ? "the remote" : "the folder");
    look = await step(session, "look", () => lookAgain(session, line));
  }
}

/** A run that is refused still makes the folder safe: what a person does next may well replace what is there now. */
async function planOrKeep(session: Session, look: Look, aim: Aim): Promise<Proposal | null> {
  try {
    requireKnownHead(session, look);
    return await propose(session, look.here, look.theirs, aim);
  } catch (error) {
    const { dirty } = look.here;
    if (error instanceof Failure && dirty !== null && !aim.dryRun && session.state.fact(REFUSED_TREE) !== dirty.tree) {
      await step(session, "snapshot", () => takeSnapshot(session, look.here, null));
      session.state.setFact(REFUSED_TREE, dirty.tree);
    }
    throw error;
  }
}

/** Tree of the last refused run's snapshot: the next one, refused over the same files, need not keep them again. */
const REFUSED_TREE = "refused-tree";

/** A branch that has lost its commit is no first run: its ref was damaged or deleted, and the folder's files are not new. */
function requireKnownHead(session: Session, look: Look): void {
  const { remote, branch } = session.context.settings;
  const known = session.state.fact(`confirmed ${remote} ${branch}`);
  if (look.here.look.head !== null || known === null) return;
  throw new Failure("not-a-repository", {
    cause: `the branch ${branch} has no commit, though this folder was synced before: its ref was deleted or damaged`,
    remedy: [
      `git reflog ${branch}   # where it was`,
      `git update-ref refs/heads/${branch} ${known}   # puts it back to what was last synced; no file is touched`,
    ],
  });
}

interface FirstLook extends Look {
  readonly line: Line;
  readonly critical: ReadAlready;
}

/** Both sides at once, or this side alone where the remote was seen before. The critical files are read while git works. */
async function firstLook(session: Session, aim: Aim): Promise<FirstLook> {
  const looking = lookHere(session);
  // awaited below; until then its failure must not count as unhandled
  looking.catch(() => undefined);
  const line = await openLine(session);
  const seen = await readRef(session.git, session.repository, trackingRef(line.remote));
  if (seen !== null) session.report.remote.before = seen;
  const fetched = aim.fetchFirst || seen === null;
  const asking = fetched ? fetchHead(session, line) : Promise.resolve(seen);
  asking.catch(() => undefined);
  const critical = readCritical(session);
  const [here, theirs] = await together(looking, asking);
  return { line, here, theirs, fetched, critical };
}

async function lookAgain(session: Session, line: Line): Promise<Look> {
  const [here, theirs] = await together(lookHere(session), fetchHead(session, line));
  return { here, theirs, fetched: true };
}

/** Makes the folder safe, stages, publishes and adopts, once. */
async function attemptOnce(
  session: Session,
  line: Line,
  look: Look,
  proposal: Proposal,
): Promise<"complete" | "remote-moved" | "folder-moved"> {
  try {
    const [, staged] = await together(
      // until the folder is touched the snapshot may still be on its way to the disk: publishing does not wait for it
      step(session, "snapshot", () => takeSnapshot(session, look.here, proposal)),
      stageAndPublish(session, line, proposal),
      prepareProof(session, proposal.tree),
      proveIndex(session, proposal),
    );
    if (staged === "stale") return "remote-moved";
    const newIndex = await prepareIndex(session, look.here, proposal);
    const refs = await refUpdates(session, line, look.here, proposal);
    if (refs.length === 0 && newIndex === null && staged.files.length === 0) {
      await step(session, "verify", () => proveResult(session, proposal.tree, proposal.outgoing, NOTHING_READ));
    } else {
      await adopt(session, {
        here: look.here,
        staged,
        refs,
        newIndex,
        tree: proposal.tree,
        changed: [...proposal.incoming, ...notIn(proposal.outgoing, proposal.incoming)],
      });
    }
    session.report.head.after = proposal.target;
    return "complete";
  } catch (error) {
    if (error instanceof FolderMoved) return "folder-moved";
    throw error;
  }
}

/** The prepared index must hold exactly the planned tree; git keeps what it finds, so that its next look is quicker. */
async function proveIndex(session: Session, proposal: Proposal): Promise<void> {
  if (proposal.indexFile === null || proposal.incoming.length === 0) return;
  const tree = await session.git.text(["write-tree"], { indexFile: proposal.indexFile, unflushed: true });
  if (tree !== proposal.tree) throw new Error(`the prepared index holds ${tree}, not the planned ${proposal.tree}`);
}

async function stageAndPublish(session: Session, line: Line, proposal: Proposal): Promise<Staged | "stale"> {
  const staged = await step(session, "stage", () =>
    stage(session, { changes: proposal.incoming, bytes: proposal.bytes, indexFile: proposal.indexFile ?? "" }),
  );
  if (!proposal.publishes) return staged;
  const published = await step(session, "publish", () =>
    publish(session, line.git, line.remote, proposal.target, proposal.theirs),
  );
  if (published === "stale") return "stale";
  confirmRemote(session, line.remote, session.report.remote.after ?? proposal.target);
  return staged;
}

/** The branch, and the remote-tracking branch where git did not move it itself. */
async function refUpdates(session: Session, line: Line, here: Here, proposal: Proposal): Promise<RefUpdate[]> {
  const updates: RefUpdate[] = [];
  const branch = `refs/heads/${line.remote.branch}`;
  if (here.look.head !== proposal.target)
    updates.push({ name: branch, before: here.look.head, after: proposal.target });
  if (proposal.publishes) {
    const tracking = trackingRef(line.remote);
    const seen = await readRef(session.git, session.repository, tracking);
    if (seen !== session.report.remote.after && session.report.remote.after === proposal.target) {
      updates.push({ name: tracking, before: seen, after: proposal.target });
    }
  }
  return updates;
}

function notIn(changes: readonly Change[], others: readonly Change[]): Change[] {
  const known = new Set(others.map(({ path }) => path));
  return changes.filter(({ path }) => !known.has(path));
}

/** Makes the folder as it is now findable for ever: the commit that is published where it says the same, else one of its own. */
async function takeSnapshot(session: Session, here: Here, proposal: Proposal | null): Promise<void> {
  const { head } = here.look;
  if (here.dirty === null && head === null) return;
  await here.dirty?.safe;
  const earlier = await readRef(session.git, session.repository, snapshotRef(session.run));
  let commit = head ?? "";
  if (here.dirty !== null && proposal?.relation === "contains") commit = proposal.target;
  else if (here.dirty !== null) {
    const parents = [head, earlier].filter((parent) => parent !== null);
    const message = `snapshot before ${session.command} ${session.run}\n`;
    commit = await commitTree(session, here.dirty.tree, parents, message);
  }
  if (commit !== earlier) await keepSnapshot(session.git, session.run, commit, earlier);
  session.report.snapshot = session.run;
}

/** Puts what the proposal does into the report, by path. */
function report(session: Session, proposal: Proposal, aim: Aim): void {
  const { files } = session.report;
  session.report.outcome = aim.dryRun ? "planned" : "synced";
  const merged = new Set(proposal.merged);
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

async function nothingToDo(session: Session, line: Line, look: Look, critical: ReadAlready): Promise<void> {
  const { here, theirs } = look;
  session.report.outcome = "up-to-date";
  if (theirs !== null) confirmRemote(session, line.remote, theirs);
  if (
    theirs !== null &&
    here.look.head !== null &&
    theirs !== session.report.remote.before &&
    theirs !== here.look.head
  ) {
    session.report.notes.push("the remote has changes that this machine lacks: petesbrain-sync pull");
  }
  const tree = here.dirty?.tree ?? here.look.head;
  if (tree !== null) await step(session, "verify", () => proveResult(session, tree, [], critical));
}

/** After completion: what undoing would mean, and which old snapshots may go. */
async function finish(session: Session, line: Line, look: Look, proposal: Proposal): Promise<void> {
  if (proposal.theirs !== null && !proposal.publishes) confirmRemote(session, line.remote, proposal.theirs);
  if (look.here.look.head === proposal.target && proposal.incoming.length === 0 && !proposal.publishes) return;
  session.undo = await undoOf(session, look.here, proposal);
  await dropOldSnapshots(session);
}

/** What was published is undone back to the common base; what only came in, back to the folder as it was. */
async function undoOf(session: Session, here: Here, proposal: Proposal): Promise<Session["undo"]> {
  if (proposal.publishes)
    return proposal.base === null ? null : { from: proposal.tree, to: await treeOf(session, proposal.base) };
  const before = here.dirty?.tree ?? here.look.head;
  if (before === null) return null;
  if (proposal.indexKeeps === "staging") {
    // the folder's tree is in no commit of the branch, because edits made here stay uncommitted
    await keepUndoStart(
      session.git,
      await commitTree(session, proposal.tree, [proposal.target], `folder after ${session.command} ${session.run}\n`),
    );
  }
  return { from: proposal.tree, to: await treeOf(session, before) };
}
