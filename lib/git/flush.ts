// Flushing many files at once. Several flushes in flight share the file system's own commits: 770 files took 0.2 s
// eight at a time and 1 to 2.6 s one after the other (measured, ext4).
import { open } from "node:fs/promises";
import { join } from "node:path";
import { systemCode } from "../failure.ts";
import { faultPoint } from "../fault.ts";
import type { Repository } from "./repository.ts";

const AT_ONCE = 8;

/** Flushes files or folders to the disk. A path that does not exist any more is skipped. */
export async function flushAll(paths: readonly string[]): Promise<void> {
  if (paths.length === 0) return;
  faultPoint("flush all");
  let next = 0;
  const work = async (): Promise<void> => {
    for (let path = paths[next++]; path !== undefined; path = paths[next++]) await flushOne(path);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, paths.length) }, work));
  faultPoint("flushed all");
}

async function flushOne(path: string): Promise<void> {
  try {
    await using handle = await open(path, "r");
    await handle.sync();
  } catch (error) {
    const code = systemCode(error);
    if (code !== "ENOENT" && code !== "ENOTDIR") throw error;
  }
}

/** Flushes objects that lie loose in the store; packed ones were flushed with their pack. */
export async function flushObjects(repository: Repository, oids: Iterable<string>): Promise<void> {
  const paths = [...new Set(oids)].map((oid) => join(repository.commonDir, "objects", oid.slice(0, 2), oid.slice(2)));
  await flushAll(paths);
}
