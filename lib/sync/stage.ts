// Prepares everything a run will put into the folder, beside the folder: git writes the files (so that filters, modes
// and links are its own), they are proven and flushed, and every path they will go to is looked at. A full disk, a bad
// name, a link among the parents or a file in the way is met here, before anything was changed.
import { chmodSync, constants, copyFileSync, mkdirSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../failure.ts";
import { flushAll } from "../git/flush.ts";
import type { Change } from "../git/parse.ts";
import { type FileState, statOf } from "../integrity/file-state.ts";
import { lookAtParents, lookAtPresent, refuseBadNames } from "./destination.ts";
import type { JournalFile } from "./journal.ts";
import { type Arriving, LINK, type ProvenFile, proveStaged, type StagingProof, type Taken } from "./prove-staged.ts";
import type { Session } from "./session.ts";
import { together } from "./together.ts";
import { sameEntry } from "./unite.ts";
import { writeFiles } from "./write-files.ts";

export interface Staged {
  readonly files: readonly JournalFile[];
  /** State of each file's present version when it was hashed, in the same order. */
  readonly seen: readonly FileState[];
  /** Folders that will have to be made, outermost first, relative to the folder. */
  readonly newFolders: readonly string[];
  /** What was last saved before this was surely not saved again, with the same time, after it was hashed; nanoseconds. */
  readonly settledBefore: bigint;
}

/** What was staged before it was known that just these changes would be needed. */
export interface StagedAhead {
  readonly changes: readonly Change[];
  readonly staged: Staged;
}

/** The coarsest clock of a file system gives every save within two seconds the same time. */
const COARSE_CLOCK_NS = 3_000_000_000n;

/** A file that comes from a copy rather than from git: byte for byte, with its own permissions. */
export interface PlacedCopy {
  /** Absolute; null where git has the bytes and only the permissions are given. */
  readonly from: string | null;
  readonly permissions: number;
}

/**
 * Stages changes of the folder.
 * @param plan the changes, the bytes they write, and a private index that holds the tree they lead to.
 * @param before what was staged before; of it, what is still as planned is not staged again.
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
    /** Finds the times in nanoseconds that a file must not get, because another content of it has or had them. */
    takenTimes?: (changes: readonly Change[]) => Promise<Taken>;
  },
  before: StagedAhead | null = null,
): Promise<Staged> {
  const { changes, bytes, indexFile, copies, judged } = plan;
  const ahead = before !== null && isAllWanted(before, changes) ? before : null;
  refuseBadNames(changes);
  if (changes.length === 0) return { files: [], seen: [], newFolders: [], settledBefore: 0n };
  const ready = readyOf(ahead, changes, copies);
  const open = changes.filter(({ path }) => !ready.has(path));
  if (ahead !== null && open.length === 0 && changes.length === ahead.changes.length) return ahead.staged;
  const staging = join(session.workDir, "staging");
  if (ahead === null) rmSync(staging, { recursive: true, force: true });
  // git writes over nothing
  else for (const { path } of open) if (copies?.has(path) === true) rmSync(join(staging, path), { force: true });
  mkdirSync(staging, { recursive: true, mode: 0o700 });
  const settledBefore = ahead?.staged.settledBefore ?? (statOf(staging)?.mtimeNs ?? 0n) - COARSE_CLOCK_NS;
  const goers = new Set(changes.filter(({ after }) => after === null).map(({ path }) => path));
  const newFolders = lookAtParents(session, changes, goers);
  requireSpace(session, bytes);
  const taken = await plan.takenTimes?.(open);
  const arriving = open.filter((change): change is Arriving => change.after !== null);
  const [present, proven] = await together(
    lookAtPresent(session, open, goers, new Set(newFolders)),
    writeAndProve(session, arriving, { indexFile, staging, copies, taken, judged }),
  );
  open.forEach(({ path }, n) => {
    const { digest = null, save } = proven.get(path) ?? {};
    const file = { path, before: present[n]?.digest ?? null, after: digest, ...(save === undefined ? {} : { save }) };
    ready.set(path, { file, seen: present[n]?.state ?? null });
  });
  const staged = changes.flatMap(({ path }) => ready.get(path) ?? []);
  return { files: staged.map(({ file }) => file), seen: staged.map(({ seen }) => seen), newFolders, settledBefore };
}

interface ReadyFile {
  readonly file: JournalFile;
  readonly seen: FileState;
}

/**
 * Otherwise what was staged is of no use: a file that is no longer wanted may stand where a folder must be, and a link
 * would lead out of the staging.
 */
function isAllWanted({ changes: staged }: StagedAhead, changes: readonly Change[]): boolean {
  const wanted = new Map(changes.map((change) => [change.path, change]));
  return staged.every(({ path, before, after }) => {
    const change = wanted.get(path);
    return change !== undefined && sameEntry(change.before, before) && sameEntry(change.after, after);
  });
}

/** What was staged ahead just as it is needed, by path; a file that is put back from a copy has yet to get its permissions. */
function readyOf(
  ahead: StagedAhead | null,
  changes: readonly Change[],
  copies: ReadonlyMap<string, PlacedCopy> = new Map(),
): Map<string, ReadyFile> {
  const ready = new Map<string, ReadyFile>();
  const wanted = new Map(changes.map((change) => [change.path, change]));
  ahead?.changes.forEach(({ path, before, after }, n) => {
    const [change, file] = [wanted.get(path), ahead.staged.files[n]];
    if (change === undefined || file === undefined || copies.has(path)) return;
    if (sameEntry(change.before, before) && sameEntry(change.after, after))
      ready.set(path, { file, seen: ahead.staged.seen[n] ?? null });
  });
  return ready;
}

interface StagingPlan extends StagingProof {
  readonly copies: ReadonlyMap<string, PlacedCopy> | undefined;
}

/** Of many files git writes some while those before are read back. A call has git read the whole index, so that they are few. */
const MOST_PARTS = 4;
const LEAST_OF_PART = 250;

async function writeAndProve(
  session: Session,
  arriving: readonly Arriving[],
  plan: StagingPlan,
): Promise<Map<string, ProvenFile>> {
  const proven = new Map<string, ProvenFile>();
  const size = Math.max(LEAST_OF_PART, Math.ceil(arriving.length / MOST_PARTS));
  let proving: Promise<unknown> = Promise.resolve();
  for (let at = 0; at < arriving.length; at += size) {
    const part = arriving.slice(at, at + size);
    const paths = part.map(({ path }) => path);
    await together(writeFiles(session, paths, { indexFile: plan.indexFile, folder: plan.staging }), proving);
    for (const change of part) {
      // a copy comes with its own permissions
      const copy = plan.copies?.get(change.path);
      if (copy === undefined) keepPermissions(session.repository.folder, change, plan.staging);
      else placeCopy(join(plan.staging, change.path), copy);
    }
    const written = part.filter(({ after }) => after.mode !== LINK).map(({ path }) => join(plan.staging, path));
    proving = together(proveStaged(session, part, plan, proven), flushAll(written));
  }
  await proving;
  return proven;
}

const EXECUTABLE = "100755";
const READ_AND_WRITE = 0o666n;
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

/** What only some may read here stays so when its content changes; git knows no more of permissions than who may execute. */
function keepPermissions(folder: string, { path, before, after }: Arriving, staging: string): void {
  if (before === null || after.mode === LINK) return;
  const staged = join(staging, path);
  const [present, written] = [statOf(join(folder, path)), statOf(staged)];
  // what is no file, here or there, is told by the proofs
  if (present?.isFile() !== true || written?.isFile() !== true) return;
  const kept = Number(present.mode & READ_AND_WRITE);
  if (kept === Number(written.mode & READ_AND_WRITE)) return;
  chmodSync(staged, after.mode === EXECUTABLE ? kept | ((kept & 0o444) >> 2) : kept);
}

function placeCopy(staged: string, copy: PlacedCopy): void {
  if (statOf(staged) === null) return;
  const { from, permissions } = copy;
  if (from !== null) copyFileSync(from, staged, constants.COPYFILE_FICLONE);
  chmodSync(staged, permissions);
}
