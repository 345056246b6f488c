// Where the machines' records lie: at the remote as refs of our own, or as branches where a host allows nothing else; here
// where a fetch keeps them.
import { pasted } from "../paste.ts";

const OWN = "refs/petesbrain-sync/machines/";
const AS_BRANCHES = "refs/heads/petesbrain-sync/machines/";

/** Beginnings of a record's ref at the remote, the one to be tried first at the front. */
export const RECORD_PLACES = [OWN, AS_BRANCHES] as const;

/** Where a ref of the remote that is a record's is kept here by a fetch. */
export function trackingOf(remoteName: string, ref: string): string {
  return ref.startsWith(AS_BRANCHES) ? `refs/remotes/${remoteName}/${ref.slice("refs/heads/".length)}` : ref;
}

/** Beginnings of the refs under which records are kept here. */
export function trackedPlaces(remoteName: string): readonly string[] {
  return RECORD_PLACES.map((place) => trackingOf(remoteName, place));
}

/** What a fetch brings: records are parentless commits that replace each other. */
export function recordRefspecs(remoteName: string): string[] {
  return RECORD_PLACES.map((place) => `+${place}*:${trackingOf(remoteName, place)}*`);
}

/** A machine's record as it is kept here. */
export interface KeptRecord {
  readonly ref: string;
  readonly commit: string;
}

/** The command that takes a machine's record from the remote, unless that machine has written another since. */
export function retirementOf(folder: string, remoteName: string, { ref, commit }: KeptRecord): string {
  const tracked = trackingOf(remoteName, AS_BRANCHES);
  const there = ref.startsWith(tracked) ? `${AS_BRANCHES}${ref.slice(tracked.length)}` : ref;
  const lease = `--force-with-lease=${there}:${commit}`;
  return `git -C ${pasted(folder)} push ${pasted(lease)} ${pasted(remoteName)} ${pasted(`:${there}`)}`;
}

/** The command that forgets a machine's record here; one that is at the remote comes back with the next fetch. */
export function forgettingOf(folder: string, { ref }: KeptRecord): string {
  return `git -C ${pasted(folder)} update-ref -d ${pasted(ref)}`;
}
