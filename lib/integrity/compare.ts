// Files as they are now against the baseline, pure: what is the same, what somebody edited, added or removed, and what
// has rotted, which is content that changed while size and modification time did not.

import { type Baseline, type BaselineFile, type Seen, secondOf } from "./baseline-form.ts";

/** A path that is not what the baseline holds; `before` and `after` are null where there is none. */
export interface Difference {
  readonly path: string;
  readonly before: BaselineFile | null;
  readonly after: Seen | null;
}

/** Each path of either side once, in one of the lists; each list sorted by path. */
export interface Comparison {
  readonly same: readonly string[];
  readonly edited: readonly Difference[];
  readonly added: readonly Difference[];
  readonly missing: readonly Difference[];
  readonly rotten: readonly Difference[];
}

const SECOND_NS = 1_000_000_000n;
const MILLISECOND_NS = 1_000_000n;
/** A save within this time before the baseline was taken can be followed by another in the same second. */
const RACY_MS = 2_000;

/** Compares what was seen with the baseline. Nothing is called rotten for good before it was read a second time. */
export function compareWithBaseline(baseline: Baseline, seen: ReadonlyMap<string, Seen>): Comparison {
  const found = {
    same: [] as string[],
    edited: [] as Difference[],
    added: [] as Difference[],
    missing: [] as Difference[],
    rotten: [] as Difference[],
  };
  const takenMs = Date.parse(baseline.takenAt);
  for (const path of [...new Set([...baseline.files.keys(), ...seen.keys()])].sort()) {
    const before = baseline.files.get(path) ?? null;
    const after = seen.get(path) ?? null;
    const kind = kindOf(before, after, takenMs);
    if (kind === "same") found.same.push(path);
    else found[kind].push({ path, before, after });
  }
  return found;
}

function kindOf(before: BaselineFile | null, after: Seen | null, takenMs: number): keyof Comparison {
  if (before === null) return "added";
  if (after === null) return "missing";
  const sameMode = before.mode === null || before.mode === after.digest.mode;
  if (before.sha256 === after.digest.sha256) return sameMode ? "same" : "edited";
  const untouched = sameMode && before.sizeBytes === after.digest.sizeBytes && sameTime(before, after, takenMs);
  return untouched ? "rotten" : "edited";
}

/** Whether two modification times in nanoseconds are one: what puts a time back often keeps no more than milliseconds. */
export function isSameMoment(a: bigint, b: bigint): boolean {
  const apart = a - b;
  return apart > -MILLISECOND_NS && apart < MILLISECOND_NS;
}

/** True when the time says that nobody saved the file since the baseline. */
function sameTime(before: BaselineFile, after: Seen, takenMs: number): boolean {
  const { mtimeNs } = after.stat;
  const exact = before.mtimeNs !== null && before.mtimeNs % SECOND_NS !== 0n;
  if (before.mtimeNs !== null && !isSameMoment(before.mtimeNs, mtimeNs)) return false;
  if (exact) return true;
  const second = secondOf(mtimeNs);
  if (before.mtimeNs === null && !secondsOf(before.modified).includes(second)) return false;
  // where only whole seconds are known, two saves within one look like none: like git, the doubt is given to the person
  return Number.isNaN(takenMs) || Number(second) * 1000 < takenMs - RACY_MS;
}

/** The moments a time without a zone can mean: UTC as this program writes it, or local time as the earlier script did. */
function secondsOf(modified: string): bigint[] {
  const bare = modified.slice(0, 19);
  return [`${bare}Z`, bare].flatMap((text) => {
    const ms = Date.parse(text);
    return Number.isNaN(ms) ? [] : [BigInt(ms / 1000)];
  });
}
