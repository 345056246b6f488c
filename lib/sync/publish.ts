// Moves the remote's branch, optimistically and only from where we last saw it, this machine's record with it, then
// looks at what really happened. After a failed push the outcome is unknown until the remote was read back.
import { Failure } from "../failure.ts";
import { type PushedTo, type PushOutcome, pushBranch, pushRecord, type Remote } from "../git/remote.ts";
import { fetchHead, type Line } from "./look.ts";
import { makeRecord, type OwnRecord, recordLanded, rememberRecord } from "./own-record.ts";
import type { Proposal } from "./propose.ts";
import { placesAfterTaking } from "./record-taken.ts";
import type { Session } from "./session.ts";

/** `published`: the remote was read back and holds the commit. `stale`: somebody else was first; nothing moved. */
export type Publication = "published" | "stale";

/** Publishes the proposal's commit. @throws {Failure} when the remote refuses or is out of reach. */
export async function publish(session: Session, line: Line, proposal: Proposal): Promise<Publication> {
  const { remote } = line;
  const { target: commit, theirs: expected } = proposal;
  const own = await makeRecord(session, remote, proposal);
  let places = [...own.places];
  for (let attempt = 1; ; attempt++) {
    const pushed = await pushBoth(line, { commit, expected }, places);
    const { outcome } = pushed;
    places = [...pushed.places];
    if (outcome.kind === "stale") return "stale";
    if (outcome.kind === "refused") throw outcome.failure;
    if (outcome.kind === "record-refused") places.shift();
    const head = await fetchHead(session, line, { built: commit });
    if (await holds(line, head, commit)) {
      session.report.remote.after = head;
      await completeRecord(session, line, own, outcome.kind === "record-refused" ? places : places.slice(0, 1));
      return "published";
    }
    if (outcome.kind === "done") throw notThere(remote, commit, head);
    if (head !== expected) return "stale";
    if (outcome.kind === "unknown") await pauseAfter(attempt, remote, outcome.failure);
  }
}

/** The branch and the record in its first place; once more where somebody took the record from the remote. */
async function pushBoth(
  { git, remote }: Line,
  move: { readonly commit: string; readonly expected: string | null },
  places: readonly PushedTo[],
): Promise<{ readonly outcome: PushOutcome; readonly places: readonly PushedTo[] }> {
  const outcome = await pushBranch(git, remote, move, places[0] ?? null);
  if (outcome.kind !== "stale") return { outcome, places };
  const again = await placesAfterTaking(git, remote, places, move.expected);
  if (again === null) return { outcome, places };
  return { outcome: await pushBranch(git, remote, move, again[0] ?? null), places: again };
}

/** Waits longer each time. @throws {Failure} the given one, when there were enough tries. */
async function pauseAfter(attempt: number, remote: Remote, failure: Failure): Promise<void> {
  if (attempt >= remote.attempts) throw failure;
  await remote.pause(500 * 2 ** (attempt - 1));
}

/** The branch is there; a host that takes refs only one by one may lack the record still, or want it elsewhere. */
async function completeRecord(
  session: Session,
  line: Line,
  own: OwnRecord,
  places: readonly PushedTo[],
): Promise<void> {
  for (const place of places) {
    if (await recordLanded(session, line.remote, place)) return rememberRecord(session, own, place);
    if (!(await pushRecord(line.git, line.remote, place))) continue;
    await fetchHead(session, line);
    if (await recordLanded(session, line.remote, place)) return rememberRecord(session, own, place);
  }
  if (own.places.length === 0) return;
  if (places.length === 0) rememberRecord(session, own, null);
  session.report.notes.push(
    "the remote did not take this machine's record: elsewhere, what was published is proven against git's objects alone",
  );
}

/** The remote's head is the commit, or built on it: another machine may have published before we looked. */
async function holds({ git }: Line, head: string | null, commit: string): Promise<boolean> {
  if (head === null || head === commit) return head === commit;
  const answer = await git.run(["merge-base", "--is-ancestor", commit, head], { accept: [0, 1, 128] });
  return answer.exit === 0;
}

function notThere(remote: Remote, commit: string, head: string | null): Failure {
  return new Failure("remote-rejected", {
    cause: `${remote.shownUrl} took the push, yet its branch ${remote.branch} is at ${head ?? "nothing"} instead of ${commit}`,
    remedy: [`git ls-remote ${remote.name} refs/heads/${remote.branch}   # does something at the remote move it back?`],
  });
}
