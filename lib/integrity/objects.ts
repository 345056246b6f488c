// Reads objects back from git's store and digests their content: an object counts as stored only when its bytes were
// read and give its id again. `cat-file --batch` says "missing" with exit 0, so the answers are counted.
import { Failure } from "../failure.ts";
import type { Git } from "../git/shell.ts";
import type { KnownDigest, State } from "../machine/state.ts";
import { objectHasher } from "./digest.ts";

/**
 * SHA-256 and size of each blob's content, read from the object store and proven to have that id.
 * @throws {Failure} `integrity-mismatch` naming the first object that is missing or damaged.
 */
export async function digestObjects(
  git: Git,
  oids: readonly string[],
  oidBytes: 20 | 32,
): Promise<Map<string, KnownDigest>> {
  const wanted = [...new Set(oids)];
  const digests = new Map<string, KnownDigest>();
  if (wanted.length === 0) return digests;
  const reader = new BatchReader(oidBytes, digests);
  await git.run(["cat-file", "--batch", "--buffer"], {
    input: `${wanted.join("\n")}\n`,
    accept: [0, 128],
    onOutput: (piece) => reader.take(piece),
  });
  const lacking = wanted.find((oid) => !digests.has(oid));
  if (lacking !== undefined) throw damagedObject(lacking);
  return digests;
}

/**
 * Bytes of all the objects together, without reading them.
 * @throws {Failure} `integrity-mismatch` naming the first object that is missing.
 */
export async function sizeOfObjects(git: Git, oids: readonly string[]): Promise<number> {
  if (oids.length === 0) return 0;
  const answer = await git.text(["cat-file", "--batch-check=%(objectname) %(objectsize)", "--buffer"], {
    input: `${oids.join("\n")}\n`,
  });
  let sum = 0;
  for (const line of answer.split("\n")) {
    const [oid = "", size = ""] = line.split(" ");
    if (!/^\d+$/.test(size)) throw damagedObject(oid);
    sum += Number(size);
  }
  return sum;
}

/** As `digestObjects`, asking the remembered digests first and remembering what had to be read. */
export async function contentDigests(
  git: Git,
  state: State,
  oids: readonly string[],
  oidBytes: 20 | 32,
): Promise<Map<string, KnownDigest>> {
  const known = state.digestsOf(oids);
  const unknown = oids.filter((oid) => !known.has(oid));
  if (unknown.length === 0) return known;
  const read = await digestObjects(git, unknown, oidBytes);
  state.rememberDigests(read);
  for (const [oid, digest] of read) known.set(oid, digest);
  return known;
}

function damagedObject(oid: string): Failure {
  return new Failure("integrity-mismatch", {
    cause: `object ${oid} is missing from the local store or damaged`,
    remedy: ["git fsck --full", "git fetch --refetch   # brings a good copy where the remote has one"],
  });
}

/** Reads `<oid> blob <size>\n<bytes>\n…` as it arrives, without keeping contents. */
class BatchReader {
  private readonly oidBytes: 20 | 32;
  private readonly digests: Map<string, KnownDigest>;
  private header = "";
  private oid = "";
  private size = 0;
  private left = -1;
  private sha256 = new Bun.CryptoHasher("sha256");
  private object = new Bun.CryptoHasher("sha1");

  constructor(oidBytes: 20 | 32, digests: Map<string, KnownDigest>) {
    this.oidBytes = oidBytes;
    this.digests = digests;
  }

  take(piece: Uint8Array): void {
    let at = 0;
    while (at < piece.length) {
      if (this.left < 0) at = this.readHeader(piece, at);
      else if (this.left > 0) at = this.readContent(piece, at);
      else at = this.endObject(at);
    }
  }

  private readHeader(piece: Uint8Array, at: number): number {
    const end = piece.indexOf(10, at);
    this.header += Buffer.from(piece.subarray(at, end < 0 ? piece.length : end)).toString("latin1");
    if (end < 0) return piece.length;
    const match = /^([0-9a-f]+) blob (\d+)$/.exec(this.header);
    this.header = "";
    if (match === null) return end + 1; // "missing", or not a blob: it will be lacking at the end
    this.oid = match[1] ?? "";
    this.size = Number(match[2]);
    this.left = this.size;
    this.sha256 = new Bun.CryptoHasher("sha256");
    this.object = objectHasher(this.size, this.oidBytes);
    return end + 1;
  }

  private readContent(piece: Uint8Array, at: number): number {
    const end = Math.min(piece.length, at + this.left);
    const content = piece.subarray(at, end);
    this.sha256.update(content);
    this.object.update(content);
    this.left -= end - at;
    return end;
  }

  /** The line end after the content. */
  private endObject(at: number): number {
    if (this.object.digest("hex") === this.oid) {
      this.digests.set(this.oid, { sha256: this.sha256.digest("hex"), sizeBytes: this.size });
    }
    this.left = -1;
    return at + 1;
  }
}
