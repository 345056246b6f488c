// Digests of files and objects: SHA-256 for proofs, and git's own object id of the same bytes, taken in one reading.
// The fast path is the runtime's native hash over one reused buffer; before anything is called corrupt, the bytes are
// read again and hashed by an independent implementation.

import { sha256 as independentSha256 } from "@noble/hashes/sha2.js";
import { Failure } from "../failure.ts";
import type { IsEvicted } from "./evicted.ts";
import { type ExactStat, type Reading, readWhole, type Take, type Use } from "./reading.ts";

export interface FileDigest {
  /** Hexadecimal SHA-256 of the bytes on disk; of the target's text for a symbolic link. */
  readonly sha256: string;
  /** The id git gives to a blob of exactly these bytes (no filters); empty where it was not asked for. */
  readonly oid: string;
  readonly sizeBytes: number;
  /** git's mode for it: 100644, 100755 or 120000. */
  readonly mode: string;
}

/** Bytes of the object ids that are wanted beside the SHA-256, or null for none. */
export type WantedOid = 20 | 32 | null;

const BUFFER_BYTES = 256 * 1024;
// measured: 256 KiB and synchronous reads were fastest (1.68x sha256sum); several reads in flight over one buffer gave wrong digests
const buffer = Buffer.allocUnsafe(BUFFER_BYTES);

/**
 * Called with the size at the start of each reading: a file that changes while it is read is read again, and only what the last
 * `Take` was given are the bytes of the digest. Neither may read files by this module: all readings share one buffer.
 */
export type BeginTake = (sizeBytes: number) => Take;

/** A file as it was read; good for a proof as long as its state on disk is the same. */
export interface SeenFile {
  readonly digest: FileDigest;
  readonly stat: ExactStat;
}

/**
 * Digests a regular file or a symbolic link without following it; null when nothing is there.
 * @throws {Failure} `permission-denied` for a file that cannot be read or whose bytes are in a cloud,
 * `integrity-mismatch` for one that keeps changing while it is read, is neither file nor link, or lost its bytes.
 */
export function digestOf(path: string, wanted: WantedOid = null): FileDigest | null {
  const digest = digestIfSteady(path, wanted);
  if (digest !== "unsteady") return digest;
  throw new Failure("integrity-mismatch", {
    cause: `${path} keeps changing while it is read`,
    paths: [path],
    remedy: ["close the program that writes it, then run the same command again"],
  });
}

/** The same, with `unsteady` as the answer for a file that keeps changing while it is read. */
export function digestIfSteady(
  path: string,
  wanted: WantedOid = null,
  begin?: BeginTake,
): FileDigest | null | "unsteady" {
  const reading = readHashing(path, { wanted, begin, keepsStat: false });
  return reading === null || reading === "unsteady" ? reading : digestIn(reading);
}

/** Reads a file or link together with its stat, which belongs to exactly the bytes that were read. */
export function readFile(
  path: string,
  wanted: WantedOid = null,
  begin?: BeginTake,
  isEvicted?: IsEvicted,
): SeenFile | null | "unsteady" {
  const reading = readHashing(path, { wanted, begin, isEvicted, keepsStat: true });
  if (reading === null || reading === "unsteady") return reading;
  const { stat } = reading;
  if (stat === null) throw new Error(`${path} was read without its stat`);
  return { digest: digestIn(reading), stat };
}

type Hashes = Pick<FileDigest, "sha256" | "oid">;

interface HowToHash {
  readonly wanted: WantedOid;
  readonly begin: BeginTake | undefined;
  readonly keepsStat: boolean;
  readonly isEvicted?: IsEvicted | undefined;
}

function readHashing(path: string, how: HowToHash): Reading<Hashes> | null | "unsteady" {
  const begin = (sizeBytes: number): Hashing => new Hashing(sizeBytes, how.wanted, how.begin?.(sizeBytes));
  return readWhole(path, { begin, buffer, keepsStat: how.keepsStat, isEvicted: how.isEvicted });
}

function digestIn({ result, sizeBytes, mode }: Reading<Hashes>): FileDigest {
  return { sha256: result.sha256, oid: result.oid, sizeBytes, mode };
}

/** The hashes of one reading. */
class Hashing implements Use<Hashes> {
  private readonly sizeBytes: number;
  private readonly object: Bun.CryptoHasher | null;
  private readonly alsoTake: Take | undefined;
  private whole: string | null = null;
  private sha256: Bun.CryptoHasher | null = null;

  constructor(sizeBytes: number, wanted: WantedOid, alsoTake: Take | undefined) {
    this.sizeBytes = sizeBytes;
    this.object = wanted === null ? null : objectHasher(sizeBytes, wanted);
    this.alsoTake = alsoTake;
  }

  take(piece: Uint8Array): void {
    this.object?.update(piece);
    this.alsoTake?.(piece);
    // one call for a file in one piece: small files took 3 to 6 % less (measured); if more comes, `end` is not called
    if (piece.length === this.sizeBytes) {
      this.whole = Bun.CryptoHasher.hash("sha256", piece, "hex");
      return;
    }
    this.sha256 ??= new Bun.CryptoHasher("sha256");
    this.sha256.update(piece);
  }

  end(): Hashes {
    const sha256 = this.whole ?? (this.sha256 ?? new Bun.CryptoHasher("sha256")).digest("hex");
    return { sha256, oid: this.object?.digest("hex") ?? "" };
  }
}

/** Hasher for the id of a blob of `sizeBytes` bytes. Source: gitformat-loose-object, "blob <size>\0". */
export function objectHasher(sizeBytes: number, oidBytes: 20 | 32): Bun.CryptoHasher {
  return new Bun.CryptoHasher(oidBytes === 20 ? "sha1" : "sha256").update(`blob ${sizeBytes}\0`);
}

/**
 * SHA-256 of a file or link by the second, independent implementation, out of memory of its own; null when nothing is
 * there, `unsteady` when it keeps changing while it is read.
 * @throws {Failure} as `digestOf`, for the same files.
 */
export function secondReading(path: string): string | null {
  const begin = (): Use<string> => {
    const hash = independentSha256.create();
    return { take: (piece) => hash.update(piece), end: () => Buffer.from(hash.digest()).toString("hex") };
  };
  const reading = readWhole(path, { begin, buffer: Buffer.allocUnsafe(BUFFER_BYTES), keepsStat: false });
  return reading === null || reading === "unsteady" ? reading : reading.result;
}
