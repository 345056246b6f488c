// What is wrong with a command line, said with the right word beside the wrong one.
import { Failure } from "../lib/failure.ts";
import { type Allowance, GUARDS, NEVER_PASSED, parseAllowance } from "../lib/guard.ts";
import { COMMANDS, commandNamed, EVERYWHERE } from "./help.ts";
import type { CommandHelp } from "./help-form.ts";
import { PROGRAM } from "./help-form.ts";
import { nearest } from "./nearest.ts";

/** A failure of kind `usage`. */
export function usage(cause: string, remedy: readonly string[]): Failure {
  return new Failure("usage", { cause, remedy });
}

/** Refuses a word that is no command. @throws Failure `usage` */
export function guardAgainstWrongCommand(word: string | undefined): CommandHelp {
  if (word === undefined) throw usage("no command is given", [`${PROGRAM} --help`]);
  const command = commandNamed(word);
  if (command !== null) return command;
  const names = COMMANDS.filter(({ hidden }) => !hidden).map(({ name }) => name);
  const close = nearest(word, names);
  const hint = close === null ? "" : `; did you mean ${close}?`;
  throw usage(`there is no command "${word}"${hint}`, [close === null ? `${PROGRAM} --help` : `${PROGRAM} ${close}`]);
}

/** Refuses an option the command does not have. @throws Failure `usage` */
export function guardAgainstWrongOption(name: string, command: CommandHelp): void {
  const own = [...EVERYWHERE, ...command.options];
  if (own.some((option) => option.name === name)) return;
  const dashes = name.length === 1 ? "-" : "--";
  const owners = COMMANDS.filter(({ options }) => options.some((option) => option.name === name)).map(
    (other) => other.name,
  );
  if (owners.length > 0) {
    throw usage(`${dashes}${name} belongs to ${owners.join(", ")}, not to ${command.name}`, [
      `${PROGRAM} ${command.name} --help`,
    ]);
  }
  const close = nearest(name, [...own.map((option) => option.name), "help"]);
  const hint = close === null ? "" : `; did you mean --${close}?`;
  throw usage(`${command.name} has no option ${dashes}${name}${hint}`, [`${PROGRAM} ${command.name} --help`]);
}

/** Refuses to let a guard be passed where nobody looks: again and again, by a run that an agent starts. @throws Failure `usage` */
export function guardAgainstScheduledAllowance(given: readonly string[], command: CommandHelp): void {
  if (!(given.includes("scheduled") && given.includes("allow"))) return;
  const cause = "--allow is for one run that a person makes after a look at it; it does not go with --scheduled";
  throw usage(cause, [`${PROGRAM} ${command.name} --allow GUARD:PATH`]);
}

/** Refuses words too many, too few or unknown after the command. @throws Failure `usage` */
export function guardAgainstWrongWords(words: readonly string[], command: CommandHelp): void {
  const remedy = [`${PROGRAM} ${command.name} --help`];
  const extra = words[command.positionals.length];
  if (extra !== undefined) throw usage(`"${extra}" is one word too many for ${command.name}`, remedy);
  for (const [at, positional] of command.positionals.entries()) {
    const word = words[at];
    const choices = positional.choices?.join(", ");
    if (word === undefined && positional.required)
      throw usage(`${command.name} needs a word more: ${choices ?? positional.name}`, remedy);
    if (word === undefined || positional.choices === null || positional.choices.includes(word)) continue;
    const close = nearest(word, positional.choices);
    const hint = close === null ? `one of ${choices}` : `did you mean ${close}?`;
    throw usage(
      `${command.name} does not know "${word}"; ${hint}`,
      close === null ? remedy : [`${PROGRAM} ${command.name} ${close}`],
    );
  }
}

/**
 * Reads what `--allow` was given: `GUARD` or `GUARD:PATH`, the path as the guard's words name it.
 * @throws Failure `usage`, naming the guard that was probably meant, and all there are
 */
export function readAllowance(text: string, command: CommandHelp): Allowance {
  const allowance = parseAllowance(text);
  const colon = text.indexOf(":");
  const guard = colon < 0 ? text : text.slice(0, colon);
  const remedy = `${PROGRAM} ${command.name} --help`;
  if (allowance === null) {
    const names = Object.keys(GUARDS);
    if (names.includes(guard)) throw usage(`--allow ${text} lacks the path after the colon`, [remedy]);
    const close = nearest(guard, names);
    const hint = close === null ? "" : `; did you mean ${close}?`;
    throw usage(`--allow: there is no guard "${guard}"${hint} (guards: ${names.join(", ")})`, [remedy]);
  }
  const { path } = allowance;
  const never = NEVER_PASSED[allowance.guard];
  if (never !== undefined) throw usage(`--allow ${text}: ${allowance.guard} cannot be let pass; ${never}`, [remedy]);
  if (path === null || !(path.startsWith("/") || path.split("/").some((part) => [".", "..", ""].includes(part))))
    return allowance;
  const cause = `--allow ${text}: the path is that of a file inside the folder, written as the guard names it`;
  throw usage(cause, [remedy]);
}
