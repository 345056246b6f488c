// What became of each task between two versions of a task list, for people to read. Pure.
import { identityOf } from "./by-id-identity.ts";
import { atEntry, atKey, formatPath, type Path } from "./by-id-path.ts";
import { refuseDoubledKey } from "./json-misuse.ts";
import { Survey } from "./json-survey.ts";
import { type JsonNode, Refused, readJson, sourceOf, stringOf } from "./json-text.ts";
import { childOf, isSameValue, type Placed } from "./json-values.ts";

export interface FieldChange {
  readonly field: string;
  /** Text as it reads, anything else as JSON on one line; null where the field is absent. */
  readonly before: string | null;
  readonly after: string | null;
}

/** What became of one task. */
export interface TaskChange {
  /** The list the task is in: `tasks`, `tasks[id=t-17].steps`; "" for the top. */
  readonly where: string;
  readonly id: string;
  readonly title: string | null;
  /** One that was changed and moved is `changed`. */
  readonly kind: "added" | "removed" | "changed" | "moved";
  readonly fields: FieldChange[];
}

/** The id of the row that tells what changed and is in no list. */
export const OUTSIDE = "outside the lists";
const TITLES = ["title", "name", "summary", "description"];

/**
 * The tasks that differ, in the order of `after`, removed ones last in their list; tasks inside tasks are told under
 * their own list. What changed outside the lists comes last, as a row with the id `outside the lists`. Null where a
 * version is none that a merge would read, no list tells its tasks apart, or no task differs but something else does.
 */
export function taskChanges(before: Uint8Array, after: Uint8Array): TaskChange[] | null {
  try {
    const diff = new TaskDiff();
    diff.top(read(before, "before"), read(after, "after"));
    return diff.changes;
  } catch (error) {
    if (error instanceof Refused) return null;
    throw error;
  }
}

function read(bytes: Uint8Array, name: string): Placed {
  const json = readJson(bytes, name);
  if (new Survey().add("base", json.root.value).memberCount !== json.memberCount) refuseDoubledKey(json);
  return { json, node: json.root, parent: null };
}

type Version = Placed | null;

class TaskDiff {
  private readonly tasks: TaskChange[] = [];
  private outside: FieldChange[] = [];
  private hasLists = false;

  get changes(): TaskChange[] | null {
    const [{ tasks }, fields] = [this, this.outside];
    if (!this.hasLists || (tasks.length === 0 && fields.length > 0)) return null;
    if (fields.length === 0) return tasks;
    return [...tasks, { where: "", id: OUTSIDE, title: null, kind: "changed", fields }];
  }

  top(before: Placed, after: Placed): void {
    if (isObject(before) && isObject(after)) this.outside = this.fields(before, after, null, "");
    else this.list(before, after, null);
  }

  /** Members that differ. Objects that both versions have are looked into, and so are lists, which are no fields. */
  private fields(before: Version, after: Version, path: Path, prefix: string): FieldChange[] {
    const [had, has] = [membersOf(before), membersOf(after)];
    const fields: FieldChange[] = [];
    for (const key of new Set([...has.keys(), ...had.keys()])) {
      const [one, other] = [had.get(key) ?? null, has.get(key) ?? null];
      const [inner, field] = [atKey(path, key), `${prefix}${key}`];
      // a task that is only in one version is told whole
      if (before !== null && after !== null && this.list(one, other, inner)) continue;
      if (isObject(one) && isObject(other)) fields.push(...this.fields(one, other, inner, `${field}.`));
      else if (differs(one, other)) fields.push({ field, before: shown(one), after: shown(other) });
    }
    return fields;
  }

  /** Tells what became of a list; false where it is none whose entries can be told apart. */
  private list(before: Version, after: Version, path: Path): boolean {
    const versions = [before, after].filter((one) => one !== null);
    if (versions.some(({ node }) => node.kind !== "array")) return false;
    const identity = identityOf(versions.map(({ node }) => node.value as unknown[]));
    if (!("key" in identity)) return false;
    this.hasLists = true;
    const ids = identity.places.map((places) => [...places.keys()]);
    const had = entriesOf(before, before === null ? [] : (ids.shift() ?? []));
    const has = entriesOf(after, after === null ? [] : (ids.shift() ?? []));
    const stays = unmoved([...had.keys()], [...has.keys()]);
    for (const id of [...has.keys(), ...[...had.keys()].filter((one) => !has.has(one))])
      this.task(
        { before: had.get(id) ?? null, after: has.get(id) ?? null, id, stays: stays.has(id) },
        path,
        identity.key,
      );
    return true;
  }

  private task(
    task: { before: Version; after: Version; id: string; stays: boolean },
    path: Path,
    identityKey: string,
  ): void {
    const { before, after, id, stays } = task;
    const at = this.tasks.length;
    const fields = this.fields(before, after, atEntry(path, identityKey, id), "");
    let kind: TaskChange["kind"] = fields.length > 0 ? "changed" : "moved";
    if (before === null) kind = "added";
    else if (after === null) kind = "removed";
    if (kind === "moved" && stays) return;
    // before the tasks inside it
    this.tasks.splice(at, 0, { where: formatPath(path), id, title: titleOf(after ?? before), kind, fields });
  }
}

function isObject(version: Version): boolean {
  return version?.node.kind === "object";
}

function membersOf(version: Version): Map<string, Placed> {
  if (version === null || version.node.kind !== "object") return new Map();
  return new Map(version.node.items.map((node) => [node.key, childOf(version, node)]));
}

function entriesOf(version: Version, ids: readonly string[]): Map<string, Placed> {
  const items: readonly JsonNode[] = version?.node.items ?? [];
  const entries = new Map<string, Placed>();
  for (const [at, id] of ids.entries()) {
    const node = items[at];
    if (version !== null && node !== undefined) entries.set(id, childOf(version, node));
  }
  return entries;
}

function differs(before: Version, after: Version): boolean {
  if (before === null || after === null) return before !== after;
  try {
    return !isSameValue(before, after);
  } catch (error) {
    // numbers that cannot be compared are written differently, which is what there is to show
    if (error instanceof Refused) return true;
    throw error;
  }
}

function shown(version: Version): string | null {
  if (version === null) return null;
  const { json, node } = version;
  // no string of JSON holds a raw line end
  return stringOf(json, node) ?? sourceOf(json, node).replace(/[ \t]*\r?\n[ \t]*/g, " ");
}

function titleOf(version: Version): string | null {
  const members = membersOf(version);
  for (const field of TITLES) {
    const member = members.get(field);
    const title = member === undefined ? null : stringOf(member.json, member.node);
    if (title !== null) return title;
  }
  return null;
}

/** The most ids of both lists that stand in the same order in both: a longest increasing run of places. n log n. */
function unmoved(before: readonly string[], after: readonly string[]): Set<string> {
  const places = new Map(before.map((id, at) => [id, at]));
  const common = after.filter((id) => places.has(id));
  const place = (at: number): number => places.get(common[at] ?? "") ?? 0;
  /** For each length the index of the least last one; and for each index the one before it. */
  const lasts: number[] = [];
  const previous: (number | undefined)[] = [];
  for (const at of common.keys()) {
    let [low, high] = [0, lasts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (place(lasts[middle] ?? 0) < place(at)) low = middle + 1;
      else high = middle;
    }
    previous[at] = lasts[low - 1];
    lasts[low] = at;
  }
  const stays = new Set<string>();
  for (let at = lasts.at(-1); at !== undefined; at = previous[at]) stays.add(common[at] ?? "");
  return stays;
}
