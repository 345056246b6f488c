// Works out what a run would do, in the object store only: how the two histories stand, what each path becomes, and
// the commit that says so. Nothing of the folder, its index or its branch is touched.
import { Failure } from "../failure.ts";
import { isNearAncestor } from "../git/ancestry.ts";
import type { EntryPlaces } from "../git/index-stat.ts";
import type { Change } from "../git/parse.ts";
import { diffTrees, diffWithFolders, emptyTree, treesOf } from "../git/trees.ts";
import { commit } from "./commit.ts";
import { confirmedHead, rewrittenHistory } from "./remote-history.ts";
import type { Session } from "./session.ts";
import type { Merge } from "./settle.ts";
import { together } from "./together.ts";
import { type Here, unite } from "./unite.ts";

/** `contains`: everything of the remote is in HEAD. `behind`: HEAD is in the remote. `absent`: the remote has no branch. */
export type Relation = "absent" | "contains" | "behind" | "diverged" | "unborn";

export interface Proposal {
  readonly relation: Relation;
  /** The remote's commit this is built on; null when it has none. */
  readonly theirs: string | null;
  /** What the branch becomes. */
  readonly target: string;
  /** The target is new to the remote. */
  readonly publishes: boolean;
  /** Tree the folder becomes. */
  readonly tree: string;
  /** Folder now to folder then. */
  readonly incoming: readonly Change[];
  /** Bytes that the incoming changes write. */
  readonly bytes: number;
  /** The remote's tree to the target's, when it publishes. */
  readonly outgoing: readonly Change[];
  /** Paths whose two versions were merged by content. */
  readonly merges: readonly Merge[];
  /** Private index holding `tree`; null when it is the repository's own. */
  readonly indexFile: string | null;
  /** Where in that index arriving files are, as far as known. */
  readonly places?: EntryPlaces;
  /** What the repository's index is to hold: all of `tree`, or what is committed with the user's staging kept on top. */
  readonly indexKeeps: "tree" | "staging" | "nothing-new";
  /** Folders that are new in the remote's commit, as far as known. */
  readonly theirFolders: readonly string[];
  /** Tree both sides came from, for undoing what was published. */
  readonly base: string | null;
}

/** Null when there is nothing to do. @throws {Failure} `conflicts`, or `halted` for histories with nothing in common. */
export async function propose(
  session: Session,
  here: Here,
  theirs: string | null,
  options: { publish: boolean },
): Promise<Proposal | null> {
  const head = here.look.head;
  if (theirs === null) return options.publish ? firstPublication(session, here) : null;
  if (head === null) return joinUnborn(session, here, theirs, options);
  if (head === theirs) return options.publish ? ownChanges(session, here, head, theirs) : null;
  // nearly always HEAD is simply behind: what that needs is asked at the same time as whether it is so
  const [{ relation, base }, { files: arriving, folders }, [theirTree = "", headTree = ""]] = await together(
    relate(session, head, theirs),
    diffWithFolders(session.git, head, theirs),
    treesOf(session.git, [theirs, head]),
  );
  session.entries.name(head, headTree);
  session.entries.name(theirs, theirTree);
  if (relation === "contains") return options.publish ? ownChanges(session, here, head, theirs) : null;
  session.entries.derive(head, theirs, arriving);
  if (relation === "behind") return bringIn(session, here, { head, theirs, arriving, theirTree, folders }, options);
  return uniteHistories(session, here, { head, theirs, base, folders }, options);
}

/** How HEAD and the remote's commit stand to each other, and their merge base. */
async function relate(session: Session, head: string, theirs: string): Promise<{ relation: Relation; base: string }> {
  if (await isNearAncestor(session.git, head, theirs)) return { relation: "behind", base: head };
  const answer = await session.git.run(["merge-base", "--all", "--end-of-options", head, theirs], { accept: [0, 1] });
  // of several best bases each machine must take the same one
  const [base] = Buffer.from(answer.stdout)
    .toString("latin1")
    .split("\n")
    .filter((line) => line !== "")
    .sort();
  const { remote: name, branch } = session.context.settings;
  if (base !== head && confirmedHead(session, { name, branch }) === head) {
    const { shownUrl } = await session.configuration;
    throw rewrittenHistory({ name, branch, shownUrl }, head, theirs);
  }
  if (base === undefined) throw unrelated(session);
  if (base === theirs) return { relation: "contains", base };
  return { relation: base === head ? "behind" : "diverged", base };
}

function unrelated(session: Session): Failure {
  const { remote, branch } = session.context.settings;
  return new Failure("halted", {
    cause: `foreign-remote: the history of ${branch} at ${remote} has nothing in common with this folder's`,
    remedy: [
      `git log --oneline ${remote}/${branch}   # is it the right remote?`,
      `git remote set-url ${remote} URL   # if it is not`,
    ],
  });
}

async function firstPublication(session: Session, here: Here): Promise<Proposal | null> {
  const { head } = here.look;
  if (head === null && here.dirty === null) return null;
  const target =
    here.dirty === null && head !== null
      ? head
      : await commit(
          session,
          here.dirty?.tree ?? "",
          head === null ? [] : [head],
          here.dirty?.changes ?? [],
          here.dirty?.folders,
        );
  const tree = await session.entries.treeOf(target);
  // without a commit of its own the folder was compared with nothing already
  const outgoing =
    head === null && here.dirty !== null
      ? here.dirty.changes
      : await diffTrees(session.git, await emptyTree(session.git), tree);
  return {
    relation: "absent",
    theirs: null,
    target,
    publishes: true,
    tree,
    incoming: [],
    bytes: 0,
    outgoing,
    merges: [],
    indexFile: here.dirty?.indexFile ?? null,
    indexKeeps: here.dirty === null ? "nothing-new" : "tree",
    theirFolders: [],
    base: null,
  };
}

/** The remote has nothing new: what is here is published as it stands. */
async function ownChanges(session: Session, here: Here, head: string, theirs: string): Promise<Proposal | null> {
  if (here.dirty === null) {
    if (head === theirs) return null;
    const outgoing = await diffTrees(session.git, theirs, head);
    const tree = await session.entries.treeOf(head);
    return {
      relation: "contains",
      theirs,
      target: head,
      publishes: true,
      tree,
      incoming: [],
      bytes: 0,
      outgoing,
      merges: [],
      indexFile: null,
      indexKeeps: "nothing-new",
      theirFolders: [],
      base: theirs,
    };
  }
  const target = await commit(session, here.dirty.tree, [head], here.dirty.changes, here.dirty.folders);
  const outgoing = head === theirs ? here.dirty.changes : await diffTrees(session.git, theirs, here.dirty.tree);
  return {
    relation: "contains",
    theirs,
    target,
    publishes: true,
    tree: here.dirty.tree,
    incoming: [],
    bytes: 0,
    outgoing,
    merges: [],
    indexFile: here.dirty.indexFile,
    indexKeeps: "tree",
    theirFolders: [],
    base: theirs,
  };
}

/** HEAD is an ancestor of the remote's commit: its changes come in, edits made here stay on top. */
async function bringIn(
  session: Session,
  here: Here,
  at: { head: string; theirs: string; arriving: readonly Change[]; theirTree: string; folders: readonly string[] },
  options: { publish: boolean },
): Promise<Proposal> {
  const { head, theirs, arriving, theirTree, folders } = at;
  const ours = here.dirty?.changes ?? [];
  const union = await unite(session, here, ours, arriving, here.dirty === null ? theirTree : null, {
    base: head,
    ours: head,
    theirs,
  });
  const common = {
    relation: "behind" as const,
    theirs,
    tree: union.tree,
    incoming: union.incoming,
    bytes: union.bytes,
    merges: union.merges,
    indexFile: union.indexFile,
    places: union.places,
    theirFolders: folders,
    base: head,
  };
  if (!options.publish || union.tree === theirTree) {
    const isAll = here.dirty === null || union.tree === theirTree;
    const indexKeeps = isAll && here.indexFile === undefined ? "tree" : "staging";
    return { ...common, target: theirs, publishes: false, outgoing: [], indexKeeps };
  }
  const outgoing = await diffTrees(session.git, theirTree, union.tree);
  const target = await commit(session, union.tree, [theirs], outgoing);
  return { ...common, target, publishes: true, outgoing, indexKeeps: "tree" };
}

/** Both sides have commits of their own: edits made here are committed first, then both are united in one commit. */
async function uniteHistories(
  session: Session,
  here: Here,
  at: { head: string; theirs: string; base: string; folders: readonly string[] },
  options: { publish: boolean },
): Promise<Proposal> {
  const { head, theirs, base, folders } = at;
  const folderTree = here.dirty?.tree ?? head;
  const [ours, arriving] = await together(
    diffTrees(session.git, base, folderTree),
    diffTrees(session.git, base, theirs),
  );
  const union = await unite(session, here, ours, arriving, null, { base, ours: head, theirs });
  const mine =
    here.dirty === null ? head : await commit(session, here.dirty.tree, [head], here.dirty.changes, here.dirty.folders);
  const outgoing = await diffTrees(session.git, theirs, union.tree);
  const target = await commit(session, union.tree, [mine, theirs], outgoing);
  return {
    relation: "diverged",
    theirs,
    target,
    publishes: options.publish,
    tree: union.tree,
    incoming: union.incoming,
    bytes: union.bytes,
    outgoing: options.publish ? outgoing : [],
    merges: union.merges,
    indexFile: union.indexFile,
    indexKeeps: "tree",
    theirFolders: folders,
    base,
  };
}

/** A folder without a commit of its own meets a filled remote: what is the same is the same, the rest is added or asked. */
async function joinUnborn(
  session: Session,
  here: Here,
  theirs: string,
  options: { publish: boolean },
): Promise<Proposal> {
  const empty = await emptyTree(session.git);
  const arriving = await diffTrees(session.git, empty, theirs);
  const theirTree = await session.entries.treeOf(theirs);
  const union = await unite(
    session,
    here,
    here.dirty?.changes ?? [],
    arriving,
    here.dirty === null ? theirTree : null,
    {
      base: null,
      ours: null,
      theirs,
    },
  );
  const outgoing = await diffTrees(session.git, theirTree, union.tree);
  const publishes = options.publish && outgoing.length > 0;
  const target = publishes ? await commit(session, union.tree, [theirs], outgoing) : theirs;
  return {
    relation: "unborn",
    theirs,
    target,
    publishes,
    tree: union.tree,
    incoming: union.incoming,
    bytes: union.bytes,
    outgoing: publishes ? outgoing : [],
    merges: union.merges,
    indexFile: union.indexFile,
    indexKeeps: publishes || outgoing.length === 0 ? "tree" : "staging",
    theirFolders: [],
    base: null,
  };
}
