// Prepares everything a run will put into the folder, beside the folder: git writes the files (so that filters, modes
// and links are its own), they are proven and flushed, and every path they will go to is looked at. A full disk, a bad
// name, a link among the parents or a file in the way is met here, before anything was changed.
import { copyFileSync, mkdirSync, readdirSync, rmSync, statfsSync } from "node:fs";
import { dirname, join } from "node:path";
import { Failure } from "../failure.ts";
import { flushAll } from "../git/flush.ts";
import { type Change, type Entry, parseTree } from "../git/parse.ts";
import { unsafeName } from "../git/path-name.ts";
import { GitError } from "../git/shell.ts";
import { digestIfSteady, digestOf, type FileDigest } from "../integrity/digest.ts";
import { type FileState, stateOf, statOf } from "../integrity/file-state.ts";
import { contentDigests } from "../integrity/objects.ts";
import { FolderMoved } from "./adopt.ts";
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

/**
 * Stages changes of the folder.
 * @param plan the changes, the bytes they write, and a private index that holds the tree they lead to.
 * @throws {Failure} `halted` for names and obstacles, `snapshot-failed` for a full disk, `integrity-mismatch` for a
 * staged file that is not its object. @throws {FolderMoved} when a file was edited since the folder was looked at.
 */
export async function stage(
  session: Session,
  plan: { changes: readonly Change[]; bytes: number; indexFile: string },
): Promise<Staged> {
  const { changes, bytes, indexFile } = plan;
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
    // read from the store at the same time, for the proof of what is written
    readContents(session, arriving),
  );
  const written = arriving.filter(({ after }) => after.mode !== "120000").map(({ path }) => join(staging, path));
  const [digests] = await together(proveStaged(session, arriving, indexFile, staging), flushAll(written));
  const files = changes.map(({ path }, n) => ({
    path,
    before: present[n]?.digest ?? null,
    after: digests.get(path) ?? null,
  }));
  return { files, seen: present.map(({ state }) => state), newFolders };
}

function refuseBadNames(changes: readonly Change[]): void {
  for (const { path, after } of changes) {
    if (after === null) continue;
    const why = after.mode === "160000" ? "is another repository, whose files would not come along" : unsafeName(path);
    if (why === null) continue;
    throw new Failure("halted", {
      cause: `bad-name: ${path} ${why}`,
      paths: [path],
      remedy: [
        "git log -1 -- PATH   # who added it? have it renamed or removed there, then run the same command again",
      ],
    });
  }
}

/** Every parent must be a real folder, or absent, or a file that this run takes away. Returns those to be made. */
function lookAtParents(session: Session, changes: readonly Change[], goers: ReadonlySet<string>): string[] {
  const judged = new Map<string, "here" | "missing">();
  const judge = (parent: string): "here" | "missing" => {
    const known = judged.get(parent);
    if (known !== undefined) return known;
    const above = dirname(parent);
    const missing = (above !== "." && judge(above) === "missing") || goers.has(parent) || !isFolder(session, parent);
    judged.set(parent, missing ? "missing" : "here");
    return missing ? "missing" : "here";
  };
  for (const { path, after } of changes) if (after !== null && path.includes("/")) judge(dirname(path));
  return [...judged].flatMap(([parent, state]) => (state === "missing" ? [parent] : [])).sort();
}

/** False when nothing is there. @throws {Failure} `halted` when something else than a folder is. */
function isFolder(session: Session, parent: string): boolean {
  const found = statOf(join(session.repository.folder, parent));
  if (found === null) return false;
  if (found.isDirectory()) return true;
  const what = found.isSymbolicLink()
    ? "is a link, and a file would arrive behind it"
    : "is a file where a folder must be";
  throw inTheWay(parent, what);
}

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

interface Present {
  readonly digest: FileDigest | null;
  readonly state: FileState;
}

/** What lies where the changes go: it must be what the folder's tree says, or nothing. */
async function lookAtPresent(
  session: Session,
  changes: readonly Change[],
  goers: ReadonlySet<string>,
  newFolders: ReadonlySet<string>,
): Promise<Present[]> {
  const { oidBytes } = await session.configuration;
  // the commands that run at the same time are started first
  await breathe();
  const doubtful: { path: string; oid: string }[] = [];
  const present = changes.map((change): Present => {
    const { path, before, after } = change;
    // where the folder is still to be made, a link of that name must not be looked through
    const gap = after !== null && newFolders.has(dirname(path));
    const found = gap ? NOTHING : lookAt(session.repository.folder, path, goers, oidBytes);
    if (found.digest === null && before !== null) throw new FolderMoved(path);
    if (found.digest === null) return found;
    if (before === null && found.digest.oid !== after?.oid) {
      throw inTheWay(path, "is here already, ignored by git, and differs from the one that would arrive");
    }
    if (before !== null && found.digest.oid !== before.oid) doubtful.push({ path, oid: before.oid });
    return found;
  });
  await requireFiltered(session, doubtful);
  return present;
}

const NOTHING: Present = { digest: null, state: null };

/** What is at one place now; a folder counts as nothing when all in it goes. */
function lookAt(folder: string, path: string, goers: ReadonlySet<string>, oidBytes: 20 | 32): Present {
  const place = join(folder, path);
  const stat = statOf(place);
  if (stat === null) return NOTHING;
  if (stat.isDirectory()) {
    refuseFullFolder(place, path, goers);
    return NOTHING;
  }
  const digest = digestIfSteady(place, oidBytes);
  if (digest === null || digest === "unsteady") throw new FolderMoved(path);
  return { digest, state: stateOf(stat) };
}

/** Files whose bytes differ from the object are the object only if git's filters make them so; else they were edited. */
async function requireFiltered(session: Session, files: readonly { path: string; oid: string }[]): Promise<void> {
  for (const { path, oid } of files) {
    const found = await session.git.text(["hash-object", "--", join(session.repository.folder, path)]);
    if (found !== oid) throw new FolderMoved(path);
  }
}

/** A folder gives way to a file only when this run takes away everything in it. */
function refuseFullFolder(place: string, path: string, goers: ReadonlySet<string>): void {
  for (const entry of readdirSync(place, { withFileTypes: true })) {
    const inner = `${path}/${entry.name}`;
    if (entry.isDirectory()) refuseFullFolder(join(place, entry.name), inner, goers);
    else if (!goers.has(inner)) throw inTheWay(inner, `is in the folder ${path}, where a file would arrive`);
  }
}

function inTheWay(path: string, why: string): Failure {
  const quoted = `'${path.replaceAll("'", `'\\''`)}'`;
  return new Failure("halted", {
    cause: `in-the-way: ${path} ${why}`,
    paths: [path],
    remedy: [`mv -- ${quoted} ${quoted}.mine   # keeps yours under another name; then run the same command again`],
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
    await session.git.run(["checkout-index", `--prefix=${staging}/`, "-z", "--stdin"], { indexFile, input });
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

/** Files read before what runs at the same time (the flushing) gets its turn. */
const READ_AT_ONCE = 8;

async function readContents(session: Session, arriving: readonly (Change & { after: Entry })[]): Promise<void> {
  const { oidBytes } = await session.configuration;
  await contentDigests(
    session.git,
    session.state,
    arriving.map(({ after }) => after.oid),
    oidBytes,
  );
}

/** Each staged file must be its object's content: directly, or through git's filters under the arriving attributes. */
async function proveStaged(
  session: Session,
  arriving: readonly (Change & { after: Entry })[],
  indexFile: string,
  staging: string,
): Promise<Map<string, FileDigest>> {
  const { oidBytes } = await session.configuration;
  const digests = new Map<string, FileDigest>();
  const contents = await contentDigests(
    session.git,
    session.state,
    arriving.map(({ after }) => after.oid),
    oidBytes,
  );
  const filtered: (Change & { after: Entry })[] = [];
  for (const [n, change] of arriving.entries()) {
    if (n % READ_AT_ONCE === 0) await breathe();
    const digest = digestOf(join(staging, change.path));
    if (digest === null || digest.mode !== change.after.mode) throw damagedStaging(change.path);
    digests.set(change.path, digest);
    if (digest.sha256 !== contents.get(change.after.oid)?.sha256) filtered.push(change);
  }
  if (filtered.length > 0) await proveFiltered(session, filtered, indexFile, staging);
  return digests;
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
