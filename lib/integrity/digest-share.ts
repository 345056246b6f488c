// Files that several threads digest at once. What is to be read, how far they are and what they found lies in memory that
// they share: each takes some files, until none is left.
import { Failure } from "../failure.ts";
import { digestIfSteady, type FileDigest, type WantedOid } from "./digest.ts";

/** Sent from one thread to another as it is. */
export interface DigestShare {
  readonly count: number;
  readonly wanted: WantedOid;
  /** Paths in UTF-8, each with a NUL behind it. */
  readonly paths: Uint8Array<SharedArrayBuffer>;
  /** The next file that nobody has taken. */
  readonly next: Int32Array<SharedArrayBuffer>;
  readonly records: Uint8Array<SharedArrayBuffer>;
}

/** A file as it was read; `unread` where reading it failed, or the thread that took it ended before. */
export type Found = FileDigest | null | "unsteady" | "unread";

const TAKEN_AT_ONCE = 32;
const MODES = ["100644", "100755", "120000"] as const;
const UNREAD = 0;
const DIGEST = 1;
const ABSENT = 2;
const UNSTEADY = 3;
/** What was found, the mode, the size, and two digests of at most 32 bytes. */
const MODE_AT = 1;
const SIZE_AT = 2;
const SHA256_AT = 10;
const OID_AT = 42;
const RECORD_BYTES = 74;

export function newShare(paths: readonly string[], wanted: WantedOid): DigestShare {
  const text = Buffer.from(paths.map((path) => `${path}\0`).join(""));
  const shared = new Uint8Array(new SharedArrayBuffer(text.length));
  shared.set(text);
  const next = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const records = new Uint8Array(new SharedArrayBuffer(paths.length * RECORD_BYTES));
  return { count: paths.length, wanted, paths: shared, next, records };
}

/** The paths of a share. */
export function pathsOf({ paths }: DigestShare): string[] {
  return Buffer.from(paths).toString("utf8").split("\0").slice(0, -1);
}

/** Digests some files that nobody has taken; false where none is left. */
export function digestSome(share: DigestShare, paths: readonly string[]): boolean {
  const from = Atomics.add(share.next, 0, TAKEN_AT_ONCE);
  const { buffer, byteOffset, length } = share.records;
  const records = Buffer.from(buffer, byteOffset, length);
  const to = Math.min(from + TAKEN_AT_ONCE, share.count);
  for (let n = from; n < to; n++) keep(records, n * RECORD_BYTES, read(paths[n] ?? "", share.wanted));
  return from < share.count;
}

/** Nobody takes a file any more. */
export function stopSharing({ next, count }: DigestShare): void {
  Atomics.store(next, 0, count);
}

/** What was found of the n-th file. */
export function foundIn({ records: shared, wanted }: DigestShare, n: number): Found {
  const at = n * RECORD_BYTES;
  const records = Buffer.from(shared.buffer, shared.byteOffset + at, RECORD_BYTES);
  const kind = records[0];
  if (kind === ABSENT) return null;
  if (kind === UNSTEADY) return "unsteady";
  if (kind !== DIGEST) return "unread";
  return {
    sha256: records.toString("hex", SHA256_AT, OID_AT),
    oid: records.toString("hex", OID_AT, OID_AT + (wanted ?? 0)),
    sizeBytes: records.readDoubleBE(SIZE_AT),
    mode: MODES[records[MODE_AT] ?? 0] ?? MODES[0],
  };
}

function modeNumber(mode: string): number {
  const known: readonly string[] = MODES;
  return known.indexOf(mode);
}

/** The thread that asked reads again what cannot be read here, and says why. */
function read(path: string, wanted: WantedOid): Found {
  try {
    return digestIfSteady(path, wanted);
  } catch (error) {
    if (error instanceof Failure) return "unread";
    throw error;
  }
}

function keep(records: Buffer, at: number, found: Found): void {
  if (found === null) records[at] = ABSENT;
  else if (found === "unsteady") records[at] = UNSTEADY;
  else if (found === "unread") records[at] = UNREAD;
  else {
    records[at + MODE_AT] = modeNumber(found.mode);
    records.writeDoubleBE(found.sizeBytes, at + SIZE_AT);
    records.write(found.sha256, at + SHA256_AT, "hex");
    records.write(found.oid, at + OID_AT, "hex");
    // last, so that a thread that ends in between leaves nothing that is half written
    records[at] = DIGEST;
  }
}
