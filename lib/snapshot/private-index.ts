// Working copies of the index. Git's own index is never written until a run adopts its result, and then by one rename.

import { copyFileSync, existsSync, lstatSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../failure.ts";
import { IndexBytes } from "../git/index-bytes.ts";
import { checksumOf } from "../git/index-checksum.ts";
import { decodePath, splitRecords } from "../git/parse.ts";
import { type IndexFacts, parseIndex } from "../git/parse-index.ts";
import type { Repository } from "../git/repository.ts";
import type { Git } from "../git/shell.ts";
import { type FileState, fileState } from "../integrity/file-state.ts";
import type { State } from "../machine/state.ts";
import { quoted } from "../paste.ts";

export interface IndexLook {
  readonly path: string;
  readonly state: FileState;
  /** Null when there is no index yet. */
  readonly facts: IndexFacts | null;
}

/** Where is remembered what an index holds: a run that finds the same one need not go through all its entries again. */
export type IndexMemory = Pick<State, "fact" | "setFact">;

const FACT = "index-facts";

/**
 * Looks at the repository's index.
 * @throws {Failure} `not-a-repository` for an index that a run cannot work with: damaged, sparse, split, with submodules,
 * or with entries of an unfinished merge.
 */
export function lookAtIndex(repository: Repository, oidBytes: 20 | 32, memory: IndexMemory | null): IndexLook {
  const path = join(repository.gitDir, "index");
  const state = fileState(path);
  if (!existsSync(path)) return { path, state, facts: null };
  let facts: IndexFacts;
  try {
    facts = readFacts(path, oidBytes, memory);
  } catch (error) {
    throw new Failure("not-a-repository", {
      cause: `git's index of ${repository.folder} is damaged: ${error instanceof Error ? error.message : String(error)}`,
      remedy: [
        `mv ${quoted(path)} ${quoted(`${path}.damaged`)} && git reset   # builds a new index; no file of the folder is touched`,
      ],
      because: error,
    });
  }
  refuseUnworkable(facts);
  return { path, state, facts };
}

/** @throws {Error} when the index is no index, is cut off, or its bytes are not those of its checksum. */
function readFacts(path: string, oidBytes: 20 | 32, memory: IndexMemory | null): IndexFacts {
  const { stored, computed } = IndexBytes.open(path, (fd) => checksumOf(fd, oidBytes));
  if (stored !== null && !stored.equals(computed)) throw new Error("its checksum is not that of its bytes");
  const kept = memory?.fact(FACT) ?? null;
  // written by rememberIndex
  const known = kept === null ? null : (JSON.parse(kept) as KnownIndex);
  if (known !== null && known.key === stored?.toString("hex")) return known.facts;
  const facts = IndexBytes.read(path, (index) => parseIndex(index, oidBytes));
  if (memory !== null && stored !== null) rememberIndex(memory, stored, facts);
  return facts;
}

interface KnownIndex {
  readonly key: string;
  readonly facts: IndexFacts;
}

/** Remembers what the index with a checksum holds. */
export function rememberIndex(memory: IndexMemory, checksum: Buffer, facts: IndexFacts): void {
  memory.setFact(FACT, JSON.stringify({ key: checksum.toString("hex"), facts } satisfies KnownIndex));
}

function refuseUnworkable(facts: IndexFacts): void {
  const refuse = (cause: string, remedy: string): never => {
    throw new Failure("not-a-repository", { cause, remedy: [remedy] });
  };
  if (facts.unmerged)
    refuse(
      "the index holds unresolved entries of a merge",
      "git status   # then edit the files it names and: git add FILE…",
    );
  if (facts.sparse)
    refuse("this is a sparse checkout: part of the folder is not on this machine", "git sparse-checkout disable");
  if (facts.split)
    refuse(
      "git's index is split, and what its shared part says of files would not be seen",
      "git config core.splitIndex false && git update-index --no-split-index",
    );
  const [first] = facts.repositories;
  if (first !== undefined)
    refuse(
      `${first} is a submodule; a submodule's files would not be synced`,
      `git rm --cached ${quoted(first)} && echo ${quoted(`/${first}/`)} >> .gitignore`,
    );
}

/**
 * Copies the index to `target` with a modification time that is not newer than the original's. A newer one would make
 * git trust entries that were edited within the same second (measured: such edits were lost from the snapshot).
 */
export function copyIndex(look: IndexLook, target: string): void {
  if (look.state === null) return;
  const found = lstatSync(look.path);
  copyFileSync(look.path, target);
  utimesSync(target, found.atime, new Date(Math.floor(found.mtimeMs)));
}

/** Sets on a prepared index the flags that the repository's own index has, so that adopting it takes none away. */
export async function blindAgain(git: Git, look: IndexLook, indexFile: string): Promise<void> {
  if (look.facts === null || look.facts.blinded === 0) return;
  const { stdout } = await git.run(["ls-files", "-v", "-z"], { indexFile: look.path });
  const kept = new Set(
    splitRecords((await git.run(["ls-files", "-z"], { indexFile })).stdout).map((name) => decodePath(name)),
  );
  const flagged = [...splitRecords(stdout)].map((record) => ({
    tag: String.fromCharCode(record[0] ?? 0),
    path: decodePath(record.subarray(2)),
  }));
  const names = (wanted: (tag: string) => boolean): string =>
    flagged
      .filter(({ tag, path }) => wanted(tag) && kept.has(path))
      .map(({ path }) => `${path}\0`)
      .join("");
  // "S" is skip-worktree; a small letter is assume-unchanged (git-ls-files(1), -v)
  await git.run(["update-index", "--skip-worktree", "-z", "--stdin"], {
    indexFile,
    input: names((tag) => tag.toUpperCase() === "S"),
  });
  await git.run(["update-index", "--assume-unchanged", "-z", "--stdin"], {
    indexFile,
    input: names((tag) => tag !== tag.toUpperCase()),
  });
}

/** Clears assume-unchanged and skip-worktree on a copied index, so that git looks at every file again. */
export async function unblind(git: Git, indexFile: string): Promise<void> {
  const { stdout } = await git.run(["ls-files", "-z"], { indexFile });
  // two calls: given together, only the first option is carried out (git 2.39, measured)
  await git.run(["update-index", "--no-assume-unchanged", "-z", "--stdin"], { indexFile, input: stdout });
  await git.run(["update-index", "--no-skip-worktree", "-z", "--stdin"], { indexFile, input: stdout });
}
