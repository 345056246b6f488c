// Where a folder's repository is and whether it is in a state that a run may work on. Looks at files only; it starts
// git for nothing that a look can answer, because every process counts in a run that finds nothing to do.

import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { Failure, systemCode } from "../failure.ts";
import { quoted } from "../paste.ts";

export interface Repository {
  /** Top of the working tree. Absolute. */
  readonly folder: string;
  /** This working tree's git directory (its index, HEAD). Absolute. */
  readonly gitDir: string;
  /** The directory with objects and refs; differs from `gitDir` in a linked worktree. Absolute. */
  readonly commonDir: string;
  /** Our own directory in it. Absolute; may not exist yet. */
  readonly stateDir: string;
}

/**
 * Finds the repository whose top is `folder`.
 * @throws {Failure} `not-a-repository` when there is none, `permission-denied` when it cannot be looked at.
 */
export function locateRepository(folder: string): Repository {
  const dotGit = join(folder, ".git");
  const gitDir = gitDirOf(dotGit, folder);
  if (
    !existsSync(join(gitDir, "HEAD")) ||
    (!existsSync(join(gitDir, "objects")) && !existsSync(join(gitDir, "commondir")))
  ) {
    throw notARepository(folder, "its .git is not a git directory");
  }
  const commonFile = join(gitDir, "commondir");
  const commonDir = existsSync(commonFile) ? resolve(gitDir, readFileSync(commonFile, "utf8").trim()) : gitDir;
  return { folder, gitDir, commonDir, stateDir: join(gitDir, "petesbrain-sync") };
}

/** The nearest folder at or above `start` that has a `.git`, or null. */
export function findFolder(start: string): string | null {
  for (let at = resolve(start); ; at = dirname(at)) {
    if (existsSync(join(at, ".git"))) return at;
    if (dirname(at) === at) return null;
  }
}

function gitDirOf(dotGit: string, folder: string): string {
  try {
    if (statSync(dotGit).isDirectory()) return dotGit;
    const match = /^gitdir: (.+)\n?$/.exec(readFileSync(dotGit, "utf8"));
    if (match?.[1] === undefined) throw notARepository(folder, "its .git is not a git directory");
    return resolve(folder, match[1].trim());
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") throw notARepository(folder, "it has no .git");
    if (code === "EACCES" || code === "EPERM") {
      throw new Failure("permission-denied", {
        cause: `${dotGit} cannot be read (${code})`,
        remedy: [`ls -ld ${quoted(folder)} ${quoted(dotGit)}   # the folder must belong to you and be readable`],
        because: error,
      });
    }
    throw error;
  }
}

function notARepository(folder: string, why: string): Failure {
  return new Failure("not-a-repository", {
    cause: `${folder} is not a git working tree: ${why}`,
    remedy: [`petesbrain-sync init ${quoted(folder)} --role desktop --remote URL`],
  });
}

const UNDER_WAY: readonly { marker: string; what: string; remedy: string[] }[] = [
  { marker: "MERGE_HEAD", what: "a merge", remedy: ["git merge --continue   # or: git merge --abort"] },
  { marker: "rebase-merge", what: "a rebase", remedy: ["git rebase --continue   # or: git rebase --abort"] },
  {
    marker: "rebase-apply",
    what: "a rebase",
    remedy: ["git rebase --continue   # or: git rebase --abort || git am --abort"],
  },
  {
    marker: "CHERRY_PICK_HEAD",
    what: "a cherry-pick",
    remedy: ["git cherry-pick --continue   # or: git cherry-pick --abort"],
  },
  { marker: "REVERT_HEAD", what: "a revert", remedy: ["git revert --continue   # or: git revert --abort"] },
  { marker: "BISECT_LOG", what: "a bisect", remedy: ["git bisect reset"] },
];

/**
 * Refuses a repository in which something of the user's own is under way, or that holds only part of its history.
 * @throws {Failure} `not-a-repository` naming the state and the way out of it.
 */
export function refuseUnfinishedStates(repository: Repository): void {
  for (const { marker, what, remedy } of UNDER_WAY) {
    if (existsSync(join(repository.gitDir, marker))) {
      throw new Failure("not-a-repository", { cause: `${what} is in progress in ${repository.folder}`, remedy });
    }
  }
  if (existsSync(join(repository.commonDir, "shallow"))) {
    throw new Failure("not-a-repository", {
      cause: `${repository.folder} is a shallow clone: it lacks the history that a safe merge needs`,
      remedy: ["git fetch --unshallow"],
    });
  }
}

/** Lock files of git that would stop a run half-way, on the index, HEAD, the packed and the named refs: the first that exists, or null. */
export function foreignLock(repository: Repository, refs: readonly string[]): string | null {
  const candidates = [
    join(repository.gitDir, "index.lock"),
    join(repository.gitDir, "HEAD.lock"),
    join(repository.commonDir, "packed-refs.lock"),
    ...refs.map((ref) => join(repository.commonDir, `${ref}.lock`)),
  ];
  return candidates.find((path) => existsSync(path)) ?? null;
}
