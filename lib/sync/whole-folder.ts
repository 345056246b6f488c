// The folder with everything in it that this machine watches: the critical and local files too that git ignores, or that
// no run publishes. Undoing and returning work on this; publishing never sees it.
import type { GitAnswer } from "../git/shell.ts";
import type { Watched } from "../integrity/baseline.ts";
import { treeWith } from "../snapshot/take.ts";
import { lookHere } from "./look.ts";
import { inBackground, type Session, storePlace } from "./session.ts";
import { together } from "./together.ts";
import { type Here, treeOfHere } from "./unite.ts";

export interface WholeFolder {
  readonly here: Here;
  /** Tree of the whole folder; null when there is nothing and nothing was ever committed. */
  readonly tree: string | null;
  /** Watched files that are in its tree and in none that is published. */
  readonly unpublished: ReadonlySet<string>;
  /** The watched files as they were read. */
  readonly watched: Watched;
}

/**
 * Looks at the whole folder and writes it as a tree into git's store.
 * @param asked git's answer about the folder, where it was asked a moment ago.
 */
export async function lookWhole(session: Session, watched: Watched, asked?: Promise<GitAnswer>): Promise<WholeFolder> {
  const here = await lookHere(session, { publishing: false, asked });
  const published = await treeOfHere(session, here);
  const names = [...watched.files.keys()];
  const known = published === null ? new Map() : await session.entries.of(published, names);
  const unpublished = new Set(names.filter((path) => !known.has(path)));
  if (unpublished.size === 0) return { here, tree: published, unpublished, watched };
  const whole = await treeWith(await storePlace(session), published, [...unpublished]);
  // awaited where the snapshot is taken; from here to there a failure must not count as unhandled
  const safe = together(here.dirty?.safe ?? Promise.resolve(), whole.safe).then(() => undefined);
  void inBackground(session, safe);
  // what the snapshot and the proof will ask follows from this
  if (published !== null) session.entries.derive(published, whole.tree, whole.added);
  const dirty = {
    tree: whole.tree,
    changes: [...(here.dirty?.changes ?? []), ...whole.added],
    folders: here.dirty?.folders ?? [],
    // without these files, which nothing is ever committed of
    indexFile: here.dirty?.indexFile ?? here.indexFile ?? here.look.index.path,
    safe,
  };
  return { here: { look: here.look, dirty }, tree: whole.tree, unpublished, watched };
}
