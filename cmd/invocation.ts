// From the words of a command line to an invocation. yargs reads the words, fed from the table in help.ts; what is wrong
// with them is said in our own words, with the right one beside it.
import type { Invocation } from "./answer.ts";
import { COMMANDS, commandNamed, EVERYWHERE } from "./help.ts";
import { type OptionHelp, PROGRAM } from "./help-form.ts";
import { type Parsed, readPlainWords } from "./plain-words.ts";
import {
  guardAgainstScheduledAllowance,
  guardAgainstWrongCommand,
  guardAgainstWrongOption,
  guardAgainstWrongWords,
  readAllowance,
  usage,
} from "./usage.ts";

const OPTIONS: readonly OptionHelp[] = [
  ...new Map(
    [...EVERYWHERE, ...COMMANDS.flatMap(({ options }) => options)].map((option) => [option.name, option]),
  ).values(),
];

/** The value of an option that may be given once. */
function valueGiven(parsed: Parsed, name: string): string | null {
  const value = parsed[name];
  if (value === undefined) return null;
  if (typeof value === "string" && value !== "") return value;
  const option = OPTIONS.find((candidate) => candidate.name === name);
  const cause = Array.isArray(value)
    ? `--${name} is given twice`
    : `--${name} needs a value: --${name} ${option?.value ?? ""}`;
  throw usage(cause, [`${PROGRAM} --help`]);
}

/** The values of an option that may be given more than once, in the order of the words. */
function valuesGiven(parsed: Parsed, name: string): string[] {
  const values = [parsed[name] ?? []].flat();
  return values.map((value) => valueGiven({ [name]: value }, name) ?? "");
}

/** `--dry-run=1` would otherwise count as not given, and the run would be carried out. */
function guardAgainstSwitchValues(argv: readonly string[]): void {
  for (const word of argv) {
    const [, name = "", value = ""] = /^--([^=]+)=(.*)$/s.exec(word) ?? [];
    if (!OPTIONS.some((option) => option.name === name && option.value === null)) continue;
    if (value !== "true" && value !== "false")
      throw usage(`--${name} takes no value: it is on where it is given`, [`${PROGRAM} --help`]);
  }
}

async function readWords(argv: readonly string[]): Promise<Parsed> {
  guardAgainstSwitchValues(argv.includes("--") ? argv.slice(0, argv.indexOf("--")) : argv);
  const plain = readPlainWords(argv, OPTIONS);
  if (plain !== null) return plain;
  const { default: yargs } = await import("yargs");
  const texts = OPTIONS.filter(({ value }) => value !== null).map(({ name }) => name);
  const switches = OPTIONS.filter(({ value }) => value === null).map(({ name }) => name);
  return yargs([])
    .scriptName(PROGRAM)
    .locale("en")
    .version(false)
    .help(false)
    .exitProcess(false)
    .parserConfiguration({
      "boolean-negation": false, // `--no-color` is an option of its own; there is no `--no-json`
      "camel-case-expansion": false,
      "dot-notation": false,
      "parse-numbers": false,
      "parse-positional-numbers": false,
      "greedy-arrays": false,
      "strip-aliased": true,
      "strip-dashed": false,
    })
    .string([...texts, "_"])
    .boolean(switches)
    .alias(Object.fromEntries(OPTIONS.flatMap(({ name, short }) => (short === undefined ? [] : [[name, short]]))))
    .fail((message, error) => {
      throw error ?? usage(message.toLowerCase(), [`${PROGRAM} --help`]);
    })
    .parseSync([...argv]);
}

/**
 * Reads the words of a command line.
 * @throws Failure `usage`, naming the word or option that was probably meant
 */
export async function parseInvocation(argv: readonly string[]): Promise<Invocation> {
  const parsed = await readWords(argv);
  const [first, ...words] = (Array.isArray(parsed["_"]) ? parsed["_"] : []).map(String);
  const command = guardAgainstWrongCommand(first);
  const given = Object.keys(parsed).filter((name) => name !== "_" && name !== "$0" && parsed[name] !== undefined);
  for (const name of given) guardAgainstWrongOption(name, command);
  guardAgainstWrongWords(words, command);
  if (command.name === "help") guardAgainstWrongCommand(words[0]);
  guardAgainstScheduledAllowance(given, command);
  const isOn = (name: string): boolean =>
    parsed[name] === true || (Array.isArray(parsed[name]) && parsed[name].includes(true));
  return {
    command: command.name,
    words,
    folder: valueGiven(parsed, "folder"),
    json: isOn("json"),
    quiet: isOn("quiet") || isOn("scheduled"),
    verbose: isOn("verbose"),
    color: !isOn("no-color"),
    yes: isOn("yes"),
    dryRun: isOn("dry-run"),
    force: isOn("force"),
    role: valueGiven(parsed, "role"),
    remote: valueGiven(parsed, "remote"),
    branch: valueGiven(parsed, "branch"),
    limit: valueGiven(parsed, "limit"),
    keep: valueGiven(parsed, "keep"),
    all: isOn("all"),
    subset: valueGiven(parsed, "subset"),
    repair: isOn("repair"),
    take: valueGiven(parsed, "take"),
    edit: isOn("edit"),
    baseUrl: valueGiven(parsed, "base-url"),
    to: valueGiven(parsed, "to"),
    rollback: isOn("rollback"),
    purge: isOn("purge"),
    scheduled: isOn("scheduled"),
    fix: isOn("fix"),
    follow: isOn("follow"),
    since: valueGiven(parsed, "since"),
    run: valueGiven(parsed, "run"),
    read: isOn("read"),
    exact: isOn("exact"),
    rehearse: isOn("rehearse"),
    paths: valuesGiven(parsed, "path"),
    try: isOn("try"),
    open: isOn("open"),
    allow: valuesGiven(parsed, "allow").map((text) => readAllowance(text, command)),
  };
}

/** The invocation assumed while the words are still unread, or cannot be: only what decides where a complaint goes. */
export function unread(argv: readonly string[]): Invocation {
  const has = (option: string): boolean => argv.includes(option);
  return {
    command: argv.find((word) => commandNamed(word) !== null) ?? "",
    words: [],
    folder: null,
    json: has("--json"),
    quiet: has("--quiet"),
    verbose: false,
    color: !has("--no-color"),
    yes: false,
    dryRun: false,
    force: false,
    role: null,
    remote: null,
    branch: null,
    limit: null,
    keep: null,
    all: false,
    subset: null,
    repair: false,
    take: null,
    edit: false,
    baseUrl: null,
    to: null,
    rollback: false,
    purge: false,
    scheduled: false,
    fix: false,
    follow: false,
    since: null,
    run: null,
    read: false,
    exact: false,
    rehearse: false,
    paths: [],
    try: false,
    open: false,
    allow: [],
  };
}
