// Which key tells the entries of a list apart. Chosen for each list, over all its versions: a key that every entry of
// every version has, as text or as a whole number, with no value twice in one version.
import { type JsonNode, type JsonText, lineOf } from "./json-text.ts";

/** In the order in which they are tried. */
const IDENTITY_KEYS = ["id", "key", "uid", "uuid", "_id", "taskId", "task_id"] as const;

/** Why ids are no good: what, and at which entry of which version. */
export interface Misuse {
  /** `has the id "t-1" twice` */
  readonly what: string;
  readonly version: number;
  readonly entry: number;
}

export type Places = ReadonlyMap<string, number>;

export type Identity =
  /** The ids of each version, in order, with their indices. */
  | { readonly key: string; readonly places: Places[] }
  /** Null where entries simply have no ids. */
  | { readonly misuse: Misuse | null };

/** Finds the key for versions of one list, as JSON.parse gives them. */
export function identityOf(versions: readonly (readonly unknown[])[]): Identity {
  let misuse: Misuse | null = null;
  if (versions.some((list) => list.length > 0)) {
    for (const key of IDENTITY_KEYS) {
      const found = placesBy(key, versions);
      if (Array.isArray(found)) return { key, places: found };
      misuse ??= found;
    }
  }
  return { misuse };
}

/** What identifies an entry by itself, whatever list it is in; null where nothing does. */
export function idOf(entry: unknown): string | number | null {
  for (const key of IDENTITY_KEYS) {
    const id = memberOf(entry, key);
    if (typeof id === "string" || typeof id === "number") return id;
  }
  return null;
}

/** Places by one key; null where an entry has none, and why not where they are no good. */
function placesBy(key: string, versions: readonly (readonly unknown[])[]): Places[] | Misuse | null {
  const all: Places[] = [];
  const kinds = new Set<string>();
  let misuse: Misuse | null = null;
  for (const [version, list] of versions.entries()) {
    const places = new Map<string, number>();
    for (let entry = 0; entry < list.length; entry++) {
      const id = memberOf(list[entry], key);
      if (typeof id !== "string" && !(typeof id === "number" && Number.isInteger(id))) return null;
      kinds.add(typeof id);
      if (typeof id === "number" && !Number.isSafeInteger(id))
        misuse ??= { what: `has a number as ${key} that is too large to be exact`, version, entry };
      else if (kinds.size > 1) misuse ??= { what: `has both numbers and texts as ${key}`, version, entry };
      if (places.size === places.set(String(id), entry).size)
        misuse ??= { what: `has the ${key} ${JSON.stringify(String(id))} twice`, version, entry };
    }
    all.push(places);
  }
  return misuse ?? all;
}

function memberOf(entry: unknown, key: string): unknown {
  if (typeof entry !== "object" || entry === null || Array.isArray(entry) || !Object.hasOwn(entry, key)) return null;
  return (entry as Readonly<Record<string, unknown>>)[key];
}

/** One version of a list, where it stands. */
export interface List {
  readonly json: JsonText;
  readonly node: JsonNode;
}

/** Why entries are not told apart, as a part of a sentence after the list's name; "" for a list of scalars. */
export function formatMisuse(misuse: Misuse | null, lists: readonly List[]): string {
  const list = lists[misuse?.version ?? 0];
  const hasEntries = lists.some(({ node }) => node.items.some(({ kind }) => kind === "object"));
  if (misuse === null || list === undefined) return hasEntries ? "has entries without an id" : "";
  const start = list.node.items[misuse.entry]?.start ?? 0;
  return `${misuse.what}, on line ${lineOf(list.json.text, start)} of ${list.json.name}`;
}
