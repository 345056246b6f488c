// Making room for a file of ours without losing the one that is there.
import { lstatSync, renameSync } from "node:fs";

/** Renames a file to `NAME.old`, or `NAME.old.2` and so on: nothing that was kept before is overwritten. */
export function setAside(path: string): string {
  for (let count = 1; ; count++) {
    const kept = count === 1 ? `${path}.old` : `${path}.old.${count}`;
    if (lstatSync(kept, { throwIfNoEntry: false }) !== undefined) continue;
    renameSync(path, kept);
    return kept;
  }
}
