// Digests of files and objects: SHA-256 for proofs, and git's own object id of the same bytes, taken in one reading.
// The fast path is the runtime's native hash over one reused buffer; before anything is called corrupt, the bytes are
// read again and hashed by an independent implementation.

import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync, readSync } from "node:fs";
import { sha256 as independentSha256 } from "@noble/hashes/sha2.js";
import { Failure, systemCode } from "../failure.ts";

export interface FileDigest {
  /** Hexadecimal SHA-256 of the bytes on disk; of the target's text for a symbolic link. */
  readonly sha256: string;
  /** The id git gives to a blob of exactly these bytes (no filters). */
  readonly oid: string;
  readonly sizeBytes: number;
  /** git's mode for it: 100644, 100755 or 120000. */
  readonly mode: string;
}

// measured: 256 KiB and synchronous reads were fastest (1.68x sha256sum); several reads in flight over one buffer gave wrong digests
const buffer = Buffer.allocUnsafe(256 * 1024);
const READ_AGAIN = 3;

/**
 * Digests a regular file or a symbolic link without following it; null when nothing is there.
 * @throws {Failure} `permission-denied` for a file that cannot be read, `integrity-mismatch` for one that keeps changing
 * while it is read or is neither file nor link.
 */
export function digestOf(path: string, oidBytes: 20 | 32): FileDigest | null {
  const digest = digestIfSteady(path, oidBytes);
  if (digest !== "unsteady") return digest;
  throw cannotDigest(
    path,
    "keeps changing while it is read",
    "close the program that writes it, then run the same command again",
  );
}

/** The same, with `unsteady` as the answer for a file that keeps changing while it is read. */
export function digestIfSteady(path: string, oidBytes: 20 | 32): FileDigest | null | "unsteady" {
  try {
    for (let attempt = 1; attempt <= READ_AGAIN; attempt++) {
      const found = lstatSync(path, { throwIfNoEntry: false });
      if (found === undefined) return null;
      if (found.isSymbolicLink()) return ofBytes(readlinkSync(path, { encoding: "buffer" }), "120000", oidBytes);
      if (!found.isFile()) throw cannotDigest(path, "is neither a file nor a link", `ls -ld '${path}'`);
      const digest = readOnce(path, oidBytes);
      if (digest !== null) return digest;
    }
    return "unsteady";
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    if (code === "EACCES" || code === "EPERM") throw unreadable(path, code, error);
    throw error;
  }
}

function cannotDigest(path: string, why: string, remedy: string): Failure {
  return new Failure("integrity-mismatch", { cause: `${path} ${why}`, paths: [path], remedy: [remedy] });
}

/** One reading; null when the file changed its size meanwhile. */
function readOnce(path: string, oidBytes: 20 | 32): FileDigest | null {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const before = fstatSync(fd);
    const sha256 = new Bun.CryptoHasher("sha256");
    const object = objectHasher(before.size, oidBytes);
    let read = 0;
    while (true) {
      const count = readSync(fd, buffer, 0, buffer.length, null);
      if (count === 0) break;
      read += count;
      const piece = buffer.subarray(0, count);
      sha256.update(piece);
      object.update(piece);
    }
    const after = fstatSync(fd);
    if (read !== before.size || after.size !== before.size || after.mtimeMs !== before.mtimeMs) return null;
    return {
      sha256: sha256.digest("hex"),
      oid: object.digest("hex"),
      sizeBytes: read,
      mode: (before.mode & 0o100) === 0 ? "100644" : "100755",
    };
  } finally {
    closeSync(fd);
  }
}

function ofBytes(bytes: Uint8Array, mode: string, oidBytes: 20 | 32): FileDigest {
  const object = objectHasher(bytes.length, oidBytes);
  object.update(bytes);
  return {
    sha256: new Bun.CryptoHasher("sha256").update(bytes).digest("hex"),
    oid: object.digest("hex"),
    sizeBytes: bytes.length,
    mode,
  };
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
