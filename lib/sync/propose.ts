// Works out what a run would do, in the object store only: how the two histories stand, what each path becomes, and
// the commit that says so. Nothing of the folder, its index or its branch is touched.
import { join } from "node:path";
import { mkdirSync, rmSync } from "node:fs";
import { Failure } from "../failure.ts";
import { type Change, type Entry, parseDiffTree } from "../git/parse.ts";
import { pathMatcher } from "../machine/globs.ts";
import { mergeContents } from "../merge/content.ts";
import { type Decision, reconcile } from "../merge/reconcile.ts";
import { copyIndex } from "../snapshot/private-index.ts";
import type { FolderLook, FolderTree } from "../snapshot/take.ts";
import type { Session } from "./session.ts";

/** The folder and, where it differs from HEAD, its tree. */
export interface Here {
  readonly look: FolderLook;
  /** Null when the folder is exactly HEAD. */
  readonly dirty: FolderTree | null;
}

/** `contains`: everything of the remote is in HEAD. `behind`: HEAD is in the remote. `absent`: the remote has no branch. */
export type Relation = "absent" | "contains" | "behind" | "diverged" | "unborn";

export interface Proposal {
  readonly relation: Relation;
  /** The remote's commit this is built on; null when it has none. */
  readonly theirs: string | null;
  /** What the branch becomes. */
  readonly target: string;
  /** The target is new to the remote. */
  readonly publishes: boolean;
  /** Tree the folder becomes. */
  readonly tree: string;
  /** Folder now to folder then. */
  readonly incoming: readonly Change[];
  /** The remote's tree to the target's, when it publishes. */
  readonly outgoing: readonly Change[];
  /** Paths whose two versions were merged by content. */
  readonly merged: readonly string[];
  /** Private index holding `tree`; null when it is the repository's own. */
  readonly indexFile: string | null;
  /** What the repository's index is to hold: all of `tree`, or what is committed with the user's staging kept on top. */
  readonly indexKeeps: "tree" | "staging" | "nothing-new";
  /** Tree both sides came from, for undoing what was published. */
  readonly base: string | null;
}

/** A path that needs a person, with why. */
export interface Conflict {
  readonly path: string;
  readonly reason: string;
}

/** Null when there is nothing to do. @throws {Failure} `conflicts`, or `halted` for histories with nothing in common. */
export async function propose(session: Session, here: Here, theirs: string | null, options: { publish: boolean }): Promise<Proposal | null> {
  const head = here.look.head;
  if (theirs === null) return options.publish ? firstPublication(session, here) : null;
  if (head === null) return joinUnborn(session, here, theirs, options);
  const { relation, base } = await relate(session, head, theirs);
  if (relation === "contains") return options.publish ? ownChanges(session, here, head, theirs) : null;
  if (relation === "behind") return bringIn(session, here, head, theirs, options);
  return uniteHistories(session, here, { head, theirs, base }, options);
}

/** How HEAD and the remote's commit stand to each other, and their merge base. */
async function relate(session: Session, head: string, theirs: string): Promise<{ relation: Relation; base: string }> {
  if (head === theirs) return { relation: "contains", base: head };
  const answer = await session.git.run(["merge-base", "--all", "--end-of-options", head, theirs], { accept: [0, 1] });
  // of several best bases each machine must take the same one
  const [base] = Buffer.from(answer.stdout).toString("latin1").split("\n").filter((line) => line !== "").sort();
  if (base === undefined) throw unrelated(session);
  if (base === theirs) return { relation: "contains", base };
  return { relation: base === head ? "behind" : "diverged", base };
}

function unrelated(session: Session): Failure {
  const { remote, branch } = session.context.settings;
  return new Failure("halted", {
    cause: `foreign-remote: the history of ${branch} at ${remote} has nothing in common with this folder's`,
    remedy: [
      `git log --oneline ${remote}/${branch}   # is it the right remote?`,
      `git remote set-url ${remote} URL   # if it is not`,
    ],
  });
}

async function firstPublication(session: Session, here: Here): Promise<Proposal | null> {
  const { head } = here.look;
  if (head === null && here.dirty === null) return null;
  const target = here.dirty === null && head !== null ? head : await commit(session, here.dirty?.tree ?? "", head === null ? [] : [head], here.dirty?.changes ?? []);
  const tree = await treeOf(session, target);
  const outgoing = await diff(session, await emptyTree(session), tree);
  return { relation: "absent", theirs: null, target, publishes: true, tree, incoming: [], outgoing, merged: [], indexFile: here.dirty?.indexFile ?? null, indexKeeps: here.dirty === null ? "nothing-new" : "tree", base: null };
}

/** The remote has nothing new: what is here is published as it stands. */
async function ownChanges(session: Session, here: Here, head: string, theirs: string): Promise<Proposal | null> {
  if (here.dirty === null) {
    if (head === theirs) return null;
    const outgoing = await diff(session, theirs, head);
    const tree = await treeOf(session, head);
    return { relation: "contains", theirs, target: head, publishes: true, tree, incoming: [], outgoing, merged: [], indexFile: null, indexKeeps: "nothing-new", base: theirs };
  }
  const target = await commit(session, here.dirty.tree, [head], here.dirty.changes);
  const outgoing = head === theirs ? here.dirty.changes : await diff(session, theirs, here.dirty.tree);
  return { relation: "contains", theirs, target, publishes: true, tree: here.dirty.tree, incoming: [], outgoing, merged: [], indexFile: here.dirty.indexFile, indexKeeps: "tree", base: theirs };
}

/** HEAD is an ancestor of the remote's commit: its changes come in, edits made here stay on top. */
async function bringIn(session: Session, here: Here, head: string, theirs: string, options: { publish: boolean }): Promise<Proposal> {
  const arriving = await diff(session, head, theirs);
  const union = await unite(session, here, here.dirty?.changes ?? [], arriving, here.dirty === null ? theirs : null);
  const common = { relation: "behind" as const, theirs, tree: union.tree, incoming: union.incoming, merged: union.merged, indexFile: union.indexFile, base: head };
  const theirTree = here.dirty === null ? union.tree : await treeOf(session, theirs);
  if (!options.publish || union.tree === theirTree) {
    const indexKeeps = here.dirty === null || union.tree === theirTree ? "tree" : "staging";
    return { ...common, target: theirs, publishes: false, outgoing: [], indexKeeps };
  }
  const outgoing = await diff(session, theirTree, union.tree);
  const target = await commit(session, union.tree, [theirs], outgoing);
  return { ...common, target, publishes: true, outgoing, indexKeeps: "tree" };
}

/** Both sides have commits of their own: edits made here are committed first, then both are united in one commit. */
async function uniteHistories(session: Session, here: Here, at: { head: string; theirs: string; base: string }, options: { publish: boolean }): Promise<Proposal> {
  const { head, theirs, base } = at;
  const folderTree = here.dirty?.tree ?? head;
  const [ours, arriving] = await Promise.all([diff(session, base, folderTree), diff(session, base, theirs)]);
  const union = await unite(session, here, ours, arriving, null);
  const mine = here.dirty === null ? head : await commit(session, here.dirty.tree, [head], here.dirty.changes);
  const outgoing = await diff(session, theirs, union.tree);
  const target = await commit(session, union.tree, [mine, theirs], outgoing);
  return { relation: "diverged", theirs, target, publishes: options.publish, tree: union.tree, incoming: union.incoming, outgoing: options.publish ? outgoing : [], merged: union.merged, indexFile: union.indexFile, indexKeeps: "tree", base };
}

/** A folder without a commit of its own meets a filled remote: what is the same is the same, the rest is added or asked. */
async function joinUnborn(session: Session, here: Here, theirs: string, options: { publish: boolean }): Promise<Proposal> {
  const empty = await emptyTree(session);
  const arriving = await diff(session, empty, theirs);
  const union = await unite(session, here, here.dirty?.changes ?? [], arriving, here.dirty === null ? theirs : null);
  const theirTree = await treeOf(session, theirs);
  const outgoing = await diff(session, theirTree, union.tree);
  const publishes = options.publish && outgoing.length > 0;
  const target = publishes ? await commit(session, union.tree, [theirs], outgoing) : theirs;
  return { relation: "unborn", theirs, target, publishes, tree: union.tree, incoming: union.incoming, outgoing: publishes ? outgoing : [], merged: union.merged, indexFile: union.indexFile, indexKeeps: publishes || outgoing.length === 0 ? "tree" : "staging", base: null };
}

export interface Union {
  readonly tree: string;
  /** Folder now to folder then. */
  readonly incoming: Change[];
  readonly merged: string[];
  readonly indexFile: string;
}

/**
 * Unites what was changed here and there since a base, as a tree and an index.
 * @param knownTree the tree (or commit) the result must be when nothing was changed here; null to write it.
 * @throws {Failure} `conflicts` when a person must choose.
 */
export async function unite(session: Session, here: Here, ours: readonly Change[], theirs: readonly Change[], knownTree: string | null): Promise<Union> {
  const decisions = reconcile(ours, theirs, { isCritical: pathMatcher(session.context.settings.critical) });
  const { results, merged } = await settle(session, decisions);
  const ourSide = new Map(ours.map(({ path, after }) => [path, after]));
  const incoming: Change[] = [];
  for (const { path, sides } of decisions) {
    const before = ourSide.has(path) ? (ourSide.get(path) ?? null) : sides.ours;
    const after = results.get(path) ?? null;
    if (!sameEntry(before, after)) incoming.push({ path, before, after });
  }
  const indexFile = join(session.workDir, "index-result");
  await changedIndex(session, here, indexFile, incoming);
  const tree = knownTree === null ? await session.git.text(["write-tree"], { indexFile }) : await treeOf(session, knownTree);
  return { tree, incoming, merged, indexFile };
}

/** Carries out content merges; every conflict is collected before the run is refused. */
async function settle(session: Session, decisions: readonly Decision[]): Promise<{ results: Map<string, Entry | null>; merged: string[] }> {
  const results = new Map<string, Entry | null>();
  const merged: string[] = [];
  const conflicts: Conflict[] = [];
  for (const decision of decisions) {
    if (decision.kind === "take") results.set(decision.path, decision.result);
    else if (decision.kind === "conflict") conflicts.push({ path: decision.path, reason: decision.reason });
    else {
      const entry = await mergeContents(session.git, join(session.workDir, "merge"), decision);
      if (entry === null) conflicts.push({ path: decision.path, reason: `${decision.reason}, in the same place or not as text` });
      else {
        results.set(decision.path, entry);
        merged.push(decision.path);
      }
    }
  }
  if (conflicts.length > 0) throw conflictFailure(session, conflicts);
  return { results, merged };
}

function conflictFailure(session: Session, conflicts: readonly Conflict[]): Failure {
  const { remote, branch } = session.context.settings;
  session.report.files.conflicts = conflicts.map(({ path }) => path);
  const [first] = conflicts;
  const more = conflicts.length > 1 ? ` (and ${conflicts.length - 1} more)` : "";
  const quoted = `'${(first?.path ?? "").replaceAll("'", `'\\''`)}'`;
  return new Failure("conflicts", {
    cause: `${first?.path ?? ""}: ${first?.reason ?? ""}${more}; nothing was changed, both versions are safe`,
    paths: conflicts.map(({ path }) => path),
    remedy: [
      `git diff ${remote}/${branch} -- ${quoted}   # the other machine's version against yours`,
      `git show ${remote}/${branch}:${quoted} > ${quoted}   # takes the other machine's; or edit yours to hold both, then on either machine: petesbrain-sync sync`,
    ],
  });
}

/** A private index: the folder's, with the given changes applied. */
async function changedIndex(session: Session, here: Here, target: string, changes: readonly Change[]): Promise<void> {
  mkdirSync(session.workDir, { recursive: true, mode: 0o700 });
  rmSync(target, { force: true });
  if (here.dirty === null) copyIndex(here.look.index, target);
  else copyIndex({ ...here.look.index, path: here.dirty.indexFile }, target);
  await applyToIndex(session, target, changes);
}

/** Applies changes to an index file by object id; files are not read. */
export async function applyToIndex(session: Session, indexFile: string, changes: readonly Change[]): Promise<void> {
  if (changes.length === 0) return;
  const gone = changes.filter(({ after }) => after === null).map(({ path, before }) => `0 ${"0".repeat(before?.oid.length ?? 40)}\t${path}\0`);
  const come = changes.flatMap(({ path, after }) => (after === null ? [] : [`${after.mode} ${after.oid}\t${path}\0`]));
  await session.git.run(["update-index", "-z", "--index-info"], { indexFile, input: [...gone, ...come].join("") });
}

/** Two trees' differences, file by file. */
export async function diff(session: Session, from: string, to: string): Promise<Change[]> {
  if (from === to) return [];
  const answer = await session.git.run(["diff-tree", "-r", "-z", "--no-renames", "--raw", "--no-ext-diff", "--no-commit-id", "--end-of-options", from, to]);
  return parseDiffTree(answer.stdout);
}

function sameEntry(a: Entry | null, b: Entry | null): boolean {
  return a === null || b === null ? a === b : a.mode === b.mode && a.oid === b.oid;
}

/** The tree of a commit (or the tree itself). */
export async function treeOf(session: Session, commitOrTree: string): Promise<string> {
  return session.git.text(["rev-parse", "--verify", "--end-of-options", `${commitOrTree}^{tree}`]);
}

async function emptyTree(session: Session): Promise<string> {
  return session.git.text(["hash-object", "-t", "tree", "-w", "--stdin"]);
}

/** Writes a commit that says what it holds, who made it and in which run. */
async function commit(session: Session, tree: string, parents: readonly string[], changes: readonly Change[]): Promise<string> {
  return commitTree(session, tree, parents, `${subject(session.context.settings.role, changes)}\n\n${trailers(session)}`);
}

/** Writes a commit object; no ref names it yet. */
export async function commitTree(session: Session, tree: string, parents: readonly string[], message: string): Promise<string> {
  const { settings, now } = session.context;
  const { hasIdentity } = await session.configuration;
  const date = `@${Math.floor(now().getTime() / 1000)} +0000`;
  const environment: Record<string, string> = { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
  if (!hasIdentity) {
    const address = `${settings.name.replace(/[^A-Za-z0-9.-]/g, "-")}@petesbrain-sync.invalid`;
    for (const who of ["AUTHOR", "COMMITTER"]) {
      environment[`GIT_${who}_NAME`] = settings.name;
      environment[`GIT_${who}_EMAIL`] = address;
    }
  }
  const args = ["commit-tree", "--no-gpg-sign", ...parents.flatMap((parent) => ["-p", parent]), "-F", "-", tree];
  return session.git.text(args, { input: message, environment });
}

const NAMED = 3;

/** `sync(desktop): 3 files (clients/smythson/tasks.json, …)`. */
export function subject(role: string, changes: readonly Change[]): string {
  const names = changes.slice(0, NAMED).map(({ path }) => path.replace(/[\x00-\x1f\x7f]/g, "?"));
  const more = changes.length > NAMED ? ", …" : "";
  const count = `${changes.length} ${changes.length === 1 ? "file" : "files"}`;
  return changes.length === 0 ? `sync(${role}): both histories united` : `sync(${role}): ${count} (${names.join(", ")}${more})`;
}

function trailers(session: Session): string {
  const { name, role } = session.context.settings;
  const clean = (text: string): string => text.replace(/[\x00-\x1f\x7f]/g, "?");
  return `Sync-Machine: ${clean(name)}\nSync-Role: ${clean(role)}\nSync-Run: ${session.run}\n`;
}
