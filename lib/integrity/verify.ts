// Proves that files on disk are the content git holds for them: SHA-256 of what is read now against SHA-256 of the
// object, directly, or through git's own filters where attributes apply. Nothing is called corrupt on one reading.
import { join } from "node:path";
import type { Entry } from "../git/parse.ts";
import type { Git } from "../git/shell.ts";
import type { State } from "../machine/state.ts";
import { LEFT_BY_FILE, tidy } from "../tidy.ts";
import { digestIfSteady, type FileDigest, secondReading } from "./digest.ts";
import { saveOf, statOf } from "./file-state.ts";
import { contentDigests } from "./objects.ts";
import { isSameText } from "./same-text.ts";

const LINK = "120000";

export interface Expected {
  readonly path: string;
  readonly entry: Entry;
  /** The file as read a moment ago; undefined to read it now. */
  readonly read?: FileDigest | undefined;
  /** SHA-256 with which it was proven before this run put it into its place. */
  readonly proven?: string | undefined;
  /** Size and time (`saveOf`) it was last proven with: with these, other bytes are damage, whatever else was touched. */
  readonly save?: string | undefined;
}

export interface Verification {
  /** Files whose bytes are what they should be. */
  readonly proven: number;
  /** Files that somebody saved while the run was at work: honest edits, no damage. */
  readonly edited: string[];
  /** Files that nobody touched, and that git makes other objects of since attributes changed. */
  readonly refiltered: string[];
  /** Files whose bytes are wrong, or gone, though nobody saved them. */
  readonly damaged: string[];
}

export interface Place {
  readonly git: Git;
  readonly state: State;
  readonly folder: string;
  readonly oidBytes: 20 | 32;
  /** Start of the run; a file written after it was saved by somebody. Milliseconds since 1970. */
  readonly since: number;
  /** SHA-256 of files before the run, where it brought other attributes: with these they are as they were. */
  readonly asBefore: ReadonlyMap<string, string>;
}

/** Reads each file from its place and proves it. */
export async function verifyFiles(place: Place, expected: readonly Expected[]): Promise<Verification> {
  const files = expected.filter(({ entry }) => entry.mode !== "160000");
  const digests = await contentDigests(
    place.git,
    place.state,
    files.map(({ entry }) => entry.oid),
    place.oidBytes,
  );
  const suspects: Expected[] = [];
  const found = { proven: [], edited: [], refiltered: [], damaged: [] } as Record<Verdict, string[]>;
  for (const file of files) {
    tidy(LEFT_BY_FILE);
    const read = file.read ?? readPlain(join(place.folder, file.path));
    const wanted = file.proven ?? digests.get(file.entry.oid)?.sha256;
    if (read === "unsteady") found.edited.push(file.path);
    else if (read === null || wanted === undefined || read.sha256 !== wanted) suspects.push(file);
  }
  for (const file of suspects)
    found[await judge(place, file, file.proven ?? digests.get(file.entry.oid)?.sha256)].push(file.path);
  const { edited, refiltered, damaged } = found;
  return { proven: files.length - edited.length - refiltered.length - damaged.length, edited, refiltered, damaged };
}

type Verdict = "proven" | "edited" | "refiltered" | "damaged";

/** Null for what is no file and no link: somebody put it there. */
function readPlain(path: string): FileDigest | null | "unsteady" {
  const found = statOf(path);
  return found !== null && (found.isFile() || found.isSymbolicLink()) ? digestIfSteady(path) : null;
}

async function judge(place: Place, file: Expected, sha256: string | undefined): Promise<Verdict> {
  const path = join(place.folder, file.path);
  const found = statOf(path);
  const plain = found !== null && (found.isFile() || found.isSymbolicLink());
  if (plain && sha256 !== undefined && secondReading(path) === sha256) return "proven";
  if (found?.isFile() === true && (await throughFilters(place, file.path)) === file.entry.oid) return "proven";
  if (found?.isFile() === true && file.proven === undefined && (await isRefiltered(place, file))) return "refiltered";
  if (found?.isFile() === true && saveOf(found) === file.save) return "damaged";
  // a missing file was removed by somebody, or never arrived; its folder's change time tells
  const changedMs = Number((found ?? statOf(join(path, "..")))?.ctimeMs ?? 0);
  return changedMs > place.since ? "edited" : "damaged";
}

/** Of attributes that changed before this run only what they make of text can be told. */
async function isRefiltered({ git, folder, asBefore }: Place, { path, entry }: Expected): Promise<boolean> {
  const before = asBefore.get(path);
  if (before !== undefined && secondReading(join(folder, path)) === before) return true;
  return entry.mode !== LINK && (await isSameText(git, join(folder, path), entry.oid));
}

/** The id git would give the file as it would commit it now: line endings and filters applied. */
async function throughFilters(place: Place, path: string): Promise<string> {
  return place.git.text(["hash-object", "--", join(place.folder, path)]);
}
