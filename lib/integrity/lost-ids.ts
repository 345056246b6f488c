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
  const lost: string[] = [];
  for (const id of new Set([...ours.keys(), ...theirs.keys(), ...merged.keys()])) {
    const [had, here, there, now] = [base, ours, theirs, merged].map((count) => count.get(id) ?? 0) as Four;
    const nobodyDeleted = here >= had && there >= had;
    if (now < (nobodyDeleted ? Math.max(here, there) : Math.min(here, there))) lost.push(id);
    else if (now > Math.max(here, there, 1)) lost.push(`${id} (${now} times)`);
  }
  return lost.sort();
}

type Four = [had: number, here: number, there: number, now: number];

/** How often each id comes up; the number 7 and the text "7" are one id. Null where the text does not parse. */
function countIds(text: string): Map<string, number> | null {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ""));
  } catch {
    return null;
  }
  const counts = new Map<string, number>();
  const left: unknown[] = [value];
  while (left.length > 0) {
    const one = left.pop();
    if (typeof one !== "object" || one === null) continue;
    for (const inner of Object.values(one)) left.push(inner);
    if (!Array.isArray(one)) continue;
    for (const entry of one) {
      const id = idOf(entry);
      if (id !== null) counts.set(id, (counts.get(id) ?? 0) + 1);
    }
  }
  return counts;
}

function idOf(entry: unknown): string | null {
  if (typeof entry !== "object" || entry === null || !("id" in entry)) return null;
  return typeof entry.id === "string" || typeof entry.id === "number" ? String(entry.id) : null;
}
