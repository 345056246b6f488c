// From a command line to a command, and from its answer to output and exit code.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { surroundingFailure } from "../lib/failure.ts";
import type { Context } from "../lib/machine/context.ts";
import { openLog } from "../lib/machine/log.ts";
import type { Answer, Call, Command, Invocation } from "./answer.ts";
import { answerFrom, answerOfFailure, bugOf, leadOf, reportedFailure } from "./failed.ts";
import { PROGRAM } from "./help-form.ts";
import { parseInvocation, unread } from "./invocation.ts";
import type { Surroundings } from "./surroundings.ts";
import { openTerminal, type Terminal } from "./terminal.ts";
import { usage } from "./usage.ts";

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
  report: async () => (await import("./commands/report.ts")).reportCommand,
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

interface Listeners {
  readonly later: Later;
  /** Told the folder that the command works on, once that is known. */
  readonly onFolder: (folder: string) => void;
}

function callOf(invocation: Invocation, surroundings: Surroundings, terminal: Terminal, listeners: Listeners): Call {
  const { later, onFolder } = listeners;
  return {
    invocation,
    surroundings,
    openContext: async () => {
      const { openContext } = await import("./wiring.ts");
      const context = await openContext(surroundings, invocation, { onStep: (step) => terminal.step(step), later });
      onFolder(context.folder);
      return context;
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
  let folder = surroundings.cwd;
  const onFolder = (found: string): void => {
    folder = found;
  };
  try {
    invocation = await parseInvocation(surroundings.argv);
    terminal = openTerminal(surroundings, invocation);
    const load = LOADERS[invocation.command];
    if (load === undefined) throw usage(`there is no help for "${invocation.words.join(" ")}"`, [`${PROGRAM} --help`]);
    const command = await load();
    answer = await command(callOf(invocation, surroundings, terminal, { later, onFolder }));
  } catch (error) {
    const failure = surroundingFailure(error) ?? bugOf(error, surroundings);
    answer = answerOfFailure(invocation.command, failure, surroundings);
    if (invocation.scheduled || invocation.command === "watchdog") later(() => tellEarly(surroundings, answer, later));
  }
  if (folder !== surroundings.cwd && existsSync(join(folder, ".git")))
    answer = answerFrom(answer, folder, { isDefault: invocation.folder === null });
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
