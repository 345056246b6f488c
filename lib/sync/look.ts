// The first look of a run: the folder, the remote, or both at once, because they cost different things.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../failure.ts";
import { hasRoom } from "../git/packs.ts";
import { readRef } from "../git/refs.ts";
import { fetchBranch, type Remote } from "../git/remote.ts";
import type { Git, GitAnswer } from "../git/shell.ts";
import type { FileDigest } from "../integrity/digest.ts";
import { type FolderLook, type FolderTree, lookAtFolder, treeOfFolder } from "../snapshot/take.ts";
import { learnPaths } from "./learn.ts";
import { judgeOfNewFiles } from "./new-files.ts";
import { breathe } from "./pause.ts";
import { branchGone, confirmedHead, requireSameHistory } from "./remote-history.ts";
import { inBackground, remoteOf, type Session } from "./session.ts";
import { together } from "./together.ts";
import type { Here } from "./unite.ts";
import { readWatchedFiles, type WatchedFiles } from "./watched.ts";

/** Digests of new files that are held before they are remembered. */
const MOST_HELD = 1_000;

/** What a run talks to the remote with. */
export interface Line {
  readonly git: Git;
  readonly remote: Remote;
}

/** Opens the line once git's configuration is known. @throws {Failure} for a remote or a repository that cannot be used. */
async function openLine(session: Session): Promise<Line> {
  const configuration = await session.configuration;
  if (configuration.sparse) {
    throw new Failure("not-a-repository", {
      cause: "this is a sparse checkout: part of the folder is not on this machine",
      remedy: ["git sparse-checkout disable"],
    });
  }
  return { git: session.git.withSshCommand(configuration.sshCommand), remote: remoteOf(session, configuration) };
}

interface HereOptions {
  /** New files that must not be published are held back; without it they count as any other. */
  readonly publishing?: boolean;
  /** The guards will judge what was changed here: it is read while git records it. */
  readonly learning?: boolean;
  /** git's answer about the folder, where it was asked a moment ago. */
  readonly asked?: Promise<GitAnswer> | undefined;
}

/** The folder as it is, and its tree where it differs from HEAD. */
export async function lookHere(
  session: Session,
  { publishing = true, learning = false, asked }: HereOptions = {},
): Promise<Here> {
  mkdirSync(session.workDir, { recursive: true, mode: 0o700 });
  const oidBytes = oidBytesAfterFetchBegan(session);
  const { context, contents, repository } = session;
  const digests = new Map<string, FileDigest>();
  const judge = judgeOfNewFiles({
    context,
    folder: repository.folder,
    oidBytes,
    contents,
    onDigest: (digest) => {
      digests.set(digest.oid, digest);
      if (digests.size < MOST_HELD) return;
      session.state.rememberDigests(digests);
      digests.clear();
    },
    onAllowed: (hit) => session.allowedHits.push(hit),
  });
  const look = await lookAtFolder(session.git, repository, {
    oidBytes,
    judgeNew: async (path) => {
      const guard = await judge(path);
      return publishing || guard !== "secret" ? guard : null;
    },
    stateDir: session.workDir,
    memory: session.state,
    asked,
  });
  session.state.rememberDigests(digests);
  session.report.head.before ??= look.head;
  session.report.head.after = look.head;
  session.tracked = trackedFiles(look);
  session.pulse.dirty = look.lines.length;
  session.report.files.heldBack = look.heldBack.map(({ path }) => path);
  if (look.lines.length === 0) return { look, dirty: null };
  const changed = look.lines.filter(({ kind, unstaged, gone }) => kind === "changed" && unstaged && !gone);
  const paths = learning ? changed.map(({ path }) => path) : [];
  const [tree] = await together(treeHere(session, look), learnPaths(session, paths));
  const isHead = tree.changes.length === 0 && look.head !== null;
  return isHead ? { look, dirty: null, indexFile: tree.indexFile } : { look, dirty: tree };
}

/** An index in which nothing is staged has an entry for each file of HEAD. */
function trackedFiles({ head, index, lines }: FolderLook): Session["tracked"] {
  if (head === null || index.facts === null || lines.some(({ staged }) => staged)) return null;
  return { commit: head, files: index.facts.entries };
}

/** Whoever fetches waits for the configuration too, and goes first: reading a large index would hold up the connection. */
async function oidBytesAfterFetchBegan(session: Session): Promise<20 | 32> {
  const { oidBytes } = await session.configuration;
  await breathe();
  return oidBytes;
}

async function treeHere(session: Session, look: FolderLook): Promise<FolderTree> {
  const { oidBytes } = await session.configuration;
  const tree = await treeOfFolder(session.git, session.repository, look, {
    target: join(session.workDir, "index-here"),
    oidBytes,
    state: session.state,
  });
  void inBackground(session, tree.safe);
  return tree;
}

/**
 * Fetches, and says where the remote's branch is now; null when the remote has none and never had one here.
 * @param known.seen where the remote-tracking branch is, by one who has just read it: the fetch then begins at once.
 * @param known.planned a plan follows, which finds a rewritten history itself where this machine stands at what was held.
 * @param known.built a commit that is built on what the remote held: found there, its history need not be compared.
 */
export async function fetchHead(
  session: Session,
  { git, remote }: Line,
  known: { readonly seen?: string | null; readonly built?: string; readonly planned?: boolean } = {},
): Promise<string | null> {
  const tracking = trackingRef(remote);
  const before = known.seen === undefined ? await readRef(git, session.repository, tracking) : known.seen;
  const outcome = await fetchBranch(git, remote, hasRoom(session.repository));
  session.pulse.reached = { git, remote };
  const held = confirmedHead(session, remote) ?? before;
  if (outcome === "absent") {
    if (held !== null) throw branchGone(remote, held);
    return null;
  }
  const head = await readRef(git, session.repository, tracking);
  if (head === null) throw new Error(`git fetched ${remote.branch} but ${tracking} does not exist`);
  const isKnown = held === null || held === head || head === known.built;
  if (!isKnown && !(known.planned === true && (await standsAtConfirmed(session, { git, remote }))))
    await requireSameHistory(session, { git, remote }, held, head);
  session.report.remote.after = head;
  return head;
}

/** This machine's branch is at what the remote was last read to hold. */
async function standsAtConfirmed(session: Session, { git, remote }: Line): Promise<boolean> {
  const confirmed = confirmedHead(session, remote);
  return confirmed !== null && confirmed === (await readRef(git, session.repository, `refs/heads/${remote.branch}`));
}

/** Where the remote's branch was last seen, by whomever: a `git fetch` follows a rewritten history without a word. */
async function lastSeen(session: Session, line: Line, seen: string): Promise<string> {
  const known = confirmedHead(session, line.remote);
  if (known !== null && known !== seen) await requireSameHistory(session, line, known, seen);
  return seen;
}

/** The remote-tracking branch. */
export function trackingRef(remote: Remote): string {
  return `refs/remotes/${remote.name}/${remote.branch}`;
}

/** Both sides as a run sees them. */
export interface Look {
  readonly here: Here;
  /** The remote's commit, as fetched or as last seen; null when it has none. */
  readonly theirs: string | null;
  readonly fetched: boolean;
}

/** The first look of a run, with what was opened and read on the way. */
export interface FirstLook extends Look {
  readonly line: Line;
  readonly watched: WatchedFiles;
}

/** Both sides at once, or this side alone where the remote was seen before. The watched files are read while git works. */
export async function firstLook(
  session: Session,
  options: { fetchFirst: boolean; publish: boolean; asked: Promise<GitAnswer> },
): Promise<FirstLook> {
  const looking = inBackground(session, lookHere(session, { asked: options.asked, learning: options.publish }));
  const line = await openLine(session);
  const seen = await readRef(session.git, session.repository, trackingRef(line.remote));
  if (seen !== null) session.report.remote.before = seen;
  const fetched = options.fetchFirst || seen === null;
  const asking = inBackground(
    session,
    fetched ? fetchHead(session, line, { seen, planned: true }) : lastSeen(session, line, seen),
  );
  const watched = readWatchedFiles(session);
  const [here, theirs] = await together(looking, asking);
  return { line, here, theirs, fetched, watched };
}

/** Both sides at once, after either was found to have moved. */
export async function lookAgain(session: Session, line: Line): Promise<Look> {
  const [here, theirs] = await together(lookHere(session), fetchHead(session, line, { planned: true }));
  return { here, theirs, fetched: true };
}
