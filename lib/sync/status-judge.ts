// Judges how the folder stands to the remote: what was changed here, what waits for a person, and what either side lacks.
import { Failure } from "../failure.ts";
import { readRef } from "../git/refs.ts";
import type { Remote, RemoteHead } from "../git/remote.ts";
import type { Repository } from "../git/repository.ts";
import type { Git } from "../git/shell.ts";
import { pasted } from "../paste.ts";
import type { FolderLook } from "../snapshot/take.ts";
import type { BlockedRun } from "./conflicts-kept.ts";
import { attend, notYet, type Status } from "./status-form.ts";

/** Puts the folder as it was found and the remote's answer into the status. */
export async function judge(
  found: Status,
  git: Git,
  repository: Repository,
  here: FolderLook,
  remote: Remote,
  answer: RemoteHead | Failure,
): Promise<void> {
  const { local } = found;
  found.head = { before: here.head, after: here.head };
  found.files.heldBack = here.heldBack.map(({ path }) => path);
  local.changed = here.lines.map(({ path }) => path);
  if (here.branch !== remote.branch) {
    attend(
      found,
      new Failure("not-a-repository", {
        cause: `${here.branch ?? "no branch"} is checked out, but ${remote.branch} is synced`,
        remedy: [`git switch ${remote.branch}`],
      }),
    );
  }
  if (local.changed.length > 0)
    notYet(
      found,
      `${local.changed.length} ${local.changed.length === 1 ? "file" : "files"} changed here: petesbrain-sync push`,
    );
  const [held] = here.heldBack;
  if (held !== undefined) {
    const count = here.heldBack.length;
    attend(
      found,
      `${count} ${count === 1 ? "file is" : "files are"} held back, so not on the other machine: petesbrain-sync why ${held.path}`,
    );
  }
  if (found.blocked !== null) attend(found, waiting(found, found.blocked));
  const lastRun = found.lastRuns[0];
  if (
    lastRun !== undefined &&
    found.blocked === null &&
    lastRun.failureTitle !== null &&
    lastRun.exit >= 20 &&
    lastRun.exit < 100
  ) {
    attend(
      found,
      `the last ${lastRun.command} ended with ${lastRun.exit} (${lastRun.failureTitle}): petesbrain-sync ${lastRun.command === "rehearse" ? "rollback --rehearse" : lastRun.command}`,
    );
  }
  const known = await readRef(git, repository, `refs/remotes/${remote.name}/${remote.branch}`);
  if (answer instanceof Failure) return remoteProblem(found, git, here, known, answer);
  const remoteHead = answer === "absent" ? null : answer.commit;
  found.remote = { before: remoteHead, after: remoteHead };
  if (known !== null && (remoteHead === null || (await isRewritten(git, known, remoteHead)))) {
    const cause =
      remoteHead === null
        ? `the branch ${remote.branch} is gone from the remote, which had it at ${known.slice(0, 7)}`
        : `the remote's history was rewritten: it no longer contains ${known.slice(0, 7)}`;
    return attend(found, `${cause}: git ls-remote ${pasted(remote.name)}`);
  }
  await compare(found, git, here.head, remoteHead);
}

/** Both machines changed what the blocked run names: said as long as no run got through. */
function waiting(found: Status, { command, at, conflicts }: BlockedRun): string {
  found.files.conflicts = conflicts.map(({ path }) => path);
  const [first] = conflicts;
  const what = conflicts.length === 1 ? `${first?.path ?? ""} is` : `${conflicts.length} files are`;
  return `${what} in conflict since the ${command} of ${at}: petesbrain-sync resolve`;
}

async function remoteProblem(
  found: Status,
  git: Git,
  here: FolderLook,
  known: string | null,
  failure: Failure,
): Promise<void> {
  if (failure.kind === "remote-unreachable")
    notYet(found, `${failure.message}: only what was last seen there is known`);
  else attend(found, failure);
  found.remote.before = known;
  if (known !== null) await compare(found, git, here.head, known);
}

/** False also where the new commit is not here yet: a run that brings it says so. */
async function isRewritten(git: Git, known: string, now: string): Promise<boolean> {
  if (known === now) return false;
  const args = ["merge-base", "--is-ancestor", "--end-of-options", known, now];
  return (await git.run(args, { accept: [0, 1, 128] })).exit === 1;
}

/** Counts commits either way; where the remote's commit is not here yet, only that there is something is known. */
async function compare(found: Status, git: Git, head: string | null, remoteHead: string | null): Promise<void> {
  if (remoteHead === null) return notYet(found, "the remote is empty: petesbrain-sync push");
  if (head === null) return notYet(found, "nothing was committed here yet: petesbrain-sync pull");
  const answer = await git.run(["rev-list", "--left-right", "--count", `${head}...${remoteHead}`], {
    accept: [0, 128],
  });
  const [, ahead, behind] = /^(\d+)\s+(\d+)/.exec(Buffer.from(answer.stdout).toString("latin1")) ?? [];
  if (answer.exit !== 0 || ahead === undefined || behind === undefined) {
    return notYet(found, "the remote has changes that this machine lacks: petesbrain-sync pull");
  }
  found.local.ahead = Number(ahead);
  found.local.behind = Number(behind);
  if (found.local.behind > 0)
    notYet(
      found,
      `the remote has ${behind} ${behind === "1" ? "commit" : "commits"} that this machine lacks: petesbrain-sync pull`,
    );
  if (found.local.ahead > 0)
    notYet(found, `${ahead} ${ahead === "1" ? "commit is" : "commits are"} not published: petesbrain-sync push`);
}
