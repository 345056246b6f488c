// Prepares everything a run will put into the folder, beside the folder: git writes the files (so that filters, modes
// and links are its own), they are proven and flushed, and every path they will go to is looked at. A full disk, a bad
// name, a link among the parents or a file in the way is met here, before anything was changed.
import { chmodSync, constants, copyFileSync, mkdirSync, rmSync, statfsSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../failure.ts";
import { flushAll } from "../git/flush.ts";
import { type Change, type Entry, parseTree } from "../git/parse.ts";
import { GitError } from "../git/shell.ts";
import { type FileDigest, readFile, type SeenFile } from "../integrity/digest.ts";
import { type FileState, saveOf, statOf } from "../integrity/file-state.ts";
import type { KnownDigest } from "../machine/state.ts";
import { LEFT_BY_FILE, tidy } from "../tidy.ts";
import { lookAtParents, lookAtPresent, refuseBadNames } from "./destination.ts";
import type { JournalFile } from "./journal.ts";
import { breathe } from "./pause.ts";
import type { Session } from "./session.ts";
import { together } from "./together.ts";

export interface Staged {
  readonly files: readonly JournalFile[];
  /** State of each file's present version when it was hashed, in the same order. */
  readonly seen: readonly FileState[];
  /** Folders that will have to be made, outermost first, relative to the folder. */
  readonly newFolders: readonly string[];
}

/** A file that comes from a copy rather than from git: byte for byte, with its own permissions. */
export interface PlacedCopy {
  /** Absolute; null where git has the bytes and only the permissions are given. */
  readonly from: string | null;
  readonly permissions: number;
}

/**
 * Stages changes of the folder.
 * @param plan the changes, the bytes they write, and a private index that holds the tree they lead to.
 * @throws {Failure} `halted` for names and obstacles, `snapshot-failed` for a full disk, `integrity-mismatch` for a
 * staged file that is not its object. @throws {FolderMoved} when a file was edited since the folder was looked at.
 */
export async function stage(
  session: Session,
  plan: {
    changes: readonly Change[];
    bytes: number;
    indexFile: string;
    copies?: ReadonlyMap<string, PlacedCopy> | undefined;
    /** Guards will judge what arrives: it is learned while it is read. */
    judged: boolean;
    /** Times in nanoseconds that a file must not get, because another content of it has or had them. */
    taken?: Taken;
  },
): Promise<Staged> {
  const { changes, bytes, indexFile, copies, taken, judged } = plan;
  refuseBadNames(changes);
  if (changes.length === 0) return { files: [], seen: [], newFolders: [] };
  const staging = join(session.workDir, "staging");
  rmSync(staging, { recursive: true, force: true });
  mkdirSync(staging, { recursive: true, mode: 0o700 });
  const goers = new Set(changes.filter(({ after }) => after === null).map(({ path }) => path));
  const newFolders = lookAtParents(session, changes, goers);
  requireSpace(session, bytes);
  const arriving = changes.filter((change): change is Change & { after: Entry } => change.after !== null);
  const [present] = await together(
    lookAtPresent(session, changes, goers, new Set(newFolders)),
    writeFiles(session, arriving, indexFile, staging),
  );
  for (const [path, copy] of copies ?? []) placeCopy(join(staging, path), copy);
  const written = arriving.filter(({ after }) => after.mode !== LINK).map(({ path }) => join(staging, path));
  const [proven] = await together(
    proveStaged(session, arriving, { indexFile, staging, taken, judged }),
    flushAll(written),
  );
  const files = changes.map(({ path }, n) => {
    const { digest = null, save } = proven.get(path) ?? {};
    return { path, before: present[n]?.digest ?? null, after: digest, ...(save === undefined ? {} : { save }) };
  });
  return { files, seen: present.map(({ state }) => state), newFolders };
}

const LINK = "120000";
/** From 100 files on git writes with two processes: 500 files took 75 instead of 110 ms (measured, two cores). */
const TWO_WRITERS = "checkout.workers=2";
const OLDER_SECONDS = 3;
const SECOND_NS = 1_000_000_000n;
const SPARE_BYTES = 16 * 1024 * 1024;

/** Staging must not be what fills the disk: twice the bytes that arrive must be free, and a little for everybody else. */
function requireSpace(session: Session, bytes: number): void {
  const needed = 2 * bytes + SPARE_BYTES;
  const { bavail, bsize } = statfsSync(session.workDir);
  if (bavail * bsize >= needed) return;
  throw new Failure("snapshot-failed", {
    cause: `the disk is too full: ${Math.ceil(needed / 1e6)} MB are needed, ${Math.floor((bavail * bsize) / 1e6)} MB are free`,
    remedy: ["df -h ."],
  });
}

async function writeFiles(
  session: Session,
  arriving: readonly Change[],
  indexFile: string,
  staging: string,
): Promise<void> {
  if (arriving.length === 0) return;
  const input = arriving.map(({ path }) => `${path}\0`).join("");
  try {
    const call = { indexFile, input, config: [TWO_WRITERS] };
    await session.git.run(["checkout-index", `--prefix=${staging}/`, "-z", "--stdin"], call);
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    const full = /No space left on device|Disk quota exceeded|File too large/.test(error.stderr);
    throw new Failure("snapshot-failed", {
      cause: `${full ? "the disk is full" : "git could not write the arriving files"}: ${error.stderr.trim().split("\n")[0] ?? ""}`,
      remedy: [full ? "df -h ." : "git fsck --full"],
      because: error,
    });
  }
}

function placeCopy(staged: string, { from, permissions }: PlacedCopy): void {
  if (statOf(staged) === null) return;
  if (from !== null) copyFileSync(from, staged, constants.COPYFILE_FICLONE);
  chmodSync(staged, permissions);
}

/** Files read before what runs at the same time (the flushing) gets its turn. */
const READ_AT_ONCE = 8;
const REMEMBERED_AT_ONCE = 2_000;
/**
 * Sets a staged file's time back, to before the second in which the index will be written. git doubts every entry that
 * is not older than its index, and would read all that arrived again in each run that finds nothing to do. A whole
 * second, and an even one: no tool and no file system loses part of it.
 * @returns the file's size and time from now on, as `saveOf` writes them.
 */
function makeOlder(path: string, { size, mtimeNs }: SeenFile["stat"], taken: readonly bigint[] = []): string {
  const seconds = Number(mtimeNs / SECOND_NS) - OLDER_SECONDS;
  let even = seconds - (seconds % 2);
  while (taken.some((time) => time / SECOND_NS === BigInt(even))) even -= 2;
  utimesSync(path, even, even);
  return saveOf({ size, mtimeNs: BigInt(even) * SECOND_NS });
}

type Taken = ReadonlyMap<string, readonly bigint[]> | undefined;

/** A staged file as it was read and proven; a link, which is made anew where it goes, has no size and time of its own. */
interface ProvenFile {
  readonly digest: FileDigest;
  readonly save: string | undefined;
}

/**
 * Each staged file must be its object's content: the id computed from its bytes is the object's, or git's filters make
 * it so under the arriving attributes. What was read here is remembered as the object's SHA-256.
 */
async function proveStaged(
  session: Session,
  arriving: readonly (Change & { after: Entry })[],
  { indexFile, staging, taken, judged }: { indexFile: string; staging: string; taken: Taken; judged: boolean },
): Promise<Map<string, ProvenFile>> {
  const { oidBytes } = await session.configuration;
  const proven = new Map<string, ProvenFile>();
  const contents = new Map<string, KnownDigest & { path: string }>();
  const filtered: (Change & { after: Entry })[] = [];
  for (const [n, change] of arriving.entries()) {
    if (n % READ_AT_ONCE === 0) await breathe();
    tidy(LEFT_BY_FILE * (judged ? 5 : 2));
    const reader = judged ? session.contents.reader(change.path) : null;
    const seen = readFile(join(staging, change.path), oidBytes, reader?.begin);
    if (seen === null || seen === "unsteady" || seen.digest.mode !== change.after.mode)
      throw damagedStaging(change.path);
    const { digest, stat } = seen;
    if (contents.size >= REMEMBERED_AT_ONCE) rememberStaged(session, contents);
    if (digest.oid === change.after.oid) {
      contents.set(digest.oid, { sha256: digest.sha256, sizeBytes: digest.sizeBytes, path: change.path });
      reader?.keep(digest.oid);
    } else filtered.push(change);
    const save =
      change.after.mode === LINK ? undefined : makeOlder(join(staging, change.path), stat, taken?.get(change.path));
    proven.set(change.path, { digest, save });
  }
  rememberStaged(session, contents);
  if (filtered.length > 0) await proveFiltered(session, filtered, indexFile, staging);
  return proven;
}

/**
 * Remembers contents that were read, and lets go of them. What was read now must be what was remembered of the same
 * object: git's ids alone may be SHA-1.
 */
function rememberStaged(session: Session, contents: Map<string, KnownDigest & { readonly path: string }>): void {
  for (const [oid, { sha256 }] of session.state.digestsOf([...contents.keys()])) {
    const read = contents.get(oid);
    if (read !== undefined && read.sha256 !== sha256) throw damagedStaging(read.path);
  }
  session.state.rememberDigests(contents);
  contents.clear();
}

/** Lets git read the staged files as a working tree of their own, with the attributes that arrive. */
async function proveFiltered(
  session: Session,
  filtered: readonly (Change & { after: Entry })[],
  indexFile: string,
  staging: string,
): Promise<void> {
  const proof = join(session.workDir, "index-proof");
  copyFileSync(indexFile, proof);
  const environment = { GIT_WORK_TREE: staging, GIT_DIR: session.repository.gitDir };
  const paths = filtered.map(({ path }) => path);
  const call = { indexFile: proof, environment };
  await session.git.run(["-C", staging, "update-index", "-z", "--stdin"], {
    ...call,
    input: paths.map((path) => `${path}\0`).join(""),
  });
  const found = parseTree(
    (await session.git.run(["-C", staging, "ls-files", "-s", "-z", "--", ...paths], call)).stdout,
  );
  for (const { path, after } of filtered) if (found.get(path)?.oid !== after.oid) throw damagedStaging(path);
}

function damagedStaging(path: string): Failure {
  return new Failure("integrity-mismatch", {
    cause: `${path} was not written as the commit holds it; the folder was not touched`,
    paths: [path],
    remedy: ["git fsck --full", "df -h .   # then run the same command again"],
  });
}
