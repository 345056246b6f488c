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

export type Identity =
  | { readonly key: string /** Of each version, in order. */; readonly ids: string[][] }
  /** Null where entries simply have no ids. */
  | { readonly misuse: Misuse | null };

/** Finds the key for versions of one list, as JSON.parse gives them. */
export function identityOf(versions: readonly (readonly unknown[])[]): Identity {
  let misuse: Misuse | null = null;
  if (versions.some((list) => list.length > 0)) {
    for (const key of IDENTITY_KEYS) {
      const found = idsBy(key, versions);
      if (Array.isArray(found)) return { key, ids: found };
      misuse ??= found;
    }
  }
  return { misuse };
}

/** What identifies an entry by itself, whatever list it is in; null where nothing does. */
export function idOf(entry: unknown): string | null {
  for (const key of IDENTITY_KEYS) {
    const id = memberOf(entry, key);
    if (typeof id === "string" || typeof id === "number") return String(id);
  }
  return null;
}

/** Ids by one key; null where an entry has none, and why not where they are no good. */
function idsBy(key: string, versions: readonly (readonly unknown[])[]): string[][] | Misuse | null {
  const all: string[][] = [];
  const kinds = new Set<string>();
  let misuse: Misuse | null = null;
  for (const [version, list] of versions.entries()) {
    const ids: string[] = [];
    for (let entry = 0; entry < list.length; entry++) {
      const id = memberOf(list[entry], key);
      if (typeof id !== "string" && !(typeof id === "number" && Number.isInteger(id))) return null;
      kinds.add(typeof id);
      if (typeof id === "number" && !Number.isSafeInteger(id))
        misuse ??= { what: `has a number as ${key} that is too large to be exact`, version, entry };
      else if (kinds.size > 1) misuse ??= { what: `has both numbers and texts as ${key}`, version, entry };
      ids.push(String(id));
    }
    const entry = firstTwice(ids);
    if (entry !== null) misuse ??= { what: `has the ${key} ${JSON.stringify(ids[entry])} twice`, version, entry };
    all.push(ids);
  }
  return misuse ?? all;
}

function firstTwice(ids: readonly string[]): number | null {
  const seen = new Set(ids);
  if (seen.size === ids.length) return null;
  seen.clear();
  return ids.findIndex((id) => seen.size === seen.add(id).size);
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
