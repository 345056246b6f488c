// Unites what was changed here and there into one tree and one private index, or refuses with everything that needs a
// person. Content merges happen in the object store; the folder is not touched.

import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { flushObjects } from "../git/flush.ts";
import { patchIndex } from "../git/index-patch.ts";
import type { EntryPlaces } from "../git/index-stat.ts";
import type { Change, Entry } from "../git/parse.ts";
import { applyToIndex } from "../git/trees.ts";
import { pathMatcher } from "../machine/globs.ts";
import { type Classified, classifier } from "../merge/classes.ts";
import { reconcile } from "../merge/reconcile.ts";
import { editTree } from "../snapshot/edit-tree.ts";
import { copyIndex, type IndexLook } from "../snapshot/private-index.ts";
import type { FolderLook, FolderTree } from "../snapshot/take.ts";
import { sizesByObject } from "./learn.ts";
import { policyFor } from "./policy.ts";
import { type Session, storePlace } from "./session.ts";
import { type Merge, settle } from "./settle.ts";
import { together } from "./together.ts";
import type { Histories } from "./writers.ts";

const REPOSITORY = "160000";

/** The folder and, where it differs from HEAD, its tree. */
export interface Here {
  readonly look: FolderLook;
  /** Null when the folder is exactly HEAD. */
  readonly dirty: FolderTree | null;
  /** Private index that holds the folder, where it is HEAD but git's own index is not: what was staged was undone on disk. */
  readonly indexFile?: string;
}

export interface Union {
  readonly tree: string;
  /** Folder now to folder then. */
  readonly incoming: Change[];
  /** Bytes that the incoming changes write. */
  readonly bytes: number;
  readonly merges: readonly Merge[];
  readonly indexFile: string;
  /** Where in that index arriving files are, as far as known. */
  readonly places: EntryPlaces;
}

/**
 * Unites what was changed here and there since a base, as a tree and an index.
 * @param knownTree the tree the result must be when nothing was changed here; null to make it.
 * @param histories the commits on both sides; null where only this side changed anything.
 * @throws {ConflictsFound} when a person must choose.
 */
export async function unite(
  session: Session,
  here: Here,
  ours: readonly Change[],
  theirs: readonly Change[],
  knownTree: string | null,
  histories: Histories | null,
): Promise<Union> {
  const classOf = await classesFor(session, ours, theirs, histories);
  const decisions = reconcile(ours, theirs, {
    isCritical: pathMatcher(session.context.settings.critical),
    policyOf: (path) => classOf(path).policy,
  });
  const { results, merges, beside, notes } = await settle(session, decisions, classOf, histories);
  session.report.notes.push(...notes);
  const ourSide = new Map(ours.map(({ path, after }) => [path, after]));
  const incoming: Change[] = [];
  for (const { path, sides } of decisions) {
    const before = ourSide.has(path) ? (ourSide.get(path) ?? null) : sides.ours;
    const after = results.get(path) ?? null;
    if (!sameEntry(before, after)) incoming.push({ path, before, after });
  }
  for (const [path, after] of beside) incoming.push({ path, before: null, after });
  const indexFile = join(session.workDir, "index-result");
  const [places, bytes] = await together(
    changedIndex(session, here, indexFile, incoming),
    arrivingBytes(session, incoming),
  );
  const tree = knownTree ?? (await editedTree(session, here, incoming));
  return { tree, incoming, bytes, merges, indexFile, places };
}

/** The tree of the folder as it was found; null where there is none. */
export async function treeOfHere(session: Session, { look, dirty }: Here): Promise<string | null> {
  return dirty?.tree ?? (look.head === null ? null : await session.entries.treeOf(look.head));
}

async function editedTree(session: Session, here: Here, incoming: readonly Change[]): Promise<string> {
  const place = await storePlace(session);
  const { tree, made } = await editTree(place, await treeOfHere(session, here), incoming);
  await flushObjects(session.repository, made);
  return tree;
}

/** Classes are looked at only where both sides changed a path. */
async function classesFor(
  session: Session,
  ours: readonly Change[],
  theirs: readonly Change[],
  histories: Histories | null,
): Promise<(path: string) => Classified> {
  const mine = new Set(ours.map(({ path }) => path));
  if (!theirs.some(({ path }) => mine.has(path))) return classifier([]);
  const classOf = await policyFor(session, ours, theirs);
  if (histories?.names === undefined) return classOf;
  // what is undone here was written by no machine that could be preferred
  return (path) => {
    const found = classOf(path);
    return typeof found.policy === "object" ? { ...found, policy: "merge" } : found;
  };
}

/** Bytes that will be written into the folder. */
export async function arrivingBytes(session: Session, incoming: readonly Change[]): Promise<number> {
  const oids = incoming.flatMap(({ after }) => (after === null || after.mode === REPOSITORY ? [] : [after.oid]));
  const sizes = await sizesByObject(session, oids);
  return oids.reduce((sum, oid) => sum + (sizes.get(oid) ?? 0), 0);
}

/** What is known of the index that holds the folder. */
type IndexOfHere = Pick<Here, "dirty" | "indexFile"> & { readonly look: Pick<FolderLook, "index"> };

/** A private index: the folder's, with the given changes applied. */
export async function changedIndex(
  session: Session,
  here: IndexOfHere,
  target: string,
  changes: readonly Change[],
): Promise<EntryPlaces> {
  mkdirSync(session.workDir, { recursive: true, mode: 0o700 });
  rmSync(target, { force: true });
  const { index } = here.look;
  const path = here.dirty?.indexFile ?? here.indexFile ?? index.path;
  const { oidBytes } = await session.configuration;
  const places = path === index.path ? patchedIndex(index, target, changes, oidBytes) : null;
  if (places !== null) return places;
  copyIndex({ ...index, path }, target);
  await applyToIndex(session.git, target, changes);
  return new Map();
}

/** The repository's index with other contents of files that it holds; null where that is not all that changes. */
function patchedIndex(
  index: IndexLook,
  target: string,
  changes: readonly Change[],
  oidBytes: 20 | 32,
): EntryPlaces | null {
  const edits = new Map(
    changes.flatMap(({ path, before, after }) => (before === null || after === null ? [] : [[path, after] as const])),
  );
  if (index.facts === null || edits.size < changes.length) return null;
  copyIndex(index, target);
  return patchIndex(target, edits, index.facts.extensionsAt, oidBytes);
}

/** Says whether two versions of a path are the same file. */
export function sameEntry(a: Entry | null, b: Entry | null): boolean {
  return a === null || b === null ? a === b : a.mode === b.mode && a.oid === b.oid;
}
