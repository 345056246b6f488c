// From words to a command and from its answer to output and exit code. yargs reads the words, fed from the table in
// help.ts; what is wrong with them is said in our own words, with the right one beside it.
import { surroundingFailure } from "../lib/failure.ts";
import type { Context } from "../lib/machine/context.ts";
import { openLog } from "../lib/machine/log.ts";
import type { Answer, Call, Command, Invocation } from "./answer.ts";
import { answerOfFailure, bugOf, leadOf, reportedFailure } from "./failed.ts";
import { COMMANDS, commandNamed, EVERYWHERE } from "./help.ts";
import type { OptionHelp } from "./help-form.ts";
import { PROGRAM } from "./help-form.ts";
import { type Parsed, readPlainWords } from "./plain-words.ts";
import type { Surroundings } from "./surroundings.ts";
import { openTerminal, type Terminal } from "./terminal.ts";
import {
  guardAgainstScheduledAllowance,
  guardAgainstWrongCommand,
  guardAgainstWrongOption,
  guardAgainstWrongWords,
  readAllowance,
  usage,
} from "./usage.ts";

const LOADERS: Readonly<Record<string, () => Promise<Command>>> = {
  init: async () => (await import("./commands/init.ts")).initCommand,
  push: async () => (await import("./commands/push.ts")).pushCommand,
  pull: async () => (await import("./commands/pull.ts")).pullCommand,
  sync: async () => (await import("./commands/sync.ts")).syncCommand,
  status: async () => (await import("./commands/status.ts")).statusCommand,
  why: async () => (await import("./commands/why.ts")).whyCommand,
  verify: async () => (await import("./commands/verify.ts")).verifyCommand,
  resolve: async () => (await import("./commands/resolve.ts")).resolveCommand,
  rollback: async () => (await import("./commands/rollback.ts")).rollbackCommand,
  alerts: async () => (await import("./commands/alerts.ts")).alertsCommand,
  watchdog: async () => (await import("./commands/watchdog.ts")).watchdogCommand,
  logs: async () => (await import("./commands/logs.ts")).logsCommand,
  history: async () => (await import("./commands/history.ts")).historyCommand,
  agents: async () => (await import("./commands/agents.ts")).agentsCommand,
  shims: async () => (await import("./commands/shims.ts")).shimsCommand,
  doctor: async () => (await import("./commands/doctor.ts")).doctorCommand,
  probe: async () => (await import("./commands/probe.ts")).probeCommand,
  config: async () => (await import("./commands/config.ts")).configCommand,
  demo: async () => (await import("./commands/demo.ts")).demoCommand,
  completion: async () => (await import("./commands/completion.ts")).completionCommand,
  upgrade: async () => (await import("./commands/upgrade.ts")).upgradeCommand,
  uninstall: async () => (await import("./commands/uninstall.ts")).uninstallCommand,
  version: async () => (await import("./commands/version.ts")).versionCommand,
  schema: async () => (await import("./commands/schema.ts")).schemaCommand,
};

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
    allow: valuesGiven(parsed, "allow").map((text) => readAllowance(text, command)),
  };
}

/** The invocation assumed while the words are still unread, or cannot be: only what decides where a complaint goes. */
function unread(argv: readonly string[]): Invocation {
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
    allow: [],
  };
}

function print(answer: Answer, invocation: Invocation, terminal: Terminal): void {
  const { object, words, keepFirst } = answer;
  if (invocation.json) {
    terminal.object(object);
    return;
  }
  const shown = invocation.quiet ? words.slice(0, keepFirst ? 1 : 0) : words;
  for (const line of shown) terminal.say(line);
  if (object.failure !== null && answer.failureSaid !== true) terminal.fail(object.failure, leadOf(object));
}

type Later = Context["later"];

function callOf(invocation: Invocation, surroundings: Surroundings, terminal: Terminal, later: Later): Call {
  return {
    invocation,
    surroundings,
    openContext: async () => {
      const { openContext } = await import("./wiring.ts");
      return await openContext(surroundings, invocation, { onStep: (step) => terminal.step(step), later });
    },
    ask: terminal.ask,
    complain: (line) => terminal.complain(line),
    handOver: async () => {
      await terminal.settled();
      terminal.rest();
      return { color: terminal.colors };
    },
    onStep: (step) => terminal.step(step),
    later,
    say: (line) => {
      if (invocation.json) terminal.complain(line);
      else terminal.say(line);
    },
  };
}

/** Does what was put off until the answer was given. It cannot change how the command ended; what goes wrong is logged. */
async function doAfterwards(works: readonly (() => Promise<void>)[], surroundings: Surroundings): Promise<void> {
  for (const work of works) {
    try {
      await work();
    } catch (error) {
      // a command that was told to end stops here too
      if (!surroundings.signal.aborted) bugOf(error, surroundings);
    }
  }
}

/** Nobody reads what a scheduled command prints: that it could not even begin is told by other ways. */
async function tellEarly(surroundings: Surroundings, { object }: Answer, later: Later): Promise<void> {
  const { tellEarlyFailure } = await import("./early-alert.ts");
  if (object.failure !== null) await tellEarlyFailure(surroundings, object.command, object.failure, later);
}

/** Runs one command line to its end and returns the exit code. Failures are printed, not thrown. */
export async function runCommandLine(surroundings: Surroundings): Promise<number> {
  let invocation = unread(surroundings.argv);
  let terminal = openTerminal(surroundings, invocation);
  let answer: Answer;
  const afterwards: (() => Promise<void>)[] = [];
  const later: Later = (work) => afterwards.push(work);
  try {
    invocation = await parseInvocation(surroundings.argv);
    terminal = openTerminal(surroundings, invocation);
    const load = LOADERS[invocation.command];
    if (load === undefined) throw usage(`there is no help for "${invocation.words.join(" ")}"`, [`${PROGRAM} --help`]);
    const command = await load();
    answer = await command(callOf(invocation, surroundings, terminal, later));
  } catch (error) {
    const failure = surroundingFailure(error) ?? bugOf(error, surroundings);
    answer = answerOfFailure(invocation.command, failure, surroundings);
    if (invocation.scheduled || invocation.command === "watchdog") later(() => tellEarly(surroundings, answer, later));
  }
  terminal.rest();
  print(answer, invocation, terminal);
  await terminal.settled();
  await doAfterwards(afterwards, surroundings);
  return answer.object.exit;
}

/** Says that something went wrong that nobody foresaw, logs the details, and returns the exit code. */
export async function reportBug(surroundings: Surroundings, error: unknown): Promise<number> {
  const terminal = openTerminal(surroundings, unread(surroundings.argv));
  const failure = bugOf(error, surroundings);
  const log = openLog({ home: surroundings.home, now: surroundings.now });
  terminal.fail(reportedFailure(failure, log), "failed");
  await terminal.settled();
  return failure.exit;
}
