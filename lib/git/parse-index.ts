// A pure look into the bytes of `.git/index`: not its contents, only what a run must know before it trusts git's
// answers about the folder. One pass, no child process. Source: gitformat-index(5).
import type { IndexBytes } from "./index-bytes.ts";

export interface IndexFacts {
  readonly entries: number;
  /** Where they end and the extensions begin. */
  readonly extensionsAt: number;
  /** Entries marked assume-unchanged or skip-worktree: git would not look at their files. */
  readonly blinded: number;
  /** Entries of other repositories (submodules). The first few names, for a message. */
  readonly repositories: string[];
  /** A .gitattributes is among them, or may be: what git makes of a file can then depend on more than its own entry. */
  readonly attributes: boolean;
  /** Entries of an unfinished merge. */
  readonly unmerged: boolean;
  /** Folders kept as one entry (`index.sparse`), or a shared part elsewhere (`core.splitIndex`). */
  readonly sparse: boolean;
  readonly split: boolean;
}

const ASSUME_VALID = 0x8000;
const EXTENDED = 0x4000;
const STAGE = 0x3000;
const NAME_LENGTH = 0x0fff;
const SKIP_WORKTREE = 0x4000;
const ATTRIBUTES = ".gitattributes";
const LAST_LETTER = ATTRIBUTES.charCodeAt(ATTRIBUTES.length - 1);

/** @throws {Error} when the bytes are not an index of version 2 to 4 that ends where it says. */
export function parseIndex(index: IndexBytes, oidBytes: 20 | 32): IndexFacts {
  const start = index.locate(0);
  if (index.bytes.length < 12 + oidBytes || index.bytes.toString("latin1", start, start + 4) !== "DIRC")
    throw new Error("the index is not an index file");
  const version = index.bytes.readUInt32BE(start + 4);
  if (version < 2 || version > 4) throw new Error(`the index has version ${version}`);
  const entries = index.bytes.readUInt32BE(start + 8);
  // in version 4 a name alone does not tell its end
  const facts = { blinded: 0, attributes: version === 4, unmerged: false, repositories: [] as string[] };
  let at = 12;
  for (let i = 0; i < entries; i++) {
    const here = index.locate(at);
    at += entryLength(index.bytes, here, { version, oidBytes }, facts);
  }
  const extensions = readExtensions(index, at, index.length - oidBytes);
  return {
    entries,
    extensionsAt: at,
    ...facts,
    sparse: extensions.has("sdir"),
    split: extensions.has("link"),
  };
}

/** Reads an entry and returns its length. */
function entryLength(
  bytes: Buffer,
  start: number,
  { version, oidBytes }: { version: number; oidBytes: number },
  facts: { blinded: number; attributes: boolean; unmerged: boolean; repositories: string[] },
): number {
  const flagsAt = start + 40 + oidBytes;
  if (flagsAt + 4 > bytes.length) throw new Error("the index is cut off");
  const flags = bytes.readUInt16BE(flagsAt);
  let nameAt = flagsAt + 2;
  let extended = 0;
  if ((flags & EXTENDED) !== 0) {
    extended = bytes.readUInt16BE(nameAt);
    nameAt += 2;
  }
  if ((flags & ASSUME_VALID) !== 0 || (extended & SKIP_WORKTREE) !== 0) facts.blinded += 1;
  if ((flags & STAGE) !== 0) facts.unmerged = true;
  const repository = bytes.readUInt32BE(start + 24) >>> 12 === 0o16;
  if (version === 4) {
    // the name is a count of bytes dropped from the previous one, then what follows it, ended by NUL
    while (((bytes[nameAt] ?? 0) & 0x80) !== 0) nameAt += 1;
    const end = bytes.indexOf(0, nameAt + 1);
    if (end < 0) throw new Error("the index is cut off");
    if (repository) facts.repositories.push(bytes.toString("utf8", nameAt + 1, end));
    return end + 1 - start;
  }
  const short = flags & NAME_LENGTH;
  const length = short < NAME_LENGTH ? short : bytes.indexOf(0, nameAt) - nameAt;
  if (length < 0 || nameAt + length > bytes.length) throw new Error("the index is cut off");
  if (repository) facts.repositories.push(bytes.toString("utf8", nameAt, nameAt + length));
  if (length >= ATTRIBUTES.length && bytes[nameAt + length - 1] === LAST_LETTER)
    facts.attributes ||= bytes.toString("latin1", nameAt + length - ATTRIBUTES.length, nameAt + length) === ATTRIBUTES;
  // padded with 1 to 8 NUL bytes to a multiple of eight from the entry's start
  return (nameAt - start + length + 8) & ~7;
}

function readExtensions(index: IndexBytes, start: number, end: number): Set<string> {
  const found = new Set<string>();
  let at = start;
  while (at < end) {
    if (at + 8 > end) throw new Error("the index is cut off");
    const here = index.locate(at);
    found.add(index.bytes.toString("latin1", here, here + 4));
    at += 8 + index.bytes.readUInt32BE(here + 4);
  }
  if (at !== end) throw new Error("the index is cut off");
  return found;
}
