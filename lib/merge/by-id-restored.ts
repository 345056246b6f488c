// Puts back what was left out of a merge, and proves that leaving it out was sound: that every part was an entry of that
// one list, with an id of its own, and that the whole merge would not have refused it. What cannot be proved is no
// failure: the versions are then merged whole.
import { type Abridged, bytesOf, charactersOf, type Entry, writtenId } from "./by-id-abridged.ts";
import { identityOf, type Places } from "./by-id-identity.ts";
import { hasEveryId } from "./by-id-written.ts";
import { type EvenList, writeList } from "./json-even-list.ts";
import { hasEachKeyOnce } from "./json-members.ts";
import { type JsonNode, type JsonText, treeOf } from "./json-text.ts";

/** The whole result, made of the result of what was left; null where it is not proved. */
export function restore({ lists, runs, wholes }: Abridged, united: Uint8Array): Uint8Array | null {
  const left = [lists.base, lists.ours, lists.theirs].map(placeOf);
  const path = left[0]?.path;
  const kept = idsOf(left);
  if (path === undefined || kept === null) return null;
  const json = treeIn(charactersOf(united));
  const list = nodeAt(json.root, path);
  if (list === null || !areEntries(list)) return null;
  const { separator } = lists.base;
  const between = separator.slice(1, -1);
  const text = withRuns(json, list, runs, (run) => `${between}{${run.join(separator)}}`);
  // Each entry in brackets of its own, and each run in one more pair. A part that is no whole entry breaks this: the
  // brackets around it then part something else, and there are fewer of them in the list, or it does not parse.
  const bracketed = parsed(withRuns(json, list, runs, (run) => `,[[{${run.join("}],[{")}}]]`));
  if (bracketed === null || !areSound(elementsAt(bracketed, path), runs, list.items.length, kept)) return null;
  return hasNoSurprise(bracketed, text) && hasEveryId(wholes, text) ? bytesOf(text) : null;
}

function parsed(text: string): object | null {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

type Runs = Abridged["runs"];
type Path = readonly string[];

function treeIn(text: string): JsonText {
  return treeOf("", text, JSON.parse(text));
}

/** A list that is in no entry, and the keys that lead to it. */
interface ListPlace {
  readonly path: Path;
  readonly node: JsonNode;
}

/** Null where the parts are not the entries of one list. */
function placeOf(list: EvenList): ListPlace | null {
  const path: string[] = [];
  let node = treeIn(writeList(list)).root;
  while (node.start < list.start) {
    const inner = node.kind === "object" ? node.items.find(({ end }) => end > list.start) : undefined;
    if (inner === undefined) return null;
    path.push(inner.key);
    node = inner;
  }
  return node.start === list.start && hasParts(node, list) ? { path, node } : null;
}

/** The ids of what was left in each version of one list; null where it is not one, or they do not tell entries apart. */
function idsOf(left: readonly (ListPlace | null)[]): readonly Places[] | null {
  const lists = left.filter((one) => one !== null);
  if (lists.length < left.length || new Set(lists.map(({ path }) => JSON.stringify(path))).size > 1) return null;
  const identity = identityOf(lists.map(({ node }) => node.value as unknown[]));
  return "key" in identity && identity.key === "id" ? identity.places : null;
}

function hasParts({ kind, items }: JsonNode, { head, parts, separator }: EvenList): boolean {
  if (kind !== "array" || items.length !== parts.length) return false;
  let start = head.length - 1;
  return items.every((item, index) => {
    const isThere = item.start === start;
    start += (parts[index] ?? "").length + separator.length;
    return isThere && item.end === start - separator.length + 2;
  });
}

function nodeAt(root: JsonNode, path: Path): JsonNode | null {
  let node = root;
  for (const key of path) {
    const inner = node.kind === "object" ? node.items.find((item) => item.key === key) : undefined;
    if (inner === undefined) return null;
    node = inner;
  }
  return node;
}

function areEntries({ kind, items }: JsonNode): boolean {
  return kind === "array" && items.every((item) => item.kind === "object");
}

/** The text with each run behind the entry that it follows. */
function withRuns(
  { text }: JsonText,
  { items }: JsonNode,
  runs: Runs,
  write: (run: readonly string[]) => string,
): string {
  const pieces: string[] = [];
  let from = 0;
  for (const { value, end } of items) {
    const run = runs.get(writtenId(value as Entry) ?? "");
    if (run === undefined) continue;
    pieces.push(text.slice(from, end), write(run));
    from = end;
  }
  return [...pieces, text.slice(from)].join("");
}

function elementsAt(bracketed: object, path: Path): readonly unknown[] {
  let list: unknown = bracketed;
  for (const key of path) list = (list as Entry)[key];
  return list as unknown[];
}

/** Whether a list has all runs with all their parts as entries, and every id once; those of runs in no entry left. */
function areSound(elements: readonly unknown[], runs: Runs, leftCount: number, left: readonly Places[]): boolean {
  const entries = elements.flat(2) as Entry[];
  const runEntries = elements.filter(Array.isArray).flat(2) as Entry[];
  const runCount = [...runs.values()].reduce((sum, run) => sum + run.length, 0);
  if (elements.length !== leftCount + runs.size || elements.flat(1).length !== leftCount + runCount) return false;
  if (entries.length !== leftCount + runCount || runEntries.length !== runCount) return false;
  const types = new Set(entries.map((entry) => typeof entry["id"]));
  const ids = new Set(runEntries.map(writtenId));
  if (types.size !== 1 || ids.size !== runCount || ids.has(null)) return false;
  return left.every((places) => [...places.keys()].every((id) => !ids.has(id)));
}

/** Whether nothing in it is what the merge refuses: a key twice, too much depth, half a surrogate pair. */
function hasNoSurprise(value: object, text: string): boolean {
  if (text.includes("\\u")) {
    // one id may be written in two ways then, and the bytes of one are not compared with the escapes of the other
    if (/[^\0-\x7f]/.test(text) || JSON.stringify(value).includes("\\ud")) return false;
  }
  return hasEachKeyOnce(text, value);
}
