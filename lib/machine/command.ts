// The one runner for programs of the system other than git: launchctl, systemctl, osascript. Words are handed over as
// they are, no shell reads them; each child has its own process group, no terminal and a deadline.
import { watchChild } from "../git/watch-child.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export interface ProgramCall {
  /** The whole environment of the program; nothing is added to it. */
  readonly environment: Environment;
  /** Longest time the program may take, milliseconds. */
  readonly timeoutMs: number;
  /** When it fires, the program is ended and the signal's reason thrown. */
  readonly signal: AbortSignal;
  /** Written to standard input; without it the input is empty. */
  readonly input?: string;
  /** Working directory, absolute; the root directory when not given, for the caller's own may be gone or denied. */
  readonly cwd?: string;
  /** Time between TERM and KILL, milliseconds. Default two seconds. */
  readonly graceMs?: number;
}

export interface ProgramAnswer {
  /** 127 when the program could not be started; 128 and the signal's number when a signal ended it. */
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The deadline passed and the program's group was ended. */
  readonly timedOut: boolean;
}

/** What a program of the system needs to know of the session it works in. */
const KEPT = [
  "HOME",
  "USER",
  "LOGNAME",
  "PATH",
  "TMPDIR",
  "XDG_RUNTIME_DIR",
  "XDG_CONFIG_HOME",
  "DBUS_SESSION_BUS_ADDRESS",
  "DISPLAY",
  "WAYLAND_DISPLAY",
  "SSH_AUTH_SOCK",
] as const;

/** The environment of a program of the system: the session's own variables, and texts that are the same everywhere. */
export function systemEnvironment(environment: Environment): Record<string, string> {
  const kept: Record<string, string> = { LC_ALL: "C" };
  for (const name of KEPT) {
    const value = environment[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}

const NOT_STARTED = 127;

/**
 * Runs a program to its end, whatever that is: a failure is in the answer.
 * @throws the signal's reason when the run was told to end
 */
export async function runProgram(argv: readonly string[], call: ProgramCall): Promise<ProgramAnswer> {
  call.signal.throwIfAborted();
  let child: ReturnType<typeof start>;
  try {
    child = start(argv, call);
  } catch (error) {
    const stderr = `${argv[0]} cannot be started: ${error instanceof Error ? error.message : String(error)}`;
    return { exit: NOT_STARTED, stdout: "", stderr, timedOut: false };
  }
  const watch = watchChild(child, call);
  try {
    const [stdout, stderr, exit] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    call.signal.throwIfAborted();
    return { exit, stdout, stderr, timedOut: watch.timedOut() };
  } finally {
    watch.end();
  }
}

function start(argv: readonly string[], call: ProgramCall) {
  return Bun.spawn([...argv], {
    cwd: call.cwd ?? "/",
    env: { ...call.environment },
    stdin: call.input === undefined ? "ignore" : Buffer.from(call.input),
    stdout: "pipe",
    stderr: "pipe",
    detached: true,
  });
}
