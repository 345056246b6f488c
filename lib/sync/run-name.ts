// The name of a run, as long as nothing in the folder has it.
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Repository } from "../git/repository.ts";
import { runName } from "../machine/identity.ts";
import { copiesFolder } from "../snapshot/copies.ts";
import { snapshotRef } from "../snapshot/keep.ts";

/**
 * A name that no snapshot has. Two runs of one second draw the same once in 65,536 times, and what the first one left
 * would end the second (seen in a crash campaign: two of some thousand runs).
 */
export function freeRunName(repository: Repository, name: string, now: () => Date): string {
  let free = name;
  while (hasSnapshot(repository, free)) free = runName(now());
  return free;
}

/** Read from git's files: a ref of this very second was not packed yet. */
function hasSnapshot({ commonDir, folder }: Repository, name: string): boolean {
  return existsSync(join(commonDir, snapshotRef(name))) || existsSync(copiesFolder(folder, name));
}
