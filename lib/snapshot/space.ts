// What the snapshots take on the disk: their copies, and the objects of git that nothing else holds.
import type { Git } from "../git/shell.ts";
import { bytesOfCopies, runsWithCopies } from "./copies.ts";
import { SNAPSHOTS, STAGED } from "./keep.ts";

/** Git's own refs; what these reach would be there without any snapshot. */
const ELSEWHERE = ["--not", "HEAD", "--branches", "--tags", "--remotes"];

/** Bytes of all copies. */
export function spaceOfCopies(folder: string): number {
  return runsWithCopies(folder).reduce((sum, run) => sum + bytesOfCopies(folder, run), 0);
}

/** Bytes on the disk of the objects that only snapshots hold. */
export async function spaceInGit(git: Git): Promise<number> {
  return bytesOf(git, [`--glob=${SNAPSHOTS}/*`, `--glob=${STAGED}/*`, ...ELSEWHERE]);
}

/** Bytes that dropping one of several snapshots would free in git's store, once git tidies. */
export async function ownSpaceInGit(git: Git, commit: string, others: readonly string[]): Promise<number> {
  return bytesOf(git, [commit, ...ELSEWHERE, ...others.filter((other) => other !== commit)]);
}

async function bytesOf(git: Git, revisions: readonly string[]): Promise<number> {
  // 128: a branch without a commit has no HEAD
  const args = ["rev-list", "--objects", "--disk-usage", "--ignore-missing", ...revisions];
  const answer = await git.run(args, { accept: [0, 128] });
  return answer.exit === 0 ? Number(Buffer.from(answer.stdout).toString("latin1").trim()) : 0;
}
