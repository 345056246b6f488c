// Going back exactly: HEAD, the branch and what was staged too, as a run found them. The remote is not touched, so that
// it is ahead afterwards: what the next pull would do is said, and scheduled runs rest until a person lets them go on.
import { join } from "node:path";
import { Failure } from "../failure.ts";
import { type RefUpdate, readRef } from "../git/refs.ts";
import { diffTrees } from "../git/trees.ts";
import { pauseRuns } from "../machine/paused.ts";
import { named } from "../named.ts";
import { stagedRef } from "../snapshot/keep.ts";
import { copyIndex } from "../snapshot/private-index.ts";
import type { PreparedIndex } from "./adoption.ts";
import { copiesIfReadable } from "./rollback-copies.ts";
import type { Session } from "./session.ts";
import type { Here, Union } from "./unite.ts";
import type { WholeFolder } from "./whole-folder.ts";

export interface ExactReturn {
  readonly run: string;
  readonly head: string;
  readonly refs: readonly RefUpdate[];
  /** Null where the index holds just that already. */
  readonly newIndex: PreparedIndex | null;
  /** A sentence for people. */
  readonly says: string;
}

/** Works out where HEAD, branch and index go. @throws {Failure} `usage` where the snapshot does not know. */
export async function planExact(
  session: Session,
  { here }: WholeFolder,
  { run, union }: { run: string; union: Union },
): Promise<ExactReturn> {
  const { settings } = session.context;
  const head = await headThen(session, run);
  const before = here.look.head;
  const branch = `refs/heads/${settings.branch}`;
  const refs = before === head ? [] : [{ name: branch, before, after: head }];
  const staged = await readRef(session.git, session.repository, stagedRef(run));
  const says =
    before === head
      ? `${settings.branch} stays at ${head.slice(0, 7)}`
      : `${settings.branch} goes back to ${head.slice(0, 7)}`;
  return { run, head, refs, newIndex: await indexOf(session, here, staged ?? head, union), says };
}

/** Nothing at all would be different afterwards. */
export function changesNothing({ refs, newIndex }: ExactReturn, here: Here): boolean {
  return refs.length === 0 && newIndex === null && here.look.head !== null;
}

async function headThen(session: Session, run: string): Promise<string> {
  const { settings } = session.context;
  const manifest = copiesIfReadable(session, run);
  const head = manifest === null ? headOfHistory(session, run) : manifest.head;
  if (manifest !== null && manifest.branch !== settings.branch)
    throw cannotBeExact(
      run,
      `${manifest.branch ?? "no branch"} was checked out then, and ${settings.branch} is synced`,
    );
  if (head === null) throw cannotBeExact(run, "it is not known where HEAD stood");
  const { exit } = await session.git.run(["cat-file", "-e", "--end-of-options", `${head}^{commit}`], {
    accept: [0, 1, 128],
  });
  if (exit !== 0) throw cannotBeExact(run, `git no longer has the commit ${head.slice(0, 12)}`);
  return head;
}

/** Where the copies are lacking, history knows it too. */
function headOfHistory({ state }: Session, run: string): string | null {
  const row = state.run(run);
  // written by this program from its own Report
  return row === null ? null : (JSON.parse(row.report) as { head: { before: string | null } }).head.before;
}

function cannotBeExact(run: string, why: string): Failure {
  return new Failure("usage", {
    cause: `the snapshot ${run} cannot be gone back to exactly: ${why}`,
    remedy: [`petesbrain-sync rollback ${run}   # the files alone`],
  });
}

/** The index as it was, with the stat data of what stays the same; null where it is that already. */
async function indexOf(session: Session, here: Here, then: string, union: Union): Promise<PreparedIndex | null> {
  const { git, workDir } = session;
  const isSame =
    (await git.run(["diff-index", "--cached", "--quiet", "--end-of-options", then], { accept: [0, 1] })).exit === 0;
  if (isSame) return null;
  const path = join(workDir, "index-exact");
  copyIndex(here.look.index, path);
  // -i: only the index is asked; without it git refuses over every file that was edited
  await git.run(["read-tree", "-m", "-i", then], { indexFile: path });
  const differing = new Set((await diffTrees(git, then, union.tree)).map((change) => change.path));
  return { path, agrees: (name) => !differing.has(name) };
}

/** Puts scheduled runs to rest and says what the next pull would do. */
export async function finishExact(session: Session, { head, run }: ExactReturn): Promise<void> {
  const { context, repository, report, git } = session;
  const { settings } = context;
  report.head.after = head;
  const why = `the folder was put back exactly to the snapshot ${run}, and a pull would bring in again what came after it`;
  pauseRuns(repository.stateDir, { since: context.now().toISOString(), why });
  const tracking = await readRef(git, repository, `refs/remotes/${settings.remote}/${settings.branch}`);
  report.notes.push(await nextPull(session, head, tracking));
  report.notes.push("the scheduled runs of this machine rest until: petesbrain-sync agents resume");
}

async function nextPull({ git }: Session, head: string, tracking: string | null): Promise<string> {
  if (tracking === null || tracking === head) return "the next pull finds nothing new";
  const commits = await git.text(["rev-list", "--count", "--end-of-options", `${head}..${tracking}`]);
  const files = await diffTrees(git, head, tracking);
  const names = files.map(({ path }) => path);
  return `the remote has ${commits} ${commits === "1" ? "commit" : "commits"} more: the next pull brings ${files.length} ${files.length === 1 ? "file" : "files"} in again (${named(names)})`;
}
