// Trees and their differences, and index files brought up to a tree, all by object id: no file is read.
import { type Change, parseDiffTree } from "../git/parse.ts";
import type { Session } from "./session.ts";

/** Two trees' differences, file by file. */
export async function diff(session: Session, from: string, to: string): Promise<Change[]> {
  if (from === to) return [];
  const answer = await session.git.run([
    "diff-tree",
    "-r",
    "-z",
    "--no-renames",
    "--raw",
    "--no-ext-diff",
    "--no-commit-id",
    "--end-of-options",
    from,
    to,
  ]);
  return parseDiffTree(answer.stdout);
}

/** The tree of a commit (or the tree itself). */
export async function treeOf(session: Session, commitOrTree: string): Promise<string> {
  return session.git.text(["rev-parse", "--verify", "--end-of-options", `${commitOrTree}^{tree}`]);
}

/** The tree with nothing in it. */
export async function emptyTree(session: Session): Promise<string> {
  return session.git.text(["hash-object", "-t", "tree", "-w", "--stdin"]);
}

/** Applies changes to an index file by object id; files are not read. */
export async function applyToIndex(session: Session, indexFile: string, changes: readonly Change[]): Promise<void> {
  if (changes.length === 0) return;
  const gone = changes
    .filter(({ after }) => after === null)
    .map(({ path, before }) => `0 ${"0".repeat(before?.oid.length ?? 40)}\t${path}\0`);
  const come = changes.flatMap(({ path, after }) => (after === null ? [] : [`${after.mode} ${after.oid}\t${path}\0`]));
  await session.git.run(["update-index", "-z", "--index-info"], { indexFile, input: [...gone, ...come].join("") });
}
