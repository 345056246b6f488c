// The one question about the whole folder: what differs from HEAD, in the index or on disk, and what is new.
import type { Git, GitAnswer } from "./shell.ts";

const STATUS = [
  "status",
  "--porcelain=v2",
  "--branch",
  "-z",
  "--no-renames",
  "--untracked-files=all",
  "--ignore-submodules=none",
];

/** Asks git; `indexFile` instead of the repository's own index. Reads only. The answer is for `parseStatus`. */
export function askStatus(git: Git, indexFile?: string): Promise<GitAnswer> {
  return git.run(STATUS, indexFile === undefined ? {} : { indexFile });
}
