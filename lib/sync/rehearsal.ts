// What came of the last rehearsal, and when the next one is due.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { State } from "../machine/state.ts";

export interface Rehearsal {
  /** ISO 8601, UTC. */
  readonly at: string;
  /** The snapshot that was restored. */
  readonly snapshot: string;
  /** Files restored from git and compared, their size together, and copies that were compared. */
  readonly files: number;
  readonly bytes: number;
  readonly copies: number;
  /** Paths that did not come back as they should. */
  readonly damaged: readonly string[];
  /** Why it could not be carried through; null where it was. */
  readonly failed: string | null;
}

const FACT = "rehearsal";
const WEEK_MS = 7 * 86_400_000;

/** Remembers a rehearsal. */
export function keepRehearsal(state: State, rehearsal: Rehearsal): void {
  state.setFact(FACT, JSON.stringify(rehearsal));
}

/** The last rehearsal; null where there was none. */
export function readRehearsal(stateDir: string): Rehearsal | null {
  if (!existsSync(join(stateDir, "state.db"))) return null;
  const state = State.open(stateDir);
  try {
    const text = state.fact(FACT);
    // written by keepRehearsal
    return text === null ? null : (JSON.parse(text) as Rehearsal);
  } finally {
    state.close();
  }
}

/** A rehearsal is due once a week; also when the last one lies in the future, because the clock was set back. */
export function rehearsalDue(stateDir: string, now: Date): boolean {
  const last = readRehearsal(stateDir);
  if (last === null) return true;
  const age = now.getTime() - Date.parse(last.at);
  return age >= WEEK_MS || age < 0;
}
