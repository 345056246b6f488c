// Which snapshots stay and why: all of the last day, one a day for two weeks, one a week for two months, and never
// fewer than twenty. Pure; the newest of a day or week is the one that stays.

export interface Kept {
  readonly run: string;
  readonly reason: string;
}

export interface Retention {
  readonly keep: readonly Kept[];
  readonly drop: readonly string[];
}

const DAY_MS = 86_400_000;
const KEEP_ALL_DAYS = 1;
const KEEP_DAILY_DAYS = 14;
const KEEP_WEEKLY_DAYS = 61;
const KEEP_AT_LEAST = 20;

/**
 * Decides over snapshots by the time they were taken.
 * @param snapshots in any order; times from the future count as now.
 */
export function retain(snapshots: readonly { run: string; takenAt: Date }[], now: Date): Retention {
  const newestFirst = [...snapshots].sort(
    (a, b) => b.takenAt.getTime() - a.takenAt.getTime() || (a.run < b.run ? 1 : -1),
  );
  const keep: Kept[] = [];
  const drop: string[] = [];
  const taken = new Set<string>();
  for (const { run, takenAt } of newestFirst) {
    const age = Math.max(0, now.getTime() - takenAt.getTime()) / DAY_MS;
    const reason =
      reasonToKeep(age, takenAt, taken) ?? (keep.length < KEEP_AT_LEAST ? `one of the newest ${KEEP_AT_LEAST}` : null);
    if (reason === null) drop.push(run);
    else keep.push({ run, reason });
  }
  return { keep, drop };
}

function reasonToKeep(ageDays: number, takenAt: Date, taken: Set<string>): string | null {
  if (ageDays <= KEEP_ALL_DAYS) return "taken within a day";
  const day = takenAt.toISOString().slice(0, 10);
  const week = `week ${Math.floor(takenAt.getTime() / (7 * DAY_MS))}`;
  if (ageDays <= KEEP_DAILY_DAYS) return first(taken, day, `the last of ${day}`);
  if (ageDays <= KEEP_WEEKLY_DAYS) return first(taken, week, `the last of its week (${day})`);
  return null;
}

function first(taken: Set<string>, slot: string, reason: string): string | null {
  if (taken.has(slot)) return null;
  taken.add(slot);
  return reason;
}
