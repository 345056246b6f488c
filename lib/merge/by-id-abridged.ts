// Leaves out of three versions what needs no merge: runs of entries, in the longest list of each, that follow the same
// entry in all of them and that at most one side has changed. What is left is merged as if it were all there is; how each
// run comes out is known. Works on the texts alone: that their parts are entries is for `by-id-restored.ts` to prove.
// A byte is a character here (Latin-1): all signs of JSON are ASCII, and nothing has to be decoded to be compared.
import { isUtf8 } from "node:buffer";
import { type EvenList, longestList, writeList } from "./json-even-list.ts";
import { hasEachKeyOnce } from "./json-members.ts";
import { LARGEST_BYTES } from "./json-text.ts";
import type { Versions } from "./united.ts";

/** Of the base, of ours and of theirs. */
export interface Three<T> {
  readonly base: T;
  readonly ours: T;
  readonly theirs: T;
}

export interface Abridged {
  readonly versions: Three<Uint8Array>;
  /** The texts as they are. */
  readonly wholes: Three<string>;
  /** The list of each version with the parts that are left. */
  readonly lists: Three<EvenList>;
  /** The parts of each run as they come out, by the id of the entry that they follow. */
  readonly runs: ReadonlyMap<string, readonly string[]>;
}

/** What is left of three versions; null where nothing can be left out. */
export function abridge({ base: before, ours: here, theirs: there }: Versions): Abridged | null {
  if (before === null || ![before, here, there].every(isReadable)) return null;
  const wholes = mapThree({ base: before, ours: here, theirs: there }, charactersOf);
  const { base, ours, theirs } = mapThree(wholes, longestList);
  if (base === null || ours === null || theirs === null) return null;
  if (base.separator !== ours.separator || base.separator !== theirs.separator) return null;
  const walk = new Walk({ base: base.parts, ours: ours.parts, theirs: theirs.parts });
  if (!walk.toTheEnd() || walk.runs.size === 0) return null;
  const lists = {
    base: { ...base, parts: walk.kept.base },
    ours: { ...ours, parts: walk.kept.ours },
    theirs: { ...theirs, parts: walk.kept.theirs },
  };
  return { versions: mapThree(lists, (list) => bytesOf(writeList(list))), wholes, lists, runs: walk.runs };
}

function isReadable(bytes: Uint8Array): boolean {
  return bytes.length <= LARGEST_BYTES && isUtf8(bytes);
}

/** A character a byte. */
export function charactersOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

export function bytesOf(characters: string): Uint8Array {
  return Buffer.from(characters, "latin1");
}

function mapThree<T, R>({ base, ours, theirs }: Three<T>, change: (one: T) => R): Three<R> {
  return { base: change(base), ours: change(ours), theirs: change(theirs) };
}

const VERSIONS = ["base", "ours", "theirs"] as const;

/** Goes through three lists at once, from an entry that all of them have to the next. */
class Walk {
  readonly kept: Three<string[]> = { base: [], ours: [], theirs: [] };
  readonly runs = new Map<string, readonly string[]>();
  private readonly parts: Three<readonly string[]>;
  private at: Three<number> = { base: 0, ours: 0, theirs: 0 };

  constructor(parts: Three<readonly string[]>) {
    this.parts = parts;
  }

  /** False where an entry has no id by which it could be found again. */
  toTheEnd(): boolean {
    while (true) {
      const next = this.nextCommon();
      if (next === null) return false;
      for (const version of VERSIONS)
        for (const part of this.parts[version].slice(this.at[version], next.at[version])) this.kept[version].push(part);
      this.at = next.at;
      if (next.id === null) return true;
      this.leaveOut(next.id);
    }
  }

  /**
   * Where each list stands behind the next entry that all of them have, and its id; null for the id at the end of the
   * lists. Reads them in turn, so that what one of them has more, or elsewhere, is gone through once.
   */
  private nextCommon(): { readonly id: string | null; readonly at: Three<number> } | null {
    const seen: Three<Map<string, number>> = { base: new Map(), ours: new Map(), theirs: new Map() };
    const at = { ...this.at };
    for (let isLeft = true; isLeft; ) {
      isLeft = false;
      for (const version of VERSIONS) {
        const part = this.parts[version][at[version]];
        if (part === undefined) continue;
        isLeft = true;
        const id = writtenId(entryIn(part));
        if (id === null) return null;
        at[version]++;
        seen[version].set(id, at[version]);
        const [base, ours, theirs] = [seen.base.get(id), seen.ours.get(id), seen.theirs.get(id)];
        if (base !== undefined && ours !== undefined && theirs !== undefined) return { id, at: { base, ours, theirs } };
      }
    }
    return { id: null, at };
  }

  /** Leaves out what follows the entry `id`, but never the last entry of a list: two show how a list is laid out. */
  private leaveOut(id: string): void {
    const { base, ours, theirs } = this.parts;
    let { base: atBase, ours: atOurs, theirs: atTheirs } = this.at;
    const most = Math.min(base.length - atBase, ours.length - atOurs, theirs.length - atTheirs) - 1;
    const run: string[] = [];
    while (run.length < most) {
      const part = decided(base[atBase++] ?? "", ours[atOurs++] ?? "", theirs[atTheirs++] ?? "");
      if (part === null) break;
      run.push(part);
    }
    if (run.length === 0) return;
    this.runs.set(id, run);
    this.at = mapThree(this.at, (from) => from + run.length);
  }
}

/** What comes out of an entry that a side left as it was; null where that is not plain to see. */
function decided(base: string, ours: string, theirs: string): string | null {
  if (ours === base && theirs === base) return base;
  if (ours !== base && theirs !== base) return null;
  const changed = ours === base ? theirs : ours;
  const [before, after] = [clearEntryIn(base), clearEntryIn(changed)];
  if (before === null || after === null || writtenId(before) === null) return null;
  if (writtenId(before) !== writtenId(after)) return null;
  // an entry inside it that came or went may have gone elsewhere, which is for the merge to see
  return JSON.stringify(nestedIn(before)) === JSON.stringify(nestedIn(after)) ? changed : null;
}

export type Entry = Readonly<Record<string, unknown>>;

/** Null for what is no entry. */
function entryIn(part: string): Entry | null {
  try {
    return JSON.parse(`{${part}}`);
  } catch {
    return null;
  }
}

/** One that the merge would read as JSON.parse does: with no key twice, and nothing written as an escape. */
function clearEntryIn(part: string): Entry | null {
  const entry = part.includes("\\u") ? null : entryIn(part);
  return entry !== null && hasEachKeyOnce(part, entry) ? entry : null;
}

/** Members that may have entries in them. */
function nestedIn(entry: Entry): [key: string, value: unknown][] {
  return Object.entries(entry).filter(([, value]) => typeof value === "object" && value !== null && !isFlat(value));
}

function isFlat(value: object): boolean {
  return Array.isArray(value) && value.every((one) => typeof one !== "object" || one === null);
}

/** The id as a text; null where there is none that tells an entry apart. */
export function writtenId(entry: Entry | null): string | null {
  const id = entry !== null && Object.hasOwn(entry, "id") ? entry["id"] : null;
  return typeof id === "string" || Number.isSafeInteger(id) ? String(id) : null;
}
