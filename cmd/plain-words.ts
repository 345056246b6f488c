// Reads the words of the plain command lines, those that agents, aliases and most people write: switches, and options
// with their value as the next word. Whatever else there is is left to yargs, whose loading takes 9 ms, a tenth of a
// run that finds nothing to do (measured). Both are fed from the same table and give the same answer.
import type { OptionHelp } from "./help-form.ts";

export type Parsed = Record<string, unknown>;

/** The words by option name, with the others under `_`; null when a word is not of the plain kind. */
export function readPlainWords(argv: readonly string[], options: readonly OptionHelp[]): Parsed | null {
  const parsed: Parsed = {};
  const words: string[] = [];
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? "";
    if (!word.startsWith("-")) {
      words.push(word);
      continue;
    }
    const option = options.find(({ name }) => word === `--${name}`);
    if (option === undefined || (parsed[option.name] !== undefined && option.repeats !== true)) return null;
    if (option.value === null) parsed[option.name] = true;
    else {
      const value = argv[++at];
      if (value === undefined || value === "" || value.startsWith("-")) return null;
      const before = parsed[option.name];
      parsed[option.name] = before === undefined ? value : [before, value].flat();
    }
  }
  return { _: words, ...parsed };
}
