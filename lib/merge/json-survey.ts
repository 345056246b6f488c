// What versions of a file hold, counted on what JSON.parse makes of them: every entry with an id, at its place, once for
// all versions. Knows nothing of the merge, so that the merge can be held against it.
import { identityOf, idOf } from "./by-id-identity.ts";

export type Version = "base" | "ours" | "theirs" | "united";

/** A step on the way from the top: a key, or an entry. */
export interface Place {
  /** Null for a place that is no entry. */
  readonly id: string | null;
  /** What each version has here, as often as it has it; empty for a place that is no entry. */
  readonly base: object[];
  readonly ours: object[];
  readonly theirs: object[];
  readonly united: object[];
  /** By key, or by id; keys and ids never meet, since a place is an object or a list. */
  readonly inner: Map<string, Place>;
}

export interface Found {
  /** Members of all objects. */
  readonly memberCount: number;
  /** Whether a list has ids that do not tell its entries apart. */
  readonly hasMisusedIds: boolean;
}

const NONE: object[] = [];
/** Steps to what has neither key nor id: shared by all elements of a list. */
const NAMELESS = "";

export class Survey {
  readonly top: Place = keyPlace();
  private version: Version = "base";
  private memberCount = 0;
  private hasMisusedIds = false;

  /** Adds what one version holds; it must not be nested too deep for a recursion. */
  add(version: Version, value: unknown): Found {
    this.version = version;
    this.memberCount = 0;
    this.hasMisusedIds = false;
    if (isObject(value)) this.visit(value, this.top);
    return { memberCount: this.memberCount, hasMisusedIds: this.hasMisusedIds };
  }

  private visit(value: object, place: Place): void {
    if (Array.isArray(value)) this.visitList(value, place);
    else this.visitMembers(value as Readonly<Record<string, unknown>>, place);
  }

  private visitMembers(members: Readonly<Record<string, unknown>>, place: Place): void {
    for (const key in members) {
      this.memberCount++;
      const inner = members[key];
      if (isObject(inner) && !isPlain(inner)) this.visit(inner, innerPlace(place, key));
    }
  }

  private visitList(list: readonly unknown[], place: Place): void {
    for (const value of list) {
      if (!isObject(value)) continue;
      const id = idOf(value);
      this.visit(value, id === null ? innerPlace(place, NAMELESS) : this.entryPlace(place, id, value));
    }
    if (this.hasMisusedIds || list.length < 2 || !isObject(list[0])) return;
    const identity = identityOf([list]);
    this.hasMisusedIds = "misuse" in identity && identity.misuse !== null;
  }

  private entryPlace(list: Place, id: string, value: object): Place {
    const step = `#${id}`;
    let place = list.inner.get(step);
    if (place === undefined) {
      place = { id, base: [], ours: [], theirs: [], united: [], inner: new Map() };
      list.inner.set(step, place);
    }
    place[this.version].push(value);
    return place;
  }
}

function innerPlace(outer: Place, key: string): Place {
  let place = outer.inner.get(key);
  if (place === undefined) {
    place = keyPlace();
    outer.inner.set(key, place);
  }
  return place;
}

function keyPlace(): Place {
  return { id: null, base: NONE, ours: NONE, theirs: NONE, united: NONE, inner: new Map() };
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** A list of scalars: nothing in it counts. */
function isPlain(value: object): boolean {
  return Array.isArray(value) && !value.some(isObject);
}
