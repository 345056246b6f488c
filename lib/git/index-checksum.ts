// The checksum that an index file ends with. git writes it and, to be quick, does not look at it when it reads the file.
// Source: gitformat-index(5).
import { fstatSync, readSync } from "node:fs";

const PIECE_BYTES = 128 * 1024;

export interface IndexChecksum {
  /** Where in the file it stands. */
  readonly at: number;
  /** Null in an index that has none (index.skipHash). */
  readonly stored: Buffer | null;
  /** Of the bytes before it. */
  readonly computed: Buffer;
}

/** Reads an open index file whole. @throws {Error} when it is cut off. */
export function checksumOf(fd: number, oidBytes: 20 | 32): IndexChecksum {
  const end = fstatSync(fd).size - oidBytes;
  const hasher = new Bun.CryptoHasher(oidBytes === 20 ? "sha1" : "sha256");
  const buffer = Buffer.allocUnsafe(PIECE_BYTES);
  for (let at = 0; at < end; ) {
    const count = readSync(fd, buffer, 0, Math.min(buffer.length, end - at), at);
    if (count === 0) throw new Error("the index is cut off");
    hasher.update(buffer.subarray(0, count));
    at += count;
  }
  const stored = Buffer.alloc(oidBytes);
  if (end < 0 || readSync(fd, stored, 0, oidBytes, end) < oidBytes) throw new Error("the index is cut off");
  return { at: end, stored: stored.some((byte) => byte !== 0) ? stored : null, computed: hasher.digest() };
}
