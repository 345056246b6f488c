// Loose objects of git's store, proven by ourselves: inflated, their bytes must give their name.
// Source: gitformat-loose-object(5).
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import type { Repository } from "../git/repository.ts";

/** Of the named objects, the paths of those that lie loose in the store and are not what their name says. Absolute. */
export function damagedLoose(repository: Repository, oids: readonly string[]): string[] {
  return oids.flatMap((oid) => {
    const path = join(repository.commonDir, "objects", oid.slice(0, 2), oid.slice(2));
    return existsSync(path) && !isSound(path, oid) ? [path] : [];
  });
}

function isSound(path: string, oid: string): boolean {
  try {
    const bytes = inflateSync(readFileSync(path));
    return new Bun.CryptoHasher(oid.length === 40 ? "sha1" : "sha256").update(bytes).digest("hex") === oid;
  } catch {
    // what cannot be read or inflated is no sound object
    return false;
  }
}
