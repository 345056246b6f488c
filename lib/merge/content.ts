// Unites the contents of one file's versions as its policy says, outside the folder. The result is an object in the
// store or a reason to ask: markers never reach a file, and a JSON that does not parse did not happen.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Entry } from "../git/parse.ts";
import type { Git } from "../git/shell.ts";
import { uniteEntries } from "./append.ts";
import { uniteById } from "./by-id.ts";
import type { Sides } from "./reconcile.ts";
import type { United, Versions } from "./united.ts";

/** By lines, by entries, or by the identity of the entries of a JSON. */
export type Way = "lines" | "entries" | "by-id";

export interface Meeting {
  readonly path: string;
  readonly sides: Sides;
  /** Mode of the united file. */
  readonly mode: string;
}

/**
 * Unites two changed versions of a file.
 * @param scratch a directory of this run that may be created and emptied.
 */
export async function uniteContents(
  git: Git,
  scratch: string,
  way: Way,
  { path, sides, mode }: Meeting,
): Promise<Entry | { readonly refused: string }> {
  const versions = await versionsOf(git, path, sides);
  const united = await unitedBy(git, scratch, way, versions);
  if ("refused" in united) return united;
  const inputsParse = isJson(versions.ours) && isJson(versions.theirs);
  if (path.endsWith(".json") && inputsParse && !isJson(united.content))
    return { refused: "the merged text would not be valid JSON" };
  return { mode, oid: await writeContent(git, united.content) };
}

/** Writes a content into the object store and returns its id. */
export function writeContent(git: Git, content: Uint8Array): Promise<string> {
  return git.text(["hash-object", "-w", "--no-filters", "--stdin"], { input: content });
}

/** The bytes of an object. */
export async function contentOf(git: Git, oid: string): Promise<Uint8Array> {
  return (await git.run(["cat-file", "blob", oid])).stdout;
}

async function versionsOf(git: Git, path: string, { base, ours, theirs }: Sides): Promise<Versions> {
  if (ours === null || theirs === null) throw new Error(`no two contents to unite for ${path}`);
  const [baseBytes, ourBytes, theirBytes] = await Promise.all([
    base === null ? null : contentOf(git, base.oid),
    contentOf(git, ours.oid),
    contentOf(git, theirs.oid),
  ]);
  return { base: baseBytes, ours: ourBytes, theirs: theirBytes };
}

function unitedBy(git: Git, scratch: string, way: Way, versions: Versions): Promise<United> | United {
  if (way === "entries") return uniteEntries(versions);
  return way === "by-id" ? uniteById(versions) : uniteLines(git, scratch, versions);
}

/** git's own line by line merge, without its markers. */
async function uniteLines(git: Git, scratch: string, { base, ours, theirs }: Versions): Promise<United> {
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true, mode: 0o700 });
  const write = (name: string, bytes: Uint8Array): string => {
    const path = join(scratch, name);
    writeFileSync(path, bytes, { mode: 0o600 });
    return path;
  };
  const files = [write("ours", ours), write("base", base ?? new Uint8Array()), write("theirs", theirs)];
  // exit: 0 clean, 1 to 127 the number of conflicts, 255 binary
  const answer = await git.run(["merge-file", "-p", "--quiet", "--", ...files], {
    accept: Array.from({ length: 256 }, (_, exit) => exit),
  });
  if (answer.exit === 0) return { content: answer.stdout };
  return { refused: answer.exit === 255 ? "it is no text" : "both changed the same lines" };
}

function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(Buffer.from(bytes).toString("utf8"));
    return true;
  } catch {
    return false;
  }
}
