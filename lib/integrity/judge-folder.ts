// Judges a whole set of changes: what is deleted, how much is changed at once, what is too large for the hosts, and
// names that a Mac cannot hold beside each other. Pure.
import type { Change, Entry } from "../git/parse.ts";
import type { Hit } from "../guard.ts";
import { named } from "../named.ts";

export interface FolderLimits {
  readonly massDeletePercent: number;
  readonly massDeleteFiles: number;
  readonly massDeleteLeast: number;
  readonly allChangedPercent: number;
  readonly allChangedLeast: number;
  readonly largestFileBytes: number;
}

export interface FolderChange {
  readonly changes: readonly Change[];
  /** Files that were tracked before the changes. */
  readonly tracked: number;
  readonly isCritical: (path: string) => boolean;
  /** True where any file is left afterwards below the top-level folder of that name. */
  readonly topFoldersLeft: (name: string) => boolean;
  /** Sizes of the new contents by object id, bytes. */
  readonly sizes: ReadonlyMap<string, number>;
  /** Names in each folder afterwards, for every folder on the way to an added path; "" is the top. */
  readonly siblings: ReadonlyMap<string, readonly string[]>;
  readonly limits: FolderLimits;
}

interface Deletion {
  readonly path: string;
  readonly before: Entry;
}

/** What stands against the changes, in the order of the guards. No changes, no hits. */
export function judgeFolder(input: FolderChange): Hit[] {
  return [
    ...criticalDelete(input),
    ...massDelete(input),
    ...allChanged(input),
    ...largeFile(input),
    ...nameClash(input),
  ];
}

function criticalDelete({ changes, isCritical }: FolderChange): Hit[] {
  return notMoved(changes.filter(({ path }) => isCritical(path))).map(({ path }) => ({
    guard: "critical-delete",
    path,
    says: "is critical and gone",
  }));
}

/** Deleted files whose content was not added under another name: an added file stands for one deleted file only. */
function notMoved(changes: readonly Change[]): Deletion[] {
  const added = new Map<string, number>();
  for (const { before, after } of changes) {
    if (before === null && after !== null) added.set(after.oid, (added.get(after.oid) ?? 0) + 1);
  }
  return changes.flatMap(({ path, before, after }) => {
    if (before === null || after !== null) return [];
    const places = added.get(before.oid) ?? 0;
    if (places === 0) return [{ path, before }];
    added.set(before.oid, places - 1);
    return [];
  });
}

function massDelete({ changes, tracked, topFoldersLeft, limits }: FolderChange): Hit[] {
  const gone = notMoved(changes).map(({ path }) => path);
  if (gone.length < limits.massDeleteLeast) return [];
  const emptied = [...countByTop(gone)]
    .filter(([name, count]) => count >= limits.massDeleteLeast && !topFoldersLeft(name))
    .map(([name]) => name)
    .sort();
  const isMass = gone.length * 100 > limits.massDeletePercent * tracked || gone.length > limits.massDeleteFiles;
  if (!isMass && emptied.length === 0) return [];
  const folders = emptied.length === 0 ? "" : `nothing is left in ${named(emptied)}; `;
  return [{ guard: "mass-delete", path: null, says: `${folders}${share(gone, tracked)} deleted: ${named(gone)}` }];
}

/** How many of the paths lie below each top-level folder. */
function countByTop(paths: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const path of paths) {
    const slash = path.indexOf("/");
    if (slash > 0) counts.set(path.slice(0, slash), (counts.get(path.slice(0, slash)) ?? 0) + 1);
  }
  return counts;
}

function allChanged({ changes, tracked, limits }: FolderChange): Hit[] {
  const modified = changes.filter(({ before, after }) => before !== null && after !== null).map(({ path }) => path);
  if (modified.length === 0 || tracked < limits.allChangedLeast) return [];
  if (modified.length * 100 < limits.allChangedPercent * tracked) return [];
  const says = `${share(modified, tracked)} changed at once: ${named(modified)}`;
  return [{ guard: "all-changed", path: null, says }];
}

/** Content that the folder had before under any name is not judged: the host took it. */
function largeFile({ changes, sizes, limits }: FolderChange): Hit[] {
  const had = new Set(changes.flatMap(({ before }) => (before === null ? [] : [before.oid])));
  return changes.flatMap(({ path, after }): Hit[] => {
    if (after === null || after.mode === SUBMODULE || had.has(after.oid)) return [];
    const sizeBytes = sizes.get(after.oid);
    if (sizeBytes === undefined) throw new Error(`the size of ${path} (object ${after.oid}) was not looked up`);
    if (sizeBytes <= limits.largestFileBytes) return [];
    const says = `has ${megabytes(sizeBytes)} MB, more than the ${megabytes(limits.largestFileBytes)} MB that may be published`;
    return [{ guard: "large-file", path, says }];
  });
}

const SUBMODULE = "160000";

/** One hit for each name, file or folder, on the way to an added path that has a double beside it. */
function nameClash({ changes, siblings }: FolderChange): Hit[] {
  const hits = new Map<string, Hit>();
  const doubles = doublesByFolder(siblings);
  for (const { path, before, after } of changes) {
    if (before !== null || after === null) continue;
    requireListed(path, siblings);
    if (doubles.size === 0) continue;
    for (const { folder, name } of namesOnTheWay(path)) {
      const double = doubles.get(folder)?.get(name);
      if (double === undefined) continue;
      const place = folder === "" ? name : `${folder}/${name}`;
      const says = `and ${JSON.stringify(double)} beside it have the same name on a Mac (${difference(name, double)})`;
      hits.set(place, { guard: "name-clash", path: place, says });
    }
  }
  return [...hits.values()];
}

function namesOnTheWay(path: string): { folder: string; name: string }[] {
  const names = path.split("/");
  return names.map((name, depth) => ({ folder: names.slice(0, depth).join("/"), name }));
}

function requireListed(path: string, siblings: FolderChange["siblings"]): void {
  const folder = path.slice(0, Math.max(0, path.lastIndexOf("/")));
  if (!siblings.has(folder))
    throw new Error(`the names in ${folder === "" ? "the top folder" : folder} were not listed`);
}

/** In each folder that has any, the names with a double, and the double. Looked at folder by folder, and few have any. */
function doublesByFolder(siblings: FolderChange["siblings"]): Map<string, Map<string, string>> {
  const doubles = new Map<string, Map<string, string>>();
  for (const [folder, names] of siblings) {
    const folded = new Map<string, string>();
    for (const name of names) {
      const key = foldName(name);
      const other = folded.get(key);
      if (other === undefined) folded.set(key, name);
      else if (other !== name) noteDouble(doubles, folder, name, other);
    }
  }
  return doubles;
}

function noteDouble(doubles: Map<string, Map<string, string>>, folder: string, name: string, other: string): void {
  const known = doubles.get(folder) ?? new Map<string, string>();
  known.set(name, other);
  if (!known.has(other)) known.set(other, name);
  doubles.set(folder, known);
}

/**
 * The form in which names are compared: equal for names that a file system without case and Unicode forms, as APFS and
 * HFS+ are by default, takes for one. Full case folding by way of the capitals (ß is ss, final sigma is sigma), save
 * for the dotless ı, whose capital is that of i, though folding keeps the two apart (Unicode CaseFolding.txt, status T).
 */
export function foldName(name: string): string {
  if (/^[\x20-\x7e]*$/.test(name)) return name.toLowerCase();
  return name
    .normalize("NFD")
    .split("ı")
    .map((part) => part.toLowerCase().toUpperCase().toLowerCase())
    .join("ı")
    .normalize("NFC");
}

function difference(name: string, double: string): string {
  return name.normalize("NFC") === double.normalize("NFC") ? "they differ in Unicode form" : "they differ in case";
}

function share(paths: readonly string[], tracked: number): string {
  const verb = paths.length === 1 ? "is" : "are";
  return `${paths.length} of ${tracked} files (${Math.floor((paths.length * 100) / Math.max(1, tracked))} %) ${verb}`;
}

/** With a decimal where it tells apart; above the limit is never shown as the limit. */
function megabytes(sizeBytes: number): string {
  return (Math.ceil(sizeBytes / 100_000) / 10).toString();
}
