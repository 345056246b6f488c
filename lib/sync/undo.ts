// Takes an adoption back, from the journal alone: right after a failure, or at the next start after a kill or a power
// cut. Each path is found to hold its old bytes (nothing to do), its new bytes (the original goes back), or neither
// (somebody edited it since: their bytes stay, and are reported). May itself be cut off and run again.
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { systemCode } from "../failure.ts";
import { moveRefs, type RefUpdate, readRef } from "../git/refs.ts";
import type { Repository } from "../git/repository.ts";
import type { Git } from "../git/shell.ts";
import { digestIfSteady, type FileDigest } from "../integrity/digest.ts";
import { saveOf, statOf } from "../integrity/file-state.ts";
import { flushFolder } from "../machine/durable.ts";
import { displacedPath, holdsIndexLock } from "./adopt.ts";
import { keepUnder, makeFolders, move, removeEmptyFolder, removeFile } from "./file-operations.ts";
import { type Journal, type JournalFile, removeJournal } from "./journal.ts";

export interface Undone {
  /** Paths that hold neither their old nor their new bytes: edited since, left as they are. */
  readonly edited: string[];
  /** Where bytes that were saved in the last instant were put, absolute. */
  readonly kept: string[];
  /** Where bytes that went bad after they were proven were put, absolute. */
  readonly damaged: string[];
  /** Paths that were put back. */
  readonly restored: number;
}

/** Puts index, refs and files back as the journal recorded them, then removes the journal. */
export async function undoAdoption(git: Git, repository: Repository, journal: Journal): Promise<Undone> {
  restoreIndex(repository, journal);
  await restoreRefs(git, repository, journal.refs);
  const undone: Undone = { edited: [], kept: [], damaged: [], restored: 0 };
  let restored = 0;
  const each = (wanted: (file: JournalFile) => boolean): void => {
    journal.files.forEach((file, n) => {
      if (wanted(file) && restoreFile(repository, journal, file, n, undone)) restored += 1;
    });
  };
  // what is new goes first: a file that became a folder, or a folder that became a file, needs its place again
  each((file) => file.before === null);
  for (const folder of [...journal.newFolders].reverse()) {
    const path = join(repository.folder, folder);
    if (statOf(path)?.isDirectory() === true) removeEmptyFolder(path);
  }
  each((file) => file.before !== null);
  removeJournal(repository.stateDir);
  rmSync(journal.workDir, { recursive: true, force: true });
  return { ...undone, restored };
}

function restoreIndex(repository: Repository, journal: Journal): void {
  const index = join(repository.gitDir, "index");
  if (holdsIndexLock(repository, journal)) removeFile(`${index}.lock`);
  if (journal.newIndex === null) return;
  const saved = join(journal.workDir, "index-before");
  const current = statOf(index);
  const own = statOf(journal.newIndex);
  // only our own prepared index is taken back; one that git wrote since belongs to the user
  const ours = current !== null && own !== null && current.ino === own.ino && current.dev === own.dev;
  if (!ours) return;
  if (existsSync(saved)) move(saved, index);
  else removeFile(index);
  flushFolder(repository.gitDir);
}

async function restoreRefs(git: Git, repository: Repository, refs: readonly RefUpdate[]): Promise<void> {
  const back: RefUpdate[] = [];
  for (const { name, before, after } of refs) {
    if (before !== after && (await readRef(git, repository, name)) === after)
      back.push({ name, before: after, after: before });
  }
  await moveRefs(git, back, "petesbrain-sync: undo");
}

/** Puts one path back; true when something had to be done. */
function restoreFile(repository: Repository, journal: Journal, file: JournalFile, n: number, undone: Undone): boolean {
  const path = join(repository.folder, file.path);
  const aside = displacedPath(journal, n);
  const here = isFolder(path) ? "folder" : digestIfSteady(path);
  const original = digestIfSteady(aside);
  if (here !== "folder" && here !== "unsteady") {
    if (original === null) return restoreWithoutOriginal(repository, journal, file, { here, undone });
    if (original !== "unsteady" && sameBytes(here, original)) {
      removeFile(aside);
      return false;
    }
    const ours = here === null || sameBytes(here, file.after);
    const bad = !ours && isDamaged(path, file);
    if (bad) undone.damaged.push(keepAside(repository, journal, file, path));
    if ((ours || bad) && putBack(aside, path)) return true;
  }
  undone.edited.push(file.path);
  const known = original === null || (original !== "unsteady" && sameBytes(original, file.before));
  if (!known) undone.kept.push(keepAside(repository, journal, file, aside));
  return false;
}

function isFolder(path: string): boolean {
  return statOf(path)?.isDirectory() === true;
}

/** Renames an original back; false where somebody has meanwhile put a file in the place of one of its folders. */
function putBack(aside: string, path: string): boolean {
  try {
    makeFolders(dirname(path));
    move(aside, path);
    flushFolder(dirname(path));
    return true;
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOTDIR" || code === "EEXIST" || code === "EISDIR") return false;
    throw error;
  }
}

/** No original was kept: the path was either not reached yet, or new. */
function restoreWithoutOriginal(
  repository: Repository,
  journal: Journal,
  file: JournalFile,
  { here, undone }: { here: FileDigest | null; undone: Undone },
): boolean {
  const path = join(repository.folder, file.path);
  if (here === null || sameBytes(here, file.before)) return false;
  const bad = file.before === null && !sameBytes(here, file.after) && isDamaged(path, file);
  if (bad) undone.damaged.push(keepAside(repository, journal, file, path));
  if (file.before === null && (bad || sameBytes(here, file.after))) {
    removeFile(path);
    flushFolder(dirname(path));
    return true;
  }
  undone.edited.push(file.path);
  return false;
}

/** A file that is the one which was staged, by its size and time, and does not hold its bytes any more. */
function isDamaged(path: string, { save }: JournalFile): boolean {
  const found = statOf(path);
  return found?.isFile() === true && save !== undefined && saveOf(found) === save;
}

function sameBytes(a: FileDigest | null, b: FileDigest | null): boolean {
  return a === null || b === null ? a === b : a.sha256 === b.sha256 && a.mode === b.mode;
}

/** Bytes that are neither in the folder nor in the snapshot get a place of their own that no clean-up empties. */
function keepAside(repository: Repository, journal: Journal, file: JournalFile, aside: string): string {
  const kept = join(repository.stateDir, "kept", journal.run, file.path);
  mkdirSync(dirname(kept), { recursive: true, mode: 0o700 });
  if (existsSync(kept)) renameSync(kept, `${kept}.earlier`);
  keepUnder(aside, kept);
  return kept;
}
