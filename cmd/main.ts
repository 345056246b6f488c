// The program's entry, and the only place that touches the process: arguments, environment, streams, clock, signals.
// Version and help are answered from here without loading yargs, consola or the engine.
import { homedir, hostname } from "node:os";
import { Failure } from "../lib/failure.ts";
import { COMMANDS, formatCommandHelp, formatOverview, PROGRAM } from "./help.ts";
import type { Output, Surroundings } from "./surroundings.ts";

declare const PETESBRAIN_VERSION: string | undefined;
declare const PETESBRAIN_COMMIT: string | undefined;

const version = typeof PETESBRAIN_VERSION === "undefined" ? "source" : PETESBRAIN_VERSION;
const commit = typeof PETESBRAIN_COMMIT === "undefined" ? "unknown" : PETESBRAIN_COMMIT;

/** What version and help print, or null when the words ask for something else. */
function quickAnswer(argv: readonly string[]): string | null {
  const options = argv.includes("--") ? argv.slice(0, argv.indexOf("--")) : argv;
  const words = options.filter((word) => !word.startsWith("-"));
  const [first, second] = words;
  const json = options.includes("--json");
  if (options.includes("--help") || options.includes("-h") || (first === "help" && words.length <= 2)) {
    const topic = COMMANDS.find(({ name }) => name === (first === "help" ? second : first)) ?? null;
    const asked = first === "help" ? second : first;
    if (asked !== undefined && topic === null) return null;
    const text = topic === null ? formatOverview() : formatCommandHelp(topic);
    return json ? JSON.stringify({ schema: 1, command: "help", exit: 0, text, failure: null }) : text;
  }
  const asksVersion = options[0] === "--version" || (first === "version" && words.length === 1);
  if (!asksVersion || options.some((word) => !["--version", "version", "--json"].includes(word))) return null;
  if (json) return JSON.stringify({ schema: 1, command: "version", exit: 0, version, commit, failure: null });
  return `${PROGRAM} ${version} (${commit.slice(0, 12)})`;
}

function outputTo(stream: NodeJS.WriteStream): Output {
  // A reader that has gone away (`history | head -1`) must not end a run half-way.
  stream.on("error", () => undefined);
  return { write: (text) => void stream.write(text), isTerminal: stream.isTTY === true };
}

function currentDirectory(): string | null {
  try {
    return process.cwd();
  } catch {
    return null; // deleted under us; `--folder` or the settings still say where to work
  }
}

/** One signal that is aborted, with the failure to report, when the process is told to end. A second Ctrl-C changes nothing. */
function endingSignal(): AbortSignal {
  const controller = new AbortController();
  const endOn = (name: NodeJS.Signals, kind: "interrupted" | "terminated", cause: string): void => {
    process.on(name, () => {
      if (controller.signal.aborted) return;
      controller.abort(new Failure(kind, { cause, remedy: [`${PROGRAM} status`] }));
    });
  };
  endOn("SIGINT", "interrupted", "the run was interrupted from the keyboard");
  endOn("SIGTERM", "terminated", "the run was told to end (SIGTERM)");
  endOn("SIGHUP", "terminated", "the terminal went away (SIGHUP)");
  return controller.signal;
}

/** Reads a line without a line editor, so that Ctrl-C reaches the process as it does in the rest of a run. */
function lineFrom(stream: NodeJS.ReadStream, signal: AbortSignal): Promise<string | null> {
  const { promise, resolve, reject } = Promise.withResolvers<string | null>();
  let text = "";
  const onData = (chunk: Buffer | string): void => {
    text += chunk.toString();
    if (text.includes("\n")) resolve(text.slice(0, text.indexOf("\n")).replace(/\r$/, ""));
  };
  const onEnd = (): void => resolve(null);
  const onAbort = (): void => reject(signal.reason);
  stream.on("data", onData).on("end", onEnd).resume();
  signal.addEventListener("abort", onAbort);
  if (signal.aborted) onAbort();
  return promise.finally(() => {
    stream.off("data", onData).off("end", onEnd).pause();
    signal.removeEventListener("abort", onAbort);
  });
}

function surroundingsOf(argv: readonly string[]): Surroundings {
  const signal = endingSignal();
  const home = homedir();
  const out = outputTo(process.stdout);
  const err = outputTo(process.stderr);
  const canAsk = process.stdin.isTTY === true && err.isTerminal;
  const compiled = Bun.main.startsWith("/$bunfs/");
  return {
    argv,
    environment: { ...process.env, HOME: home },
    cwd: currentDirectory(),
    home,
    hostname: hostname(),
    out,
    err,
    readLine: canAsk ? () => lineFrom(process.stdin, signal) : null,
    now: () => new Date(),
    signal,
    version,
    commit,
    binary: compiled ? [process.execPath] : [process.execPath, Bun.main],
  };
}

async function main(argv: readonly string[]): Promise<void> {
  const quick = quickAnswer(argv);
  if (quick !== null) {
    process.stdout.on("error", () => undefined).write(`${quick}\n`);
    return;
  }
  const { runCommandLine, reportBug } = await import("./cli.ts");
  const surroundings = surroundingsOf(argv);
  const onBug = (error: unknown): void => {
    process.exitCode = reportBug(surroundings, error);
  };
  process.on("uncaughtException", onBug);
  process.on("unhandledRejection", onBug);
  // The exit code is set and the process left to end by itself: leaving at once would cut off what is still being written.
  const exit = await runCommandLine(surroundings);
  process.exitCode ||= exit;
}

await main(process.argv.slice(2));
