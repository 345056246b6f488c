// What came of the last rehearsal, as it is remembered.
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
