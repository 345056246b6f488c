// Follows a log as it grows, across its rotations, until told to end.
import { lstatSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { newestLines } from "./log-tail.ts";

const LOOK_MS = 400;

/** Tells every line that is added to the file after `last`, the newest line that is known; null where none is. */
export class LogFollower {
  private readonly path: string;
  private last: string | null;
  private seen = "";

  constructor(path: string, last: string | null) {
    this.path = path;
    this.last = last;
  }

  /** The lines that were added since the last call. A rotation drops old lines and none of these. */
  news(): string[] {
    const stat = lstatSync(this.path, { throwIfNoEntry: false });
    const state = stat === undefined ? "" : `${stat.ino}:${stat.size}`;
    if (state === this.seen) return [];
    this.seen = state;
    const lines = newestLines(this.path, Number.POSITIVE_INFINITY);
    const known = this.last === null ? -1 : lines.lastIndexOf(this.last);
    const added = lines.slice(known + 1);
    this.last = lines.at(-1) ?? this.last;
    return added;
  }
}

/** Follows until the signal fires. */
export async function followLog(
  follower: LogFollower,
  onLine: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    for (const line of follower.news()) onLine(line);
    await wait(LOOK_MS, undefined, { signal }).catch(() => undefined); // ends early with the signal
  }
}
