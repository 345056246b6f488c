// What a rollback would change. Undoing a run is the three-way plan between after it, before it and now, so that edits
// made since stay; going to a snapshot is the difference between now and then, all of it or some paths.
import { Failure } from "../failure.ts";
import { type Change, decodePath, splitRecords } from "../git/parse.ts";
import { isAttributesFile } from "../git/path-name.ts";
import { readRef } from "../git/refs.ts";
import { diffTrees, emptyTree } from "../git/trees.ts";
import { runStart } from "../machine/identity.ts";
import { pasted, quoted } from "../paste.ts";
import { snapshotRef } from "../snapshot/keep.ts";
import { listSnapshots } from "../snapshot/list.ts";
import { ConflictsFound } from "./conflict.ts";
import { keepConflicts } from "./conflicts-kept.ts";
import { type Ahead, type FilesAhead, unionOf, wayFromHere } from "./rollback-ahead.ts";
import { copiesIfReadable, copiesOf, treeOfReturn, withCopies } from "./rollback-copies.ts";
import { chosenChanges, pathChooser } from "./rollback-paths.ts";
import type { Session } from "./session.ts";
import type { PlacedCopy } from "./stage.ts";
import { takeSnapshot } from "./take-snapshot.ts";
import { together } from "./together.ts";
import { type Union, unite } from "./unite.ts";
import type { WholeFolder } from "./whole-folder.ts";

/** Snapshots looked through for a file that is not in the one that was named. */
const SOUGHT = 30;

export interface RollbackPlan {
  readonly union: Union;
  /** Files that are put back from the snapshot's copies, with their permissions. */
  readonly copies: ReadonlyMap<string, PlacedCopy>;
  /** What was staged before it was known to be needed. */
  readonly ahead: FilesAhead | null;
}

/**
 * base: after the run; theirs: before it; ours: the folder now. A path edited since is asked about, never overwritten.
 * @param ahead the way from base to theirs, where it was asked before.
 */
export async function planUndo(session: Session, found: WholeFolder, ahead: Ahead | null): Promise<RollbackPlan> {
  const last = session.state.lastUndoable();
  if (last === null || last.undoFrom === null || last.undoTo === null) {
    throw new Failure("usage", {
      cause: "there is no run to undo: none has changed anything here yet",
      remedy: ["petesbrain-sync rollback list   # snapshots to go to"],
    });
  }
  noteOnce(session, `undoes the ${last.command} ${last.run}`);
  const isWay = ahead !== null && ahead.from === last.undoFrom && ahead.to === last.undoTo;
  const [ours, theirs] = await together(
    diffTrees(session.git, last.undoFrom, requireTree(found)),
    isWay ? Promise.resolve(ahead.changes) : diffTrees(session.git, last.undoFrom, last.undoTo),
  );
  const files = await filesOf(ahead, isWay, found);
  const known = ours.length === 0 ? await session.entries.treeOf(last.undoTo) : null;
  const prepared = known === null ? null : unionOf(files, known, theirs);
  const union = prepared ?? (await uniteOrKeep(session, found, { ours, theirs, before: last.undoTo, known }));
  return { union, copies: await copiesOf(session, found, last.run, union.incoming), ahead: files };
}

/** A plan may be made again, when the folder moved meanwhile. */
function noteOnce({ report }: Session, note: string): void {
  if (!report.notes.includes(note)) report.notes.push(note);
}

/**
 * What was staged, unless the way is another one or leads through other attributes than those of HEAD. Waited for in any
 * case: nothing else is staged before.
 */
async function filesOf(ahead: Ahead | null, isWay: boolean, { here }: WholeFolder): Promise<FilesAhead | null> {
  const files = (await ahead?.files) ?? null;
  // what is staged counts too: the way was prepared from git's index
  const isPlain = !here.look.lines.some(({ path }) => isAttributesFile(path));
  return isWay && isPlain ? files : null;
}

/** A refused undo still makes the folder safe: what a person does next may well replace what is there now. */
async function uniteOrKeep(
  session: Session,
  found: WholeFolder,
  sides: { ours: readonly Change[]; theirs: readonly Change[]; before: string; known: string | null },
): Promise<Union> {
  const { ours, theirs, before, known } = sides;
  try {
    return await unite(session, found.here, ours, theirs, known, {
      base: null,
      ours: null,
      theirs: before,
      names: { ours: "now", theirs: "before" },
    });
  } catch (error) {
    if (!(error instanceof ConflictsFound) || session.dryRun) throw error;
    await keepConflicts(session, "rollback", error.conflicts);
    await takeSnapshot(session, found.here, { proposal: null, watched: found.watched });
    const [first = ""] = error.paths;
    throw new Failure("conflicts", {
      title: "what would be undone was changed again since",
      cause: `${error.paths.length === 1 ? first : `${error.paths.length} files`} changed since the run that would be undone; nothing was changed, and yours is in the snapshot ${session.run}`,
      paths: error.paths,
      remedy: [
        "petesbrain-sync resolve   # shows each on a terminal and asks, then completes the undo",
        "petesbrain-sync resolve --all --take before   # without your changes since; or: --take now, which keeps them",
        `git diff ${before.slice(0, 12)} -- ${quoted(first)}   # what it was before that run against what it is now`,
        "petesbrain-sync rollback list   # or single files out of a snapshot: petesbrain-sync rollback ID --path FILE",
      ],
      because: error,
    });
  }
}

/**
 * The folder becomes what a snapshot saw, all of it or only some paths.
 * @param to the snapshot; null takes the newest.
 * @param paths globs, files or folders; empty means everything.
 * @param ahead the way there from HEAD, where it was asked before.
 */
export async function planReturn(
  session: Session,
  found: WholeFolder,
  { to, paths }: { to: string | null; paths: readonly string[] },
  ahead: Ahead | null,
): Promise<RollbackPlan & { readonly run: string; readonly commit: string }> {
  const { run, commit } = await findSnapshot(session, to);
  if (to === null) noteOnce(session, `out of the newest snapshot, ${run}`);
  const { git } = session;
  const isWay = ahead !== null && ahead.to === commit && ahead.from === found.here.look.head;
  const arriving = isWay
    ? wayFromHere(ahead.changes, found.here.dirty?.changes ?? [])
    : await diffTrees(git, found.tree ?? (await emptyTree(git)), commit);
  if (found.tree !== null) session.entries.derive(found.tree, commit, arriving);
  const whole = paths.length === 0;
  const isChosen = whole ? () => true : pathChooser(paths);
  const way = await withCopies(session, found, { run, commit, arriving, isChosen });
  const { changes, copies, copied } = way;
  if (!whole) await requireHeld(session, { run, commit }, paths, copied);
  const chosen = whole ? changes : chosenChanges(changes, isChosen);
  const known = whole ? await treeOfReturn(session, found.tree, commit, way) : null;
  const files = await filesOf(ahead, isWay, found);
  const prepared = known === null ? null : unionOf(files, known, chosen);
  const union = prepared ?? (await unite(session, found.here, [], chosen, known, null));
  return { union, copies, ahead: files, run, commit };
}

/** @throws {Failure} `usage` where there is no such snapshot. */
async function findSnapshot(session: Session, to: string | null): Promise<{ run: string; commit: string }> {
  const run = to ?? (await newestBefore(session));
  const commit =
    run === null || runStart(run) === null ? null : await readRef(session.git, session.repository, snapshotRef(run));
  if (run !== null && commit !== null) return { run, commit };
  throw new Failure("usage", {
    cause:
      run === null
        ? "there is no snapshot yet: each run takes one before it changes anything"
        : `there is no snapshot ${run}`,
    remedy: ["petesbrain-sync rollback list"],
  });
}

/** The newest snapshot that is not this run's own, which an earlier attempt may have taken. */
async function newestBefore({ context, run }: Session): Promise<string | null> {
  return (await listSnapshots(context)).find(({ id }) => id !== run)?.id ?? null;
}

/** Each of the words must name something that the snapshot holds; where it does not, the one that does is named. */
async function requireHeld(
  session: Session,
  snapshot: { run: string; commit: string },
  paths: readonly string[],
  copied: readonly string[],
): Promise<void> {
  const names = [...(await namesIn(session, snapshot.commit)), ...copied];
  for (const path of paths) {
    if (names.some(pathChooser([path]))) continue;
    const other = await holderOf(session, path, snapshot.run);
    const [id = "", says = ""] = other === null ? [] : [other, "   # the newest snapshot that holds it"];
    throw new Failure("usage", {
      cause: `the snapshot ${snapshot.run} holds no file ${path}`,
      remedy: [
        other === null
          ? "petesbrain-sync rollback list"
          : `petesbrain-sync rollback ${id} --path ${pasted(path)}${says}`,
      ],
    });
  }
}

async function namesIn({ git }: Session, commit: string): Promise<string[]> {
  const { stdout } = await git.run(["ls-tree", "-r", "-z", "--name-only", "--full-tree", "--end-of-options", commit]);
  return [...splitRecords(stdout)].map(decodePath);
}

/** The newest snapshot that holds what a word names, among the newest so many. */
async function holderOf(session: Session, path: string, except: string): Promise<string | null> {
  const isWanted = pathChooser([path]);
  const others = (await listSnapshots(session.context)).filter(({ id }) => id !== except && id !== session.run);
  for (const { id, commit } of others.slice(0, SOUGHT)) {
    const copied = copiesIfReadable(session, id)?.files.map((copy) => copy.path) ?? [];
    if (copied.some(isWanted) || (await namesIn(session, commit)).some(isWanted)) return id;
  }
  return null;
}

function requireTree({ tree }: WholeFolder): string {
  if (tree !== null) return tree;
  throw new Failure("not-a-repository", {
    cause: "nothing was committed here yet",
    remedy: ["petesbrain-sync push"],
  });
}
