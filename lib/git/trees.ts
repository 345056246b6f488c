// Trees and their differences, and index files brought up to a tree, all by object id: no file is read.
import { tidy } from "../tidy.ts";
import { objectHeads } from "./cat-file.ts";
import { type Change, DiffReader } from "./parse.ts";
import type { Git } from "./shell.ts";

const DIFF = ["diff-tree", "-r", "-z", "--no-renames", "--raw", "--no-ext-diff", "--no-commit-id"];
const FOLDER = "040000";
/** A line has some hundred and fifty bytes, and reading it leaves a kilobyte behind (measured). */
const LEFT_BY_BYTE = 7;

/** Two trees' differences, file by file. */
export async function diffTrees(git: Git, from: string, to: string): Promise<Change[]> {
  if (from === to) return [];
  const changes: Change[] = [];
  await readDiff(git, { from, to, options: DIFF }, (change) => changes.push(change));
  return changes;
}

/** The same, with the ids of the folders that are new in `to`. */
export async function diffWithFolders(
  git: Git,
  from: string,
  to: string,
): Promise<{ files: Change[]; folders: string[] }> {
  const files: Change[] = [];
  const folders: string[] = [];
  await readDiff(git, { from, to, options: [...DIFF, "-t"] }, (change) => {
    if ((change.after ?? change.before)?.mode !== FOLDER) files.push(change);
    else if (change.after !== null) folders.push(change.after.oid);
  });
  return { files, folders };
}

async function readDiff(
  git: Git,
  { from, to, options }: { from: string; to: string; options: readonly string[] },
  onChange: (change: Change) => void,
): Promise<void> {
  const reader = new DiffReader(onChange);
  const onOutput = (piece: Uint8Array): void => {
    reader.take(piece);
    tidy(piece.length * LEFT_BY_BYTE);
  };
  await git.run([...options, "--end-of-options", from, to], { onOutput });
  reader.end();
}

/** The trees of commits (or the trees themselves), in the same order. @throws {Error} where there is none. */
export async function treesOf(git: Git, commits: readonly string[]): Promise<string[]> {
  const heads = await objectHeads(
    git,
    commits.map((commit) => `${commit}^{tree}`),
  );
  return heads.map((head, n) => {
    if (head?.type !== "tree") throw new Error(`git knows no tree of ${commits[n]}`);
    return head.oid;
  });
}

/** The tree with nothing in it. */
export async function emptyTree(git: Git): Promise<string> {
  return git.text(["hash-object", "-t", "tree", "-w", "--stdin"]);
}

/** Applies changes to an index file by object id; files are not read. */
export async function applyToIndex(git: Git, indexFile: string, changes: readonly Change[]): Promise<void> {
  if (changes.length === 0) return;
  const gone = changes
    .filter(({ after }) => after === null)
    .map(({ path, before }) => `0 ${"0".repeat(before?.oid.length ?? 40)}\t${path}\0`);
  const come = changes.flatMap(({ path, after }) => (after === null ? [] : [`${after.mode} ${after.oid}\t${path}\0`]));
  await git.run(["update-index", "-z", "--index-info"], { indexFile, input: [...gone, ...come].join("") });
}
