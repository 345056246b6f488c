// rollback: undo the last run that changed something, by the same three-way plan, so that edits made since stay; or make
// the folder what a snapshot saw. Either takes a snapshot first, so that a rollback undoes a rollback. The branch is
// never moved: what comes back is a change on top, which the next push publishes.
import { Failure } from "../failure.ts";
import type { Change } from "../git/parse.ts";
import { readRef } from "../git/refs.ts";
import { diffTrees, emptyTree, treeOf } from "../git/trees.ts";
import type { Context } from "../machine/context.ts";
import { runStart } from "../machine/identity.ts";
import { keepSnapshot, keepUndoStart, snapshotRef } from "../snapshot/keep.ts";
import { FolderMoved } from "./adopt.ts";
import { adopt } from "./adoption.ts";
import { commitTree } from "./commit.ts";
import { lookHere } from "./look.ts";
import type { Report } from "./report.ts";
import { dropOldSnapshots } from "./retire.ts";
import { type RunOptions, runCommand } from "./run.ts";
import { type Session, step } from "./session.ts";
import { stage } from "./stage.ts";
import { together } from "./together.ts";
import { rememberUndone } from "./undone.ts";
import { type Here, type Union, unite } from "./unite.ts";
import { keepBaselineUnlessRotten, readWatchedFiles } from "./watched.ts";

export interface RollbackOptions extends RunOptions {
  /** Snapshot to go to; null undoes the last run. */
  readonly to: string | null;
  /** Asked with what would change; false leaves everything as it is. */
  readonly confirm: (files: Report["files"]) => Promise<boolean>;
}

const ATTEMPTS = 3;

/** Undoes the last run, or goes to a snapshot. */
export function rollback(context: Context, options: RollbackOptions): Promise<Report> {
  return runCommand(context, "rollback", (session) => carryOut(session, options));
}

async function carryOut(session: Session, options: RollbackOptions): Promise<void> {
  session.resolver = options.resolver ?? null;
  session.dryRun = options.dryRun;
  for (let attempt = 1; ; attempt++) {
    const here = await step(session, "look", () => lookHere(session, { publishing: false }));
    const union = await step(session, "plan", () =>
      options.to === null ? planUndo(session, here) : planReturn(session, here, options.to),
    );
    describe(session, union);
    if (union.incoming.length === 0) {
      session.report.outcome = "up-to-date";
      return;
    }
    session.report.outcome = "planned";
    if (options.dryRun) return;
    if (attempt === 1 && !(await options.confirm(session.report.files))) {
      throw new Failure("interrupted", {
        cause: "you said no; nothing was changed",
        remedy: ["petesbrain-sync rollback --force   # does it without asking"],
      });
    }
    try {
      const watched = readWatchedFiles(session);
      await carryOver(session, here, union);
      return keepBaselineUnlessRotten(session, watched);
    } catch (error) {
      if (!(error instanceof FolderMoved) || attempt >= ATTEMPTS) throw error;
    }
  }
}

/** base: after the run; theirs: before it; ours: the folder now. A path edited since is asked about, never overwritten. */
async function planUndo(session: Session, here: Here): Promise<Union> {
  const last = session.state.lastUndoable();
  if (last === null || last.undoFrom === null || last.undoTo === null) {
    throw new Failure("usage", {
      cause: "there is no run to undo: none has changed anything here yet",
      remedy: ["petesbrain-sync rollback list   # snapshots to go to"],
    });
  }
  session.report.notes.push(`undoes the ${last.command} ${last.run}`);
  const now = here.dirty?.tree ?? here.look.head;
  if (now === null)
    throw new Failure("not-a-repository", {
      cause: "nothing was committed here yet",
      remedy: ["petesbrain-sync push"],
    });
  const [ours, theirs] = await together(
    diffTrees(session.git, last.undoFrom, now),
    diffTrees(session.git, last.undoFrom, last.undoTo),
  );
  return unite(session, here, ours, theirs, null, {
    base: null,
    ours: null,
    theirs: last.undoTo,
    names: { ours: "now", theirs: "before" },
  });
}

/** The folder becomes what the snapshot saw; paths that git ignores now are out of bounds. */
async function planReturn(session: Session, here: Here, to: string): Promise<Union> {
  const commit = runStart(to) === null ? null : await readRef(session.git, session.repository, snapshotRef(to));
  if (commit === null) {
    throw new Failure("usage", { cause: `there is no snapshot ${to}`, remedy: ["petesbrain-sync rollback list"] });
  }
  const now = here.dirty?.tree ?? here.look.head;
  const arriving = await diffTrees(session.git, now ?? (await emptyTree(session.git)), commit);
  return unite(session, here, [], arriving, await treeOf(session.git, commit), null);
}

function describe(session: Session, union: Union): void {
  const { files } = session.report;
  const merged = new Set(union.merges.map(({ path }) => path));
  const paths = (wanted: (change: Change) => boolean): string[] =>
    union.incoming.filter((change) => !merged.has(change.path) && wanted(change)).map(({ path }) => path);
  files.added = paths(({ before }) => before === null);
  files.deleted = paths(({ after }) => after === null);
  files.modified = paths(({ before, after }) => before !== null && after !== null);
  files.merged = [...merged];
}

async function carryOver(session: Session, here: Here, union: Union): Promise<void> {
  const { head } = here.look;
  const now = here.dirty?.tree ?? (head === null ? null : await treeOf(session.git, head));
  if (now === null)
    throw new Failure("not-a-repository", {
      cause: "nothing was committed here yet",
      remedy: ["petesbrain-sync push"],
    });
  await step(session, "snapshot", async () => {
    await here.dirty?.safe;
    const earlier = await readRef(session.git, session.repository, snapshotRef(session.run));
    const commit = await commitTree(
      session,
      now,
      head === null ? [] : [head],
      `snapshot before rollback ${session.run}\n`,
    );
    await keepSnapshot(session.git, session.run, commit, earlier);
    const after = await commitTree(session, union.tree, [commit], `folder after rollback ${session.run}\n`);
    await keepUndoStart(session.git, after);
    session.report.snapshot = session.run;
  });
  const staged = await step(session, "stage", () =>
    stage(session, { changes: union.incoming, bytes: union.bytes, indexFile: union.indexFile }),
  );
  await adopt(session, { here, staged, refs: [], newIndex: null, tree: union.tree, changed: union.incoming });
  rememberUndone(session, union.incoming);
  session.undo = { from: union.tree, to: now };
  session.report.outcome = "rolled-back";
  session.report.rolledBack = true;
  await dropOldSnapshots(session);
}
