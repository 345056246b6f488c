// The folder with everything in it that this machine watches: the critical and local files too that git ignores, or that
// no run publishes. Undoing and returning work on this; publishing never sees it.
import { join } from "node:path";
import { diffTrees, emptyTree } from "../git/trees.ts";
import type { Watched } from "../integrity/baseline.ts";
import { treeWith } from "../snapshot/take.ts";
import { lookHere } from "./look.ts";
import { inBackground, type Session } from "./session.ts";
import { together } from "./together.ts";
import type { Here } from "./unite.ts";

export interface WholeFolder {
  readonly here: Here;
  /** Tree of the whole folder; null when there is nothing and nothing was ever committed. */
  readonly tree: string | null;
  /** Watched files that are in its tree and in none that is published. */
  readonly unpublished: ReadonlySet<string>;
  /** The watched files as they were read. */
  readonly watched: Watched;
}

/** Looks at the whole folder and writes it as a tree into git's store. */
export async function lookWhole(session: Session, watched: Watched): Promise<WholeFolder> {
  const here = await lookHere(session, { publishing: false });
  const { head } = here.look;
  const published = here.dirty?.tree ?? (head === null ? null : await session.entries.treeOf(head));
  const names = [...watched.files.keys()];
  const asked = here.dirty?.tree ?? head;
  const known = asked === null ? new Map() : await session.entries.of(asked, names);
  if (asked === head && head !== null && published !== null) session.entries.name(head, published);
  const unpublished = new Set(names.filter((path) => !known.has(path)));
  if (unpublished.size === 0) return { here, tree: published, unpublished, watched };
  const { git, repository, state, workDir } = session;
  const { oidBytes } = await session.configuration;
  const base = here.dirty === null ? here.look.index : { ...here.look.index, path: here.dirty.indexFile };
  const target = join(workDir, "index-whole");
  const whole = await treeWith(git, repository, [...unpublished], { base, target, oidBytes, state });
  // awaited where the snapshot is taken; from here to there a failure must not count as unhandled
  const safe = together(here.dirty?.safe ?? Promise.resolve(), whole.safe).then(() => undefined);
  void inBackground(session, safe);
  const added = await diffTrees(git, published ?? (await emptyTree(git)), whole.tree);
  // what the snapshot and the proof will ask follows from this
  if (asked !== null) session.entries.derive(asked, whole.tree, added);
  const dirty = {
    tree: whole.tree,
    changes: [...(here.dirty?.changes ?? []), ...added],
    folders: here.dirty?.folders ?? [],
    indexFile: target,
    safe,
  };
  return { here: { look: here.look, dirty }, tree: whole.tree, unpublished, watched };
}
