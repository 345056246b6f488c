// The baseline of a folder, `.sync-checksums.json`: reading and writing it, and holding the watched files (critical and
// local) against it. A damaged one is never rebuilt silently, and nothing is called rotten on one reading.
import { closeSync, constants, fstatSync, openSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { Failure, systemCode } from "../failure.ts";
import { flushFolder, writeDurably } from "../machine/durable.ts";
import { matchingFiles, pathMatcher } from "../machine/globs.ts";
import type { Settings } from "../machine/settings.ts";
import { type Baseline, BaselineFault, formatBaseline, parseBaseline } from "./baseline-form.ts";
import { type Comparison, compareWithBaseline, type Difference } from "./compare.ts";
import { readFile, type SeenFile, secondReading } from "./digest.ts";
import { fileState, stateOf } from "./file-state.ts";

const NAME = ".sync-checksums.json";
const LONGEST_BYTES = 64 * 1024 * 1024;

/**
 * Reads the folder's baseline; null when there is none. A link is not followed.
 * @throws {Failure} `halted` for one that is damaged, no plain file, or larger than 64 MiB; `permission-denied`.
 */
export function readBaseline(folder: string): Baseline | null {
  const text = textOf(join(folder, NAME));
  if (text === null) return null;
  try {
    return parseBaseline(text);
  } catch (error) {
    if (error instanceof BaselineFault) throw damaged(error.message, error);
    throw error;
  }
}

function textOf(path: string): string | null {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT") return null;
    if (code === "ELOOP" || code === "EMLINK") throw damaged("it is a link, which is not followed", error);
    if (code === "ENXIO") throw damaged("it is no plain file", error);
    throw error;
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw damaged("it is no plain file");
    if (stat.size > LONGEST_BYTES) throw damaged(`it has ${stat.size} bytes, and ${LONGEST_BYTES} are the most`);
    return readFileSync(fd, "utf8");
  } finally {
    closeSync(fd);
  }
}

function damaged(why: string, because?: unknown): Failure {
  return new Failure("halted", {
    cause: `the baseline ${NAME} cannot be used: ${why}`,
    paths: [NAME],
    remedy: ["petesbrain-sync verify pre-sync   # keeps the damaged one beside it and takes a new one"],
    because,
  });
}

/**
 * Writes the baseline, whole and flushed. Returns false, and writes nothing, where only its time would change.
 * @param present the one that is there, where it was just read.
 */
export function writeBaseline(folder: string, baseline: Baseline, present = readBaseline(folder)): boolean {
  const text = formatBaseline(baseline);
  if (present !== null && formatBaseline({ ...present, takenAt: baseline.takenAt }) === text) return false;
  writeDurably(join(folder, NAME), text);
  return true;
}

/** Puts a damaged baseline aside under a name of its own, which is returned. `mark` tells it from others. */
export function setBaselineAside(folder: string, mark: string): string {
  const name = `${NAME}.damaged-${mark}`;
  renameSync(join(folder, NAME), join(folder, name));
  flushFolder(folder);
  return name;
}

/** The watched files as they were read. */
export interface Watched {
  readonly files: ReadonlyMap<string, SeenFile>;
  /** Files that somebody keeps writing to, and that could therefore not be read. */
  readonly unsteady: readonly string[];
}

/** Every watched file that is there, also one that could not be read. */
export function watchedNames({ files, unsteady }: Watched): string[] {
  return [...files.keys(), ...unsteady];
}

type Globs = Pick<Settings, "critical" | "local">;

/** Reads every file that the settings call critical or local. @throws {Failure} for one that cannot be read. */
export function readWatched(folder: string, globs: Globs): Watched {
  const files = new Map<string, SeenFile>();
  const unsteady: string[] = [];
  for (const path of matchingFiles(folder, [...globs.critical, ...globs.local])) {
    const seen = readFile(join(folder, path));
    if (seen === "unsteady") unsteady.push(path);
    else if (seen !== null) files.set(path, seen);
  }
  return { files, unsteady };
}

/**
 * Compares watched files with the baseline, as far as the settings still watch them. What looks rotten is read a second
 * time by the independent hash; a file that is being written counts as edited.
 */
export function checkWatched(folder: string, globs: Globs, baseline: Baseline, watched: Watched): Comparison {
  const isWatched = pathMatcher([...globs.critical, ...globs.local]);
  const files = new Map([...baseline.files].filter(([path]) => isWatched(path)));
  const first = compareWithBaseline({ ...baseline, files }, watched.files);
  const unsteady = new Set(watched.unsteady);
  const found = {
    same: [...first.same],
    edited: [...first.edited, ...first.missing.filter(({ path }) => unsteady.has(path))],
    added: first.added,
    missing: first.missing.filter(({ path }) => !unsteady.has(path)),
    rotten: [] as Difference[],
  };
  for (const difference of first.rotten) {
    const verdict = readAgain(folder, difference, watched.files.get(difference.path));
    if (verdict === "same") found.same.push(difference.path);
    else found[verdict].push(difference);
  }
  return found;
}

function readAgain(
  folder: string,
  { path, before }: Difference,
  first: SeenFile | undefined,
): "same" | "rotten" | "edited" {
  const place = join(folder, path);
  const second = secondReading(place);
  if (second === before?.sha256) return "same";
  const untouched = first !== undefined && fileState(place) === stateOf(first.stat);
  return untouched ? "rotten" : "edited";
}
