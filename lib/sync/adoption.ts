// Carries a staged result over into the folder as one undertaking: journal first, then files, refs and index, then the
// proof from the final place; and back again, whole, when any of it fails.
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { surroundingFailure } from "../failure.ts";
import { flushAll } from "../git/flush.ts";
import { type EntryPlaces, type FileStat, writeStats } from "../git/index-stat.ts";
import type { Change } from "../git/parse.ts";
import type { RefUpdate } from "../git/refs.ts";
import type { Repository } from "../git/repository.ts";
import { applyToIndex, diffTrees, emptyTree } from "../git/trees.ts";
import type { Watched } from "../integrity/baseline.ts";
import type { SeenFile } from "../integrity/digest.ts";
import { readSeen } from "../integrity/file-state.ts";
import { snapshotRef } from "../snapshot/keep.ts";
import { blindAgain, copyIndex, rememberIndex } from "../snapshot/private-index.ts";
import { LEFT_BY_FILE, tidy } from "../tidy.ts";
import { type Adoption, adoptFiles, adoptIndex, adoptRefs, FolderMoved } from "./adopt.ts";
import { type Journal, removeJournal, writeJournal } from "./journal.ts";
import type { Proposal } from "./propose.ts";
import { proveAfterwards, type ReadAlready } from "./prove.ts";
import { cannotPutBack } from "./recover.ts";
import { inBackground, type Session, step } from "./session.ts";
import type { Staged } from "./stage.ts";
import { together } from "./together.ts";
import { undoAdoption } from "./undo.ts";
import { type Here, sameEntry } from "./unite.ts";

/** What the folder, the branch and the index are to become. */
export interface Undertaking {
  readonly here: Here;
  readonly staged: Staged;
  readonly refs: readonly RefUpdate[];
  /** The index that is to replace the repository's; null when it stays. */
  readonly newIndex: PreparedIndex | null;
  /** Tree the folder becomes. */
  readonly tree: string;
  /** What is to be proven in its final place besides the critical files. */
  readonly changed: readonly Change[];
}

/** A private index, ready to replace the repository's. */
export interface PreparedIndex {
  readonly path: string;
  /** Whether it holds a path as the folder will have it; not so where an edit stays uncommitted on top of what arrived. */
  readonly agrees: (path: string) => boolean;
  /** Where in it files are, as far as known. */
  readonly places?: EntryPlaces | undefined;
}

/** The index that goes with a proposal; null when the repository's own stays. */
export async function prepareIndex(session: Session, here: Here, proposal: Proposal): Promise<PreparedIndex | null> {
  if (proposal.indexKeeps === "nothing-new") return null;
  if (proposal.indexKeeps === "tree") {
    const path = proposal.indexFile ?? here.dirty?.indexFile;
    return path === undefined ? null : { path, agrees: () => true, places: proposal.places };
  }
  // what the user staged stays staged: their own index, with only what arrived brought up to date
  const path = join(session.workDir, "index-final");
  copyIndex(here.look.index, path);
  const arrived = await diffTrees(session.git, here.look.head ?? (await emptyTree(session.git)), proposal.target);
  await applyToIndex(session.git, path, arrived);
  const held = new Map(arrived.map(({ path: name, after }) => [name, after]));
  const becomes = new Map(proposal.incoming.map(({ path: name, after }) => [name, after]));
  return { path, agrees: (name) => held.has(name) && sameEntry(held.get(name) ?? null, becomes.get(name) ?? null) };
}

/**
 * Adopts and proves. On return the run is complete and its journal is gone.
 * @returns the watched files as the proof read them.
 * @throws {FolderMoved} when the folder changed meanwhile; everything was put back. @throws {Failure}
 * `integrity-mismatch` after an automatic rollback, `rollback-failed` when even that failed.
 */
export async function adopt(session: Session, undertaking: Undertaking): Promise<Watched> {
  const { repository, git, report } = session;
  const { oidBytes } = await session.configuration;
  const { staged, here } = undertaking;
  const journal: Journal = {
    version: 1,
    run: session.run,
    command: session.command,
    startedAt: session.context.now().toISOString(),
    snapshotRef: snapshotRef(session.run),
    workDir: session.workDir,
    oidBytes,
    files: staged.files,
    newFolders: staged.newFolders,
    refs: undertaking.refs,
    newIndex: undertaking.newIndex?.path ?? null,
  };
  const { seen, settledBefore } = staged;
  const adoption: Adoption = { journal, seen, settledBefore, indexSeen: here.look.index.state };
  writeJournal(repository.stateDir, journal);
  // what the staging of many files left is not to be added to what their adoption needs (measured: 7 MB of 92)
  tidy(staged.files.length * LEFT_BY_FILE);
  let watched: Watched;
  let cleared: Promise<void> = Promise.resolve();
  try {
    const placed = await step(session, "adopt", async () => {
      await adoptFiles(repository, adoption);
      // its files are in the folder: what is left are folders
      cleared = removeWork(session, join(session.workDir, "staging"));
      const read = readPlaced(repository, journal);
      await together(adoptRefs(git, journal), finishIndex(session, journal, undertaking, read));
      adoptIndex(repository, adoption);
      return read;
    });
    const known = { files: placed, ...provenOf(journal) };
    const { tree, changed } = undertaking;
    watched = await step(session, "verify", () => proveAfterwards(session, tree, changed, known));
  } catch (error) {
    await cleared;
    await takeBack(session, journal, error);
    if (!(error instanceof FolderMoved)) report.rolledBack = staged.files.length > 0 || undertaking.refs.length > 0;
    throw error;
  }
  removeJournal(repository.stateDir);
  void removeWork(session, session.workDir, cleared);
  return watched;
}

/** Nothing needs it any more. The run ends after it; what stays behind is removed by the next one. */
function removeWork(session: Session, folder: string, first: Promise<void> = Promise.resolve()): Promise<void> {
  const removed = first.then(() => rm(folder, { recursive: true, force: true }));
  const ended = removed.catch((error: unknown) => {
    const detail = error instanceof Error ? error.message : String(error);
    session.context.log.write("error", "warn", session.run, "work-left-behind", { detail });
  });
  return inBackground(session, ended);
}

/** What the staged files were when they were proven. */
function provenOf({ files }: Journal): Required<Pick<ReadAlready, "saves" | "placed">> {
  return {
    saves: new Map(files.flatMap(({ path, save }) => (save === undefined ? [] : [[path, save] as const]))),
    placed: new Map(files.flatMap(({ path, after }) => (after === null ? [] : [[path, after.sha256] as const]))),
  };
}

async function takeBack(session: Session, journal: Journal, error: unknown): Promise<void> {
  const { context, run, repository } = session;
  const cause = error instanceof Error ? error.message : String(error);
  context.log.write("rollback", "warn", run, "rollback-begins", { cause });
  try {
    // the undo is carried through even when the run was told to end
    const undone = await undoAdoption(session.git.unstoppable(), repository, journal);
    for (const path of undone.damaged) session.report.notes.push(`the damaged copy is kept: ${path}`);
    for (const path of undone.kept) session.report.notes.push(`saved in the last instant and kept: ${path}`);
    context.log.write("rollback", "info", run, "rolled-back", {
      restored: undone.restored,
      edited: undone.edited.length,
    });
  } catch (undoError) {
    throw cannotPutBack(journal.snapshotRef, surroundingFailure(undoError) ?? undoError);
  }
}

/** Reads the adopted files from their final place. */
function readPlaced(repository: Repository, journal: Journal): Map<string, SeenFile> {
  const placed = new Map<string, SeenFile>();
  for (const { path, after } of journal.files) {
    tidy(LEFT_BY_FILE);
    const seen = after === null ? null : readSeen(join(repository.folder, path));
    if (seen !== null) placed.set(path, seen);
  }
  return placed;
}

/**
 * Brings the stat data of the adopted files into the prepared index, so that the next look need not read them. Only of
 * files that were just read and hold what the index says: any other would hide somebody's edit from git.
 */
async function finishIndex(
  session: Session,
  journal: Journal,
  { newIndex, here }: Undertaking,
  placed: ReadonlyMap<string, SeenFile>,
): Promise<void> {
  if (newIndex === null) return;
  const stats = new Map<string, FileStat>();
  for (const { path, after } of journal.files) {
    const seen = placed.get(path);
    if (seen !== undefined && newIndex.agrees(path) && seen.digest.sha256 === after?.sha256) stats.set(path, seen.stat);
  }
  const { places } = newIndex;
  const checksum = stats.size > 0 ? writeStats(newIndex.path, stats, journal.oidBytes, places) : null;
  // where contents were put in the place of others, the index is as it was in all that a look asks of it
  const { facts } = here.look.index;
  if (checksum !== null && facts?.blinded === 0 && places !== undefined && places.size > 0)
    rememberIndex(session.state, checksum, facts);
  await blindAgain(session.git, here.look.index, newIndex.path);
  await flushAll([newIndex.path]);
}
