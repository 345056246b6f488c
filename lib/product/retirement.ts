// A machine that is gone for good would be missed by the others until somebody takes its record away; this says how.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { systemCode } from "../failure.ts";
import { retirementOf, trackedPlaces } from "../git/record-refs.ts";
import { readRef } from "../git/refs.ts";
import type { Repository } from "../git/repository.ts";
import type { Git } from "../git/shell.ts";

/** The command that takes this machine's record from the remote; null where it has none that is known here. */
export async function ownRetirement(repository: Repository, git: Git, remoteName: string): Promise<string | null> {
  const id = idIn(repository.stateDir);
  if (id === null) return null;
  for (const ref of trackedPlaces(remoteName).map((place) => `${place}${id}`)) {
    const commit = await readRef(git, repository, ref);
    if (commit !== null) return retirementOf(repository.folder, remoteName, { ref, commit });
  }
  return null;
}

function idIn(stateDir: string): string | null {
  try {
    const id = readFileSync(join(stateDir, "machine-id"), "utf8").trim();
    return /^[a-z0-9-]+$/.test(id) ? id : null;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return null;
    throw error;
  }
}
