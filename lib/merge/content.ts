// Merges the contents of one file's three versions by lines, outside the folder, with git's own `merge-file`. The
// result is an object in the store or nothing: markers never reach a file, and a JSON that does not parse did not happen.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Entry } from "../git/parse.ts";
import type { Git } from "../git/shell.ts";
import type { Sides } from "./reconcile.ts";

/**
 * Merges two changed versions of a file, or says null when a person must choose.
 * @param scratch a directory of this run that may be created and emptied.
 */
export async function mergeContents(
  git: Git,
  scratch: string,
  merge: { path: string; sides: Sides; mode: string },
): Promise<Entry | null> {
  const { base, ours, theirs } = merge.sides;
  if (ours === null || theirs === null) throw new Error(`no two contents to merge for ${merge.path}`);
  const [baseBytes, ourBytes, theirBytes] = await Promise.all([
    base === null ? new Uint8Array() : blob(git, base.oid),
    blob(git, ours.oid),
    blob(git, theirs.oid),
  ]);
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true, mode: 0o700 });
  const write = (name: string, bytes: Uint8Array): string => {
    const path = join(scratch, name);
    writeFileSync(path, bytes, { mode: 0o600 });
    return path;
  };
  const files = [write("ours", ourBytes), write("base", baseBytes), write("theirs", theirBytes)];
  // exit: 0 clean, 1 to 127 the number of conflicts, 255 binary
  const answer = await git.run(["merge-file", "-p", "--quiet", "--", ...files], {
    accept: Array.from({ length: 256 }, (_, exit) => exit),
  });
  if (answer.exit !== 0) return null;
  const inputsParse = isJson(ourBytes) && isJson(theirBytes);
  if (merge.path.endsWith(".json") && inputsParse && !isJson(answer.stdout)) return null;
  const oid = await git.text(["hash-object", "-w", "--no-filters", "--stdin"], { input: answer.stdout });
  return { mode: merge.mode, oid };
}

async function blob(git: Git, oid: string): Promise<Uint8Array> {
  return (await git.run(["cat-file", "blob", oid])).stdout;
}

function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(Buffer.from(bytes).toString("utf8"));
    return true;
  } catch {
    return false;
  }
}
