// Digests of files and objects: SHA-256 for proofs, and git's own object id of the same bytes, taken in one reading.
// The fast path is the runtime's native hash over one reused buffer; before anything is called corrupt, the bytes are
// read again and hashed by an independent implementation.

import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  readSync,
} from "node:fs";
import { sha256 as independentSha256 } from "@noble/hashes/sha2.js";
import { Failure, systemCode } from "../failure.ts";

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

// measured: 256 KiB and synchronous reads were fastest (1.68x sha256sum); several reads in flight over one buffer gave wrong digests
const buffer = Buffer.allocUnsafe(256 * 1024);
const READ_AGAIN = 3;

/** A file as it was read; good for a proof as long as its state on disk is the same. */
export interface SeenFile {
  readonly digest: FileDigest;
  readonly stat: BigIntStats;
}

/**
 * Digests a regular file or a symbolic link without following it; null when nothing is there.
 * @throws {Failure} `permission-denied` for a file that cannot be read, `integrity-mismatch` for one that keeps changing
 * while it is read or is neither file nor link.
 */
export function digestOf(path: string, wanted: WantedOid = null): FileDigest | null {
  const digest = digestIfSteady(path, wanted);
  if (digest !== "unsteady") return digest;
  const remedy = "close the program that writes it, then run the same command again";
  throw cannotDigest(path, "keeps changing while it is read", remedy);
}

/** The same, with `unsteady` as the answer for a file that keeps changing while it is read. */
export function digestIfSteady(path: string, wanted: WantedOid = null): FileDigest | null | "unsteady" {
  const seen = readFile(path, wanted);
  return seen === null || seen === "unsteady" ? seen : seen.digest;
}

/** Reads a file or link together with its stat, which belongs to exactly the bytes that were read. */
export function readFile(path: string, wanted: WantedOid = null): SeenFile | null | "unsteady" {
  try {
    for (let attempt = 1; attempt <= READ_AGAIN; attempt++) {
      const seen = readOnce(path, wanted);
      if (seen !== null) return seen;
    }
    return "unsteady";
  } catch (error) {
    const code = systemCode(error);
    if (code === "ELOOP" || code === "EMLINK") return readLink(path, wanted);
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    if (code === "EACCES" || code === "EPERM") throw unreadable(path, code, error);
    throw error;
  }
}

function readLink(path: string, wanted: WantedOid): SeenFile | null | "unsteady" {
  try {
    const stat = lstatSync(path, { bigint: true });
    return { digest: ofBytes(readlinkSync(path, { encoding: "buffer" }), "120000", wanted), stat };
  } catch (error) {
    // gone, or no link any more
    return systemCode(error) === "ENOENT" ? null : "unsteady";
  }
}

function cannotDigest(path: string, why: string, remedy: string): Failure {
  return new Failure("integrity-mismatch", { cause: `${path} ${why}`, paths: [path], remedy: [remedy] });
}

/** One reading; null when the file was written meanwhile. */
function readOnce(path: string, wanted: WantedOid): SeenFile | null {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const before = fstatSync(fd, { bigint: true });
    if (!before.isFile()) throw cannotDigest(path, "is neither a file nor a link", `ls -ld '${path}'`);
    const size = Number(before.size);
    const sha256 = new Bun.CryptoHasher("sha256");
    const object = wanted === null ? null : objectHasher(size, wanted);
    let read = 0;
    for (
      let count = readSync(fd, buffer, 0, buffer.length, null);
      count > 0;
      count = readSync(fd, buffer, 0, buffer.length, null)
    ) {
      read += count;
      const piece = buffer.subarray(0, count);
      sha256.update(piece);
      object?.update(piece);
    }
    const after = fstatSync(fd, { bigint: true });
    if (read !== size || after.size !== before.size || after.mtimeNs !== before.mtimeNs) return null;
    const mode = (before.mode & 0o100n) === 0n ? "100644" : "100755";
    const digest = { sha256: sha256.digest("hex"), oid: object?.digest("hex") ?? "", sizeBytes: read, mode };
    return { digest, stat: after };
  } finally {
    closeSync(fd);
  }
}

function ofBytes(bytes: Uint8Array, mode: string, wanted: WantedOid): FileDigest {
  const sha256 = new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
  const oid = wanted === null ? "" : objectHasher(bytes.length, wanted).update(bytes).digest("hex");
  return { sha256, oid, sizeBytes: bytes.length, mode };
}

/** Hasher for the id of a blob of `sizeBytes` bytes. Source: gitformat-loose-object, "blob <size>\0". */
export function objectHasher(sizeBytes: number, oidBytes: 20 | 32): Bun.CryptoHasher {
  return new Bun.CryptoHasher(oidBytes === 20 ? "sha1" : "sha256").update(`blob ${sizeBytes}\0`);
}

/** SHA-256 of a file by the second, independent implementation; null when nothing is there. Reads in pieces. */
export function secondReading(path: string): string | null {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return null;
  const hash = independentSha256.create();
  if (found.isSymbolicLink())
    return Buffer.from(hash.update(readlinkSync(path, { encoding: "buffer" })).digest()).toString("hex");
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const own = Buffer.allocUnsafe(256 * 1024);
    for (
      let count = readSync(fd, own, 0, own.length, null);
      count > 0;
      count = readSync(fd, own, 0, own.length, null)
    ) {
      hash.update(own.subarray(0, count));
    }
    return Buffer.from(hash.digest()).toString("hex");
  } finally {
    closeSync(fd);
  }
}

function unreadable(path: string, code: string, error: unknown): Failure {
  return new Failure("permission-denied", {
    cause: `${path} cannot be read (${code})`,
    paths: [path],
    remedy: [`ls -l '${path}'   # then give yourself the right to read it: chmod u+r '${path}'`],
    because: error,
  });
}
