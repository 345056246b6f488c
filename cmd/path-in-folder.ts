// A path as a shell gives it, as a path of the folder: from the current directory where that lies in the folder, or
// absolute; from anywhere else it is a path of the folder already.
import { realpathSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { systemCode } from "../lib/failure.ts";
import { statOf } from "../lib/integrity/file-state.ts";
import { pasted } from "../lib/paste.ts";
import { PROGRAM } from "./help-form.ts";
import { usage } from "./usage.ts";

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

/** What messages name is pasted from anywhere in the folder: where only that is there, it is meant. */
function placeOf(word: string, base: string, folder: string): string {
  const [near, fromTop] = [base, folder].map((from) => withoutLinks(resolve(from, word))) as [string, string];
  return statOf(near) === null && isInside(folder, fromTop) && statOf(fromTop) !== null ? fromTop : near;
}

/**
 * The path of a word inside the folder.
 * @param command the command that takes one file, for messages.
 * @throws Failure `usage` for one that leads outside, into .git, or to the folder itself
 */
export function pathInFolder(word: string, place: { cwd: string; folder: string; command: string }): string {
  const { cwd, folder, command } = place;
  const base = isInside(folder, withoutLinks(cwd)) ? cwd : folder;
  const found = placeOf(word, base, folder);
  const shown = `${PROGRAM} ${command} PATH   # a file inside ${pasted(folder)}`;
  if (!isInside(folder, found)) throw usage(`${found} lies outside the folder ${folder}`, [shown]);
  const path = relative(folder, found);
  if (path === "") throw usage(`${folder} is the folder itself; ${command} is about one file in it`, [shown]);
  if (path.split("/")[0] === ".git") throw usage(`${path} belongs to git itself and is never synced`, [shown]);
  return path;
}
