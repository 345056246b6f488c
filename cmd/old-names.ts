// The names of the scripts that this program replaces. Called by one of them, through a link, it takes that script's
// words. Imports nothing: every start comes by here.

/** What stands before the words of each script. */
const OLD_NAMES: Readonly<Record<string, readonly string[]>> = {
  "sync-petesbrain-v2.sh": [],
  "rollback-sync.sh": ["rollback"],
  "verify-sync-integrity.py": ["verify"],
};

/** The words as this program knows them; `calledBy` is the name, or the path, it was started under. */
export function wordsFor(calledBy: string, argv: readonly string[]): string[] {
  const name = calledBy.slice(calledBy.lastIndexOf("/") + 1);
  return [...(Object.hasOwn(OLD_NAMES, name) ? (OLD_NAMES[name] ?? []) : []), ...argv];
}
