// The words of the guards: their names, what a hit says, and what a person may allow for one run.

/** Every guard with what it stops, in the order in which hits are told. */
export const GUARDS = {
  "invalid-json": "a critical JSON file that does not parse",
  "lost-ids": "a merged task list that lacks an entry neither side deleted",
  emptied: "a file that had content and has none",
  shrunk: "a critical file that lost more than half of its content",
  "nul-bytes": "a text file with NUL bytes in it",
  "conflict-markers": "a file with the markers of an unfinished merge",
  "critical-delete": "a critical file that is gone",
  "mass-delete": "a large part of the folder, or a whole top-level folder, that is gone",
  "all-changed": "nearly every file changed at once",
  rot: "a file whose content changed while its size and time did not",
  secret: "a key, a password file or another secret",
  "large-file": "a file that is larger than the hosts take",
  "nested-repo": "another git repository inside the folder",
  "in-the-way": "an arriving file where an ignored or untracked one lies",
  "ignored-now": "an arriving .gitignore that hides new files of this folder (said, never a halt)",
  "lfs-pointer": "a pointer of git LFS where content should be",
  "name-clash": "two names that a Mac cannot hold beside each other",
  "bad-name": "a name that no Mac can hold, or that must not be written",
  "foreign-remote": "a remote with another or a rewritten history",
  unattested: "a commit that no machine vouches for, where the settings require it",
} as const;

export type GuardName = keyof typeof GUARDS;

/** What a guard found. */
export interface Hit {
  readonly guard: GuardName;
  /** The file it is about; null where it is about the whole folder. */
  readonly path: string | null;
  /** What was found, with the numbers: `had 18,204 bytes and has 212`. No path in it. */
  readonly says: string;
}

/** A hit that a person lets pass. */
export interface Allowance {
  readonly guard: GuardName;
  /** Null lets the guard's hits pass on every path. */
  readonly path: string | null;
}

/** Reads `GUARD` or `GUARD:PATH`; null where the first word is no guard's name, or the path is empty. */
export function parseAllowance(text: string): Allowance | null {
  const colon = text.indexOf(":");
  const guard = colon < 0 ? text : text.slice(0, colon);
  const path = colon < 0 ? null : text.slice(colon + 1);
  return isGuardName(guard) && path !== "" ? { guard, path } : null;
}

/** Says whether a word is a guard's name. */
export function isGuardName(word: string): word is GuardName {
  return Object.hasOwn(GUARDS, word);
}

/** Guards whose hits nobody can let pass, and what to do instead. */
export const NEVER_PASSED: Readonly<Partial<Record<GuardName, string>>> = {
  "nested-repo": "its files are in a repository of their own: move it out, or name it in .gitignore",
  "bad-name": "rename the file",
  "foreign-remote": "set the remote right, or put its history back",
  "ignored-now": "it is only said and stops nothing",
};

/** Says whether a hit was let pass. */
export function isAllowed(hit: Hit, allowances: readonly Allowance[]): boolean {
  if (NEVER_PASSED[hit.guard] !== undefined) return false;
  return allowances.some(({ guard, path }) => guard === hit.guard && (path === null || path === hit.path));
}
