// How commits stand to each other, as far as a few questions tell: most of what arrives is built, a commit or some, on
// what is here.
import { smallContents } from "./cat-file.ts";
import type { Git } from "./shell.ts";

/** Generations that are looked through; beyond, one `git merge-base` is quicker. */
const NEAR = 8;
const MOST_PARENTS = 32;
const LONGEST_COMMIT_BYTES = 64 * 1024;

/**
 * Whether a commit is found among the nearest ancestors of another. False says nothing of those further back; without a
 * git that stays up it is always false.
 */
export async function isNearAncestor(git: Git, ancestor: string, commit: string): Promise<boolean> {
  if (git.objects === null) return false;
  let generation = [commit];
  for (let far = 0; far < NEAR && generation.length > 0 && generation.length <= MOST_PARENTS; far++) {
    const commits = await smallContents(git, generation, LONGEST_COMMIT_BYTES);
    generation = [...new Set(commits.flatMap(parentsOf))];
    if (generation.includes(ancestor)) return true;
  }
  return false;
}

/** The lines of the header, up to the first empty one, name the parents. Source: `git cat-file commit`. */
function parentsOf(bytes: Buffer | null): string[] {
  if (bytes === null) return [];
  const [header = ""] = bytes.toString("latin1").split("\n\n", 1);
  return header.split("\n").flatMap((line) => (line.startsWith("parent ") ? [line.slice("parent ".length)] : []));
}
