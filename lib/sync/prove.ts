// Post-sync verification: the critical files and everything the run changed, read from their final place and proven.
import { join } from "node:path";
import { Failure } from "../failure.ts";
import type { Change, Entry } from "../git/parse.ts";
import { isAttributesFile } from "../git/path-name.ts";
import { readBaseline, readWatched, type Watched, watchedNames } from "../integrity/baseline.ts";
import type { BaselineFile } from "../integrity/baseline-form.ts";
import type { SeenFile } from "../integrity/digest.ts";
import { fileState, stateOf, statOf } from "../integrity/file-state.ts";
import { type Expected, verifyFiles } from "../integrity/verify.ts";
import { pathMatcher } from "../machine/globs.ts";
import { runStart } from "../machine/identity.ts";
import { named } from "../named.ts";
import type { Session } from "./session.ts";

/** Files as they were read, with nothing done since, the names of all watched ones, and which of them are critical. */
export interface ReadAlready {
  readonly files: ReadonlyMap<string, SeenFile>;
  readonly names: readonly string[];
  readonly critical: readonly string[];
  /** Size and time (`saveOf`) with which files were proven. */
  readonly saves: ReadonlyMap<string, string>;
  /** SHA-256 of files that the run put into the folder, as they were proven before. */
  readonly placed?: ReadonlyMap<string, string>;
}

/** Files whose digests are held at once. */
const PROVEN_AT_ONCE = 2_000;

/** For a run that put nothing into the folder. */
export const NOTHING_PLACED = { files: new Map<string, SeenFile>(), saves: new Map<string, string>() };

/**
 * Proves the critical files and the changed paths against a tree, and counts them in the report.
 * @param seen what was read already, from its final place; the rest is read now.
 * @throws {Failure} `integrity-mismatch` naming the files that are damaged.
 */
export async function proveResult(
  session: Session,
  tree: string,
  changes: readonly Change[],
  seen: ReadAlready,
): Promise<void> {
  const { context, repository, git, state, report } = session;
  const { oidBytes } = await session.configuration;
  const { critical } = seen;
  const changed = changes.map(({ path }) => path);
  const known = new Set(changed);
  // of all watched files, so that whoever asks next, in this run or another, finds it remembered
  const inTree = await session.entries.of(
    tree,
    seen.names.filter((path) => !known.has(path)),
  );
  const isCritical = new Set(critical);
  const entries = new Map([...inTree].filter(([path]) => isCritical.has(path)));
  for (const { path, after } of changes) if (after !== null) entries.set(path, after);
  const since = Math.floor((runStart(session.run) ?? context.now()).getTime() / 1000) * 1000;
  const asBefore = changed.some(isAttributesFile) ? digestsBefore(repository.folder) : new Map<string, string>();
  const place = { git, state, folder: repository.folder, oidBytes, since, asBefore };
  const result = { edited: [] as string[], refiltered: [] as string[], damaged: [] as string[] };
  const proveSome = async (expected: readonly Expected[]): Promise<void> => {
    const some = await verifyFiles(place, expected);
    result.edited.push(...some.edited);
    result.refiltered.push(...some.refiltered);
    result.damaged.push(...some.damaged);
  };
  let next: Expected[] = [];
  for (const [path, entry] of entries) {
    const read = seen.files.get(path)?.digest;
    next.push({ path, entry, read, proven: seen.placed?.get(path), save: seen.saves.get(path) });
    if (next.length < PROVEN_AT_ONCE) continue;
    await proveSome(next);
    next = [];
  }
  await proveSome(next);
  if (result.damaged.length > 0) throw damaged(result.damaged);
  session.entries.keep(tree);
  noteUnsynced(session, critical, entries);
  const unproven = new Set([...result.edited, ...result.refiltered]);
  const proven = (paths: readonly string[]): number =>
    paths.filter((path) => entries.has(path) && !unproven.has(path)).length;
  report.verified = { critical: proven(critical), changed: proven(changed), attestedBy: report.verified.attestedBy };
  for (const path of changed) {
    if (!entries.has(path) && statOf(join(repository.folder, path))?.isFile() === true) unproven.add(path);
  }
  const saved = [...unproven].filter((path) => !result.refiltered.includes(path));
  if (saved.length > 0)
    report.notes.push(`saved while the run was at work, so they go with the next one: ${named(saved)}`);
  if (result.refiltered.length > 0)
    report.notes.push(
      `git would record them otherwise under the attributes that changed, and does when they are saved next: ${named(result.refiltered)}; for all of them at once: git add --renormalize . && petesbrain-sync push`,
    );
}

/** What the baseline of the last run says of the watched files. */
function digestsBefore(folder: string): Map<string, string> {
  const files = readBaseline(folder)?.files ?? new Map<string, BaselineFile>();
  return new Map([...files].map(([path, { sha256 }]) => [path, sha256]));
}

/**
 * The same at the end of a run that did something: the watched files are read anew.
 * @param placed what the run put into the folder, as it was read from there; what changed since is read again.
 * @returns the watched files.
 */
export async function proveAfterwards(
  session: Session,
  tree: string,
  changes: readonly Change[],
  placed: Pick<ReadAlready, "files" | "saves" | "placed">,
): Promise<Watched> {
  const { folder } = session.repository;
  const { settings } = session.context;
  const watched = readWatched(folder, settings);
  const still = [...placed.files].filter(([path, { stat }]) => fileState(join(folder, path)) === stateOf(stat));
  const names = watchedNames(watched);
  const critical = names.filter(pathMatcher(settings.critical));
  const files = new Map([...still, ...watched.files]);
  await proveResult(session, tree, changes, { ...placed, files, names, critical });
  return watched;
}

/** A critical file that git ignores reaches no other machine, which whoever called it critical should know. */
function noteUnsynced(session: Session, critical: readonly string[], entries: ReadonlyMap<string, Entry>): void {
  const { report, context } = session;
  const isLocal = pathMatcher(context.settings.local);
  const heldBack = new Set(report.files.heldBack);
  const ignored = critical.filter((path) => !entries.has(path) && !isLocal(path) && !heldBack.has(path));
  if (ignored.length === 0) return;
  report.notes.push(
    `critical and not in what is synced: ${named(ignored)}: ignored by git? take it out of .gitignore, or declare it local`,
  );
}

/** Asks git early for what the proof of a tree will compare the watched files with. */
export async function prepareProof(session: Session, tree: string, names: readonly string[]): Promise<void> {
  await session.entries.of(tree, names);
}

function damaged(paths: readonly string[]): Failure {
  return new Failure("integrity-mismatch", {
    cause: `${paths.length} ${paths.length === 1 ? "file does" : "files do"} not hold the bytes that were synced, read back from the disk: ${named(paths)}`,
    paths,
    remedy: [
      "git fsck --full   # is the local store sound?",
      "petesbrain-sync rollback list   # the snapshots that hold good copies",
    ],
  });
}
