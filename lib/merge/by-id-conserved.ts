// Whether a united content has every entry it must have and no other: counted on what JSON.parse makes of the four texts,
// with nothing of the merge's own code, so that a mistake there is caught here.
import type { Place } from "./json-survey.ts";

/** Where a side put an entry that was not there. */
interface Arrival {
  readonly place: Place;
  /** In a list of another entry: such ids may be that entry's own business, as in steps 1, 2, 3. */
  readonly isNested: boolean;
}

interface Moves {
  /** Ids of entries that both sides took away from where they were. */
  readonly gone: Set<string>;
  readonly ours: Map<string, Arrival>;
  readonly theirs: Map<string, Arrival>;
}

/** What is wrong with the united content, to stand as the reason of a refusal; null when nothing is. */
export function unconservedEntry(top: Place): string | null {
  const moves: Moves = { gone: new Set(), ours: new Map(), theirs: new Map() };
  const left: Arrival[] = [{ place: top, isNested: false }];
  for (let one = left.pop(); one !== undefined; one = left.pop()) {
    const { place, isNested } = one;
    const wrong = place.id === null ? null : wrongAt(place, place.id);
    if (wrong !== null) return wrong;
    if (place.id !== null) noteMoves(moves, place.id, one);
    for (const inner of [place.keys, place.entries])
      for (const next of inner?.values() ?? []) left.push({ place: next, isNested: isNested || place.id !== null });
  }
  return putApart(moves);
}

function wrongAt({ had, here, there, now, base, ours, theirs }: Place, id: string): string | null {
  const expected = expectedCount(had, here, there);
  if (expected !== now)
    return `the merge would have the entry ${JSON.stringify(id)} ${now} times, not ${expected ?? "as either machine"}`;
  const kept = ours ?? theirs;
  if (now > 0 || base === null || kept === null || canonical(kept) === canonical(base)) return null;
  return `the merge would drop the entry ${JSON.stringify(id)}, which was changed on one machine`;
}

function noteMoves(moves: Moves, id: string, arrival: Arrival): void {
  const { base, ours, theirs } = arrival.place;
  if (base !== null && ours === null && theirs === null) moves.gone.add(id);
  if (base !== null) return;
  if (ours !== null && moves.ours.get(id)?.isNested !== false) moves.ours.set(id, arrival);
  if (theirs !== null && moves.theirs.get(id)?.isNested !== false) moves.theirs.set(id, arrival);
}

/** An entry that the sides put into different lists would be there twice. */
function putApart({ gone, ours, theirs }: Moves): string | null {
  for (const [id, here] of ours) {
    const there = theirs.get(id);
    if (there === undefined || there.place === here.place) continue;
    if (gone.has(id) || !(here.isNested || there.isNested))
      return `the entry ${JSON.stringify(id)} was put into different lists on both machines`;
  }
  return null;
}

/** How often an entry has to be there; null where both sides changed it differently. */
function expectedCount(had: number, here: number, there: number): number | null {
  if (here === there || there === had) return here;
  return here === had ? there : null;
}

/** The value as a text in which the order of keys does not count. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
    return Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1));
  });
}
