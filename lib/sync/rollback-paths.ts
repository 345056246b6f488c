// Which of a snapshot's files are wanted: named one by one, by folder or by glob. Pure.
import { dirname } from "node:path/posix";
import type { Change } from "../git/parse.ts";
import { pathMatcher } from "../machine/globs.ts";

/** A question over paths: is it one of these files, in one of these folders, or matched by one of these globs? */
export function pathChooser(words: readonly string[]): (path: string) => boolean {
  const names = words.map((word) => word.replace(/\/+$/, ""));
  const matches = pathMatcher(names);
  return (path) => names.some((name) => path === name || path.startsWith(`${name}/`)) || matches(path);
}

/**
 * The changes that bring the chosen files back. Nothing is taken away that is not in their way: a file where a folder
 * must be again, or all that is in a folder where a file must be.
 */
export function chosenChanges(changes: readonly Change[], isChosen: (path: string) => boolean): Change[] {
  const come = changes.filter(({ path, after }) => after !== null && isChosen(path));
  const names = new Set(come.map(({ path }) => path));
  const folders = new Set(come.flatMap(({ path }) => foldersAbove(path)));
  return changes.filter(({ path, after }) => {
    if (after !== null) return names.has(path);
    return folders.has(path) || foldersAbove(path).some((folder) => names.has(folder));
  });
}

function foldersAbove(path: string): string[] {
  const folders: string[] = [];
  for (let at = dirname(path); at !== "."; at = dirname(at)) folders.push(at);
  return folders;
}
