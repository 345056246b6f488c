// The voice of the program: the only file that writes for people. Results go to standard output, failures and
// progress to standard error. The format is our own, so that it is the same with CI=1, in a pipe and on a terminal.
import type { Environment } from "../lib/machine/context.ts";
import { printable } from "../lib/printable.ts";
import type { ReportedFailure } from "../lib/sync/report.ts";
import type { AnswerObject, Invocation } from "./answer.ts";
import type { Output, Surroundings } from "./surroundings.ts";
import { wordsOfFailure } from "./words.ts";

export interface Terminal {
  /** One line on standard output. */
  say(line: string): void;
  /** One line on standard error. */
  complain(line: string): void;
  /** The failure: what, why, and the commands that lead on. */
  fail(failure: ReportedFailure, lead: string): void;
  /** The one object of `--json`. */
  object(object: AnswerObject): void;
  /** Shows the step a run is at, on a terminal only; the next line that is printed erases it. */
  step(name: string): void;
  /** Whether questions may have colours. */
  readonly colors: boolean;
  /** Erases the step. */
  rest(): void;
  /** Resolves when everything that was said has been written. */
  settled(): Promise<void>;
  ask: ((question: string) => Promise<string | null>) | null;
}

const ERASE_LINE = "\r\u001b[K";
const GREEN = 32;
const YELLOW = 33;
const RED = 31;

/** The colour of a first line, by the word it begins with; null for none. */
const LEADS: readonly (readonly [string, number])[] = [
  ["SAFE TO SWITCH", GREEN],
  ["NOT YET", YELLOW],
  ["ATTENTION", RED],
  ["synced", GREEN],
  ["published", GREEN],
  ["brought in", GREEN],
  ["up to date", GREEN],
  ["rolled back", YELLOW],
  ["blocked", YELLOW],
  ["stopped", YELLOW],
  ["attention", YELLOW],
  ["failed", RED],
];

function wantsColor(output: Output, invocation: Invocation, environment: Environment): boolean {
  const refused = (environment["NO_COLOR"] ?? "") !== "" || environment["TERM"] === "dumb";
  return output.isTerminal && invocation.color && !refused;
}

function colored(line: string, enabled: boolean): string {
  const lead = enabled ? LEADS.find(([word]) => line.startsWith(word)) : undefined;
  if (lead === undefined) return line;
  const [word, color] = lead;
  return `\u001b[1;${color}m${word}\u001b[0m${line.slice(word.length)}`;
}

interface Voice {
  info(line: string): void;
  warn(line: string): void;
  error(line: string): void;
}

/** Loads consola only when there is something to say: it costs as much as the rest of the start (7 ms, measured). */
async function loadVoice(print: (line: string, level: number, loudest: number) => void): Promise<Voice> {
  const { createConsola, LogLevels } = await import("consola/core");
  return createConsola({
    level: LogLevels.info,
    throttle: 0, // consola would otherwise fold equal lines that follow each other
    reporters: [{ log: ({ level, args }) => print(args.join(" "), level, LogLevels.warn) }],
  });
}

/** Opens the terminal for one command. */
export function openTerminal(surroundings: Surroundings, invocation: Invocation): Terminal {
  const { out, err, environment, readLine } = surroundings;
  const showsSteps = err.isTerminal && environment["TERM"] !== "dumb" && !invocation.quiet && !invocation.json;
  const colors = { out: wantsColor(out, invocation, environment), err: wantsColor(err, invocation, environment) };
  let stepShown = false;

  const rest = (): void => {
    if (stepShown) err.write(ERASE_LINE);
    stepShown = false;
  };
  const print = (line: string, level: number, loudest: number): void => {
    rest();
    const [stream, color] = level <= loudest ? [err, colors.err] : [out, colors.out];
    stream.write(`${colored(printable(line), color)}\n`);
  };
  let loading: Promise<Voice> | null = null;
  // every line waits for those before it, so that both streams keep the order in which things were said
  let said: Promise<unknown> = Promise.resolve();
  const speak = (how: keyof Voice, line: string): void => {
    loading ??= loadVoice(print);
    const voice = loading;
    said = said.then(async () => (await voice)[how](line));
  };
  const ask = async (question: string, read: () => Promise<string | null>): Promise<string | null> => {
    await said;
    rest();
    err.write(`${printable(question)} `);
    return await read();
  };
  return {
    say: (line) => speak("info", line),
    complain: (line) => speak("warn", line),
    fail: (failure, lead) => {
      for (const line of wordsOfFailure(failure, lead)) speak("error", line);
    },
    settled: async () => {
      await said;
    },
    object: (object) => {
      rest();
      out.write(`${JSON.stringify(object)}\n`);
    },
    step: (name) => {
      // git is at work from here on: the time to load what will be needed for the last line
      if (!(invocation.json || invocation.quiet)) loading ??= loadVoice(print);
      if (!showsSteps) return;
      err.write(`${ERASE_LINE}${printable(name)} …`);
      stepShown = true;
    },
    colors: colors.err,
    rest,
    ask: readLine === null || invocation.json ? null : (question) => ask(question, readLine),
  };
}
