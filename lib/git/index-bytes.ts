// The bytes of an index, a stretch at a time: of 100,000 files it has some 12 MB, which no run has to hold.
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

const STRETCH_BYTES = 128 * 1024;
/** No entry is longer: a name ends where the longest path of any file system does. */
const LONGEST_ENTRY_BYTES = 32 * 1024;

export class IndexBytes {
  /** Bytes of the whole index. */
  readonly length: number;
  /** The stretch at hand. */
  bytes: Buffer;
  private readonly fd: number | null;
  private readonly buffer: Buffer | null;
  private base = 0;

  private constructor(source: { fd: number; length: number } | { bytes: Uint8Array }) {
    if ("bytes" in source) {
      const { buffer, byteOffset, length } = source.bytes;
      [this.fd, this.buffer, this.length] = [null, null, length];
      this.bytes = Buffer.from(buffer, byteOffset, length);
    } else {
      [this.fd, this.length] = [source.fd, source.length];
      this.buffer = Buffer.allocUnsafe(STRETCH_BYTES);
      this.bytes = this.buffer.subarray(0, 0);
    }
  }

  /** An index that is in memory. */
  static of(bytes: Uint8Array): IndexBytes {
    return new IndexBytes({ bytes });
  }

  /** Opens an index file for as long as it is used. */
  static read<T>(path: string, use: (index: IndexBytes) => T): T {
    return IndexBytes.open(path, (fd) => use(new IndexBytes({ fd, length: fstatSync(fd).size })));
  }

  /** The same for one who reads the file by itself. */
  static open<T>(path: string, use: (fd: number) => T): T {
    const fd = openSync(path, "r");
    try {
      return use(fd);
    } finally {
      closeSync(fd);
    }
  }

  /** Where in `bytes` a place of the index is, with all of the entry that begins there behind it. */
  locate(at: number): number {
    const end = this.base + this.bytes.length;
    const isHere = at >= this.base && (end >= this.length || at + LONGEST_ENTRY_BYTES <= end);
    if (!isHere && this.fd !== null && this.buffer !== null) this.fill(this.fd, this.buffer, at);
    return at - this.base;
  }

  private fill(fd: number, buffer: Buffer, at: number): void {
    let filled = 0;
    while (filled < buffer.length) {
      const count = readSync(fd, buffer, filled, buffer.length - filled, at + filled);
      if (count === 0) break;
      filled += count;
    }
    this.base = at;
    this.bytes = buffer.subarray(0, filled);
  }
}
