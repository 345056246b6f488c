// Signs a Mach-O file ad hoc, on any machine: a pure function from bytes to bytes, for `codesign` is on a Mac only.
// macOS kills arm64 code that is unsigned, and code of either kind with one wrong page hash.
// Source: <kern/cs_blobs.h> of XNU for the blobs, Apple TN3126 for the page hashes. Signature fields are big-endian.
import { createHash } from "node:crypto";
import { type MachO, parseMachO, SEGMENT_FIELDS, SIGNATURE_SIZE_AT } from "./macho.ts";

export interface Signing {
  /** The name the system knows the program by; the same in every version, so that what it was granted may stay. */
  readonly identifier: string;
  /** Flags of the CodeDirectory: `AD_HOC`, and nothing that asks for the hardened runtime. */
  readonly flags: number;
  /** True to write the requirement that names the identifier, and the empty CMS blob that `codesign` puts beside it. */
  readonly withRequirement: boolean;
}

export const AD_HOC = 0x2;

/** How the product's own executables are signed. */
export const PRODUCT_SIGNING: Signing = {
  identifier: "com.petesbrain.sync",
  flags: AD_HOC,
  withRequirement: true,
};

const PAGE_BITS = 12;
const PAGE = 1 << PAGE_BITS;
const HASH_SIZE = 32;
const SHA256_TYPE = 2;
/** Version 0x20400 is the first with the executable segment, which macOS wants to see in a main program. */
const CODE_DIRECTORY = { magic: 0xfade0c02, version: 0x20400, headerSize: 88 } as const;
const MAIN_BINARY = 1n;
const SLOTS = { codeDirectory: 0, requirements: 2, cms: 0x10000 } as const;
const EMPTY_CMS = Buffer.from("fade0b0100000008", "hex");

/**
 * Returns the file with a new signature in the place of the old one. The rest stays as it is, but for the sizes that
 * the load commands give of signature and `__LINKEDIT`.
 *
 * @throws {Error} when the file cannot be signed, see `parseMachO`
 */
export function signMachO(file: Buffer, signing: Signing): Buffer {
  const macho = parseMachO(file);
  const limit = macho.signature.offset;
  // The length does not depend on what is hashed.
  const size = signatureOf({ limit, hashOf: () => Buffer.alloc(HASH_SIZE) }, macho, signing).length;
  const signed = Buffer.alloc(limit + size);
  file.copy(signed, 0, 0, limit);
  // The sizes come first: they stand on a page that is hashed.
  const linkEditSize = limit + size - macho.linkEdit.fileOffset;
  const { vmSize, fileSize } = SEGMENT_FIELDS;
  signed.writeUInt32LE(size, macho.signature.commandAt + SIGNATURE_SIZE_AT);
  signed.writeBigUInt64LE(BigInt(linkEditSize), macho.linkEdit.commandAt + fileSize);
  signed.writeBigUInt64LE(BigInt(Math.ceil(linkEditSize / PAGE) * PAGE), macho.linkEdit.commandAt + vmSize);
  // The last page is hashed as long as it is, without padding.
  const hashOf = (page: number): Buffer => sha256(signed.subarray(page * PAGE, Math.min((page + 1) * PAGE, limit)));
  signatureOf({ limit, hashOf }, macho, signing).copy(signed, limit);
  return signed;
}

/** What is signed: the file up to its signature, page by page. */
interface Code {
  readonly limit: number;
  readonly hashOf: (page: number) => Buffer;
}

function signatureOf(code: Code, macho: MachO, signing: Signing): Buffer {
  if (!signing.withRequirement) return superBlob([[SLOTS.codeDirectory, codeDirectory(code, macho, signing, [])]]);
  const requirements = requirementsOf(signing.identifier);
  // Slot -1 would be an Info.plist, of which there is none; slot -2 are the requirements, and is stored first.
  const special = [sha256(requirements), Buffer.alloc(HASH_SIZE)];
  return superBlob([
    [SLOTS.codeDirectory, codeDirectory(code, macho, signing, special)],
    [SLOTS.requirements, requirements],
    [SLOTS.cms, EMPTY_CMS],
  ]);
}

function codeDirectory(code: Code, macho: MachO, signing: Signing, special: readonly Buffer[]): Buffer {
  const identifier = Buffer.from(`${signing.identifier}\0`, "latin1");
  const pages = Math.ceil(code.limit / PAGE);
  const hashesAt = CODE_DIRECTORY.headerSize + identifier.length + special.length * HASH_SIZE;
  const blob = Buffer.alloc(hashesAt + pages * HASH_SIZE);
  const words = [
    CODE_DIRECTORY.magic,
    blob.length,
    CODE_DIRECTORY.version,
    signing.flags,
    hashesAt,
    CODE_DIRECTORY.headerSize, // where the identifier stands
    special.length,
    pages,
    code.limit,
  ];
  for (const [index, word] of words.entries()) blob.writeUInt32BE(word, index * 4);
  // Hash size, hash type, platform, page size as a power of two; then spare, scatter, team and a 64-bit limit: none.
  blob.set([HASH_SIZE, SHA256_TYPE, 0, PAGE_BITS], 36);
  blob.writeBigUInt64BE(BigInt(macho.text.fileOffset), 64);
  blob.writeBigUInt64BE(BigInt(macho.text.fileSize), 72);
  blob.writeBigUInt64BE(MAIN_BINARY, 80);
  identifier.copy(blob, CODE_DIRECTORY.headerSize);
  for (const [index, hash] of special.entries()) {
    hash.copy(blob, CODE_DIRECTORY.headerSize + identifier.length + index * HASH_SIZE);
  }
  for (let page = 0; page < pages; page++) code.hashOf(page).copy(blob, hashesAt + page * HASH_SIZE);
  return blob;
}

/** `designated => identifier "…"`, as `codesign` compiles it: without it the requirement would be the hash of this very build. */
function requirementsOf(identifier: string): Buffer {
  const name = Buffer.from(identifier, "latin1");
  const padded = Buffer.alloc(Math.ceil(name.length / 4) * 4);
  name.copy(padded);
  const [expressionKind, opIdentifier] = [1, 2];
  const requirement = Buffer.concat([
    words(0xfade0c00, 20 + padded.length, expressionKind, opIdentifier, name.length),
    padded,
  ]);
  const [count, designated, offset] = [1, 3, 20];
  return Buffer.concat([words(0xfade0c01, offset + requirement.length, count, designated, offset), requirement]);
}

function superBlob(blobs: readonly (readonly [slot: number, blob: Buffer])[]): Buffer {
  let offset = 12 + blobs.length * 8;
  const index: number[] = [];
  for (const [slot, blob] of blobs) {
    index.push(slot, offset);
    offset += blob.length;
  }
  return Buffer.concat([words(0xfade0cc0, offset, blobs.length, ...index), ...blobs.map(([, blob]) => blob)]);
}

function words(...values: readonly number[]): Buffer {
  const blob = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) blob.writeUInt32BE(value, index * 4);
  return blob;
}

function sha256(bytes: Buffer): Buffer {
  return createHash("sha256").update(bytes).digest();
}
