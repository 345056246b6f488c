// What installing agents needs of the outside: a way to run the scheduler's own program, and time. Handed in, so that a
// test can let twenty seconds pass at once.
import type { ProgramAnswer } from "../machine/command.ts";

export interface AgentTools {
  /** Runs a program of the system, by its words, to its end. */
  readonly run: (argv: readonly string[]) => Promise<ProgramAnswer>;
  readonly sleep: (ms: number) => Promise<void>;
  /** A clock that is never set back, milliseconds. */
  readonly elapsedMs: () => number;
}

/** How an agent of this machine stands, as the scheduler and its files tell. */
export interface AgentState {
  /** `com.petesbrain.sync-desktop`; on Linux the timer's name. */
  readonly name: string;
  /** The file the scheduler reads. Absolute. */
  readonly path: string;
  /** `current`: as this version writes it; `other`: written by another version, by hand, or for another role. */
  readonly file: "current" | "other" | "missing";
  /** Whether the scheduler has it; null where that cannot be found out. */
  readonly registered: boolean | null;
}

/** How a file compares with what it should hold; undefined where there is none. */
export function standingOf(text: string | undefined, wanted: string): AgentState["file"] {
  if (text === undefined) return "missing";
  return text === wanted ? "current" : "other";
}
