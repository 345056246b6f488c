// What a folder held when it was last digested: the id and the digest of each entry, in their order. The next version of
// the folder has nearly all of them still, in the same order, so that only what changed has to be asked for.

/** A SHA-256 in hexadecimal, one byte for each digit. */
export const DIGEST_BYTES = 64;
/** As many entries in a row may have changed, come or gone, and those behind them are still found. */
const WINDOW = 16;
/** A wrong digest here would make a machine attest what nobody has: behind the entries stands a checksum of them. */
const CHECKSUM_BYTES = 8;
const NOTHING = Buffer.alloc(0);

/** Room for the listing of so many entries. */
export function newListing(entries: number, oidBytes: 20 | 32): Buffer {
  return Buffer.alloc(entries * (oidBytes + DIGEST_BYTES) + CHECKSUM_BYTES);
}

/** Completes a listing whose entries were written. */
export function sealListing(listing: Buffer): Uint8Array {
  const end = listing.length - CHECKSUM_BYTES;
  listing.writeBigUInt64BE(checksumOf(listing.subarray(0, end)), end);
  return listing;
}

function entriesIn(sealed: Uint8Array | undefined): Buffer {
  const end = (sealed?.length ?? 0) - CHECKSUM_BYTES;
  if (sealed === undefined || end < 0) return NOTHING;
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.length);
  const entries = bytes.subarray(0, end);
  return bytes.readBigUInt64BE(end) === checksumOf(entries) ? entries : NOTHING;
}

function checksumOf(entries: Uint8Array): bigint {
  return BigInt(Bun.hash(entries));
}

/** A listing as it is remembered, read in step with the entries of a tree object. */
export class Listing {
  /** Entry after entry. */
  readonly bytes: Buffer;
  private readonly oidBytes: 20 | 32;
  private at = 0;
  /** Entries in a row that were not found. */
  private missed = 0;

  /** @param sealed as `rememberListings` was given it; a damaged one, or none, is a listing of nothing. */
  constructor(sealed: Uint8Array | undefined, oidBytes: 20 | 32) {
    this.bytes = entriesIn(sealed);
    this.oidBytes = oidBytes;
  }

  /** Where in `bytes` the next entry of a tree object stands, its id first, its digest behind it; -1 where it does not. */
  find(tree: Buffer, oidAt: number): number {
    const { bytes, oidBytes } = this;
    const length = oidBytes + DIGEST_BYTES;
    const last = Math.min(this.at + WINDOW * length, bytes.length - length);
    for (let at = this.at; at <= last; at += length) {
      if (bytes.compare(tree, oidAt, oidAt + oidBytes, at, at + oidBytes) !== 0) continue;
      this.at = at + length;
      this.missed = 0;
      return at;
    }
    this.missed += 1;
    if (this.missed > WINDOW) this.at += length;
    return -1;
  }
}
