// Makes a snapshot findable and lasting: a commit of the folder's tree under a ref of our own that is never pushed.
// Success does not remove it; retention decides later.

import { moveRefs, type RefUpdate } from "../git/refs.ts";
import type { Git } from "../git/shell.ts";

const PREFIX = "refs/petesbrain-sync/snapshots/";

/** The ref that holds the snapshot of a run. */
export function snapshotRef(run: string): string {
  return `${PREFIX}${run}`;
}

/** The run a snapshot ref belongs to. */
export function runOfRef(ref: string): string {
  return ref.slice(PREFIX.length);
}

/** Where all snapshots are. */
export const SNAPSHOTS = PREFIX.slice(0, -1);

/** Puts the snapshot's ref on a commit; `before` is where it was, null when it is new. */
export async function keepSnapshot(git: Git, run: string, commit: string, before: string | null): Promise<void> {
  await moveRefs(git, [{ name: snapshotRef(run), before, after: commit }], `snapshot of ${run}`);
}

/** Keeps the tree that undoing the last run would start from, where no commit of the branch holds it. */
const UNDO_REF = "refs/petesbrain-sync/undo";

/** Makes that tree, or a commit of it, findable until the next run that can be undone. */
export async function keepUndoStart(git: Git, treeOrCommit: string): Promise<void> {
  // no expected value: whatever an earlier run left is no longer needed
  await git.run(["update-ref", "--end-of-options", UNDO_REF, treeOrCommit]);
}

/** Where what was staged in git's index is kept, for the runs that found something staged. */
export const STAGED = "refs/petesbrain-sync/staged";

/** The ref that holds what was staged when a run began. */
export function stagedRef(run: string): string {
  return `${STAGED}/${run}`;
}

/** Makes what is staged findable, as a commit. */
export async function keepStaged(git: Git, run: string, commit: string): Promise<void> {
  // no expected value: an earlier attempt of the same run may have left one
  await git.run(["update-ref", "--end-of-options", stagedRef(run), commit]);
}

/** Drops refs, given with their commits, all or none. */
export async function dropRefs(git: Git, drops: ReadonlyMap<string, string>): Promise<void> {
  const updates: RefUpdate[] = [...drops].map(([name, commit]) => ({ name, before: commit, after: null }));
  await moveRefs(git, updates, "retention");
}
