// What the shells complete, read from the one table of commands and options: which words may follow which. Pure.
import { GUARDS } from "../lib/guard.ts";
import { COMMANDS, EVERYWHERE } from "./help.ts";
import type { CommandHelp, OptionHelp } from "./help-form.ts";

/** What may stand in a place: words of a list, files, folders, or anything. */
export type Filling = { readonly words: readonly string[] } | "files" | "folders" | "anything";

export interface CompletedOption {
  readonly name: string;
  readonly says: string;
  /** Null for a switch. */
  readonly value: Filling | null;
}

export interface CompletedCommand {
  readonly name: string;
  readonly says: string;
  readonly places: readonly Filling[];
  readonly options: readonly CompletedOption[];
}

/** Values that are none of a list in the table, by the name of the option or place. */
const FILLINGS: Readonly<Record<string, Filling>> = {
  folder: "folders",
  keep: "folders",
  path: "files",
  role: { words: ["desktop", "laptop"] },
  allow: { words: Object.keys(GUARDS) },
  take: { words: ["desktop", "laptop", "merged", "both", "base"] },
};

/** Every command that `--help` shows, with its own options and those that every command has. */
export function completionTables(): CompletedCommand[] {
  const shown = COMMANDS.filter(({ hidden }) => !hidden);
  const names = shown.map(({ name }) => name);
  const help: CompletedOption = { name: "help", says: "what the command does, and its options", value: null };
  return shown.map((command) => ({
    name: command.name,
    says: command.says,
    places: command.positionals.map((positional) => placeOf(positional, names)),
    options: [...[...command.options, ...EVERYWHERE].map(optionOf), help],
  }));
}

function placeOf({ name, choices }: CommandHelp["positionals"][number], commands: readonly string[]): Filling {
  if (choices !== null) return { words: choices };
  return name === "command" ? { words: commands } : (FILLINGS[name] ?? "anything");
}

function optionOf({ name, says, value }: OptionHelp): CompletedOption {
  return { name, says, value: value === null ? null : (FILLINGS[name] ?? (value === "PATH" ? "files" : "anything")) };
}
