// Brings the stat data of files whose bytes were just proven into an index file, as `git update-index --refresh` would,
// but without reading the files again. A wrong value can only make git look at a file once more: it
// trusts an entry only where every field equals the file's. Source: gitformat-index(5).
import { closeSync, openSync, writeSync } from "node:fs";
import { IndexBytes } from "./index-bytes.ts";
import { checksumOf } from "./index-checksum.ts";

/** What the index records of a file. Times in nanoseconds since 1970. */
export interface FileStat {
  readonly ctimeNs: bigint;
  readonly mtimeNs: bigint;
  readonly dev: bigint;
  readonly ino: bigint;
  readonly uid: bigint;
  readonly gid: bigint;
  readonly size: bigint;
}

const EXTENDED = 0x4000;
const NAME_LENGTH = 0x0fff;
/** From an entry's beginning to behind its size. */
export const STAT_BYTES = 40;
const SECOND_NS = 1_000_000_000n;

/** Where in an index file entries begin, by path. */
export type EntryPlaces = ReadonlyMap<string, number>;

/**
 * Writes the stat data of the named files into an index file, and its checksum anew.
 * @param places where entries were found before: what is still there need not be sought.
 * @returns the checksum; null in an index that has none.
 * @throws {Error} when the file is not an index of version 2 to 4.
 */
export function writeStats(
  path: string,
  stats: ReadonlyMap<string, FileStat>,
  oidBytes: 20 | 32,
  places: EntryPlaces = new Map(),
): Buffer | null {
  const fd = openSync(path, "r+");
  try {
    IndexBytes.read(path, (index) => {
      const write = (name: string, at: number, here: number): void => {
        const stat = stats.get(name);
        if (stat === undefined) return;
        const entry = Buffer.from(index.bytes.subarray(here, here + STAT_BYTES));
        writeStat(entry, stat);
        writeSync(fd, entry, 0, STAT_BYTES, at);
      };
      const names = [...stats.keys()];
      visitEntries(index, stillThere(index, names, places, oidBytes, write), oidBytes, write);
    });
    return writeChecksum(fd, oidBytes);
  } finally {
    closeSync(fd);
  }
}

type Visit = (path: string, at: number, here: number) => void;

/** Calls back for each named entry that is where it was found before; returns the other names. */
function stillThere(
  index: IndexBytes,
  names: readonly string[],
  places: EntryPlaces,
  oidBytes: 20 | 32,
  visit: Visit,
): string[] {
  // in version 4 an entry alone does not tell its name
  if (versionOf(index) > 3) return [...names];
  const entry = new PlainEntry(oidBytes);
  return names.filter((name) => {
    const at = places.get(name);
    if (at === undefined || at + STAT_BYTES > index.length) return true;
    const here = index.locate(at);
    const end = here + entry.read(index.bytes, here);
    if (end > index.bytes.length || entry.compare(Buffer.from(name)) !== 0) return true;
    visit(name, at, here);
    return false;
  });
}

/** @throws {Error} for what is no index of version 2 to 4. */
function versionOf(index: IndexBytes): number {
  const start = index.locate(0);
  const version = index.bytes.readUInt32BE(start + 4);
  if (index.bytes.toString("latin1", start, start + 4) !== "DIRC" || version < 2 || version > 4)
    throw new Error("not an index file");
  return version;
}

/** Writes the checksum of an open index anew, where it has one; returns it. */
export function writeChecksum(fd: number, oidBytes: 20 | 32): Buffer | null {
  const { at, stored, computed } = checksumOf(fd, oidBytes);
  if (stored === null) return null;
  writeSync(fd, computed, 0, oidBytes, at);
  return computed;
}

/** Size (of its lowest 32 bits) and modification time that the index holds of a file. */
export interface RecordedTime {
  readonly mtimeNs: bigint;
  readonly size: number;
}

/**
 * What the index holds of the named files; those it does not have are left out. git sets the size to zero where it is
 * not sure of an entry.
 * @throws {Error} when the bytes are not an index of version 2 to 4.
 */
export function recordedTimes(
  index: IndexBytes,
  paths: readonly string[],
  oidBytes: 20 | 32,
): Map<string, RecordedTime> {
  const found = new Map<string, RecordedTime>();
  visitEntries(index, paths, oidBytes, (path, _, here) => {
    const { bytes } = index;
    const mtimeNs = BigInt(bytes.readUInt32BE(here + 8)) * SECOND_NS + BigInt(bytes.readUInt32BE(here + 12));
    found.set(path, { mtimeNs, size: bytes.readUInt32BE(here + 36) });
  });
  return found;
}

/** Ids of the contents that the index holds for the named files; those it does not have, and other repositories, are left out. */
export function recordedContents(index: IndexBytes, paths: readonly string[], oidBytes: 20 | 32): string[] {
  const found: string[] = [];
  visitEntries(index, paths, oidBytes, (_path, _at, here) => {
    const { bytes } = index;
    if (bytes.readUInt16BE(here + 26) >>> 12 !== REPOSITORY_KIND)
      found.push(bytes.toString("hex", here + STAT_BYTES, here + STAT_BYTES + oidBytes));
  });
  return found;
}

/** The kind of file in the mode of an entry. */
const REPOSITORY_KIND = 0o16;

/**
 * Calls back with the place of each named entry, in the index and in the stretch at hand. Entries are in the order of
 * their names' bytes: both lists are walked once.
 */
export function visitEntries(index: IndexBytes, paths: readonly string[], oidBytes: 20 | 32, visit: Visit): void {
  const version = versionOf(index);
  const start = index.locate(0);
  const wanted = paths.map((path) => ({ name: Buffer.from(path), path }));
  wanted.sort((a, b) => Buffer.compare(a.name, b.name));
  const entry = version < 4 ? new PlainEntry(oidBytes) : new ShortenedEntry(oidBytes);
  let next = 0;
  for (let left = index.bytes.readUInt32BE(start + 8), at = 12; left > 0 && next < wanted.length; left--) {
    const here = index.locate(at);
    const length = entry.read(index.bytes, here);
    for (let file = wanted[next]; file !== undefined; file = wanted[next]) {
      const order = entry.compare(file.name);
      if (order < 0) break;
      if (order === 0) visit(file.path, at, here);
      next += 1;
    }
    at += length;
  }
}

function nameStart(bytes: Buffer, start: number, oidBytes: number): number {
  const flags = bytes.readUInt16BE(start + 40 + oidBytes);
  return start + 42 + oidBytes + ((flags & EXTENDED) === 0 ? 0 : 2);
}

/** The entry at hand of versions 2 and 3: whole names, padded to eight bytes. One object serves all entries. */
class PlainEntry {
  private readonly oidBytes: number;
  private bytes: Buffer = Buffer.alloc(0);
  private at = 0;
  private end = 0;

  constructor(oidBytes: number) {
    this.oidBytes = oidBytes;
  }

  /** Reads the entry at a place and returns its length. */
  read(bytes: Buffer, start: number): number {
    const short = bytes.readUInt16BE(start + 40 + this.oidBytes) & NAME_LENGTH;
    this.bytes = bytes;
    this.at = nameStart(bytes, start, this.oidBytes);
    this.end = short < NAME_LENGTH ? this.at + short : bytes.indexOf(0, this.at);
    return (this.end - start + 8) & ~7;
  }

  /** Below, equal to or above zero as this entry's name is before, equal to or after another. */
  compare(name: Buffer): number {
    return this.bytes.compare(name, 0, name.length, this.at, this.end);
  }
}

/** The entry at hand of version 4: each name is the previous one, shortened by a number of bytes and continued. */
class ShortenedEntry {
  private readonly oidBytes: number;
  private name: Buffer = Buffer.alloc(0);

  constructor(oidBytes: number) {
    this.oidBytes = oidBytes;
  }

  read(bytes: Buffer, start: number): number {
    let at = nameStart(bytes, start, this.oidBytes);
    let dropped = 0;
    for (let byte = bytes.readUInt8(at++); ; byte = bytes.readUInt8(at++)) {
      dropped = dropped * 128 + (byte & 0x7f);
      if ((byte & 0x80) === 0) break;
      dropped += 1;
    }
    const end = bytes.indexOf(0, at);
    this.name = Buffer.concat([this.name.subarray(0, this.name.length - dropped), bytes.subarray(at, end)]);
    return end + 1 - start;
  }

  compare(name: Buffer): number {
    return Buffer.compare(this.name, name);
  }
}

/** Into the bytes at the beginning of an entry. */
function writeStat(bytes: Buffer, stat: FileStat): void {
  const fields = [
    stat.ctimeNs / SECOND_NS,
    stat.ctimeNs % SECOND_NS,
    stat.mtimeNs / SECOND_NS,
    stat.mtimeNs % SECOND_NS,
    stat.dev,
    stat.ino,
  ];
  fields.forEach((value, n) => {
    bytes.writeUInt32BE(Number(BigInt.asUintN(32, value)), 4 * n);
  });
  // the mode lies between; it belongs to the entry
  [stat.uid, stat.gid, stat.size].forEach((value, n) => {
    bytes.writeUInt32BE(Number(BigInt.asUintN(32, value)), 28 + 4 * n);
  });
}
