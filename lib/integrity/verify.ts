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

export interface Expected {
  readonly path: string;
  readonly entry: Entry;
  /** The file as read a moment ago; undefined to read it now. */
  readonly read?: FileDigest | undefined;
  /** Size and time (`saveOf`) it was last proven with: with these, other bytes are damage, whatever else was touched. */
  readonly save?: string | undefined;
}

export interface Verification {
  /** Files whose bytes are what they should be. */
  readonly proven: number;
  /** Files that somebody saved while the run was at work: honest edits, no damage. */
  readonly edited: string[];
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
  const edited: string[] = [];
  for (const file of files) {
    tidy(LEFT_BY_FILE);
    const found = file.read ?? readPlain(join(place.folder, file.path));
    const wanted = digests.get(file.entry.oid);
    if (found === "unsteady") edited.push(file.path);
    else if (found === null || wanted === undefined || found.sha256 !== wanted.sha256) suspects.push(file);
  }
  const damaged: string[] = [];
  for (const file of suspects) {
    const verdict = await judge(place, file, digests.get(file.entry.oid)?.sha256);
    if (verdict === "edited") edited.push(file.path);
    else if (verdict === "damaged") damaged.push(file.path);
  }
  return { proven: files.length - edited.length - damaged.length, edited, damaged };
}

/** Null for what is no file and no link: somebody put it there. */
function readPlain(path: string): FileDigest | null | "unsteady" {
  const found = statOf(path);
  return found !== null && (found.isFile() || found.isSymbolicLink()) ? digestIfSteady(path) : null;
}

async function judge(
  place: Place,
  file: Expected,
  sha256: string | undefined,
): Promise<"proven" | "edited" | "damaged"> {
  const path = join(place.folder, file.path);
  const found = statOf(path);
  const plain = found !== null && (found.isFile() || found.isSymbolicLink());
  if (plain && sha256 !== undefined && secondReading(path) === sha256) return "proven";
  if (found?.isFile() === true && (await throughFilters(place, file.path)) === file.entry.oid) return "proven";
  if (found?.isFile() === true && saveOf(found) === file.save) return "damaged";
  // a missing file was removed by somebody, or never arrived; its folder's change time tells
  const changedMs = Number((found ?? statOf(join(path, "..")))?.ctimeMs ?? 0);
  return changedMs > place.since ? "edited" : "damaged";
}

/** The id git would give the file as it would commit it now: line endings and filters applied. */
async function throughFilters(place: Place, path: string): Promise<string> {
  return place.git.text(["hash-object", "--", join(place.folder, path)]);
}
