// Records the whole folder as a commit without touching it: what git calls changed or untracked is added to a private
// copy of the index, and the tree written from that is the folder as it was. A clean folder needs nothing: it is HEAD.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { Failure, systemCode } from "../failure.ts";
import { flushObjects } from "../git/flush.ts";
import { IndexBytes } from "../git/index-bytes.ts";
import { recordedContents } from "../git/index-stat.ts";
import { type Change, parseStatus, type StatusLine } from "../git/parse.ts";
import type { Repository } from "../git/repository.ts";
import { type Git, type GitAnswer, GitError } from "../git/shell.ts";
import { askStatus } from "../git/status.ts";
import { diffWithFolders, emptyTree } from "../git/trees.ts";
import { rememberObjects } from "../integrity/objects.ts";
import type { State } from "../machine/state.ts";
import { editTree } from "./edit-tree.ts";
import { copyIndex, type IndexLook, type IndexMemory, lookAtIndex, unblind } from "./private-index.ts";
import { type StorePlace, storeFiles } from "./store-files.ts";

export interface HeldBack {
  readonly path: string;
  readonly guard: "nested-repo" | "large-file" | "secret";
}

/** The folder as it was found; nothing was written for it but objects and a private index. */
export interface FolderLook {
  /** Commit of HEAD; null on an unborn branch. */
  readonly head: string | null;
  /** Short name of the branch that is checked out; null when HEAD is detached. */
  readonly branch: string | null;
  readonly index: IndexLook;
  /** Files that differ from HEAD, in the index or on disk. */
  readonly lines: readonly StatusLine[];
  readonly heldBack: readonly HeldBack[];
  /** New files that are local to this machine: never published, and nothing to report. */
  readonly locals: readonly string[];
}

/** The folder as a tree. */
export interface FolderTree {
  readonly tree: string;
  /** What the tree changes against HEAD's. */
  readonly changes: readonly Change[];
  /** Ids of the folders that are new in the tree. */
  readonly folders: readonly string[];
  /** Private index that holds the tree, with the files' stat data. */
  readonly indexFile: string;
  /** Settles when every new object was flushed and read back: from then on the tree may be relied on. */
  readonly safe: Promise<void>;
}

export interface LookOptions {
  /** Bytes of an object id; may still be being read while git is asked. */
  readonly oidBytes: Promise<20 | 32>;
  /** Judges a new file: why it must not be published, or null. Not asked of other repositories. */
  readonly judgeNew: (path: string) => Promise<"large-file" | "secret" | "local" | null>;
  /** Where private indexes may be put. */
  readonly stateDir: string;
  readonly memory?: IndexMemory;
  /** git's answer, where it was asked a moment ago. */
  readonly asked?: Promise<GitAnswer> | undefined;
}

/** From here on new contents go into one pack instead of a file each; git itself keeps arriving packs from 100 on. */
const MANY_FILES = 1_000;
/** Compressed as quickly as git compresses single objects: 10,000 files took 22 s at the usual level of packs (measured). */
const ONE_PACK = ["core.bigFileThreshold=1", "pack.compression=1"];
/** The next push compresses what it sends anyway, so that compressing it here too would be work done twice (measured). */
const UNCOMPRESSED = ["core.looseCompression=0"];
const UNREADABLE = /Permission denied|Operation not permitted|could not open directory|Input\/output error/;

/** Asks git what differs from HEAD. Reads only. */
export async function lookAtFolder(git: Git, repository: Repository, options: LookOptions): Promise<FolderLook> {
  // asked before the index is looked at, which is done while git works
  const asked = options.asked ?? askStatus(git);
  asked.catch(() => undefined);
  const index = lookAtIndex(repository, await options.oidBytes, options.memory ?? null);
  const answer =
    index.facts !== null && index.facts.blinded > 0 ? await askUnblinded(git, index, options) : await asked;
  if (UNREADABLE.test(answer.stderr)) throw unreadable(answer.stderr);
  const listing = parseStatus(answer.stdout);
  const heldBack: HeldBack[] = [];
  const locals: string[] = [];
  const lines: StatusLine[] = [];
  for (const line of listing.lines) {
    const guard = await heldBackBy(line, options);
    if (guard === null) lines.push(line);
    else if (guard === "local") locals.push(line.path);
    else heldBack.push({ path: line.path, guard });
  }
  return { head: listing.head, branch: listing.branch, index, lines, heldBack, locals };
}

/** git would not look at files marked assume-unchanged or skip-worktree, so it is asked again without the marks. */
async function askUnblinded(git: Git, index: IndexLook, options: LookOptions): Promise<GitAnswer> {
  const indexFile = join(options.stateDir, "index-look");
  copyIndex(index, indexFile);
  await unblind(git, indexFile);
  return askStatus(git, indexFile);
}

/** Only files that were never synced are held back; a tracked one is the guards' business. */
async function heldBackBy(line: StatusLine, options: LookOptions): Promise<HeldBack["guard"] | "local" | null> {
  if (line.kind !== "untracked") return null;
  return line.repository ? "nested-repo" : options.judgeNew(line.path);
}

/**
 * Writes the folder's tree into the object store and proves every new object by reading it back.
 * @param target path for the private index.
 * @throws {Failure} `snapshot-failed` or `permission-denied`; nothing of the folder was touched.
 */
export async function treeOfFolder(
  git: Git,
  repository: Repository,
  look: FolderLook,
  options: { target: string; oidBytes: 20 | 32; state: Pick<State, "rememberDigests"> },
): Promise<FolderTree> {
  const { target: indexFile } = options;
  let early: Promise<void> = Promise.resolve();
  try {
    rmSync(indexFile, { force: true });
    copyIndex(look.index, indexFile);
    if (look.index.facts !== null && look.index.facts.blinded > 0) await unblind(git, indexFile);
    await addToIndex(git, indexFile, look.lines);
    // contents are read back while git writes the folders that they are in
    const added = addedContents(indexFile, look.lines, options.oidBytes);
    early = makeSafe(git, repository, { objects: added, blobs: added, ...options });
    early.catch(() => undefined);
    const tree = await git.text(["write-tree"], { indexFile, config: UNCOMPRESSED, unflushed: true });
    const { files: changes, folders } = await diffWithFolders(git, look.head ?? (await emptyTree(git)), tree);
    const known = new Set(added);
    const blobs = changes.flatMap(({ after }) =>
      after === null || after.mode === "160000" || known.has(after.oid) ? [] : [after.oid],
    );
    const late = makeSafe(git, repository, { objects: [...blobs, ...folders, tree], blobs, ...options });
    return { tree, changes, folders, indexFile, safe: Promise.all([early, late]).then(() => undefined) };
  } catch (error) {
    await early.catch(() => undefined); // what went wrong first is told
    throw snapshotFailure(error);
  }
}

/** Ids of the contents that were just added to a private index; none where they are so many that they are not held. */
function addedContents(indexFile: string, lines: readonly StatusLine[], oidBytes: 20 | 32): string[] {
  const paths = lines.flatMap(({ path, unstaged, gone }) => (unstaged && !gone ? [path] : []));
  if (paths.length === 0 || paths.length >= MANY_FILES) return [];
  return IndexBytes.read(indexFile, (index) => recordedContents(index, paths, oidBytes));
}

/** A tree with files in it that only a snapshot may hold. */
export interface WiderTree {
  readonly tree: string;
  /** The files that were put into it. */
  readonly added: readonly Change[];
  /** As in `FolderTree`. */
  readonly safe: Promise<void>;
}

/**
 * Puts files of the folder, as they are on disk byte for byte, into a tree that lacks them.
 * @param base the tree; null for none.
 * @param paths what has gone meanwhile is left out.
 * @throws {Failure} `snapshot-failed` or `permission-denied`; nothing of the folder was touched.
 */
export async function treeWith(place: StorePlace, base: string | null, paths: readonly string[]): Promise<WiderTree> {
  const { git, repository } = place;
  try {
    const added = await storeFiles(place, paths);
    const { tree, made } = await editTree(place, base, added);
    const blobs = added.map(({ after }) => after.oid);
    return { tree, added, safe: makeSafe(git, repository, { ...place, objects: [...blobs, ...made], blobs }) };
  } catch (error) {
    throw snapshotFailure(error);
  }
}

/** Flushes new objects and reads the new contents back, remembering their digests. */
async function makeSafe(
  git: Git,
  repository: Repository,
  made: {
    objects: readonly string[];
    blobs: readonly string[];
    oidBytes: 20 | 32;
    state: Pick<State, "rememberDigests">;
  },
): Promise<void> {
  try {
    await Promise.all([
      flushObjects(repository, made.objects),
      rememberObjects(git, made.state, made.blobs, made.oidBytes),
    ]);
  } catch (error) {
    throw snapshotFailure(error);
  }
}

/** Brings the listed files into a private index as they are on disk now. */
async function addToIndex(git: Git, indexFile: string, lines: readonly StatusLine[]): Promise<void> {
  const unstaged = lines.filter((line) => line.unstaged);
  const names = (gone: boolean): string => {
    const paths = unstaged.flatMap((line) => (line.gone === gone ? [line.path] : []));
    return paths.length === 0 ? "" : `${paths.join("\0")}\0`;
  };
  // removals first and by force: where a folder has become a link, git would refuse to look behind it
  const removals = names(true);
  if (removals !== "")
    await git.run(["update-index", "--force-remove", "-z", "--stdin"], { indexFile, input: removals, unflushed: true });
  const additions = names(false);
  if (additions === "") return;
  const config = unstaged.length < MANY_FILES ? UNCOMPRESSED : ONE_PACK;
  const call = { indexFile, input: additions, config, unflushed: true };
  await git.run(["update-index", "--add", "--remove", "--replace", "-z", "--stdin"], call);
}

function unreadable(stderr: string): Failure {
  const [line = ""] = stderr.split("\n").filter((text) => UNREADABLE.test(text));
  return new Failure("permission-denied", {
    cause: `part of the folder cannot be read: ${line.replace(/^(?:warning|error|fatal): /, "")}`,
    remedy: [
      "ls -l   # the folder and all in it must belong to you; on a Mac also: move it out of Documents, Desktop and Downloads",
    ],
    because: stderr,
  });
}

function snapshotFailure(error: unknown): unknown {
  if (error instanceof GitError) {
    if (/Permission denied|Operation not permitted/.test(error.stderr)) return unreadable(error.stderr);
    const full = /No space left on device|Disk quota exceeded|File too large/.test(error.stderr);
    return new Failure("snapshot-failed", {
      cause: `${full ? "the disk is full" : "git could not record the folder"}: ${error.stderr.trim().split("\n").at(-1) ?? ""}`,
      remedy: full ? ["df -h ."] : ["git status   # does git itself read the folder?"],
      because: error,
    });
  }
  const code = systemCode(error);
  if (code === "ENOSPC" || code === "EDQUOT" || code === "EIO" || code === "EROFS") {
    return new Failure("snapshot-failed", {
      cause: `the disk refused to write (${code})`,
      remedy: ["df -h ."],
      because: error,
    });
  }
  return error;
}
