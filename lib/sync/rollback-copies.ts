// What a rollback takes from a snapshot's copies: the files that git never held. A copy is proven before anything is
// touched; one that is damaged is named, and nothing is put back in its place.
import { readlinkSync } from "node:fs";
import { Failure } from "../failure.ts";
import { flushObjects } from "../git/flush.ts";
import type { Change, Entry } from "../git/parse.ts";
import { digestIfSteady } from "../integrity/digest.ts";
import { pathMatcher } from "../machine/globs.ts";
import { named } from "../named.ts";
import { quoted } from "../paste.ts";
import { copiesFolder, copyPath, isSound, readCopies, readCopiesOrNull } from "../snapshot/copies.ts";
import type { CopiesManifest, Copy } from "../snapshot/copies-form.ts";
import { editTree } from "../snapshot/edit-tree.ts";
import { type Session, storePlace } from "./session.ts";
import type { PlacedCopy } from "./stage.ts";
import { together } from "./together.ts";
import { sameEntry } from "./unite.ts";
import type { WholeFolder } from "./whole-folder.ts";

const LINK = "120000";
/** What a local file gets whose permissions nobody recorded: it may hold credentials. */
const PRIVATE = 0o600;

/** The way from now to a snapshot, with the files in it that only its copies hold. */
export interface WholeReturn {
  readonly changes: readonly Change[];
  readonly copies: ReadonlyMap<string, PlacedCopy>;
  /** Every path that was copied. */
  readonly copied: readonly string[];
  /** Paths of which the folder will not have what the snapshot's tree in git says: it lacks them, or they stay. */
  readonly beside: readonly string[];
}

/** Completes the changes that lead to a snapshot's tree. @throws {Failure} `integrity-mismatch` naming a damaged copy. */
export async function withCopies(
  session: Session,
  found: WholeFolder,
  way: { run: string; commit: string; arriving: readonly Change[]; isChosen: (path: string) => boolean },
): Promise<WholeReturn> {
  const { run, commit, arriving, isChosen } = way;
  const manifest = readCopies(session.repository.folder, run);
  const held = manifest?.files ?? [];
  const inGit = await session.entries.of(
    commit,
    held.map(({ path }) => path),
  );
  const alone = held.filter(({ path }) => !inGit.has(path));
  const changes = new Map(arriving.map((change) => [change.path, change]));
  for (const path of found.unpublished) {
    if (changes.get(path)?.after === null && !wasAbsent(manifest, path)) changes.delete(path);
  }
  const wanted = alone.filter((copy) => isChosen(copy.path) && !isThere(found, copy));
  for (const { path } of alone) changes.delete(path);
  const before = new Map(arriving.map((change) => [change.path, change.before]));
  for (const [path, after] of await storeCopies(session, run, wanted))
    changes.set(path, { path, before: before.get(path) ?? null, after });
  const copies = new Map<string, PlacedCopy>();
  for (const { path, permissions } of wanted) {
    if (permissions !== null) copies.set(path, { from: copyPath(session.repository.folder, run, path), permissions });
  }
  const beside = [...new Set([...found.unpublished, ...alone.map(({ path }) => path)])];
  return { changes: [...changes.values()], copies, copied: held.map(({ path }) => path), beside };
}

/** The tree that a whole return leads to: the snapshot's, with what the folder has beside it. */
export async function treeOfReturn(
  session: Session,
  now: string | null,
  commit: string,
  { changes, beside }: WholeReturn,
): Promise<string> {
  const { entries } = session;
  const then = await entries.treeOf(commit);
  if (beside.length === 0) return then;
  const [here, there] = await together(
    now === null ? Promise.resolve(new Map<string, Entry>()) : entries.of(now, beside),
    entries.of(commit, beside),
  );
  const becomes = new Map(changes.map(({ path, after }) => [path, after]));
  const edits = beside
    .map((path) => ({ path, after: (becomes.has(path) ? becomes.get(path) : here.get(path)) ?? null }))
    .filter(({ path, after }) => !sameEntry(there.get(path) ?? null, after));
  if (edits.length === 0) return then;
  const { tree, made } = await editTree(await storePlace(session), then, edits);
  await flushObjects(session.repository, made);
  return tree;
}

/** Whether the snapshot looked for such a file and found none; one it did not look for may have been there. */
function wasAbsent(manifest: CopiesManifest | null, path: string): boolean {
  if (manifest === null || manifest.missed.includes(path)) return false;
  return pathMatcher(manifest.watched)(path) && !manifest.files.some((copy) => copy.path === path);
}

/** The folder holds just this already, so that its copy is not needed. */
function isThere(found: WholeFolder, copy: Copy): boolean {
  const seen = found.watched.files.get(copy.path);
  return seen?.digest.sha256 === copy.sha256 && (seen.digest.mode === LINK) === (copy.permissions === null);
}

/** Proves copies and writes them into git's store, byte for byte. */
async function storeCopies(session: Session, run: string, copies: readonly Copy[]): Promise<[string, Entry][]> {
  const { git, repository } = session;
  const damaged = copies.filter((copy) => !isSound(repository.folder, run, copy));
  if (damaged.length > 0) throw damagedCopies(repository.folder, run, damaged);
  const stored: [string, Entry][] = [];
  for (const { path, permissions } of copies) {
    const place = copyPath(repository.folder, run, path);
    if (permissions === null) {
      const input = readlinkSync(place, { encoding: "buffer" });
      stored.push([path, { mode: LINK, oid: await git.text(["hash-object", "-w", "--stdin"], { input }) }]);
    } else {
      const mode = (permissions & 0o100) === 0 ? "100644" : "100755";
      const oid = await git.text(["hash-object", "-w", "--no-filters", "--", place]);
      stored.push([path, { mode, oid }]);
    }
  }
  return stored;
}

function damagedCopies(folder: string, run: string, damaged: readonly Copy[]): Failure {
  const place = copiesFolder(folder, run);
  return new Failure("integrity-mismatch", {
    cause: `the snapshot ${run} holds damaged copies, which are not put back: ${named(damaged.map(({ path }) => path))}; nothing was changed`,
    paths: damaged.map(({ path }) => path),
    remedy: [
      "petesbrain-sync rollback list   # another snapshot may hold a good copy: petesbrain-sync rollback ID --path FILE",
      `mv ${quoted(place)} ${quoted(`${place}.damaged`)}   # then: petesbrain-sync rollback ${run} brings back what git holds, and leaves local files as they are`,
    ],
  });
}

/**
 * The copies that a run's snapshot holds of files that come back without being in what is published: with them come
 * their permissions. Of a local file without a copy nobody knows them, so it is made private.
 */
export async function copiesOf(
  session: Session,
  found: WholeFolder,
  run: string,
  incoming: readonly Change[],
): Promise<Map<string, PlacedCopy>> {
  const { critical, local } = session.context.settings;
  const [isWatched, isLocal] = [pathMatcher([...critical, ...local]), pathMatcher(local)];
  const arriving = incoming.flatMap(({ path, after }) =>
    after !== null && after.mode !== LINK && isWatched(path) ? [{ path, after }] : [],
  );
  const copies = new Map<string, PlacedCopy>();
  if (arriving.length === 0) return copies;
  const { head } = found.here.look;
  const names = arriving.map(({ path }) => path);
  const published = head === null ? new Map() : await session.entries.of(head, names);
  const { oidBytes } = await session.configuration;
  const manifest = copiesIfReadable(session, run);
  for (const { path, after } of arriving) {
    if (published.has(path)) continue;
    const copy = manifest?.files.find((one) => one.path === path);
    const from = copyPath(session.repository.folder, run, path);
    const digest = copy === undefined ? null : digestIfSteady(from, oidBytes);
    const isThat = digest !== null && digest !== "unsteady" && digest.oid === after.oid;
    if (isThat && typeof copy?.permissions === "number") copies.set(path, { from, permissions: copy.permissions });
    else if (isLocal(path)) copies.set(path, { from: null, permissions: after.mode === "100755" ? 0o700 : PRIVATE });
  }
  return copies;
}

/** Damaged copies are no hindrance where git holds the contents. */
export function copiesIfReadable({ repository }: Session, run: string): CopiesManifest | null {
  const copies = readCopiesOrNull(repository.folder, run);
  return copies === "damaged" ? null : copies;
}
