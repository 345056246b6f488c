// A machine that is gone for good would be missed by the others until somebody takes its record away; this says how.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { systemCode } from "../failure.ts";
import { retirementOf, trackedPlaces } from "../git/record-refs.ts";
import { listRefs } from "../git/refs.ts";
import type { Repository } from "../git/repository.ts";
import type { Git } from "../git/shell.ts";

/** The command that takes this machine's record from the remote; null where it has none that is known here. */
export async function ownRetirement(repository: Repository, git: Git, remoteName: string): Promise<string | null> {
  const id = idIn(repository.stateDir);
  if (id === null) return null;
  const [own, branch] = trackedPlaces(remoteName).map((place) => `${place}${id}`);
  if (own === undefined || branch === undefined) throw new Error("records have two places");
  const isBranch = (await listRefs(git, branch)).size > 0;
  return retirementOf(repository.folder, remoteName, isBranch ? branch : own);
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
