// The model behind the random histories: what a run of one machine must make of three trees. It knows paths and whole
// contents only, which is enough where every content is one line that occurs once.
import type { Tree } from "./observe.ts";

/** The three-way result by path, or null where a person must choose; a deletion against a change keeps the change. */
export function threeWay(base: Tree, ours: Tree, theirs: Tree): Tree | null {
  const result: Tree = {};
  for (const path of new Set([...Object.keys(base), ...Object.keys(ours), ...Object.keys(theirs)])) {
    const merged = onePath(base[path], ours[path], theirs[path]);
    if (merged === null) return null;
    if (merged !== undefined) result[path] = merged;
  }
  const paths = Object.keys(result);
  return paths.some((path) => paths.some((other) => other.startsWith(`${path}/`))) ? null : result;
}

/** Undefined: the path is absent. Null: a conflict. */
function onePath(
  base: string | undefined,
  ours: string | undefined,
  theirs: string | undefined,
): string | undefined | null {
  if (ours === theirs || theirs === base) return ours;
  if (ours === base) return theirs;
  if (ours === undefined || theirs === undefined) return ours ?? theirs;
  return modesApart(base, ours, theirs);
}

/** Content changed on one side and mode on the other are united; anything else is a conflict. */
function modesApart(base: string | undefined, ours: string, theirs: string): string | null {
  if ([base, ours, theirs].some((entry) => entry?.startsWith("-> "))) return null;
  const [o, t] = [split(ours), split(theirs)];
  if (base === undefined) return o.text === t.text ? join({ text: o.text, executable: true }) : null;
  const b = split(base);
  if (o.text !== t.text && o.text !== b.text && t.text !== b.text) return null;
  const text = o.text === b.text ? t.text : o.text;
  return join({ text, executable: o.executable === b.executable ? t.executable : o.executable });
}

export interface FileEntry {
  readonly text: string;
  readonly executable: boolean;
}

/** Reads an entry of a tree that is a file. */
export function split(entry: string): FileEntry {
  return entry.startsWith("755:") ? { text: entry.slice(4), executable: true } : { text: entry, executable: false };
}

function join({ text, executable }: FileEntry): string {
  return executable ? `755:${text}` : text;
}
