// A scrub walks the whole folder in parts, pure: which part a path belongs to, which part is next, what is remembered
// of the round. What was found rotten is looked at again in every part until it is mended.

export interface Round {
  /** Number of parts. */
  readonly of: number;
  /** Part (from 1) to the time it was done, ISO 8601, UTC. */
  readonly done: Readonly<Record<string, string>>;
  /** Paths that were rotten when last looked at. */
  readonly suspects: readonly string[];
}

/** `n/t` or `next/t`, as asked for. */
export interface Part {
  readonly part: number | "next";
  readonly of: number;
}

/** More parts than this make no sense: they would be empty in most folders. */
const MOST_PARTS = 10_000;

/** Reads `3/10` or `next/10`; null for anything else, also for a part outside of 1 to t. */
export function parsePart(text: string): Part | null {
  const match = /^(next|[1-9]\d{0,5})\/([1-9]\d{0,5})$/.exec(text);
  const [part, of] = [match?.[1] ?? "", Number(match?.[2])];
  if (match === null || of > MOST_PARTS) return null;
  if (part === "next") return { part, of };
  return Number(part) <= of ? { part: Number(part), of } : null;
}

/** The part of `of` a path belongs to, from 1; always the same for the same path. FNV-1a over its UTF-8 bytes. */
export function partOf(path: string, of: number): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(path)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  // the low bits of this hash alone are no good partition of similar names
  return (((hash ^ (hash >>> 15)) >>> 0) % of) + 1;
}

/** The first part of the round that is not done; the first again where all are, or the round had other parts. */
export function nextPart(round: Round | null, of: number): number {
  if (round === null || round.of !== of) return 1;
  for (let part = 1; part <= of; part++) if (!Object.hasOwn(round.done, part)) return part;
  return 1;
}

/** The round after a part was done: a new one where the last was complete or had another number of parts. */
export function roundAfter(
  round: Round | null,
  done: { part: number; of: number; at: string; suspects: readonly string[] },
): Round {
  const goesOn = round !== null && round.of === done.of && !isComplete(round);
  return {
    of: done.of,
    done: { ...(goesOn ? round.done : {}), [done.part]: done.at },
    suspects: [...done.suspects],
  };
}

/** Says whether every part was done. */
export function isComplete({ of, done }: Round): boolean {
  return Object.keys(done).length >= of;
}
