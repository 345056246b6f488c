// The watched files of a run, critical and local: read once while git works, held against the baseline before anything
// leaves, proven untouched afterwards, and written down as the new baseline.
import { hostname } from "node:os";
import { join } from "node:path";
import { Failure, surroundingFailure } from "../failure.ts";
import { IndexBytes } from "../git/index-bytes.ts";
import { recordedTimes } from "../git/index-stat.ts";
import type { Entry } from "../git/parse.ts";
import { type Hit, isAllowed } from "../guard.ts";
import {
  checkWatched,
  readBaseline,
  readWatched,
  type Watched,
  watchedNames,
  writeBaseline,
} from "../integrity/baseline.ts";
import { type Baseline, baselineOf, formatBaseline } from "../integrity/baseline-form.ts";
import { type Comparison, isSameMoment } from "../integrity/compare.ts";
import { saveOf, statOf } from "../integrity/file-state.ts";
import { checkTracked } from "../integrity/tracked.ts";
import { pathMatcher } from "../machine/globs.ts";
import { named } from "../named.ts";
import { halt } from "./guard.ts";
import type { ReadAlready } from "./prove.ts";
import type { Session } from "./session.ts";
import type { Here } from "./unite.ts";

export interface WatchedFiles extends ReadAlready {
  readonly watched: Watched;
  /** How they stand to the baseline; the failure where it cannot be used. */
  readonly held: Held | Failure;
}

interface Held {
  /** Null where there is none yet. */
  readonly baseline: Baseline | null;
  readonly comparison: Comparison | null;
  /** The baseline is what would be written now: a run that changes nothing writes nothing. */
  readonly settled: boolean;
}

/** Reads the watched files and holds them against the baseline. @throws {Failure} for a file that cannot be read. */
export function readWatchedFiles(session: Session): WatchedFiles {
  const { folder } = session.repository;
  const { critical } = session.context.settings;
  const watched = readWatched(folder, session.context.settings);
  const names = watchedNames(watched);
  const saves = new Map([...watched.files].map(([path, { stat }]) => [path, saveOf(stat)]));
  const chosen = names.filter(pathMatcher(critical));
  return { watched, files: watched.files, names, critical: chosen, saves, held: holdAgainst(session, watched) };
}

function holdAgainst({ repository, context }: Session, watched: Watched): Held | Failure {
  try {
    const baseline = readBaseline(repository.folder);
    if (baseline === null) return { baseline, comparison: null, settled: false };
    const comparison = checkWatched(repository.folder, context.settings, baseline, watched);
    const about = { ...baseline, now: context.now(), previous: baseline };
    const made = formatBaseline({ ...baselineOf(watched.files, about), takenAt: baseline.takenAt });
    return { baseline, comparison, settled: made === formatBaseline(baseline) };
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

/**
 * Halts where content changed though size and time did not: of watched files against the baseline, of all others that
 * git calls changed against its index.
 * @throws {Failure} `halted`, also for a baseline that is damaged.
 */
export async function guardAgainstRot(session: Session, here: Here, { held }: WatchedFiles): Promise<void> {
  const { context } = session;
  if (held instanceof Failure) throw held;
  const rotten = (held.comparison?.rotten ?? []).map(({ path, before, after }) =>
    rotOf(path, before?.sha256 ?? "", after?.digest.sha256 ?? ""),
  );
  const known = new Set(rotten.map(({ path }) => path));
  for (const path of await rottenChanges(session, here)) if (!known.has(path)) rotten.push(rotOf(path, "", ""));
  const stopped = rotten.filter((hit) => !isAllowed(hit, context.allow));
  session.allowedHits.push(...rotten.filter((hit) => isAllowed(hit, context.allow)));
  if (stopped.length > 0) throw halt(session, stopped, null);
}

function rotOf(path: string, was: string, is: string): Hit {
  const digests = was === "" ? "" : ` (was ${was.slice(0, 12)}, is ${is.slice(0, 12)})`;
  return {
    guard: "rot",
    path,
    says: `has other content than before, though its size and its time are the same${digests}`,
  };
}

/** Files that git found changed, with the very size and time that its index holds: a change of owner or mode alone is none. */
async function rottenChanges(session: Session, { look, dirty }: Here): Promise<string[]> {
  const before = new Map(dirty?.changes.map((change) => [change.path, change.before]));
  const paths = look.lines.flatMap(({ path, kind, unstaged, gone, staged }) =>
    kind === "changed" && unstaged && !gone && !staged ? [path] : [],
  );
  if (paths.length === 0 || look.index.facts === null) return [];
  const { oidBytes } = await session.configuration;
  const recorded = IndexBytes.read(look.index.path, (index) => recordedTimes(index, paths, oidBytes));
  const suspects = new Map<string, Entry>();
  for (const path of paths) {
    const [stat, entry, time] = [statOf(join(session.repository.folder, path)), before.get(path), recorded.get(path)];
    if (stat === null || time === undefined || entry === null || entry === undefined) continue;
    const sameSize = BigInt.asUintN(32, stat.size) === BigInt(time.size);
    if (sameSize && isSameMoment(time.mtimeNs, stat.mtimeNs)) suspects.set(path, entry);
  }
  if (suspects.size === 0) return [];
  const { git, repository } = session;
  const rest = (): Promise<void> => Promise.resolve();
  const place = { git, folder: repository.folder, oidBytes, indexFile: look.index.path, rest };
  return [...(await checkTracked(place, suspects)).rotten];
}

/**
 * Writes what the watched files are at the end of a run as the baseline. What cannot be written does not fail a run that
 * has done its work: it is said.
 * @param after the files as they were read after the run changed something; null where it changed nothing.
 * @throws {Failure} `integrity-mismatch` for a local file whose content changed though nobody saved it.
 */
export function keepBaseline(session: Session, before: WatchedFiles, after: Watched | null): void {
  const { repository, context, command, report } = session;
  if (after === null && !(before.held instanceof Failure) && before.held.settled) return;
  if (after !== null) refuseTouchedLocals(session, before.watched, after);
  const now = after ?? before.watched;
  try {
    const about = { now: context.now(), hostname: hostname(), phase: "post-sync", operation: command };
    const previous = before.held instanceof Failure ? readBaseline(repository.folder) : before.held.baseline;
    writeBaseline(repository.folder, baselineOf(now.files, { ...about, previous }), previous);
  } catch (error) {
    const failure = surroundingFailure(error);
    if (failure === null) throw error;
    context.log.write("error", "error", session.run, "baseline-not-written", { cause: failure.message });
    report.notes.push(`the baseline was not written: ${failure.message}`);
  }
}

/**
 * Writes the baseline at the end of a run before which no guard against rot stood. Over rot, and over a damaged baseline,
 * it stays as it is, and that is said: rot is never taken in.
 */
export function keepBaselineUnlessRotten(session: Session, before: WatchedFiles, after: Watched): void {
  const why = whyBaselineStays(session, after);
  if (why === null) keepBaseline(session, before, after);
  else session.report.notes.push(`the baseline was left as it is: ${why}`);
}

/** Why the baseline stays; null where it need not. */
function whyBaselineStays({ repository, context }: Session, after: Watched): string | null {
  const { folder } = repository;
  try {
    const baseline = readBaseline(folder);
    if (baseline === null) return null;
    const { rotten } = checkWatched(folder, context.settings, baseline, after);
    if (rotten.length === 0) return null;
    return `${named(rotten.map(({ path }) => path))} changed though nobody saved it: petesbrain-sync verify --repair`;
  } catch (error) {
    if (error instanceof Failure && error.kind === "halted") return error.message;
    throw error;
  }
}

/** Local files never leave this machine and no run changes them: each is what it was, or somebody saved it meanwhile. */
function refuseTouchedLocals(session: Session, before: Watched, now: Watched): void {
  const isLocal = pathMatcher(session.context.settings.local);
  const changed = [...before.files].filter(([path, seen]) => {
    const found = now.files.get(path);
    return isLocal(path) && found !== undefined && found.digest.sha256 !== seen.digest.sha256;
  });
  for (const [path, { stat }] of changed) {
    const found = now.files.get(path)?.stat;
    if (found?.mtimeNs !== stat.mtimeNs || found.size !== stat.size) continue;
    throw new Failure("integrity-mismatch", {
      cause: `${path} has other content than before the run, though nobody saved it`,
      paths: [path],
      remedy: ["petesbrain-sync verify --repair   # puts the good copy back and keeps this one"],
    });
  }
}
