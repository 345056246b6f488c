// A record that somebody took from the remote, for its machine had long been silent: this machine holds a lease on what is
// no longer there. Told from a record that another checkout wrote by one look.
import { surroundingFailure } from "../failure.ts";
import { trackingOf } from "../git/record-refs.ts";
import { lookAtRemote, type PushedTo, type Remote } from "../git/remote.ts";
import type { Git } from "../git/shell.ts";

/**
 * The places of a record as they are to be pushed again: without a lease where the remote has no record any more. Null
 * where nothing of the kind happened.
 * @param branchAt the commit that the remote's branch must be at, so that it is known to be the same remote
 */
export async function placesAfterTaking(
  git: Git,
  remote: Remote,
  places: readonly PushedTo[],
  branchAt: string | null,
): Promise<PushedTo[] | null> {
  if (branchAt === null || places.every(({ expected }) => expected === null)) return null;
  const look = await lookAtRemote(git, { ...remote, attempts: 1 }).catch((error: unknown) => {
    if (surroundingFailure(error) === null) throw error;
    return null;
  });
  if (look === null || look.branch === "absent" || look.branch.commit !== branchAt) return null;
  const isGone = ({ ref, expected }: PushedTo): boolean =>
    expected !== null && !look.records.has(trackingOf(remote.name, ref));
  return places.some(isGone) ? places.map((place) => (isGone(place) ? { ...place, expected: null } : place)) : null;
}
