// What the process hands to the commands: arguments, environment, streams, clock, signal. Types only; cmd/main.ts
// fills them in, tests may fill in others.
import type { Environment } from "../lib/machine/context.ts";

export interface Output {
  write(text: string): void;
  readonly isTerminal: boolean;
  /** Columns of the terminal as it is now; 80 for what is none. */
  readonly columns: number;
}

export interface Surroundings {
  /** The words after the program's name. */
  readonly argv: readonly string[];
  readonly environment: Environment;
  /** The current directory. One that is gone ends the program before its first line, in the runtime's own words. */
  readonly cwd: string;
  readonly home: string;
  readonly hostname: string;
  readonly out: Output;
  readonly err: Output;
  /** Reads one line the person types; null where there is nobody to ask. Resolves to null at the end of the input. */
  readonly readLine: (() => Promise<string | null>) | null;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  readonly version: string;
  readonly commit: string;
  /** The system, as it calls itself: `darwin`, `linux`. */
  readonly platform: string;
  /** The user's number; -1 where the system has none. */
  readonly userId: number;
  /** The words that start this very program again. */
  readonly binary: readonly string[];
}
