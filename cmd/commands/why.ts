// `why PATH`: what this file is to the tool, and why.
import { join } from "node:path";
import type { Failure } from "../../lib/failure.ts";
import { pasted } from "../../lib/paste.ts";
import { why } from "../../lib/sync/why.ts";
import type { Answer, Call } from "../answer.ts";
import { PROGRAM } from "../help-form.ts";
import { pathInFolder } from "../path-in-folder.ts";
import { usage } from "../usage.ts";
import { namesNear, wordsOfWhy } from "../why-words.ts";

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
  const path = pathInFolder(invocation.words[0] ?? "", {
    cwd: surroundings.cwd,
    folder: context.folder,
    command: "why",
  });
  const found = await why(context, path);
  if ("isFolder" in found) throw noFile(path, context.folder, found);
  return { object: found, words: wordsOfWhy(found), keepFirst: true };
}
