// Brings the stat data of files whose bytes were just proven into an index file, as `git update-index --refresh` would,
// but without reading the files again. Bytes in, bytes out. A wrong value can only make git look at a file once more: it
// trusts an entry only where every field equals the file's. Source: gitformat-index(5).

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
const PIECE_BYTES = 256 * 1024;
const SECOND_NS = 1_000_000_000n;

/**
 * The index with the stat data of the named files, and a new checksum. Changed in place, and walked without keeping
 * anything of it: it may be large.
 * @throws {Error} when the bytes are not an index of version 2 to 4.
 */
export function withStats(bytes: Buffer, stats: ReadonlyMap<string, FileStat>, oidBytes: 20 | 32): Buffer {
  visitEntries(bytes, [...stats.keys()], oidBytes, (path, at) => {
    const stat = stats.get(path);
    if (stat !== undefined) writeStat(bytes, at, stat);
  });
  const end = bytes.length - oidBytes;
  const hasher = new Bun.CryptoHasher(oidBytes === 20 ? "sha1" : "sha256");
  for (let at = 0; at < end; at += PIECE_BYTES) hasher.update(bytes.subarray(at, Math.min(end, at + PIECE_BYTES)));
  const checksum = hasher.digest();
  // an index without a checksum (index.skipHash) stays one
  if (bytes.subarray(end).some((byte) => byte !== 0)) checksum.copy(bytes, end);
  return bytes;
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
export function recordedTimes(bytes: Buffer, paths: readonly string[], oidBytes: 20 | 32): Map<string, RecordedTime> {
  const found = new Map<string, RecordedTime>();
  visitEntries(bytes, paths, oidBytes, (path, at) => {
    const mtimeNs = BigInt(bytes.readUInt32BE(at + 8)) * SECOND_NS + BigInt(bytes.readUInt32BE(at + 12));
    found.set(path, { mtimeNs, size: bytes.readUInt32BE(at + 36) });
  });
  return found;
}

/** Calls back with the place of each named entry. Entries are in the order of their names' bytes: both lists are walked once. */
function visitEntries(
  bytes: Buffer,
  paths: readonly string[],
  oidBytes: 20 | 32,
  visit: (path: string, at: number) => void,
): void {
  const version = bytes.readUInt32BE(4);
  if (bytes.toString("latin1", 0, 4) !== "DIRC" || version < 2 || version > 4) throw new Error("not an index file");
  const wanted = paths.map((path) => ({ name: Buffer.from(path), path }));
  wanted.sort((a, b) => Buffer.compare(a.name, b.name));
  const entry = version < 4 ? new PlainEntry(bytes, oidBytes) : new ShortenedEntry(bytes, oidBytes);
  let next = 0;
  for (let left = bytes.readUInt32BE(8), at = 12; left > 0 && next < wanted.length; left--, at = entry.next) {
    entry.read(at);
    for (let file = wanted[next]; file !== undefined; file = wanted[next]) {
      const order = entry.compare(file.name);
      if (order < 0) break;
      if (order === 0) visit(file.path, at);
      next += 1;
    }
  }
}

function nameStart(bytes: Buffer, start: number, oidBytes: number): number {
  const flags = bytes.readUInt16BE(start + 40 + oidBytes);
  return start + 42 + oidBytes + ((flags & EXTENDED) === 0 ? 0 : 2);
}

/** The entry at hand of versions 2 and 3: whole names, padded to eight bytes. One object serves all entries. */
class PlainEntry {
  /** Where the next entry begins. */
  next = 0;
  private at = 0;
  private end = 0;
  private readonly bytes: Buffer;
  private readonly oidBytes: number;

  constructor(bytes: Buffer, oidBytes: number) {
    this.bytes = bytes;
    this.oidBytes = oidBytes;
  }

  read(start: number): void {
    const short = this.bytes.readUInt16BE(start + 40 + this.oidBytes) & NAME_LENGTH;
    this.at = nameStart(this.bytes, start, this.oidBytes);
    this.end = short < NAME_LENGTH ? this.at + short : this.bytes.indexOf(0, this.at);
    this.next = start + ((this.end - start + 8) & ~7);
  }

  /** Below, equal to or above zero as this entry's name is before, equal to or after another. */
  compare(name: Buffer): number {
    return this.bytes.compare(name, 0, name.length, this.at, this.end);
  }
}

/** The entry at hand of version 4: each name is the previous one, shortened by a number of bytes and continued. */
class ShortenedEntry {
  next = 0;
  private name = Buffer.from("");
  private readonly bytes: Buffer;
  private readonly oidBytes: number;

  constructor(bytes: Buffer, oidBytes: number) {
    this.bytes = bytes;
    this.oidBytes = oidBytes;
  }

  read(start: number): void {
    let at = nameStart(this.bytes, start, this.oidBytes);
    let dropped = 0;
    for (let byte = this.bytes.readUInt8(at++); ; byte = this.bytes.readUInt8(at++)) {
      dropped = dropped * 128 + (byte & 0x7f);
      if ((byte & 0x80) === 0) break;
      dropped += 1;
    }
    const end = this.bytes.indexOf(0, at);
    this.name = Buffer.concat([this.name.subarray(0, this.name.length - dropped), this.bytes.subarray(at, end)]);
    this.next = end + 1;
  }

  compare(name: Buffer): number {
    return Buffer.compare(this.name, name);
  }
}

function writeStat(bytes: Buffer, at: number, stat: FileStat): void {
  const fields = [
    stat.ctimeNs / SECOND_NS,
    stat.ctimeNs % SECOND_NS,
    stat.mtimeNs / SECOND_NS,
    stat.mtimeNs % SECOND_NS,
    stat.dev,
    stat.ino,
  ];
  fields.forEach((value, n) => {
    bytes.writeUInt32BE(Number(BigInt.asUintN(32, value)), at + 4 * n);
  });
  // the mode lies between; it belongs to the entry
  [stat.uid, stat.gid, stat.size].forEach((value, n) => {
    bytes.writeUInt32BE(Number(BigInt.asUintN(32, value)), at + 28 + 4 * n);
  });
}
