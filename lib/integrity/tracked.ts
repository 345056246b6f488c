// Tracked files against git's index: each file's bytes must give the object's id, directly or through git's filters.
// Where they do not, the stat data tells an honest edit from rot: git's own comparison, held to size and time.
import { join } from "node:path";
import { type Entry, parseDiffTree } from "../git/parse.ts";
import type { Git } from "../git/shell.ts";
import { readFile, type SeenFile, secondReading } from "./digest.ts";
import { digestMany } from "./digest-many.ts";
import type { Found } from "./digest-share.ts";
import { fileState, stateOf, statOf } from "./file-state.ts";
import { isSameText } from "./same-text.ts";

export interface TrackedPlace {
  readonly git: Git;
  readonly folder: string;
  readonly oidBytes: 20 | 32;
  /** An index without marks that keep git from looking at files. Absolute. */
  readonly indexFile: string;
  /** Told after every few files how many were read; others have their turn meanwhile. */
  readonly rest: (done: number) => Promise<void>;
}

/** Each list sorted by path; a file in none of them holds its object's bytes. */
export interface TrackedCheck {
  readonly checked: number;
  readonly edited: readonly string[];
  readonly deleted: readonly string[];
  readonly rotten: readonly string[];
}

interface Suspect {
  readonly path: string;
  readonly entry: Entry;
  readonly seen: SeenFile;
}

const LINK = "120000";
const REPOSITORY = "160000";
/** Without these a change of the inode's own time, as a copy or a new link makes it, would count as somebody's edit. */
const SIZE_AND_TIME = ["core.trustctime=false", "core.checkStat=minimal"];

/** Reads and judges tracked files. @throws {Failure} for one that cannot be read. */
export async function checkTracked(place: TrackedPlace, entries: ReadonlyMap<string, Entry>): Promise<TrackedCheck> {
  const files = [...entries].filter(([, { mode }]) => mode !== REPOSITORY);
  const edited: string[] = [];
  const deleted: string[] = [];
  const suspects: Suspect[] = [];
  const paths = files.map(([path]) => join(place.folder, path));
  let at = 0;
  for await (const batch of digestMany(paths, place.oidBytes, place.rest)) {
    for (const found of batch) {
      const [path, entry] = files[at++] ?? [];
      if (path === undefined || entry === undefined || isObject(found, entry)) continue;
      // once more, by itself and with its stat
      const seen = readPlain(join(place.folder, path), place.oidBytes);
      if (seen === null) deleted.push(path);
      else if (seen === "unsteady") edited.push(path);
      else if (!isObject(seen.digest, entry)) suspects.push({ path, entry, seen });
    }
  }
  const judged = await judge(place, suspects);
  return {
    checked: files.length,
    edited: [...edited, ...judged.edited].sort(),
    deleted,
    rotten: judged.rotten.sort(),
  };
}

function isObject(found: Found, entry: Entry): boolean {
  return typeof found === "object" && found?.oid === entry.oid && found.mode === entry.mode;
}

function readPlain(path: string, oidBytes: 20 | 32): SeenFile | null | "unsteady" {
  const found = statOf(path);
  return found !== null && (found.isFile() || found.isSymbolicLink()) ? readFile(path, oidBytes) : null;
}

async function judge(
  place: TrackedPlace,
  suspects: readonly Suspect[],
): Promise<{ edited: string[]; rotten: string[] }> {
  const found = { edited: [] as string[], rotten: [] as string[] };
  if (suspects.length === 0) return found;
  // asked only now, so that what was saved while the files were read counts as saved
  const touched = await touchedFiles(place);
  const differing = suspects.filter(({ entry, seen }) => seen.digest.oid !== entry.oid);
  const plain = differing.filter(({ seen }) => seen.digest.mode !== LINK).map(({ path }) => path);
  const filtered = await filteredIds(place.git, plain);
  for (const suspect of suspects) {
    const { path, entry, seen } = suspect;
    const sameContent = seen.digest.oid === entry.oid || filtered.get(path) === entry.oid;
    // a mode that git was told not to look at is no difference
    if (sameContent && (seen.digest.mode === entry.mode || !touched.has(path))) continue;
    if (touched.has(path) || sameContent || (await isText(place, suspect))) found.edited.push(path);
    else found[readAgain(place, suspect)].push(path);
  }
  return found;
}

async function isText({ git, folder }: TrackedPlace, { path, entry, seen }: Suspect): Promise<boolean> {
  return seen.digest.mode !== LINK && entry.mode !== LINK && (await isSameText(git, join(folder, path), entry.oid));
}

/** Rotten only if the independent hash reads the same wrong bytes and nobody touched the file meanwhile. */
function readAgain({ folder, oidBytes }: TrackedPlace, { path, entry, seen }: Suspect): "edited" | "rotten" {
  const file = join(folder, path);
  if (secondReading(file) !== seen.digest.sha256) {
    const again = readPlain(file, oidBytes);
    if (again === null || again === "unsteady" || again.digest.oid === entry.oid) return "edited";
  }
  return fileState(file) === stateOf(seen.stat) ? "rotten" : "edited";
}

/** Files whose size or modification time is not the index's, or that git cannot be sure of by them. */
async function touchedFiles({ git, indexFile }: TrackedPlace): Promise<Set<string>> {
  const args = ["diff-files", "-z", "--raw", "--no-renames", "--no-ext-diff", "--ignore-submodules=all"];
  const { stdout } = await git.run(args, { indexFile, config: SIZE_AND_TIME });
  return new Set(parseDiffTree(stdout).map(({ path }) => path));
}

/** The ids git would give files as it would commit them: line endings and filters applied. Unreadable ones are left out. */
async function filteredIds(git: Git, paths: readonly string[]): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  for (let left = paths; left.length > 0; ) {
    // relative names: git finds the attributes of a path by its place in the folder
    const input = left.map((path) => `${quotedPath(path)}\n`).join("");
    const { exit, stdout } = await git.run(["hash-object", "--stdin-paths"], { input, accept: [0, 128] });
    const lines = Buffer.from(stdout).toString("latin1").split("\n").slice(0, -1);
    for (const [n, id] of lines.entries()) ids.set(left[n] ?? "", id);
    left = exit === 0 ? [] : left.slice(lines.length + 1);
  }
  return ids;
}

/** A name as git's line formats take it: in quotes where it begins with one or holds a line end. */
function quotedPath(path: string): string {
  if (!path.startsWith('"') && !path.includes("\n")) return path;
  return `"${path.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}
