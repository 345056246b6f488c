// The program's entry, and the only place that touches the process: arguments, environment, streams, clock, signals.
// Version and help are answered from here without loading yargs, consola or the engine.
import { homedir, hostname } from "node:os";
import { FAILURES, Failure, systemCode } from "../lib/failure.ts";
import { COMMANDS } from "./help.ts";
import { PROGRAM } from "./help-form.ts";
import { formatCommandHelp, formatOverview } from "./help-words.ts";
import { wordsFor } from "./old-names.ts";
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
  const asksVersion =
    (words.length === 0 && options.includes("--version")) || (first === "version" && words.length === 1);
  if (!asksVersion || options.some((word) => !["--version", "version", "--json"].includes(word))) return null;
  if (json) return JSON.stringify({ schema: 1, command: "version", exit: 0, version, commit, failure: null });
  return `${PROGRAM} ${version} (${commit.slice(0, 12)})`;
}

interface Outlet extends Output {
  /** Resolves when everything is written, to what went wrong; null when nothing did. */
  settled(): Promise<unknown>;
}

/** The width of a terminal that does not say, and of what is none. */
const COLUMNS = 80;
/** What was written last, to either stream: both reach a terminal in the order in which they were written. */
let written: Promise<void> = Promise.resolve();

/** Not `process.stdout`, whose first use costs more than the whole start of the program (8 ms, measured). */
function outletTo(file: Bun.BunFile, descriptor: 1 | 2): Outlet {
  let fault: unknown = null;
  const put = async (before: Promise<void>, text: string): Promise<void> => {
    await before;
    if (fault !== null) return;
    try {
      await Bun.write(file, text);
    } catch (error) {
      fault = error;
    }
  };
  return {
    write: (text) => {
      written = put(written, text);
    },
    get isTerminal() {
      return isTerminal(descriptor);
    },
    get columns() {
      return isTerminal(descriptor) ? columnsOf(descriptor) : COLUMNS;
    },
    settled: () => written.then(() => fault),
  };
}

/** Loads nothing before it is asked, and node:tty only for what may be a terminal: an agent's streams are files or nothing. */
function isTerminal(descriptor: 0 | 1 | 2): boolean {
  try {
    const { fstatSync, statSync } = process.getBuiltinModule("node:fs");
    const found = fstatSync(descriptor);
    const mayBe = found.isCharacterDevice() && found.rdev !== statSync("/dev/null").rdev;
    return mayBe && process.getBuiltinModule("node:tty").isatty(descriptor);
  } catch {
    return false; // closed
  }
}

/** The stream is made when it is first asked for its width (8 ms, measured); it learns of a window that changes. */
function columnsOf(descriptor: 1 | 2): number {
  return (descriptor === 1 ? process.stdout : process.stderr).columns || COLUMNS;
}

/** Says that output was lost, unless its reader went away by itself (`history | head -1`): that never ends a run. */
async function endOutput(out: Outlet, err: Outlet, exit: number): Promise<number> {
  const fault = await out.settled();
  await err.settled();
  if (fault === null || systemCode(fault) === "EPIPE") return exit;
  err.write(`failed: the output could not be written (${systemCode(fault) ?? String(fault)})\n`);
  await err.settled();
  return exit === 0 ? FAILURES.internal.exit : exit;
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

function surroundingsOf(argv: readonly string[], out: Output, err: Output): Surroundings {
  const signal = endingSignal();
  const home = homedir();
  const canAsk = err.isTerminal && isTerminal(0);
  const compiled = Bun.main.startsWith("/$bunfs/");
  return {
    argv,
    environment: { ...process.env, HOME: home },
    cwd: process.cwd(),
    home,
    hostname: hostname(),
    out,
    err,
    readLine: canAsk ? () => lineFrom(process.stdin, signal) : null,
    now: () => new Date(),
    signal,
    version,
    commit,
    platform: process.platform,
    userId: process.getuid?.() ?? -1,
    binary: compiled ? [process.execPath] : [process.execPath, Bun.main],
  };
}

async function main(argv: readonly string[]): Promise<void> {
  const out = outletTo(Bun.stdout, 1);
  const err = outletTo(Bun.stderr, 2);
  const quick = quickAnswer(argv);
  if (quick !== null) {
    out.write(`${quick}\n`);
    process.exitCode = await endOutput(out, err, 0);
    return;
  }
  const { runCommandLine, reportBug } = await import("./cli.ts");
  const surroundings = surroundingsOf(argv, out, err);
  const onBug = async (error: unknown): Promise<void> => {
    process.exitCode = FAILURES.internal.exit;
    await reportBug(surroundings, error);
  };
  process.on("uncaughtException", onBug);
  process.on("unhandledRejection", onBug);
  // The exit code is set and the process left to end by itself: leaving at once would cut off what is still being written.
  const exit = await endOutput(out, err, await runCommandLine(surroundings));
  process.exitCode ||= exit;
}

// `argv0` is the name the program was called by, also through a link; `execPath` and `argv` are always the same.
await main(wordsFor(process.argv0, process.argv.slice(2)));
