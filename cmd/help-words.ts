// The texts of `--help`, printed from the table in help.ts and from the catalogues of failures and guards.
import { FAILURES } from "../lib/failure.ts";
import { GUARDS, isGuardName, NEVER_PASSED } from "../lib/guard.ts";
import { COMMANDS, EVERYWHERE } from "./help.ts";
import type { CommandHelp, OptionHelp } from "./help-form.ts";
import { PROGRAM } from "./help-form.ts";

/** Prints one option as it is typed: `--folder PATH`. */
function formatOption(option: OptionHelp): string {
  const short = option.short === undefined ? "" : `-${option.short}, `;
  return `${short}--${option.name}${option.value === null ? "" : ` ${option.value}`}`;
}

/** Prints a command with its positionals as yargs reads them: `init [path]`. */
function formatCommand(command: CommandHelp): string {
  const words = command.positionals.map(({ name, required }) => (required ? `<${name}>` : `[${name}]`));
  return [command.name, ...words].join(" ");
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}

function exitCodes(): string[] {
  const rows = Object.entries(FAILURES).map(
    ([kind, row]) => [String(row.exit).padStart(3), `${kind}: ${row.title}`] as const,
  );
  return ["Exit codes:", ...table([["  0", "done and verified, also when there was nothing to do"], ...rows])];
}

function optionRows(options: readonly OptionHelp[]): [string, string][] {
  return options.map((option) => [formatOption(option), option.says]);
}

/** The text of `--help`, without the last line break. */
export function formatOverview(): string {
  const commands = COMMANDS.filter(({ hidden }) => !hidden);
  return [
    `${PROGRAM}: keeps one folder the same on two computers, through a git remote, and proves it`,
    "",
    `Usage: ${PROGRAM} <command> [options]`,
    "",
    "Commands:",
    ...table(commands.map((command) => [formatCommand(command), command.says])),
    "",
    "Options everywhere:",
    ...table([
      ...optionRows(EVERYWHERE),
      ["--help, -h", "this text; after a command, that command's"],
      ["--version", "the version"],
    ]),
    "",
    ...exitCodes(),
  ].join("\n");
}

/** The text of `<command> --help`, without the last line break. */
export function formatCommandHelp(command: CommandHelp): string {
  const parts = [
    `${PROGRAM} ${command.name}: ${command.says}`,
    "",
    `Usage: ${PROGRAM} ${formatCommand(command)} [options]`,
  ];
  if (command.more.length > 0) parts.push("", ...command.more);
  if (command.positionals.length > 0) {
    parts.push("", "Words:", ...table(command.positionals.map(({ name, says }) => [name, says])));
  }
  parts.push("", "Options:", ...table(optionRows([...command.options, ...EVERYWHERE])));
  if (command.options.some(({ name }) => name === "allow")) parts.push(...guardLines());
  if (command.examples.length > 0) parts.push("", "Examples:", ...table(command.examples));
  return [...parts, "", ...exitCodes()].join("\n");
}

/** The guards that can be passed once, and those that cannot. */
function guardLines(): string[] {
  const never = (guard: string): boolean => isGuardName(guard) && NEVER_PASSED[guard] !== undefined;
  const guards = Object.entries(GUARDS);
  return [
    ...["", "Guards, and what each stops:", ...table(guards.filter(([name]) => !never(name)))],
    ...["", "Guards whose hits never pass:", ...table(guards.filter(([name]) => never(name)))],
  ];
}
