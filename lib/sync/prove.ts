// Post-sync verification: the critical files and everything the run changed, read from their final place and proven.

import { join } from "node:path";
import { Failure } from "../failure.ts";
import { type Change, type Entry, parseTree } from "../git/parse.ts";
import type { FileDigest } from "../integrity/digest.ts";
import { fileState, readSeen, type SeenFile, stateOf, statOf } from "../integrity/file-state.ts";
import { type Expected, verifyFiles } from "../integrity/verify.ts";
import { matchingFiles } from "../machine/globs.ts";
import { runStart } from "../machine/identity.ts";
import type { Session } from "./session.ts";

/** Reads the critical files, so that a run that finds nothing to do need not wait for it at its end. */
export async function readCritical(session: Session): Promise<Map<string, SeenFile>> {
  const { oidBytes } = await session.configuration;
  const { folder } = session.repository;
  const seen = new Map<string, SeenFile>();
  for (const path of matchingFiles(folder, session.context.settings.critical)) {
    const file = readSeen(join(folder, path), oidBytes);
    if (file !== null) seen.set(path, file);
  }
  return seen;
}

/**
 * Proves the critical files and the changed paths against a tree, and counts them in the report.
 * @param seen files that were read already, from their final place; the others are read now.
 * @throws {Failure} `integrity-mismatch` naming the files that are damaged.
 */
export async function proveResult(
  session: Session,
  tree: string,
  changes: readonly Change[],
  seen: ReadonlyMap<string, SeenFile> = new Map(),
): Promise<void> {
  const { context, repository, git, state, report } = session;
  const { oidBytes } = await session.configuration;
  const critical = matchingFiles(repository.folder, context.settings.critical);
  const changed = changes.map(({ path }) => path);
  const known = new Set(changed);
  const entries = await entriesOf(
    session,
    tree,
    critical.filter((path) => !known.has(path)),
  );
  for (const { path, after } of changes) if (after !== null) entries.set(path, after);
  const stillSo = (path: string): FileDigest | undefined => {
    const earlier = seen.get(path);
    return earlier !== undefined && fileState(join(repository.folder, path)) === stateOf(earlier.stat)
      ? earlier.digest
      : undefined;
  };
  const expected: Expected[] = [...entries].map(([path, entry]) => ({ path, entry, read: stillSo(path) }));
  const since = Math.floor((runStart(session.run) ?? context.now()).getTime() / 1000) * 1000;
  const result = await verifyFiles({ git, state, folder: repository.folder, oidBytes, since }, expected);
  if (result.damaged.length > 0) throw damaged(result.damaged);
  const unproven = new Set(result.edited);
  const proven = (paths: readonly string[]): number =>
    paths.filter((path) => entries.has(path) && !unproven.has(path)).length;
  report.verified = { critical: proven(critical), changed: proven(changed), attestedBy: null };
  for (const path of changed) {
    if (!entries.has(path) && statOf(join(repository.folder, path))?.isFile() === true) unproven.add(path);
  }
  if (unproven.size > 0)
    report.notes.push(`saved while the run was at work, so they go with the next one: ${[...unproven].join(", ")}`);
}

function damaged(paths: readonly string[]): Failure {
  const some = paths.slice(0, 3).join(", ");
  return new Failure("integrity-mismatch", {
    cause: `${paths.length} ${paths.length === 1 ? "file does" : "files do"} not hold the bytes that were synced, read back from the disk: ${some}`,
    paths,
    remedy: [
      "git fsck --full   # is the local store sound?",
      "petesbrain-sync rollback list   # the snapshots that hold good copies",
    ],
  });
}

/** More names than this do not fit on a command line everywhere. */
const MOST_NAMED = 1_000;

/** Asks git early for what the proof of a tree will compare the critical files with. */
export async function prepareProof(session: Session, tree: string): Promise<void> {
  await entriesOf(session, tree, matchingFiles(session.repository.folder, session.context.settings.critical));
}

interface Memo {
  tree: string;
  entries: [string, string, string][];
}

/** The entries of some paths in a tree. The last answer is remembered, so that a quiet run need not ask git. */
async function entriesOf(session: Session, tree: string, paths: readonly string[]): Promise<Map<string, Entry>> {
  if (paths.length === 0) return new Map();
  const fact = session.state.fact("entries");
  if (fact !== null) {
    const memo = JSON.parse(fact) as Memo;
    const known = new Map(memo.entries.map(([path, mode, oid]) => [path, { mode, oid }]));
    if (memo.tree === tree && paths.every((path) => known.has(path)))
      return new Map(paths.flatMap((path) => pairOf(known, path)));
  }
  const named = paths.length <= MOST_NAMED ? paths : [];
  const answer = await session.git.run(["ls-tree", "-r", "-z", "--full-tree", "--end-of-options", tree, ...named]);
  const wanted = new Set(paths);
  const entries = new Map([...parseTree(answer.stdout)].filter(([path]) => wanted.has(path)));
  const memo: Memo = { tree, entries: [...entries].map(([path, { mode, oid }]) => [path, mode, oid]) };
  session.state.setFact("entries", JSON.stringify(memo));
  return entries;
}

function pairOf(known: ReadonlyMap<string, Entry>, path: string): [string, Entry][] {
  const entry = known.get(path);
  return entry === undefined ? [] : [[path, entry]];
}
