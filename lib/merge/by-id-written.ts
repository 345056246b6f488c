// Whether a result has every id that it must have, by the ids as they are written in the whole texts. Knows nothing of
// how lists are cut up and put together again, so that a mistake there is caught here.

type Ids = readonly string[];
type Four = readonly [base: Ids, ours: Ids, theirs: Ids, result: Ids];

/** As far as the first quote inside an id: where that is escaped, ids that begin alike are counted together. */
const WRITTEN_ID = /"id"\s*:\s*(?:"[^"]*"|-?\d+)/g;

/** Whether each id is there as often as both sides together have made it, or as each of them has. */
export function hasEveryId(versions: Readonly<Record<"base" | "ours" | "theirs", string>>, result: string): boolean {
  const ids = differing([idsIn(versions.base), idsIn(versions.ours), idsIn(versions.theirs), idsIn(result)]);
  const [base, ours, theirs, united] = [countsOf(ids[0]), countsOf(ids[1]), countsOf(ids[2]), countsOf(ids[3])];
  const isRight = (id: string): boolean => {
    const [had, here, there, now] = [base.get(id) ?? 0, ours.get(id) ?? 0, theirs.get(id) ?? 0, united.get(id) ?? 0];
    return now === here + there - had || (now === here && now === there);
  };
  return [united, ours, theirs].every((counts) => [...counts.keys()].every(isRight));
}

function idsIn(text: string): Ids {
  return text.match(WRITTEN_ID) ?? [];
}

/** The lists without what all four begin and end with: it counts alike in each, and is most of them. */
function differing([base, ours, theirs, result]: Four): Four {
  const shortest = Math.min(base.length, ours.length, theirs.length, result.length);
  let head = 0;
  while (head < shortest) {
    const id = base[head];
    if (ours[head] !== id || theirs[head] !== id || result[head] !== id) break;
    head++;
  }
  let tail = 0;
  while (tail < shortest - head) {
    const id = base.at(-1 - tail);
    if (ours.at(-1 - tail) !== id || theirs.at(-1 - tail) !== id || result.at(-1 - tail) !== id) break;
    tail++;
  }
  const middleOf = (ids: Ids): Ids => ids.slice(head, ids.length - tail);
  return [middleOf(base), middleOf(ours), middleOf(theirs), middleOf(result)];
}

function countsOf(ids: Ids): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}
