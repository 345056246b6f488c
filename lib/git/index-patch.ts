// Gives files that are in an index file other contents, as `git update-index --index-info` would, but without reading
// and writing all the others: of ten thousand that takes git as long as the rest of a small run. What git keeps beside the
// entries is kept where it still holds. Source: gitformat-index(5).
import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { IndexBytes } from "./index-bytes.ts";
import { type EntryPlaces, STAT_BYTES, visitEntries, writeChecksum } from "./index-stat.ts";
import type { Entry } from "./parse.ts";

const MODE_AT = 24;
const LONGEST_EXTENSIONS_BYTES = 16 * 1024 * 1024;

/**
 * Replaces mode and id of entries, and forgets the stat data of their files.
 * @param at where the entries end and the extensions begin, as `parseIndex` found it.
 * @returns where the entries are; null where the index cannot be patched, for a file that it does not hold or for
 * extensions that are unknown and cannot be left out: it may have been changed in part by then.
 */
export function patchIndex(
  path: string,
  changes: ReadonlyMap<string, Entry>,
  at: number,
  oidBytes: 20 | 32,
): EntryPlaces | null {
  const fd = openSync(path, "r+");
  try {
    const length = fstatSync(fd).size - oidBytes - at;
    if (length < 0 || length > LONGEST_EXTENSIONS_BYTES) return null;
    const rest = Buffer.alloc(length + oidBytes);
    if (readSync(fd, rest, 0, rest.length, at) < rest.length) return null;
    const patched = patchExtensions(rest.subarray(0, length), foldersOf(changes.keys()), oidBytes);
    const places = patched === null ? null : replaceEntries(fd, path, changes, oidBytes);
    if (patched === null || places === null || places.size < changes.size) return null;
    ftruncateSync(fd, at + patched.length + oidBytes);
    writeSync(fd, Buffer.concat([patched, rest.subarray(length)]), 0, patched.length + oidBytes, at);
    writeChecksum(fd, oidBytes);
    return places;
  } finally {
    closeSync(fd);
  }
}

/** Returns the places of those that the index holds. */
function replaceEntries(fd: number, path: string, changes: ReadonlyMap<string, Entry>, oidBytes: 20 | 32): EntryPlaces {
  const places = new Map<string, number>();
  IndexBytes.read(path, (index) => {
    visitEntries(index, [...changes.keys()], oidBytes, (name, at) => {
      const change = changes.get(name);
      if (change === undefined) return;
      const entry = Buffer.alloc(STAT_BYTES + oidBytes);
      entry.writeUInt32BE(Number.parseInt(change.mode, 8), MODE_AT);
      entry.write(change.oid, STAT_BYTES, "hex");
      writeSync(fd, entry, 0, entry.length, at);
      places.set(name, at);
    });
  });
  return places;
}

/** Every folder above the paths, the top one as the empty text. */
function foldersOf(paths: Iterable<string>): Set<string> {
  const folders = new Set([""]);
  for (const path of paths) {
    for (let slash = path.lastIndexOf("/"); slash > 0; slash = path.lastIndexOf("/", slash - 1)) {
      const folder = path.slice(0, slash);
      if (folders.has(folder)) break;
      folders.add(folder);
    }
  }
  return folders;
}

/** The trees that git wrote for folders, and the sides of conflicts that were resolved. */
const [TREES, RESOLVED] = ["TREE", "REUC"];

/**
 * What remains of the extensions; null where one is unknown and, by its small letter, cannot be left out. Those about
 * files that git has not looked at, and about where in the index it may begin to read, hold no longer.
 */
function patchExtensions(bytes: Buffer, changed: ReadonlySet<string>, oidBytes: number): Buffer | null {
  const kept: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + 8 > bytes.length) return null;
    const name = bytes.toString("latin1", at, at + 4);
    const end = at + 8 + bytes.readUInt32BE(at + 4);
    if (end > bytes.length || !/^[A-Z]/.test(name)) return null;
    if (name === RESOLVED) kept.push(bytes.subarray(at, end));
    if (name === TREES) kept.push(extension(TREES, withoutTreesOf(bytes.subarray(at + 8, end), changed, oidBytes)));
    at = end;
  }
  return Buffer.concat(kept);
}

function extension(name: string, content: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.write(name, "latin1");
  head.writeUInt32BE(content.length, 4);
  return Buffer.concat([head, content]);
}

/**
 * The list of known trees without those of some folders. Each is "<name>\0<entries> <subtrees>\n" and its id, which is
 * left out where the number of entries is negative; subtrees follow their folder.
 */
function withoutTreesOf(bytes: Buffer, changed: ReadonlySet<string>, oidBytes: number): Buffer {
  const kept: Buffer[] = [];
  /** Folders with changes that are not complete: their path, and how many subtrees are still to come. */
  const open = [{ path: "", left: 1 }];
  /** Subtrees of folders without changes that are still to come: nothing of them has to be looked at. */
  let passing = 0;
  let keptTo = 0;
  for (let at = 0; at < bytes.length; ) {
    const nameEnd = bytes.indexOf(0, at);
    const lineEnd = bytes.indexOf(NEWLINE, nameEnd);
    const isKnown = bytes[nameEnd + 1] !== MINUS;
    const subtrees = numberBefore(bytes, lineEnd);
    const end = lineEnd + 1 + (isKnown ? oidBytes : 0);
    if (passing > 0) passing += subtrees - 1;
    else {
      const parent = open.at(-1);
      if (parent === undefined) throw new Error("the list of trees in the index has no end");
      parent.left -= 1;
      const name = bytes.toString("utf8", at, nameEnd);
      const path = parent.path === "" ? name : `${parent.path}/${name}`;
      if (changed.has(path)) {
        kept.push(bytes.subarray(keptTo, nameEnd + 1), Buffer.from(`-1 ${subtrees}\n`, "latin1"));
        keptTo = end;
        open.push({ path, left: subtrees });
      } else passing = subtrees;
    }
    if (passing === 0) while (open.at(-1)?.left === 0) open.pop();
    at = end;
  }
  return Buffer.concat([...kept, bytes.subarray(keptTo)]);
}

const [NEWLINE, MINUS, ZERO, NINE] = [0x0a, 0x2d, 0x30, 0x39];

/** The digits that end before a place. For some thousand folders quicker than text (measured: 5 ms of a small run). */
function numberBefore(bytes: Buffer, end: number): number {
  let [value, factor] = [0, 1];
  for (let at = end - 1; at >= 0; at--) {
    const digit = bytes[at] ?? 0;
    if (digit < ZERO || digit > NINE) break;
    value += (digit - ZERO) * factor;
    factor *= 10;
  }
  return value;
}
