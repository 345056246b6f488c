// What the remote held is remembered, so that a history that was rewritten, or a branch that is gone, is noticed whoever
// fetched it.
import { Failure } from "../failure.ts";
import type { Remote } from "../git/remote.ts";
import type { Git } from "../git/shell.ts";
import type { Session } from "./session.ts";

function confirmedKey(remote: Pick<Remote, "name" | "branch">): string {
  return `confirmed ${remote.name} ${remote.branch}`;
}

/** What the remote was last read to hold; null where it never was. */
export function confirmedHead(session: Session, remote: Pick<Remote, "name" | "branch">): string | null {
  return session.state.fact(confirmedKey(remote));
}

/** Remembers what the remote was last read to hold, so that a rewritten history is noticed whoever fetched it. */
export function confirmRemote(session: Session, remote: Remote, head: string): void {
  if (session.state.fact(confirmedKey(remote)) !== head) session.state.setFact(confirmedKey(remote), head);
}

/** What the remote held before must be in what it holds now. */
export async function requireSameHistory(
  session: Session,
  { git, remote }: { readonly git: Git; readonly remote: Remote },
  known: string,
  head: string,
): Promise<void> {
  const answer = await git.run(["merge-base", "--is-ancestor", known, head], { accept: [0, 1, 128] });
  if (answer.exit === 0) return;
  session.context.log.write("error", "error", session.run, "history-rewritten", { known, head });
  throw rewrittenHistory(remote, known, head);
}

/** The failure for a remote whose branch lost what it held. */
export function rewrittenHistory(
  remote: Pick<Remote, "name" | "branch" | "shownUrl">,
  known: string,
  head: string,
): Failure {
  return new Failure("halted", {
    cause: `foreign-remote: ${remote.branch} at ${remote.shownUrl} no longer contains ${known.slice(0, 7)}, which it held before: its history was rewritten`,
    remedy: [
      `git log --oneline --left-right ${known}...${head}   # what it lost and what it gained`,
      `git push --force-with-lease=${remote.branch}:${head} ${remote.name} ${known}:refs/heads/${remote.branch}   # puts the old history back`,
    ],
  });
}

/** The failure for a remote that answers without the branch it had. */
export function branchGone(remote: Remote, known: string): Failure {
  return new Failure("halted", {
    cause: `foreign-remote: ${remote.shownUrl} answers, but the branch ${remote.branch} that was at ${known.slice(0, 7)} is gone from it`,
    remedy: [
      `git ls-remote ${remote.name}   # is it the right remote? an empty list can also come from a login page of the network`,
      `git push ${remote.name} ${known}:refs/heads/${remote.branch}   # puts it back, if it was deleted by mistake`,
    ],
  });
}
