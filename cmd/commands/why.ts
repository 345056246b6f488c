// `why PATH`: what this file is to the tool, and why. The path is as a shell gives it: from the current directory where
// that lies in the folder, or absolute; from anywhere else it is a path of the folder.
import { realpathSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { type Failure, systemCode } from "../../lib/failure.ts";
import { pasted } from "../../lib/paste.ts";
import { why } from "../../lib/sync/why.ts";
import type { Answer, Call } from "../answer.ts";
import { PROGRAM } from "../help.ts";
import { usage } from "../usage.ts";
import { namesNear, wordsOfWhy } from "../why-words.ts";

/** A place as it is without links on the way; the last part is not followed, for it may be the link that is asked about. */
function withoutLinks(path: string): string {
  const parent = dirname(path);
  if (parent === path) return path;
  try {
    return join(realpathSync(parent), basename(path));
  } catch (error) {
    const code = systemCode(error);
    if (code !== "ENOENT" && code !== "ENOTDIR" && code !== "ELOOP" && code !== "EACCES") throw error;
    return join(withoutLinks(parent), basename(path));
  }
}

function isInside(folder: string, place: string): boolean {
  const from = relative(folder, place);
  return from !== ".." && !from.startsWith("../") && !isAbsolute(from);
}

/**
 * The path of a word inside the folder.
 * @throws Failure `usage` for one that leads outside, into .git, or to the folder itself
 */
export function pathInFolder(word: string, cwd: string, folder: string): string {
  const base = isInside(folder, withoutLinks(cwd)) ? cwd : folder;
  const place = withoutLinks(resolve(base, word));
  const shown = `${PROGRAM} why PATH   # a file inside ${pasted(folder)}`;
  if (!isInside(folder, place)) throw usage(`${place} lies outside the folder ${folder}`, [shown]);
  const path = relative(folder, place);
  if (path === "") throw usage(`${folder} is the folder itself; why explains one file in it`, [shown]);
  if (path.split("/")[0] === ".git") throw usage(`${path} belongs to git itself and is never synced`, [shown]);
  return path;
}

function noFile(path: string, folder: string, found: { isFolder: boolean; names: readonly string[] }): Failure {
  if (found.isFolder) return usage(`${path} is a folder; why explains one file`, [`ls ${pasted(join(folder, path))}`]);
  const near = namesNear(path, found.names);
  const hint = near.length === 0 ? "" : `; did you mean ${near.join(", or ")}?`;
  const remedy =
    near.length === 0 ? [`git -C ${pasted(folder)} ls-files`] : near.map((name) => commandFor(folder, name));
  return usage(`there is no file ${path} in the folder, in its history or in a snapshot${hint}`, remedy);
}

/** Absolute, so that it can be pasted in whatever directory one is. */
function commandFor(folder: string, path: string): string {
  return `${PROGRAM} why ${pasted(join(folder, path))}`;
}

export async function whyCommand(call: Call): Promise<Answer> {
  const { invocation, surroundings } = call;
  const context = await call.openContext();
  const path = pathInFolder(invocation.words[0] ?? "", surroundings.cwd, context.folder);
  const found = await why(context, path);
  if ("isFolder" in found) throw noFile(path, context.folder, found);
  return { object: found, words: wordsOfWhy(found), keepFirst: true };
}
