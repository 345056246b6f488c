// The snapshot of a run: the folder as a commit under a ref of its own, what was staged in git's index as another, and
// copies of the critical and local files beside them. Nothing of the user's is touched.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { readRef } from "../git/refs.ts";
import { type Watched, watchedNames } from "../integrity/baseline.ts";
import { pathMatcher } from "../machine/globs.ts";
import { named } from "../named.ts";
import { takeCopies } from "../snapshot/copies.ts";
import { keepSnapshot, keepStaged, snapshotRef } from "../snapshot/keep.ts";
import { copyIndex } from "../snapshot/private-index.ts";
import { treeWith } from "../snapshot/take.ts";
import { keepTree } from "./commit.ts";
import { breathe } from "./pause.ts";
import type { Proposal } from "./propose.ts";
import { inBackground, type Session, storePlace } from "./session.ts";
import { together } from "./together.ts";
import { type Here, treeOfHere } from "./unite.ts";

/** What goes into the snapshot beside the folder's tree. */
export interface SnapshotOrder {
  /** What the run is going to publish, where that may be the same; null where it publishes nothing. */
  readonly proposal: Proposal | null;
  /** The critical and local files as they were read. */
  readonly watched: Watched;
}

/** Makes the folder as it is now findable for ever: the commit that is published where it says the same, else one of its own. */
export async function takeSnapshot(session: Session, here: Here, order: SnapshotOrder): Promise<void> {
  const { head } = here.look;
  const secrets = here.look.heldBack.flatMap(({ path, guard }) => (guard === "secret" ? [path] : []));
  // what a look at the whole folder has taken in is in its tree already
  const present = new Set(here.dirty?.changes.map(({ path }) => path));
  const kept = [...secrets, ...here.look.locals].filter((path) => !present.has(path));
  if (here.dirty === null && head === null && kept.length === 0) return;
  const copies = session.copies?.of === here.look ? session.copies.made : copyWatched(session, here, order.watched);
  const [, , , { commit, earlier }] = await together(
    here.dirty?.safe ?? Promise.resolve(),
    copies,
    keepIndex(session, here),
    commitFor(session, here, kept, order.proposal),
  );
  // the ref comes last: a snapshot that is listed has all that belongs to it
  if (commit !== earlier) await keepSnapshot(session.git, session.run, commit, earlier);
  session.report.snapshot = session.run;
}

/** The commit of the folder, and the one that an earlier attempt of the run may have kept. */
async function commitFor(
  session: Session,
  here: Here,
  kept: readonly string[],
  proposal: Proposal | null,
): Promise<{ commit: string; earlier: string | null }> {
  const { head } = here.look;
  // the run's name is new, so that only its own earlier attempt can have left one
  const earlier =
    session.report.snapshot === null ? null : await readRef(session.git, session.repository, snapshotRef(session.run));
  const tree = kept.length > 0 ? await wholeTree(session, here, kept) : (here.dirty?.tree ?? null);
  if (tree === null) return { commit: head ?? "", earlier };
  if (tree === here.dirty?.tree && proposal?.relation === "contains") return { commit: proposal.target, earlier };
  const parents = [head, earlier].filter((parent) => parent !== null);
  const message = `snapshot before ${session.command} ${session.run}\n`;
  return { commit: await keepTree(session, tree, parents, message), earlier };
}

/** Begins with the copies of a snapshot that is going to be taken of the folder as it was found. */
export function beginCopies(session: Session, here: Here, watched: Watched): void {
  session.copies = { of: here.look, made: inBackground(session, copyWatched(session, here, watched)) };
}

/** Copies the watched files aside. Those that are in the folder's tree are flushed with it, and not once more. */
async function copyWatched(session: Session, here: Here, watched: Watched): Promise<void> {
  const { context, repository, report } = session;
  const { critical, local } = context.settings;
  const { head, branch } = here.look;
  const now = here.dirty?.tree ?? head;
  const names = watchedNames(watched).filter(pathMatcher(critical));
  const inGit = now === null ? new Map() : await session.entries.of(now, names);
  const missed = await takeCopies({
    folder: repository.folder,
    about: {
      run: session.run,
      command: session.command,
      takenAt: context.now().toISOString(),
      head,
      branch,
      watched: [...critical, ...local],
      missed: watched.unsteady,
    },
    seen: watched.files,
    isInGit: (path) => inGit.has(path),
    breathe,
  });
  if (missed.length > 0)
    report.notes.push(`kept changing while it was to be copied, so the snapshot has no copy of it: ${named(missed)}`);
}

/** Keeps what is staged in git's index, where it is something else than HEAD: its contents may be in no file any more. */
async function keepIndex(session: Session, here: Here): Promise<void> {
  const { look } = here;
  if (look.index.state === null || !look.lines.some(({ staged }) => staged)) return;
  mkdirSync(session.workDir, { recursive: true, mode: 0o700 });
  const indexFile = join(session.workDir, "index-staged");
  copyIndex(look.index, indexFile);
  const tree = await session.git.text(["write-tree"], { indexFile });
  const message = `staged before ${session.command} ${session.run}\n`;
  const commit = await keepTree(session, tree, look.head === null ? [] : [look.head], message);
  await keepStaged(session.git, session.run, commit);
}

/** The folder with the secrets and local files that no run publishes; a snapshot never leaves this machine. */
async function wholeTree(session: Session, here: Here, unpublished: readonly string[]): Promise<string> {
  const whole = await treeWith(await storePlace(session), await treeOfHere(session, here), unpublished);
  await whole.safe;
  return whole.tree;
}
