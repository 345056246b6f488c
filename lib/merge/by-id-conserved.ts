// Whether a united content has every entry it must have and no other: counted on what JSON.parse makes of the four texts,
// with nothing of the merge's own code, so that a mistake there is caught here.
import type { Place } from "./json-survey.ts";

/** Places of entries that both sides took away, and of those that a side put where there was none, by id. */
interface Moves {
  readonly gone: Set<string>;
  readonly ours: Map<string, Place>;
  readonly theirs: Map<string, Place>;
}

/** What is wrong with the united content, to stand as the reason of a refusal; null when nothing is. */
export function unconservedEntry(top: Place): string | null {
  const moves: Moves = { gone: new Set(), ours: new Map(), theirs: new Map() };
  const left: Place[] = [top];
  for (let place = left.pop(); place !== undefined; place = left.pop()) {
    const wrong = place.id === null ? null : wrongAt(place, place.id, moves);
    if (wrong !== null) return wrong;
    for (const inner of place.inner.values()) left.push(inner);
  }
  for (const id of moves.gone) {
    const [here, there] = [moves.ours.get(id), moves.theirs.get(id)];
    // it would be there twice
    if (here !== undefined && there !== undefined && here !== there)
      return `the entry ${JSON.stringify(id)} was moved to different places on both machines`;
  }
  return null;
}

function wrongAt(place: Place, id: string, moves: Moves): string | null {
  const { base, ours, theirs, united } = place;
  const expected = expectedCount(base.length, ours.length, theirs.length);
  if (expected !== united.length)
    return `the merge would have the entry ${JSON.stringify(id)} ${united.length} times, not ${expected ?? "as either machine"}`;
  if (base.length > 0 && ours.length === 0 && theirs.length === 0) moves.gone.add(id);
  if (base.length === 0 && ours.length > 0) moves.ours.set(id, place);
  if (base.length === 0 && theirs.length > 0) moves.theirs.set(id, place);
  const [had, kept] = [base[0], ours[0] ?? theirs[0]];
  if (united.length > 0 || had === undefined || kept === undefined || canonical(kept) === canonical(had)) return null;
  return `the merge would drop the entry ${JSON.stringify(id)}, which was changed on one machine`;
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
