// What the help knows of a command and of its options, and what several commands have alike. It loads nothing.

export const PROGRAM = "petesbrain-sync";

export interface OptionHelp {
  readonly name: string;
  /** Name of the value as shown; null for a switch. */
  readonly value: string | null;
  readonly says: string;
  /** One letter that means the same: `-f`. */
  readonly short?: string;
  /** True for an option that may be given more than once, each time with another value. */
  readonly repeats?: true;
}

export interface PositionalHelp {
  readonly name: string;
  readonly required: boolean;
  /** The only words that are accepted; null where any word is. */
  readonly choices: readonly string[] | null;
  readonly says: string;
}

export interface CommandHelp {
  readonly name: string;
  readonly says: string;
  readonly more: readonly string[];
  readonly positionals: readonly PositionalHelp[];
  /** Options beside those that every command has. */
  readonly options: readonly OptionHelp[];
  readonly examples: readonly (readonly [line: string, says: string])[];
  readonly hidden: boolean;
}

export const DRY_RUN: OptionHelp = { name: "dry-run", value: null, says: "print what would be done; change nothing" };

/** What a command has that says nothing else. */
export const PLAIN = { more: [], positionals: [], options: [], examples: [], hidden: false } as const;
