// Mends rotten files: the good copy is looked for in the index, in HEAD, in the snapshots and among the copies that were
// made with them, newest first; the rotten one is kept, the good one renamed into its place and proven by reading it
// back. A name holds the one or the other at every instant.
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  mkdirSync,
  openSync,
  rmSync,
  utimesSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { digestIfSteady, type FileDigest } from "../integrity/digest.ts";
import { fileState, statOf } from "../integrity/file-state.ts";
import { flushFolder } from "../machine/durable.ts";
import { copyPath, readCopiesOrNull, runsWithCopies } from "../snapshot/copies.ts";
import { listSnapshots } from "../snapshot/list.ts";
import { move } from "./file-operations.ts";
import type { Session } from "./session.ts";

/** A rotten file and what it must be: the baseline's digest, or else the index's object. */
export interface Rotten {
  readonly path: string;
  readonly sha256: string | null;
  readonly oid: string | null;
}

export interface Repair {
  readonly repaired: readonly string[];
  readonly failed: readonly { readonly path: string; readonly why: string }[];
  /** Folder with the rotten copies, absolute; null where none had to be kept. */
  readonly kept: string | null;
}

/** Mends what can be mended. With `dryRun` only looks for good copies and tells which files could be mended. */
export async function repairFiles(
  session: Session,
  rotten: readonly Rotten[],
  options: { dryRun: boolean },
): Promise<Repair> {
  const kept = join(session.repository.stateDir, "damaged", session.run);
  const repaired: string[] = [];
  const failed: { path: string; why: string }[] = [];
  const snapshots = rotten.length === 0 ? [] : (await listSnapshots(session.context)).map(({ commit }) => commit);
  for (const file of rotten) {
    const why = await repairOne(session, file, { snapshots, kept, ...options });
    if (why === null) repaired.push(file.path);
    else failed.push({ path: file.path, why });
  }
  return { repaired, failed, kept: repaired.length > 0 && !options.dryRun ? kept : null };
}

interface Means {
  readonly snapshots: readonly string[];
  readonly kept: string;
  readonly dryRun: boolean;
}

/** Null when the file is mended, else why it is not. */
async function repairOne(session: Session, file: Rotten, means: Means): Promise<string | null> {
  const place = join(session.repository.folder, file.path);
  const before = fileState(place);
  if (statOf(place)?.isFile() !== true) return "is no plain file";
  if (isBehindLink(session, file.path)) return "lies behind a link";
  const good = await goodCopy(session, file, means.snapshots);
  if (good === null) return "has no good copy in git or in a snapshot";
  if (means.dryRun) return null;
  const bad = digestIfSteady(place);
  if (bad === null || bad === "unsteady") return "is being written";
  keep(place, join(means.kept, file.path), bad);
  dressAs(good.path, place);
  if (fileState(place) !== before) return "was saved meanwhile";
  move(good.path, place);
  flushFolder(dirname(place));
  const proven = digestIfSteady(place);
  return proven !== null && proven !== "unsteady" && proven.sha256 === good.sha256 ? null : "does not read back";
}

function isBehindLink(session: Session, path: string): boolean {
  const parts = path.split("/").slice(0, -1);
  return parts.some((_, n) => {
    const parent = statOf(join(session.repository.folder, ...parts.slice(0, n + 1)));
    return parent?.isDirectory() !== true;
  });
}

/** Writes candidates beside the folder until one is what the file must be. */
async function goodCopy(
  session: Session,
  file: Rotten,
  snapshots: readonly string[],
): Promise<{ path: string; sha256: string } | null> {
  const { oidBytes } = await session.configuration;
  mkdirSync(session.workDir, { recursive: true, mode: 0o700 });
  const path = join(session.workDir, "good-copy");
  for (const oid of await candidates(session, file, snapshots)) {
    if (!(await writeObject(session, file.path, oid, path))) continue;
    const digest = digestIfSteady(path, oidBytes);
    if (digest === null || digest === "unsteady") continue;
    if (await isWanted(session, file, digest, path)) return { path, sha256: digest.sha256 };
  }
  return copyOfSnapshot(session, file, path);
}

/** What git never held may be among the copies that were made before runs, newest first; one that went bad is passed over. */
function copyOfSnapshot(
  { repository }: Session,
  file: Rotten,
  target: string,
): { path: string; sha256: string } | null {
  if (file.sha256 === null) return null;
  for (const run of runsWithCopies(repository.folder).sort().reverse()) {
    const manifest = readCopiesOrNull(repository.folder, run);
    if (manifest === null || manifest === "damaged") continue;
    const copy = manifest.files.find(({ path, sha256 }) => path === file.path && sha256 === file.sha256);
    if (copy === undefined || copy.permissions === null) continue;
    rmSync(target, { force: true });
    copyFileSync(copyPath(repository.folder, run, file.path), target, constants.COPYFILE_FICLONE);
    flushFile(target);
    const digest = digestIfSteady(target);
    if (digest !== null && digest !== "unsteady" && digest.sha256 === file.sha256)
      return { path: target, sha256: digest.sha256 };
  }
  return null;
}

function flushFile(path: string): void {
  const fd = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

async function isWanted(session: Session, file: Rotten, digest: FileDigest, path: string): Promise<boolean> {
  if (file.sha256 !== null) return digest.sha256 === file.sha256;
  if (digest.oid === file.oid) return true;
  return (await session.git.text(["hash-object", `--path=${file.path}`, "--", path])) === file.oid;
}

/** Objects that git holds under the path: in the index, in HEAD, in the snapshots; each once. */
async function candidates(session: Session, file: Rotten, snapshots: readonly string[]): Promise<string[]> {
  if (file.sha256 === null) return file.oid === null ? [] : [file.oid];
  if (file.path.includes("\n")) return [];
  const names = ["", "HEAD", ...snapshots].map((where) => `${where}:${file.path}\n`);
  const answer = await session.git.text(["cat-file", "--batch-check=%(objecttype) %(objectname)"], {
    input: names.join(""),
    accept: [0, 128],
  });
  return [...new Set(answer.split("\n").flatMap((line) => /^blob ([0-9a-f]+)$/.exec(line)?.[1] ?? []))];
}

/** Writes an object as git would check it out; false for one that git cannot read. */
async function writeObject(session: Session, path: string, oid: string, target: string): Promise<boolean> {
  const fd = openSync(target, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW, 0o600);
  try {
    const { exit } = await session.git.run(["cat-file", "--filters", `--path=${path}`, oid], {
      accept: [0, 128],
      onOutput: (piece) => {
        for (let at = 0; at < piece.length; ) at += writeSync(fd, piece, at);
      },
    });
    fsyncSync(fd);
    return exit === 0;
  } finally {
    closeSync(fd);
  }
}

/** Copies the rotten file aside and proves the copy. */
function keep(place: string, target: string, bad: FileDigest): void {
  mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
  copyFileSync(place, target, constants.COPYFILE_FICLONE);
  chmodSync(target, 0o600);
  flushFile(target);
  flushFolder(dirname(target));
  const copied = digestIfSteady(target);
  if (copied === null || copied === "unsteady" || copied.sha256 !== bad.sha256)
    throw new Error(`${target} is no true copy of ${place}`);
}

/** Gives the good copy the mode and the time that the file has: neither of them rotted. */
function dressAs(good: string, place: string): void {
  const found = statOf(place);
  if (found === null) return;
  chmodSync(good, Number(found.mode & 0o777n));
  utimesSync(good, Number(found.atimeMs) / 1000, Number(found.mtimeMs) / 1000);
}
