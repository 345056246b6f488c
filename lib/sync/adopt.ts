// Puts a proven, staged result into the folder: originals are kept aside, staged files renamed into place, refs moved
// in one transaction, the index replaced. Whatever goes wrong before the journal is removed is undone whole.

import { existsSync, linkSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { Failure, systemCode } from "../failure.ts";
import { faultPoint } from "../fault.ts";
import { flushAll } from "../git/flush.ts";
import { moveRefs } from "../git/refs.ts";
import type { Repository } from "../git/repository.ts";
import { type Git, GitError } from "../git/shell.ts";
import { digestIfSteady } from "../integrity/digest.ts";
import { type FileState, fileState, isSameSave, statOf } from "../integrity/file-state.ts";
import { flushFolder } from "../machine/durable.ts";
import { quoted } from "../paste.ts";
import { LEFT_BY_FILE, tidy } from "../tidy.ts";
import { keepUnder, makeFolders, move, moveIntoGap, moveOver, removeEmptyFolder } from "./file-operations.ts";
import type { Journal, JournalFile } from "./journal.ts";

/** Somebody wrote to the folder, the index or the branch meanwhile: what was planned no longer fits, nothing is lost. */
export class FolderMoved extends Error {
  constructor(what: string) {
    super(`${what} changed while the run was at work`);
    this.name = "FolderMoved";
  }
}

export interface Adoption {
  readonly journal: Journal;
  /** State of each file of the journal when it was hashed, in the same order. */
  readonly seen: readonly FileState[];
  /** State of the repository's index when it was copied. */
  readonly indexSeen: FileState;
  /** A file last saved before this, in nanoseconds of the file system's clock, shows by its time when it is saved again. */
  readonly settledBefore: bigint;
}

/** Where the n-th file's original is kept until the run has been verified. */
export function displacedPath(journal: Journal, n: number): string {
  return join(journal.workDir, "displaced", String(n));
}

/**
 * Changes the folder's files as the journal says. The journal must have been written and flushed.
 * @throws {FolderMoved} when a file is no longer what was seen; the caller undoes.
 */
export async function adoptFiles(repository: Repository, adoption: Adoption): Promise<void> {
  try {
    await changeFiles(repository, adoption);
  } catch (error) {
    // a folder where a file was, a file where a folder was, or nothing: somebody was at work there
    if (["ENOTDIR", "EISDIR", "EEXIST", "ENOTEMPTY", "ENOENT"].includes(systemCode(error) ?? ""))
      throw new FolderMoved("the folder");
    throw error;
  }
}

async function changeFiles(repository: Repository, adoption: Adoption): Promise<void> {
  const { journal } = adoption;
  mkdirSync(join(journal.workDir, "displaced"), { recursive: true, mode: 0o700 });
  const touched = new Set<string>();
  journal.files.forEach((file, n) => {
    if (file.after === null) takeAway(repository, adoption, file, n, touched);
  });
  journal.files.forEach((file, n) => {
    tidy(LEFT_BY_FILE * 2);
    if (file.after !== null) putInPlace(repository, adoption, file, n, touched);
  });
  await flushAll([...touched]);
}

function takeAway(
  repository: Repository,
  adoption: Adoption,
  file: JournalFile,
  n: number,
  touched: Set<string>,
): void {
  const path = join(repository.folder, file.path);
  const aside = displacedPath(adoption.journal, n);
  requireUnchanged(path, file.path, adoption.seen[n] ?? null);
  move(path, aside);
  requireSnapshotBytes(aside, file, n, adoption);
  touched.add(dirname(path));
  for (
    let folder = dirname(path);
    folder !== repository.folder && removeEmptyFolder(folder);
    folder = dirname(folder)
  ) {
    touched.add(dirname(folder));
  }
}

function putInPlace(
  repository: Repository,
  adoption: Adoption,
  file: JournalFile,
  n: number,
  touched: Set<string>,
): void {
  const { journal } = adoption;
  const seen = adoption.seen[n] ?? null;
  const path = join(repository.folder, file.path);
  const staged = join(journal.workDir, "staging", file.path);
  touched.add(dirname(path));
  if (file.before === null) {
    for (const folder of makeFolders(dirname(path))) touched.add(dirname(folder));
    requireUnchanged(path, file.path, seen);
    try {
      moveIntoGap(staged, path);
    } catch (error) {
      if (systemCode(error) === "EEXIST") throw new FolderMoved(file.path);
      throw error;
    }
    return;
  }
  requireUnchanged(path, file.path, seen);
  const aside = displacedPath(journal, n);
  keepUnder(path, aside, file.before);
  // one that was saved by rename since has no second name: the staged file would be the end of it
  if (!moveOver(staged, path, () => isStillSaved(path, seen))) throw new FolderMoved(file.path);
  // a save in the last instant went into the file that is now aside: then this run starts again from that
  requireSnapshotBytes(aside, file, n, adoption);
}

function requireUnchanged(path: string, name: string, seen: FileState): void {
  if (fileState(path) !== seen) throw new FolderMoved(name);
}

function isStillSaved(path: string, seen: FileState): boolean {
  const stat = statOf(path);
  return stat !== null && isSameSave(seen, stat);
}

/** A program that writes through a mapping moves no time: so many are hashed again whatever their time says. */
const FEW = 64;

/** Of many files the time shows that one was not saved since it was hashed; where it cannot, it is hashed again. */
function requireSnapshotBytes(aside: string, file: JournalFile, n: number, adoption: Adoption): void {
  const { seen, settledBefore, journal } = adoption;
  const stat = journal.files.length > FEW ? statOf(aside) : null;
  if (stat !== null && stat.mtimeNs < settledBefore && isSameSave(seen[n] ?? null, stat)) return;
  const found = digestIfSteady(aside);
  if (found === null || found === "unsteady" || found.sha256 !== file.before?.sha256) throw new FolderMoved(file.path);
}

/** Moves the refs of the journal in one transaction. @throws {FolderMoved} when one of them is no longer where it was. */
export async function adoptRefs(git: Git, journal: Journal): Promise<void> {
  try {
    await moveRefs(git, journal.refs, `petesbrain-sync: ${journal.command}`);
  } catch (error) {
    if (error instanceof GitError && /File exists/.test(error.stderr)) throw lockedByGit(error.stderr, error);
    if (
      error instanceof GitError &&
      /but expected|reference already exists|unable to resolve reference/.test(error.stderr)
    ) {
      throw new FolderMoved(journal.refs.map(({ name }) => name).join(", "));
    }
    throw error;
  }
}

/** Replaces the repository's index by the prepared one, under git's own lock. */
export function adoptIndex(repository: Repository, adoption: Adoption): void {
  const { newIndex, workDir } = adoption.journal;
  if (newIndex === null) return;
  const index = join(repository.gitDir, "index");
  const lock = `${index}.lock`;
  faultPoint("lock index");
  try {
    linkSync(newIndex, lock);
  } catch (error) {
    if (systemCode(error) === "EEXIST") throw lockedByGit(lock, error);
    throw error;
  }
  faultPoint("index locked");
  if (fileState(index) !== adoption.indexSeen) throw new FolderMoved("git's index");
  if (existsSync(index)) linkSync(index, join(workDir, "index-before"));
  move(lock, index);
  flushFolder(repository.gitDir);
}

/** Says whether our own prepared index still holds git's index lock. */
export function holdsIndexLock(repository: Repository, journal: Journal): boolean {
  if (journal.newIndex === null) return false;
  const lock = statOf(join(repository.gitDir, "index.lock"));
  const own = statOf(journal.newIndex);
  return lock !== null && own !== null && lock.ino === own.ino && lock.dev === own.dev;
}

/** The failure for a lock file of git's that does not go away; `told` is its path, or git's words that hold it. */
export function lockedByGit(told: string, because?: unknown): Failure {
  const path = /'([^']+\.lock)'/.exec(told)?.[1] ?? told.trim().split("\n")[0] ?? "";
  const found = statOf(path);
  const since = found === null ? "" : ` at ${new Date(Number(found.mtimeMs)).toISOString()}`;
  return new Failure("locked", {
    cause: `another git command is working in this folder, or was killed and left its lock behind${since}: ${path}`,
    remedy: [
      "ps ax | grep '[g]it '   # is a git at work? let it end, then run the same command again",
      `rm ${quoted(path)}   # only when none is`,
    ],
    because,
  });
}
