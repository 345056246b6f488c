// The one door to git. `run` passes bytes through exactly (`Bun.spawn`, no shell); `words` is the comfortable variant
// for the few commands of setting up, through zx. Each child has its own process group, no terminal and a deadline.

import { statSync } from "node:fs";
import { Failure, systemCode } from "../failure.ts";
import { faultPoint } from "../fault.ts";
import { quoted } from "../paste.ts";
import { tidy } from "../tidy.ts";
import { gitEnvironment, gitOptions, searchPath } from "./git-environment.ts";
import { type Dialogue, ObjectReader } from "./object-reader.ts";
import { watchChild } from "./watch-child.ts";

export interface GitCall {
  /** Written to the command's standard input; without it the input is empty. */
  readonly input?: Uint8Array | string;
  /** Index file to use instead of the repository's own. Absolute. */
  readonly indexFile?: string;
  /** Exit codes that are answers, not failures. Default: only 0. */
  readonly accept?: readonly number[];
  /** Longest time the command may take, milliseconds. Default ten minutes. */
  readonly timeoutMs?: number;
  /** Receives the output piece by piece instead of `stdout`, for answers that may be larger than memory. */
  readonly onOutput?: (piece: Uint8Array) => void;
  /** Leaves the flushing of new objects to the caller (`flushObjects`), who does it for many at once. */
  readonly unflushed?: boolean;
  /** Configuration for this command only, `key=value` each. */
  readonly config?: readonly string[];
  /** Working directory instead of the repository's. Absolute. */
  readonly folder?: string;
  /** More environment variables for this command. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface GitAnswer {
  readonly exit: number;
  readonly stdout: Uint8Array;
  readonly stderr: string;
}

/** A git command that ended in a way nobody asked for. Callers that know what it means turn it into a `Failure`. */
export class GitError extends Error {
  readonly command: string;
  readonly exit: number;
  readonly stderr: string;
  readonly timedOut: boolean;

  constructor(command: string, answer: { exit: number; stderr: string; timedOut: boolean }) {
    super(
      `git ${command} ended with ${answer.timedOut ? "its deadline" : answer.exit}: ${answer.stderr.trim().slice(0, 2000)}`,
    );
    this.name = "GitError";
    this.command = command;
    this.exit = answer.exit;
    this.stderr = answer.stderr;
    this.timedOut = answer.timedOut;
  }
}

export interface GitPlace {
  /** Working directory of the commands. Absolute. */
  readonly folder: string;
  /** The process's environment; reduced to what git may see. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Run the user's hooks. Default: none runs. */
  readonly hooks?: boolean;
  /** The user's `core.sshCommand`; plain ssh without it. */
  readonly sshCommand?: string | null;
  /** Objects are asked of one git that stays up. Who sets this ends it: `git.objects.end()`. */
  readonly keepsReader?: boolean;
  /** The one that is up already. */
  readonly objects?: ObjectReader | null;
}

const DEFAULT_TIMEOUT_MS = 600_000;
/** Told to end while it makes a lock, it leaves that behind, once in fifty times (measured, git 2.39); it takes milliseconds. */
const CARRIED_THROUGH = "update-ref";
const NEVER = new AbortController().signal;

export class Git {
  readonly place: GitPlace;
  /** Reads objects where one git stays up for it; null where each question is a command of its own. */
  readonly objects: ObjectReader | null;
  private readonly program: string;
  private readonly options: string[];
  private readonly environment: Record<string, string>;

  /** @throws {Failure} `not-a-repository` when there is no git on the search path. */
  constructor(place: GitPlace) {
    this.place = place;
    this.program = findGit(place.environment);
    this.options = gitOptions(place.hooks ?? false);
    this.environment = gitEnvironment(place.environment, place.sshCommand ?? null);
    const open = (): Dialogue => this.talk(["cat-file", "--batch-command", "--buffer"]);
    this.objects = place.keepsReader === true ? (place.objects ?? new ObjectReader(open)) : null;
  }

  /** The same door for work that must be carried through even when the run was told to end. */
  unstoppable(): Git {
    return new Git({ ...this.place, signal: new AbortController().signal, keepsReader: false });
  }

  /** Which git program this is, changing when it is replaced: path, size and modification time. */
  programState(): string {
    const { size, mtimeMs } = statSync(this.program);
    return `${this.program}:${size}:${mtimeMs}`;
  }

  /** The same door with the user's ssh command, once the configuration has been read. */
  withSshCommand(sshCommand: string | null): Git {
    return sshCommand === (this.place.sshCommand ?? null)
      ? this
      : new Git({ ...this.place, sshCommand, objects: this.objects });
  }

  /**
   * Runs a git command and returns its output bytes.
   * @throws {GitError} for an exit code that was not accepted, or when the deadline passed.
   * @throws the signal's reason when the run was told to end.
   */
  async run(args: readonly string[], call: GitCall = {}): Promise<GitAnswer> {
    const command = args[0] ?? "";
    faultPoint(`git ${command}`);
    const { signal } = this.place;
    signal.throwIfAborted();
    const environment = { ...this.environment, ...call.environment };
    if (call.indexFile !== undefined) environment["GIT_INDEX_FILE"] = call.indexFile;
    const child = this.start([...optionsOf(call), ...args], environment, inputOf(call), call.folder);
    const watch = watchChild(child, {
      signal: command === CARRIED_THROUGH ? NEVER : signal,
      timeoutMs: call.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    });
    try {
      const output = call.onOutput === undefined ? child.stdout.bytes() : drain(child.stdout, call.onOutput);
      const [stdout, stderr, exit] = await Promise.all([output, child.stderr.text(), child.exited]);
      signal.throwIfAborted();
      if (watch.timedOut() || !(call.accept ?? [0]).includes(exit)) {
        throw new GitError(command, { exit, stderr, timedOut: watch.timedOut() });
      }
      faultPoint(`git ${command} done`);
      return { exit, stdout, stderr };
    } catch (error) {
      // whoever was told of its output may have failed, and it would go on by itself; told so, it takes its locks away
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
      throw error;
    } finally {
      watch.end();
    }
  }

  private start<In extends "ignore" | "pipe" | Uint8Array>(
    args: readonly string[],
    environment: Record<string, string>,
    stdin: In,
    folder = this.place.folder,
  ): Bun.Subprocess<In, "pipe", "pipe"> {
    return Bun.spawn([this.program, ...this.options, ...args], {
      cwd: folder,
      env: environment,
      stdin,
      stdout: "pipe",
      stderr: "pipe",
      detached: true,
    });
  }

  /** Starts a git command that is spoken with. */
  private talk(args: readonly string[]): Dialogue {
    const { signal } = this.place;
    signal.throwIfAborted();
    const child = this.start(args, this.environment, "pipe");
    const watch = watchChild(child, { signal, timeoutMs: DEFAULT_TIMEOUT_MS });
    const pieces = child.stdout.getReader();
    const stderr = child.stderr.text();
    const ended = child.exited.finally(watch.end);
    let unsaid: unknown;
    const send = async (text: string): Promise<void> => {
      try {
        await child.stdin.write(text);
        await child.stdin.flush();
      } catch (error) {
        // one that has ended says nothing more either, and how it ended is what counts
        if (systemCode(error) === "EPIPE") return;
        unsaid = error;
        child.kill("SIGKILL");
      }
    };
    return {
      say: (text) => {
        signal.throwIfAborted();
        watch.begin();
        void send(text);
      },
      hear: async () => {
        const { value } = await pieces.read();
        signal.throwIfAborted();
        if (unsaid !== undefined) throw unsaid;
        return value ?? null;
      },
      rest: watch.rest,
      requireExit: async (accept) => {
        const exit = await ended;
        signal.throwIfAborted();
        if (watch.timedOut() || !accept.includes(exit))
          throw new GitError(args[0] ?? "", { exit, stderr: await stderr, timedOut: watch.timedOut() });
      },
      end: async () => {
        watch.begin();
        await child.stdin.end();
        await ended;
      },
      kill: () => {
        child.kill("SIGKILL");
      },
    };
  }

  /** Runs a git command whose output is short text, such as an object id. Trailing line end removed. */
  async text(args: readonly string[], call: GitCall = {}): Promise<string> {
    const answer = await this.run(args, call);
    return Buffer.from(answer.stdout).toString("utf8").trimEnd();
  }

  /**
   * Runs a git command through zx: for setting up, where a few milliseconds do not count and output is text.
   * zx is loaded at the first call, because its import costs more than a whole `git status`.
   */
  async words(args: readonly string[], call: { timeoutMs?: number } = {}): Promise<string> {
    const { $ } = await import("zx");
    const answer = await $({
      cwd: this.place.folder,
      env: this.environment,
      shell: "/bin/sh",
      prefix: "exec ",
      postfix: "",
      quote: quoted,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
      quiet: true,
      nothrow: true,
      signal: this.place.signal,
      timeout: `${call.timeoutMs ?? DEFAULT_TIMEOUT_MS}ms`,
    })`${[this.program, ...this.options, ...args]}`;
    this.place.signal.throwIfAborted();
    if (answer.exitCode !== 0) {
      const timedOut = answer.signal !== null;
      throw new GitError(args[0] ?? "", { exit: answer.exitCode ?? -1, stderr: answer.stderr, timedOut });
    }
    return answer.stdout.trimEnd();
  }
}

function inputOf(call: GitCall): "ignore" | Uint8Array {
  if (call.input === undefined) return "ignore";
  return typeof call.input === "string" ? Buffer.from(call.input) : call.input;
}

/** Not `all,-loose-object`: git takes components away from its default before it adds others (git-config(1), core.fsync). */
const UNFLUSHED = "core.fsync=pack,pack-metadata,reference";

function optionsOf(call: GitCall): string[] {
  const settings = call.unflushed === true ? [UNFLUSHED, ...(call.config ?? [])] : (call.config ?? []);
  return settings.flatMap((setting) => ["-c", setting]);
}

const TIDY_AFTER_BYTES = 256 * 1024;

async function drain(stream: ReadableStream<Uint8Array>, onOutput: (piece: Uint8Array) => void): Promise<Uint8Array> {
  let since = 0;
  for await (const piece of stream) {
    onOutput(piece);
    since += piece.length;
    if (since < TIDY_AFTER_BYTES) continue;
    // pieces that were looked at would pile up by the megabyte before the runtime tidies by itself (measured)
    tidy(since);
    since = 0;
  }
  return new Uint8Array();
}

function findGit(environment: Readonly<Record<string, string | undefined>>): string {
  const found = Bun.which("git", { PATH: searchPath(environment) });
  if (found !== null) return found;
  throw new Failure("not-a-repository", {
    cause: "git is not installed, or not on the PATH of this process",
    remedy: ["xcode-select --install   # on a Mac; elsewhere install git 2.38 or newer"],
  });
}
