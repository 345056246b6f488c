// Copies of the critical and local files, beside the snapshot that git holds: `.sync-snapshot/<run>/files/…` and a
// manifest with their digests. Local files are in no commit, and git ignores most of them, so that these copies are all
// there is of them: each is copied from its own place in every snapshot, block-sharing where the file system can, for
// one bad sector must not take it out of all. A critical file that git holds as well, and that is what the snapshot
// before copied, is a hard link to that copy: nobody writes into copies, and copying all of them would cost more than
// the rest of a small run.
import {
  chmodSync,
  constants,
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { Failure, systemCode } from "../failure.ts";
import { faultPoint } from "../fault.ts";
import { flushAll } from "../git/flush.ts";
import { digestIfSteady, type SeenFile } from "../integrity/digest.ts";
import { fileState, readSeen, stateOf, statOf } from "../integrity/file-state.ts";
import { runStart } from "../machine/identity.ts";
import { quoted } from "../paste.ts";
import { type CopiesManifest, type Copy, formatManifest, parseManifest } from "./copies-form.ts";

const FOLDER = ".sync-snapshot";
const READ_AGAIN = 3;
/** Files copied before what runs at the same time gets its turn. */
const AT_ONCE = 16;

/** What is to be copied, and what is known of it. */
export interface CopyOrder {
  readonly folder: string;
  readonly about: Omit<CopiesManifest, "version" | "files">;
  /** Files by path, as they were read; a copy must hold these bytes as long as the file is the same. */
  readonly seen: ReadonlyMap<string, SeenFile>;
  /** Files that git holds as well, flushed: for these the copy need not be on the disk before the run goes on. */
  readonly isInGit: (path: string) => boolean;
  /** Lets what runs at the same time have its turn. */
  readonly breathe: () => Promise<void>;
}

/** Where the copies of a run are. */
export function copiesFolder(folder: string, run: string): string {
  return join(folder, FOLDER, run);
}

/** Where the copy of one file is. */
export function copyPath(folder: string, run: string, path: string): string {
  return join(copiesFolder(folder, run), "files", path);
}

/**
 * Makes the copies of a run, whole or not at all, in the place of those that an earlier attempt of it made.
 * @returns files of which there is no copy, because they kept changing.
 * @throws {Failure} `snapshot-failed`, or the system's error; nothing but the copies was touched.
 */
export async function takeCopies(order: CopyOrder): Promise<string[]> {
  const { folder, about } = order;
  const making = `${copiesFolder(folder, about.run)}.new`;
  openPrivateFolder(folder);
  rmSync(making, { recursive: true, force: true });
  mkdirSync(join(making, "files"), { recursive: true, mode: 0o700 });
  faultPoint("copy watched files");
  const earlier = copiesBefore(folder, about.run);
  const files: Copy[] = [];
  const missed: string[] = [...about.missed];
  const flushed: string[] = [];
  const parents = new Set<string>(["."]);
  for (const [path, seen] of order.seen) {
    if (files.length % AT_ONCE === 0) await order.breathe();
    const target = join(making, "files", path);
    if (!parents.has(dirname(path))) mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    parents.add(dirname(path));
    const known = order.isInGit(path) ? earlier(path, seen) : null;
    const copy = known !== null && linkTo(known, target) ? copyOf(path, seen) : copyOne(folder, path, seen, target);
    if (copy === "unsteady") missed.push(path);
    else if (copy !== null) files.push(copy);
    if (copy !== null && copy !== "unsteady" && copy.permissions !== null && !order.isInGit(path)) flushed.push(target);
  }
  writeFileSync(join(making, "manifest.json"), formatManifest({ version: 1, ...about, files, missed }), {
    mode: 0o600,
  });
  if (flushed.length > 0) await flushAll([...flushed, join(making, "manifest.json"), ...foldersOf(making, flushed)]);
  putInPlace(making, copiesFolder(folder, about.run));
  if (flushed.length > 0) await flushAll([join(folder, FOLDER)]);
  faultPoint("watched files copied");
  return missed;
}

/** Finds in the newest copies the one of a file that is still what it was. */
function copiesBefore(folder: string, run: string): (path: string, seen: SeenFile) => string | null {
  const newest = runsWithCopies(folder)
    .filter((name) => name !== run)
    .sort()
    .at(-1);
  const manifest = newest === undefined ? null : readCopiesOrNull(folder, newest);
  if (newest === undefined || manifest === null || manifest === "damaged") return () => null;
  const known = new Map(manifest.files.map((copy) => [copy.path, copy]));
  return (path, seen) => {
    const copy = known.get(path);
    const same = copy?.sha256 === seen.digest.sha256 && copy.permissions === copyOf(path, seen).permissions;
    return same && copy.permissions !== null ? copyPath(folder, newest, path) : null;
  };
}

/** False where the earlier copy cannot be linked to: it is gone, or has as many names as the file system allows. */
function linkTo(copy: string, target: string): boolean {
  try {
    linkSync(copy, target);
    return true;
  } catch (error) {
    const code = systemCode(error) ?? "";
    if (["ENOENT", "EMLINK", "EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOTDIR"].includes(code)) return false;
    throw error;
  }
}

/** The folders from each file up to the top, each once. */
function foldersOf(top: string, files: readonly string[]): string[] {
  const folders = new Set<string>([top]);
  for (const file of files) for (let at = dirname(file); at !== top; at = dirname(at)) folders.add(at);
  return [...folders];
}

/** Our folder, which may hold secrets: nobody else may look into it, and it must not lead elsewhere. */
function openPrivateFolder(folder: string): void {
  const place = join(folder, FOLDER);
  const found = statOf(place);
  if (found === null) mkdirSync(place, { mode: 0o700 });
  else if (!found.isDirectory()) {
    throw new Failure("snapshot-failed", {
      cause: `${place} must be a folder: the copies of critical and local files are kept in it`,
      paths: [FOLDER],
      remedy: [`mv ${quoted(place)} ${quoted(`${place}.old`)}   # then run the same command again`],
    });
  } else if ((found.mode & 0o077n) !== 0n) chmodSync(place, 0o700);
}

function putInPlace(making: string, place: string): void {
  const gone = `${place}.gone`;
  if (statOf(place) !== null) renameSync(place, gone);
  renameSync(making, place);
  rmSync(gone, { recursive: true, force: true });
}

/** Copies one file and proves the copy; null when the file has gone meanwhile. */
function copyOne(folder: string, path: string, known: SeenFile, target: string): Copy | null | "unsteady" {
  const source = join(folder, path);
  let failed = false;
  for (let attempt = 1; attempt <= READ_AGAIN; attempt++) {
    const before = fileState(source);
    if (before === null) return null;
    const seen = before === stateOf(known.stat) ? known : readSeen(source);
    if (seen === null) continue;
    if (attempt > 1) rmSync(target, { force: true });
    if (!copyBytes(source, target, seen)) return null;
    if (fileState(source) !== stateOf(seen.stat)) continue;
    const copied = digestIfSteady(target);
    if (copied !== null && copied !== "unsteady" && copied.sha256 === seen.digest.sha256) return copyOf(path, seen);
    failed = true;
  }
  if (!failed) return "unsteady";
  throw new Failure("snapshot-failed", {
    cause: `the copy of ${path} does not read back as the file`,
    paths: [path],
    remedy: ["df -h .   # is the disk sound and not full? then run the same command again"],
  });
}

/** False when the file has gone. */
function copyBytes(source: string, target: string, seen: SeenFile): boolean {
  try {
    if (seen.digest.mode === LINK) {
      symlinkSync(readlinkSync(source, { encoding: "buffer" }), target);
      return true;
    }
    copyFileSync(source, target, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
    chmodSync(target, 0o600);
    return true;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return false;
    throw error;
  }
}

const LINK = "120000";

function copyOf(path: string, { digest, stat }: SeenFile): Copy {
  const permissions = digest.mode === LINK ? null : Number(stat.mode & 0o777n);
  return { path, sha256: digest.sha256, sizeBytes: digest.sizeBytes, permissions };
}

/**
 * What was copied for a run; null where there are no copies.
 * @throws {Failure} `integrity-mismatch` for a manifest that is damaged: what it says is not guessed.
 */
export function readCopies(folder: string, run: string): CopiesManifest | null {
  const place = join(copiesFolder(folder, run), "manifest.json");
  if (statOf(join(folder, FOLDER))?.isDirectory() !== true || statOf(copiesFolder(folder, run))?.isDirectory() !== true)
    return null;
  const manifest = statOf(place)?.isFile() === true ? parseManifest(readFileSync(place, "utf8")) : null;
  if (manifest !== null && manifest.run === run) return manifest;
  throw new Failure("integrity-mismatch", {
    cause: `the copies of the snapshot ${run} cannot be used: ${place} is damaged or missing`,
    paths: [`${FOLDER}/${run}/manifest.json`],
    remedy: [
      "petesbrain-sync rollback list   # another snapshot may hold what you need",
      `mv ${quoted(copiesFolder(folder, run))} ${quoted(`${copiesFolder(folder, run)}.damaged`)}   # then: petesbrain-sync rollback ${run} brings back what git holds of it`,
    ],
  });
}

/** The same, with `damaged` as the answer for a manifest that is. */
export function readCopiesOrNull(folder: string, run: string): CopiesManifest | null | "damaged" {
  try {
    return readCopies(folder, run);
  } catch (error) {
    if (error instanceof Failure && error.kind === "integrity-mismatch") return "damaged";
    throw error;
  }
}

/** Says whether a copy still holds what was copied. */
export function isSound(folder: string, run: string, copy: Copy): boolean {
  const found = digestIfSteady(copyPath(folder, run, copy.path));
  return found !== null && found !== "unsteady" && found.sha256 === copy.sha256;
}

/** The runs that there are copies of. */
export function runsWithCopies(folder: string): string[] {
  if (statOf(join(folder, FOLDER))?.isDirectory() !== true) return [];
  return readdirSync(join(folder, FOLDER)).filter((name) => runStart(name) !== null);
}

/** Bytes that the copies of a run take, at most: where the file system shares blocks it is less. */
export function bytesOfCopies(folder: string, run: string): number {
  let bytes = 0;
  const add = (place: string): void => {
    for (const entry of readdirSync(place, { withFileTypes: true })) {
      const inner = join(place, entry.name);
      if (entry.isDirectory()) add(inner);
      else {
        const { size, nlink } = lstatSync(inner);
        // what several snapshots share is counted once between them
        bytes += Math.ceil(size / nlink);
      }
    }
  };
  if (statOf(copiesFolder(folder, run))?.isDirectory() === true) add(copiesFolder(folder, run));
  return bytes;
}

/** Drops the copies of runs. What is cut off half-way is no copy any more, and is swept away later. */
export function dropCopies(folder: string, runs: readonly string[]): void {
  for (const run of runs) {
    const place = copiesFolder(folder, run);
    if (statOf(place)?.isDirectory() !== true) continue;
    renameSync(place, `${place}.gone`);
    rmSync(`${place}.gone`, { recursive: true, force: true });
  }
}

/** Removes what killed runs left of copies they were making or dropping. */
export function sweepCopies(folder: string): void {
  const place = join(folder, FOLDER);
  if (statOf(place)?.isDirectory() !== true) return;
  for (const name of readdirSync(place)) {
    const run = /^(.+)\.(?:new|gone)$/.exec(name)?.[1];
    if (run !== undefined && runStart(run) !== null) rmSync(join(place, name), { recursive: true, force: true });
  }
}
