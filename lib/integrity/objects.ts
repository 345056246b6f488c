// Reads objects back from git's store and digests their content: an object counts as stored only when its bytes were
// read and give its id again.
import { Failure } from "../failure.ts";
import { type ObjectHead, type ObjectVisitor, objectHeads, readObjects } from "../git/cat-file.ts";
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
  await readObjects(git, wanted, new Digester(oidBytes, digests));
  const lacking = wanted.find((oid) => !digests.has(oid));
  if (lacking !== undefined) throw damagedObject(lacking);
  return digests;
}

/** Objects whose digests are held at once. */
const SLICE = 1_024;

/**
 * Reads blobs back from the object store, proves and digests them, and remembers the digests; keeps none.
 * @throws {Failure} `integrity-mismatch` naming the first object that is missing or damaged.
 */
export async function rememberObjects(
  git: Git,
  state: Pick<State, "rememberDigests">,
  oids: readonly string[],
  oidBytes: 20 | 32,
): Promise<void> {
  for (let at = 0; at < oids.length; at += SLICE)
    state.rememberDigests(await digestObjects(git, oids.slice(at, at + SLICE), oidBytes));
}

/**
 * Sizes of objects, by id, without reading them.
 * @throws {Failure} `integrity-mismatch` naming the first object that is missing.
 */
export async function sizesOf(git: Git, oids: readonly string[]): Promise<Map<string, number>> {
  const heads = await objectHeads(git, oids);
  return new Map(
    oids.map((oid, n) => {
      const head = heads[n];
      if (head === null || head === undefined) throw damagedObject(oid);
      return [oid, head.sizeBytes];
    }),
  );
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

/** The failure for an object that is missing or whose bytes are not its id's. */
export function damagedObject(oid: string): Failure {
  return new Failure("integrity-mismatch", {
    cause: `object ${oid} is missing from the local store or damaged`,
    remedy: [
      "petesbrain-sync verify --all   # names every damaged object, and what to move out of the way first",
      "git fetch --refetch   # then brings a good copy, where the remote has one",
    ],
  });
}

/** Digests blobs as they arrive; one whose bytes do not give its id is left out. */
class Digester implements ObjectVisitor {
  private readonly oidBytes: 20 | 32;
  private readonly digests: Map<string, KnownDigest>;
  private head: ObjectHead = { oid: "", type: "", sizeBytes: 0 };
  private sha256 = new Bun.CryptoHasher("sha256");
  private object = new Bun.CryptoHasher("sha1");

  constructor(oidBytes: 20 | 32, digests: Map<string, KnownDigest>) {
    this.oidBytes = oidBytes;
    this.digests = digests;
  }

  begin(head: ObjectHead): void {
    this.head = head;
    this.sha256 = new Bun.CryptoHasher("sha256");
    this.object = objectHasher(head.sizeBytes, this.oidBytes);
  }

  take(piece: Uint8Array): void {
    this.sha256.update(piece);
    this.object.update(piece);
  }

  end(): void {
    const { oid, type, sizeBytes } = this.head;
    if (type === "blob" && this.object.digest("hex") === oid)
      this.digests.set(oid, { sha256: this.sha256.digest("hex"), sizeBytes });
  }
}
