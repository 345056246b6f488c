// What versions of a file hold, counted on what JSON.parse makes of them: every entry with an id, at its place, once for
// all versions. Knows nothing of the merge, so that the merge can be held against it.
import { idOf } from "./by-id-identity.ts";

export type Version = "base" | "ours" | "theirs" | "united";

/** A step on the way from the top: a key, or an entry. */
export class Place {
  /** Null for a place that is no entry. */
  readonly id: string | null;
  /** How often the base, ours, theirs and the united version have the entry here. */
  had = 0;
  here = 0;
  there = 0;
  now = 0;
  /** The entry as each version last had it here; null where it had none. */
  base: object | null = null;
  ours: object | null = null;
  theirs: object | null = null;
  /** Places of members, and of entries: a place may be an object in one version and a list in another. */
  keys: Map<string, Place> | null = null;
  entries: Map<string, Place> | null = null;

  constructor(id: string | null) {
    this.id = id;
  }

  /** Notes that a version has the entry here, and returns how often it has by now. */
  note(version: Version, value: object): number {
    switch (version) {
      case "base":
        this.base = value;
        return ++this.had;
      case "ours":
        this.ours = value;
        return ++this.here;
      case "theirs":
        this.theirs = value;
        return ++this.there;
      case "united":
        return ++this.now;
    }
  }
}

export interface Found {
  /** Members of all objects. */
  readonly memberCount: number;
  /** Whether a list may have ids that do not tell its entries apart: one that comes twice, or of another type. */
  readonly hasDoubtfulIds: boolean;
}

/** Leads to what has neither key nor id: shared by all elements of a list. */
const NAMELESS = "";

export class Survey {
  readonly top: Place = new Place(null);
  private version: Version = "base";
  private memberCount = 0;
  private hasDoubtfulIds = false;

  /** Adds what one version holds; it must not be nested too deep for a recursion. */
  add(version: Version, value: unknown): Found {
    this.version = version;
    this.memberCount = 0;
    this.hasDoubtfulIds = false;
    if (isObject(value)) this.visit(value, this.top);
    return { memberCount: this.memberCount, hasDoubtfulIds: this.hasDoubtfulIds };
  }

  private visit(value: object, place: Place): void {
    if (Array.isArray(value)) this.visitList(value, place);
    else this.visitMembers(value as Readonly<Record<string, unknown>>, place);
  }

  private visitMembers(members: Readonly<Record<string, unknown>>, place: Place): void {
    for (const key in members) {
      this.memberCount++;
      const inner = members[key];
      if (isObject(inner) && !isPlain(inner)) this.visit(inner, keyPlace(place, key));
    }
  }

  private visitList(list: readonly unknown[], place: Place): void {
    let type: string | null = null;
    for (const value of list) {
      if (!isObject(value)) continue;
      const id = idOf(value);
      if (id === null) {
        this.visit(value, keyPlace(place, NAMELESS));
        continue;
      }
      const isInexact = typeof id === "number" && !Number.isSafeInteger(id);
      if (isInexact || (type !== null && type !== typeof id)) this.hasDoubtfulIds = true;
      type = typeof id;
      this.visit(value, this.entryPlace(place, String(id), value));
    }
  }

  private entryPlace(list: Place, id: string, value: object): Place {
    list.entries ??= new Map();
    let place = list.entries.get(id);
    if (place === undefined) {
      place = new Place(id);
      list.entries.set(id, place);
    }
    if (place.note(this.version, value) > 1) this.hasDoubtfulIds = true;
    return place;
  }
}

function keyPlace(outer: Place, key: string): Place {
  outer.keys ??= new Map();
  let place = outer.keys.get(key);
  if (place === undefined) {
    place = new Place(null);
    outer.keys.set(key, place);
  }
  return place;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** A list of scalars: nothing in it counts. */
function isPlain(value: object): boolean {
  if (!Array.isArray(value)) return false;
  for (const one of value) if (isObject(one)) return false;
  return true;
}
