// The shadow of one folder: its tree object with the digest of each entry's content in the place of its id. What the
// folder held before gives most of the digests; the rest is asked for.
import type { KnownDigest } from "../machine/state.ts";
import { DIGEST_BYTES, type Listing, newListing, sealListing } from "./listing.ts";
import { isFolderAt, visitEntries } from "./tree-objects.ts";

/** A tree object, and where in it and in the listing before it (or -1) its entries stand. */
export interface FolderEntries {
  readonly tree: Buffer;
  readonly before: Buffer;
  readonly places: readonly (readonly [start: number, nameEnd: number, known: number])[];
  /** Ids of the entries that the listing does not know. */
  readonly unknown: readonly string[];
}

/** A folder's digest, and what is to be remembered for its next version. */
export interface FolderShadow {
  readonly digest: KnownDigest;
  readonly listing: Uint8Array;
}

const LINE_END = 0x0a;

/** Finds what the folder had before. */
export function readEntries(tree: Buffer, before: Listing, oidBytes: 20 | 32): FolderEntries {
  const places: [number, number, number][] = [];
  const unknown: string[] = [];
  visitEntries(tree, oidBytes, (start, end) => {
    const isRepository = isRepositoryAt(tree, start);
    const known = isRepository ? -1 : before.find(tree, end + 1);
    places.push([start, end, known]);
    if (known < 0 && !isRepository) unknown.push(tree.toString("hex", end + 1, end + 1 + oidBytes));
  });
  return { tree, before: before.bytes, places, unknown };
}

/**
 * Digests a folder.
 * @param digestOf the digest of an unknown entry by its id; null where there is none yet, which it may note.
 * @returns null where an entry has no digest yet.
 */
export function digestFolder(
  { tree, before, places }: FolderEntries,
  oidBytes: 20 | 32,
  digestOf: (oid: string, isFolder: boolean) => string | null,
): FolderShadow | null {
  // in the place of each id, a digest and the end of a line
  const shadow = Buffer.allocUnsafe(tree.length + places.length * (DIGEST_BYTES + 1 - oidBytes));
  const listing = newListing(places.length, oidBytes);
  let [isWhole, at, listed] = [true, 0, 0];
  for (const [start, nameEnd, known] of places) {
    const oidAt = nameEnd + 1;
    // mode, space, name and NUL are as in git's own object
    at += tree.copy(shadow, at, start, oidAt);
    if (known >= 0) {
      before.copy(shadow, at, known + oidBytes, known + oidBytes + DIGEST_BYTES);
      before.copy(listing, listed, known, known + oidBytes + DIGEST_BYTES);
    } else {
      const oid = tree.toString("hex", oidAt, oidAt + oidBytes);
      const isRepository = isRepositoryAt(tree, start);
      const digest = isRepository ? sha256Of(oid) : digestOf(oid, isFolderAt(tree, start));
      isWhole &&= digest !== null;
      shadow.write(digest ?? "", at, "latin1");
      // another repository's id is no content's: its digest is not to be found by it
      if (!isRepository) tree.copy(listing, listed, oidAt, oidAt + oidBytes);
      listing.write(digest ?? "", listed + oidBytes, "latin1");
    }
    at += DIGEST_BYTES;
    shadow[at++] = LINE_END;
    listed += oidBytes + DIGEST_BYTES;
  }
  if (!isWhole) return null;
  return { digest: { sha256: sha256Of(shadow), sizeBytes: shadow.length }, listing: sealListing(listing) };
}

/** Of the modes in tree objects, only that of other repositories (160000) begins with a 1 and a 6. */
function isRepositoryAt(tree: Buffer, start: number): boolean {
  return tree[start] === 0x31 && tree[start + 1] === 0x36;
}

function sha256Of(content: string | Buffer): string {
  return new Bun.CryptoHasher("sha256").update(content).digest("hex");
}
