// Moves the remote's branch, optimistically and only from where we last saw it, then looks at what really happened.
// After a failed push the outcome is unknown until the remote was read back.
import { Failure } from "../failure.ts";
import { lookAtBranch, pushBranch, type Remote } from "../git/remote.ts";
import type { Git } from "../git/shell.ts";
import { fetchHead } from "./look.ts";
import type { Session } from "./session.ts";

/** `published`: the remote was read back and holds the commit. `stale`: somebody else was first; nothing moved. */
export type Publication = "published" | "stale";

/** Publishes a commit whose parent line includes `expected`. @throws {Failure} when the remote refuses or is out of reach. */
export async function publish(
  session: Session,
  git: Git,
  remote: Remote,
  commit: string,
  expected: string | null,
): Promise<Publication> {
  for (let attempt = 1; ; attempt++) {
    const outcome = await pushBranch(git, remote, commit, expected);
    if (outcome.kind === "stale") return "stale";
    if (outcome.kind === "refused") throw outcome.failure;
    const seen = await lookAtBranch(git, remote);
    const head = seen === "absent" ? null : seen.commit;
    if (head === commit || (head !== null && (await isBuiltOn(session, git, remote, commit, head)))) {
      session.report.remote.after = head;
      return "published";
    }
    if (outcome.kind === "done") throw notThere(remote, commit, head);
    if (head !== expected) return "stale";
    if (attempt >= remote.attempts) throw outcome.failure;
    await remote.pause(500 * 2 ** (attempt - 1));
  }
}

/** Another machine may have published on top of ours before we looked: then ours is among its ancestors. */
async function isBuiltOn(session: Session, git: Git, remote: Remote, commit: string, head: string): Promise<boolean> {
  const fetched = await fetchHead(session, { git, remote });
  if (fetched === null) return false;
  const answer = await git.run(["merge-base", "--is-ancestor", commit, head], { accept: [0, 1, 128] });
  return answer.exit === 0;
}

function notThere(remote: Remote, commit: string, head: string | null): Failure {
  return new Failure("remote-rejected", {
    cause: `${remote.shownUrl} took the push, yet its branch ${remote.branch} is at ${head ?? "nothing"} instead of ${commit}`,
    remedy: [`git ls-remote ${remote.name} refs/heads/${remote.branch}   # does something at the remote move it back?`],
  });
}
