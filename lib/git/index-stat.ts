// Brings the stat data of files whose bytes were just proven into an index file, as `git update-index --refresh` would,
// but without reading the files again. Pure over bytes. A wrong value can only make git look at a file once more: it
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
const SECOND_NS = 1_000_000_000n;

/**
 * A copy of the index with the stat data of the named files, and a new checksum.
 * @throws {Error} when the bytes are not an index of version 2 to 4.
 */
export function withStats(index: Uint8Array, stats: ReadonlyMap<string, FileStat>, oidBytes: 20 | 32): Uint8Array {
  const bytes = Buffer.from(index);
  const version = bytes.readUInt32BE(4);
  if (bytes.toString("latin1", 0, 4) !== "DIRC" || version < 2 || version > 4) throw new Error("not an index file");
  const entries = bytes.readUInt32BE(8);
  let at = 12;
  let name: Uint8Array = new Uint8Array();
  for (let i = 0; i < entries; i++) {
    const entry = readName(bytes, at, version, oidBytes, name);
    name = entry.name;
    const stat = stats.get(Buffer.from(name).toString("utf8"));
    if (stat !== undefined) writeStat(bytes, at, stat);
    at = entry.next;
  }
  const end = bytes.length - oidBytes;
  const checksum = new Bun.CryptoHasher(oidBytes === 20 ? "sha1" : "sha256").update(bytes.subarray(0, end)).digest();
  // an index without a checksum (index.skipHash) stays one
  if (bytes.subarray(end).some((byte) => byte !== 0)) checksum.copy(bytes, end);
  return bytes;
}

function readName(
  bytes: Buffer,
  start: number,
  version: number,
  oidBytes: number,
  previous: Uint8Array,
): { name: Uint8Array; next: number } {
  const flags = bytes.readUInt16BE(start + 40 + oidBytes);
  let at = start + 42 + oidBytes + ((flags & EXTENDED) === 0 ? 0 : 2);
  if (version < 4) {
    const short = flags & NAME_LENGTH;
    const length = short < NAME_LENGTH ? short : bytes.indexOf(0, at) - at;
    return { name: bytes.subarray(at, at + length), next: start + ((at - start + length + 8) & ~7) };
  }
  let dropped = 0;
  for (let byte = bytes.readUInt8(at++); ; byte = bytes.readUInt8(at++)) {
    dropped = dropped * 128 + (byte & 0x7f);
    if ((byte & 0x80) === 0) break;
    dropped += 1;
  }
  const end = bytes.indexOf(0, at);
  const name = Buffer.concat([previous.subarray(0, previous.length - dropped), bytes.subarray(at, end)]);
  return { name, next: end + 1 };
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
