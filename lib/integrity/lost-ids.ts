// Whether a merged task list still has every entry: the ids of both sides, held against those of the merge. Pure.

export interface ListVersions {
  /** The text both sides began with; null where there was none. */
  readonly base: string | null;
  readonly ours: string;
  readonly theirs: string;
  readonly merged: string;
}

/**
 * Entries that a merge lost or doubled: ids of objects in arrays, at any depth, that a side has and neither side
 * deleted, and that the merge has fewer times; and those it has more times than either side, as `ID (2 times)`. Sorted.
 * Nothing where one of the texts is no JSON: that is for another guard to say.
 */
export function lostIds(versions: ListVersions): string[] {
  const counts = [versions.base ?? "null", versions.ours, versions.theirs, versions.merged].map(countIds);
  const [base, ours, theirs, merged] = counts;
  if (base == null || ours == null || theirs == null || merged == null) return [];
  const lost = new Set<string>();
  for (const id of new Set([...ours.all.keys(), ...theirs.all.keys()])) {
    const [had, here, there, now] = [base, ours, theirs, merged].map(({ all }) => all.get(id) ?? 0) as Four;
    const nobodyDeleted = here >= had && there >= had;
    if (now < (nobodyDeleted ? Math.max(here, there) : Math.min(here, there))) lost.add(id);
  }
  for (const [place, now] of merged.placed) {
    const id = place.slice(place.lastIndexOf(BELOW) + 1);
    const most = Math.max(ours.placed.get(place) ?? 0, theirs.placed.get(place) ?? 0, 1);
    if (now > most && !lost.has(id)) lost.add(`${id} (${now} times)`);
  }
  return [...lost].sort();
}

/** Between the ids of a place; JSON texts hold it only escaped, and no id of a real list has it. */
const BELOW = "\u0000";

interface Counts {
  /** How often each id comes up, wherever. */
  readonly all: Map<string, number>;
  /** How often it comes up below the same entries: step 1 of one task is not step 1 of another. */
  readonly placed: Map<string, number>;
}

type Four = [had: number, here: number, there: number, now: number];

/** The number 7 and the text "7" are one id. Null where the text does not parse. */
function countIds(text: string): Counts | null {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ""));
  } catch {
    return null;
  }
  const counts: Counts = { all: new Map(), placed: new Map() };
  const count = (map: Map<string, number>, key: string): void => {
    map.set(key, (map.get(key) ?? 0) + 1);
  };
  const left: { readonly one: unknown; readonly place: string }[] = [{ one: value, place: "" }];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { one, place } = next;
    if (typeof one !== "object" || one === null) continue;
    for (const inner of Object.values(one)) {
      const id = Array.isArray(one) ? idOf(inner) : null;
      const below = id === null ? place : `${place}${BELOW}${id}`;
      if (id !== null) {
        count(counts.all, id);
        count(counts.placed, below);
      }
      left.push({ one: inner, place: below });
    }
  }
  return counts;
}

function idOf(entry: unknown): string | null {
  if (typeof entry !== "object" || entry === null || !("id" in entry)) return null;
  return typeof entry.id === "string" || typeof entry.id === "number" ? String(entry.id) : null;
}
