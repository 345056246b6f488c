// Files of the folder as contents of git's store, byte for byte and without an index: for the few that git ignores and a
// snapshot holds all the same. No filter of git's changes them, because nothing but this folder ever gets them back.
import { readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { writeLoose } from "../git/loose-write.ts";
import type { Change, Entry } from "../git/parse.ts";
import type { Repository } from "../git/repository.ts";
import { statOf } from "../integrity/file-state.ts";
import type { TreePlace } from "../integrity/tree-objects.ts";
import type { State } from "../machine/state.ts";

/** What contents and trees are written with. */
export interface StorePlace extends TreePlace {
  readonly repository: Repository;
  readonly state: Pick<State, "rememberDigests">;
}

type Stored = Change & { readonly after: Entry };

/** What is larger is left to git, which does not read it whole. */
const SMALL_BYTES = 1024 * 1024;
const LINK = "120000";

/** Stores files and links; what is neither, or has gone, is left out. Not flushed. */
export async function storeFiles(place: StorePlace, paths: readonly string[]): Promise<Stored[]> {
  const stored: Stored[] = [];
  for (const path of paths) {
    const entry = await storeFile(place, join(place.repository.folder, path));
    if (entry !== null) stored.push({ path, before: null, after: entry });
  }
  return stored;
}

async function storeFile({ git, repository, oidBytes }: StorePlace, file: string): Promise<Entry | null> {
  const found = statOf(file);
  if (found?.isSymbolicLink() === true) {
    const target = readlinkSync(file, { encoding: "buffer" });
    return { mode: LINK, oid: writeLoose(repository, "blob", target, oidBytes) };
  }
  if (found?.isFile() !== true) return null;
  const mode = (found.mode & 0o100n) === 0n ? "100644" : "100755";
  if (found.size <= SMALL_BYTES) return { mode, oid: writeLoose(repository, "blob", readFileSync(file), oidBytes) };
  return { mode, oid: await git.text(["hash-object", "-w", "--no-filters", "--", file], { unflushed: true }) };
}
