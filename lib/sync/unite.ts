// Unites what was changed here and there into one tree and one private index, or refuses with everything that needs a
// person. Content merges happen in the object store; the folder is not touched.

import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../failure.ts";
import type { Change, Entry } from "../git/parse.ts";
import { applyToIndex } from "../git/trees.ts";
import { pathMatcher } from "../machine/globs.ts";
import { mergeContents } from "../merge/content.ts";
import { type Decision, reconcile } from "../merge/reconcile.ts";
import { quoted } from "../paste.ts";
import { copyIndex } from "../snapshot/private-index.ts";
import type { FolderLook, FolderTree } from "../snapshot/take.ts";
import { sizesByObject } from "./learn.ts";
import type { Session } from "./session.ts";
import { together } from "./together.ts";

const REPOSITORY = "160000";

/** The folder and, where it differs from HEAD, its tree. */
export interface Here {
  readonly look: FolderLook;
  /** Null when the folder is exactly HEAD. */
  readonly dirty: FolderTree | null;
}

/** A path that needs a person, with why. */
interface Conflict {
  readonly path: string;
  readonly reason: string;
}

export interface Union {
  readonly tree: string;
  /** Folder now to folder then. */
  readonly incoming: Change[];
  /** Bytes that the incoming changes write. */
  readonly bytes: number;
  readonly merges: readonly Merge[];
  readonly indexFile: string;
}

/** A file whose two versions were merged by content. */
export interface Merge {
  readonly path: string;
  readonly base: Entry | null;
  readonly ours: Entry;
  readonly theirs: Entry;
  readonly result: Entry;
}

/**
 * Unites what was changed here and there since a base, as a tree and an index.
 * @param knownTree the tree the result must be when nothing was changed here; null to write it.
 * @throws {Failure} `conflicts` when a person must choose.
 */
export async function unite(
  session: Session,
  here: Here,
  ours: readonly Change[],
  theirs: readonly Change[],
  knownTree: string | null,
): Promise<Union> {
  const decisions = reconcile(ours, theirs, { isCritical: pathMatcher(session.context.settings.critical) });
  const { results, merges } = await settle(session, decisions);
  const ourSide = new Map(ours.map(({ path, after }) => [path, after]));
  const incoming: Change[] = [];
  for (const { path, sides } of decisions) {
    const before = ourSide.has(path) ? (ourSide.get(path) ?? null) : sides.ours;
    const after = results.get(path) ?? null;
    if (!sameEntry(before, after)) incoming.push({ path, before, after });
  }
  const indexFile = join(session.workDir, "index-result");
  const [, bytes] = await together(changedIndex(session, here, indexFile, incoming), arrivingBytes(session, incoming));
  const tree = knownTree ?? (await session.git.text(["write-tree"], { indexFile }));
  return { tree, incoming, bytes, merges, indexFile };
}

/** Bytes that will be written into the folder. */
async function arrivingBytes(session: Session, incoming: readonly Change[]): Promise<number> {
  const oids = incoming.flatMap(({ after }) => (after === null || after.mode === REPOSITORY ? [] : [after.oid]));
  const sizes = await sizesByObject(session, oids);
  return oids.reduce((sum, oid) => sum + (sizes.get(oid) ?? 0), 0);
}

/** Carries out content merges; every conflict is collected before the run is refused. */
async function settle(
  session: Session,
  decisions: readonly Decision[],
): Promise<{ results: Map<string, Entry | null>; merges: Merge[] }> {
  const results = new Map<string, Entry | null>();
  const merges: Merge[] = [];
  const conflicts: Conflict[] = [];
  for (const decision of decisions) {
    if (decision.kind === "take") results.set(decision.path, decision.result);
    else if (decision.kind === "conflict") conflicts.push({ path: decision.path, reason: decision.reason });
    else {
      const entry = await mergeContents(session.git, join(session.workDir, "merge"), decision);
      if (entry === null)
        conflicts.push({
          path: decision.path,
          reason: `${decision.reason}, in a way that cannot be merged line by line`,
        });
      else {
        results.set(decision.path, entry);
        merges.push(mergeOf(decision, entry));
      }
    }
  }
  if (conflicts.length > 0) throw conflictFailure(session, conflicts);
  return { results, merges };
}

function mergeOf({ path, sides }: Decision, result: Entry): Merge {
  const { base, ours, theirs } = sides;
  if (ours === null || theirs === null) throw new Error(`no two contents were merged for ${path}`);
  return { path, base, ours, theirs, result };
}

function conflictFailure(session: Session, conflicts: readonly Conflict[]): Failure {
  const { remote, branch } = session.context.settings;
  session.report.files.conflicts = conflicts.map(({ path }) => path);
  const [first] = conflicts;
  const more = conflicts.length > 1 ? ` (and ${conflicts.length - 1} more)` : "";
  const name = quoted(first?.path ?? "");
  return new Failure("conflicts", {
    cause: `${first?.path ?? ""}: ${first?.reason ?? ""}${more}; nothing was changed, both versions are safe`,
    paths: conflicts.map(({ path }) => path),
    remedy: [
      `git diff ${remote}/${branch} -- ${name}   # the other machine's version against yours`,
      `git restore --source=${remote}/${branch} --worktree -- ${name}   # takes the other machine's (then edit it to hold both, if you like), and: petesbrain-sync sync`,
      `git add -A && git commit -qm mine && git merge -q -X ours ${remote}/${branch}   # or keeps yours where both changed, and: petesbrain-sync push`,
    ],
  });
}

/** A private index: the folder's, with the given changes applied. */
async function changedIndex(session: Session, here: Here, target: string, changes: readonly Change[]): Promise<void> {
  mkdirSync(session.workDir, { recursive: true, mode: 0o700 });
  rmSync(target, { force: true });
  if (here.dirty === null) copyIndex(here.look.index, target);
  else copyIndex({ ...here.look.index, path: here.dirty.indexFile }, target);
  await applyToIndex(session.git, target, changes);
}

/** Says whether two versions of a path are the same file. */
export function sameEntry(a: Entry | null, b: Entry | null): boolean {
  return a === null || b === null ? a === b : a.mode === b.mode && a.oid === b.oid;
}
