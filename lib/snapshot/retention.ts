// Which snapshots stay and why: all of the last day, one a day for two weeks, one a week for two months, and never
// fewer than twenty. Where they take more space than they may, the oldest go first, but of the newest twenty none. Pure;
// the newest of a day or week is the one that stays.

export interface Judged {
  readonly run: string;
  readonly reason: string;
}

export interface Retention {
  /** Newest first. */
  readonly keep: readonly Judged[];
  readonly drop: readonly Judged[];
  /** What stays takes more space than it may, because the newest twenty stay whatever they take. */
  readonly overBound: boolean;
}

export interface Candidate {
  readonly run: string;
  readonly takenAt: Date;
  /** Space that dropping it would free; nothing where it is not known. */
  readonly bytes?: number;
}

/** The space that snapshots may take, and what they take together. */
export interface Space {
  readonly mostBytes: number;
  readonly usedBytes: number;
}

const DAY_MS = 86_400_000;
const KEEP_ALL_DAYS = 1;
const KEEP_DAILY_DAYS = 14;
const KEEP_WEEKLY_DAYS = 61;
export const KEEP_AT_LEAST = 20;

/**
 * Decides over snapshots by the time they were taken, and by the space they take where that is given.
 * @param snapshots in any order; times from the future count as now.
 */
export function retain(snapshots: readonly Candidate[], now: Date, space?: Space): Retention {
  const newestFirst = [...snapshots].sort(
    (a, b) => b.takenAt.getTime() - a.takenAt.getTime() || (a.run < b.run ? 1 : -1),
  );
  const keep: (Judged & { bytes: number })[] = [];
  const drop: Judged[] = [];
  const taken = new Set<string>();
  let usedBytes = space?.usedBytes ?? 0;
  for (const { run, takenAt, bytes = 0 } of newestFirst) {
    const age = Math.max(0, now.getTime() - takenAt.getTime()) / DAY_MS;
    const newest = keep.length < KEEP_AT_LEAST ? `one of the newest ${KEEP_AT_LEAST}` : null;
    const reason = reasonToKeep(age, takenAt, taken) ?? newest;
    if (reason !== null) keep.push({ run, reason, bytes });
    else {
      drop.push({ run, reason: reasonToDrop(age) });
      usedBytes -= bytes;
    }
  }
  const mostBytes = space?.mostBytes ?? Number.POSITIVE_INFINITY;
  while (usedBytes > mostBytes && keep.length > KEEP_AT_LEAST) {
    const oldest = keep.pop();
    if (oldest === undefined) break;
    usedBytes -= oldest.bytes;
    drop.push({ run: oldest.run, reason: `the oldest, and all take more than ${Math.round(mostBytes / 1e6)} MB` });
  }
  return { keep: keep.map(({ run, reason }) => ({ run, reason })), drop, overBound: usedBytes > mostBytes };
}

function reasonToKeep(ageDays: number, takenAt: Date, taken: Set<string>): string | null {
  if (ageDays <= KEEP_ALL_DAYS) return "taken within a day";
  const day = takenAt.toISOString().slice(0, 10);
  const week = `week ${Math.floor(takenAt.getTime() / (7 * DAY_MS))}`;
  if (ageDays <= KEEP_DAILY_DAYS) return first(taken, day, `the last of ${day}`);
  if (ageDays <= KEEP_WEEKLY_DAYS) return first(taken, week, `the last of its week (${day})`);
  return null;
}

function reasonToDrop(ageDays: number): string {
  if (ageDays <= KEEP_DAILY_DAYS) return "a later one of its day stays";
  return ageDays <= KEEP_WEEKLY_DAYS ? "a later one of its week stays" : "older than two months";
}

function first(taken: Set<string>, slot: string, reason: string): string | null {
  if (taken.has(slot)) return null;
  taken.add(slot);
  return reason;
}
