// Reads a file or a link as a whole and hands its bytes on, with the stat that belongs to exactly these bytes. Never
// hangs on a pipe or a file that grows, never gives part of a file, never fetches from a cloud.

import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  readSync,
  type Stats,
} from "node:fs";
import { basename, dirname } from "node:path";
import { Failure, systemCode } from "../failure.ts";
import { quoted } from "../paste.ts";
import { hasBytesOnPaperOnly, type IsEvicted, isEvictedHere } from "./evicted.ts";

/** Is given a file's bytes, piece by piece; a piece is only good until the call returns. */
export type Take = (piece: Uint8Array) => void;

/** One reading's use of the bytes. */
export interface Use<T> {
  readonly take: Take;
  /** Called when all bytes were given and belong together. */
  readonly end: () => T;
}

/** What is kept of a file's stat: all of it takes a kilobyte and a half for each file (measured). */
export type ExactStat = Pick<
  BigIntStats,
  "dev" | "ino" | "mode" | "uid" | "gid" | "size" | "mtimeNs" | "ctimeNs" | "mtimeMs"
>;

function exactStat({ dev, ino, mode, uid, gid, size, mtimeNs, ctimeNs, mtimeMs }: BigIntStats): ExactStat {
  return { dev, ino, mode, uid, gid, size, mtimeNs, ctimeNs, mtimeMs };
}

/** What was read, and what came of its bytes. */
export interface Reading<T> {
  readonly result: T;
  /** Null where nobody asked for it. */
  readonly stat: ExactStat | null;
  readonly sizeBytes: number;
  /** git's mode for it: 100644, 100755 or 120000. */
  readonly mode: string;
}

export interface Reader<T> {
  /** Called with the size at the start of each reading. */
  readonly begin: (sizeBytes: number) => Use<T>;
  /** What the pieces are read into. */
  readonly buffer: Uint8Array;
  /** Gives the stat along; it is a third of what a small file costs (measured). */
  readonly keepsStat: boolean;
  readonly isEvicted?: IsEvicted | undefined;
}

const READ_AGAIN = 3;

/**
 * Reads a regular file, or the target of a symbolic link without following it; null when nothing is there, `unsteady`
 * when it changed during each of three readings.
 * @throws {Failure} `permission-denied` for a file that may not be read or whose bytes are in a cloud,
 * `integrity-mismatch` for what is neither file nor link, gives other than the bytes it says it has, or lost them.
 */
export function readWhole<T>(path: string, reader: Reader<T>): Reading<T> | null | "unsteady" {
  for (let attempt = 1; attempt <= READ_AGAIN; attempt++) {
    const fd = openPlain(path);
    if (fd === null) return null;
    const reading = fd === "link" ? readLink(path, reader) : readOpen(path, fd, reader);
    if (reading !== "changed") return reading;
  }
  return "unsteady";
}

/** Without O_NONBLOCK the opening of a pipe would wait for somebody to write into it. */
const HOW = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

function openPlain(path: string): number | "link" | null {
  try {
    return openSync(path, HOW);
  } catch (error) {
    const code = systemCode(error) ?? "";
    if (code === "ELOOP" || code === "EMLINK") return "link";
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    // a socket, or a device without a driver (open(2))
    if (code === "ENXIO" || code === "ENODEV" || code === "EOPNOTSUPP") throw notPlain(path);
    throw failureOf(path, error);
  }
}

function readLink<T>(path: string, reader: Reader<T>): Reading<T> | null | "changed" {
  try {
    const before = lstatSync(path, { bigint: true });
    const target = readlinkSync(path, { encoding: "buffer" });
    const after = lstatSync(path, { bigint: true });
    if (before.ino !== after.ino || before.ctimeNs !== after.ctimeNs) return "changed";
    const use = reader.begin(target.length);
    use.take(target);
    return { result: use.end(), stat: exactStat(after), sizeBytes: target.length, mode: "120000" };
  } catch (error) {
    const code = systemCode(error);
    // ELOOP here: its folder is reached through a circle of links, so nothing can be there
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP") return null;
    if (code === "EINVAL") return "changed"; // no link any more
    throw failureOf(path, error);
  }
}

function readOpen<T>(path: string, fd: number, reader: Reader<T>): Reading<T> | "changed" {
  try {
    const before = look(fd, reader);
    if (!before.isFile()) throw notPlain(path);
    const size = Number(before.size);
    const onPaperOnly = hasBytesOnPaperOnly({ size, blocks: Number(before.blocks) });
    if (onPaperOnly && (reader.isEvicted ?? isEvictedHere)(path)) throw inTheCloud(path, size);
    const use = reader.begin(size);
    const { read, onlyZeros } = readPieces(
      path,
      fd,
      { buffer: reader.buffer, use },
      { size, lookForZeros: onPaperOnly },
    );
    const after = look(fd, reader);
    // its last name went: another file may be in its place
    const replaced = Number(after.nlink) === 0 && Number(before.nlink) !== 0;
    if (after.size !== before.size || savedAt(after) !== savedAt(before) || replaced) return "changed";
    if (read !== size) throw notItsSize(path, size, read);
    if (onlyZeros) throw lost(path, size);
    const mode = (Number(before.mode) & 0o100) === 0 ? "100644" : "100755";
    return { result: use.end(), stat: isExact(after) ? exactStat(after) : null, sizeBytes: read, mode };
  } finally {
    closeSync(fd);
  }
}

function look(fd: number, { keepsStat }: { readonly keepsStat: boolean }): Stats | BigIntStats {
  return keepsStat ? fstatSync(fd, { bigint: true }) : fstatSync(fd);
}

function isExact(stat: Stats | BigIntStats): stat is BigIntStats {
  return typeof stat.size === "bigint";
}

/**
 * Time of the last save. As a plain number it tells moments apart that lie a quarter of a microsecond from each other:
 * less than what passes between two looks with a reading between them.
 */
function savedAt(stat: Stats | BigIntStats): number | bigint {
  return isExact(stat) ? stat.mtimeNs : stat.mtimeMs;
}

/** Ends at the file's end, or as soon as there is more than its size: a file that grows has no end to wait for. */
function readPieces(
  path: string,
  fd: number,
  { buffer, use }: { buffer: Uint8Array; use: Pick<Use<unknown>, "take"> },
  { size, lookForZeros }: { size: number; lookForZeros: boolean },
): { read: number; onlyZeros: boolean } {
  const zeros = lookForZeros ? Buffer.alloc(buffer.length) : null;
  let [read, onlyZeros] = [0, lookForZeros];
  while (read <= size) {
    const count = readPiece(path, fd, buffer);
    if (count === 0) break;
    read += count;
    const piece = buffer.subarray(0, count);
    if (onlyZeros) onlyZeros = zeros?.subarray(0, count).equals(piece) === true;
    use.take(piece);
    // a regular file gives less than was asked for at its end only (read(2)), so nobody need ask once more
    if (read === size && count < buffer.length) break;
  }
  return { read, onlyZeros };
}

function readPiece(path: string, fd: number, buffer: Uint8Array): number {
  try {
    return readSync(fd, buffer, 0, buffer.length, null);
  } catch (error) {
    throw failureOf(path, error);
  }
}

/** What an error of the system means for a file; errors that are not about the file itself stay what they are. */
function failureOf(path: string, error: unknown): unknown {
  const code = systemCode(error);
  // launchd.plist(5), MaterializeDatalessFiles: what a scheduled program gets for a file that is in the cloud
  if (code === "EDEADLK") return inTheCloud(path, null);
  if (code !== "EACCES" && code !== "EPERM") return error;
  return new Failure("permission-denied", {
    cause: `${path} cannot be read (${code})`,
    paths: [path],
    remedy: [`ls -l ${quoted(path)}   # then give yourself the right to read it: chmod u+r ${quoted(path)}`],
    because: error,
  });
}

function notPlain(path: string): Failure {
  return mismatch(path, "is neither a file nor a link", [`ls -ld ${quoted(path)}`]);
}

function notItsSize(path: string, size: number, read: number): Failure {
  const gives = read > size ? `at least ${read}` : `${read}`;
  return mismatch(path, `says it has ${size} bytes and gives ${gives}`, [
    `ls -l ${quoted(path)}   # on which disk is it? a file whose size is not true cannot be synced`,
  ]);
}

function lost(path: string, size: number): Failure {
  const restore = `git -C ${quoted(dirname(path))} restore --source=HEAD -- ${quoted(basename(path))}`;
  const full = quoted(`${path}.full`);
  return mismatch(path, `is a hole: ${size} bytes long, and nothing of it is on the disk (a power cut leaves this)`, [
    `${restore}   # or, for what was never committed: petesbrain-sync rollback list`,
    `dd if=${quoted(path)} of=${full} && mv ${full} ${quoted(path)}   # only where zeros are what it should hold`,
  ]);
}

function mismatch(path: string, why: string, remedy: string[]): Failure {
  return new Failure("integrity-mismatch", { cause: `${path} ${why}`, paths: [path], remedy });
}

function inTheCloud(path: string, sizeBytes: number | null): Failure {
  const size = sizeBytes === null ? "its bytes" : `its ${sizeBytes} bytes`;
  return new Failure("permission-denied", {
    cause: `${path} is in the cloud only: ${size} are not on this disk`,
    paths: [path],
    remedy: [
      `brctl download ${quoted(path)}   # then run the same command again`,
      "# so that it does not come back: keep the folder out of iCloud, Documents and Desktop",
    ],
  });
}
