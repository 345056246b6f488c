// Ends a child process, and all that it started, when the run is told to end or a deadline passes.

const KILL_GRACE_MS = 2_000;

/** Over one child. */
export interface ChildWatch {
  readonly timedOut: () => boolean;
  /** The deadline begins again. */
  readonly begin: () => void;
  /** There is no deadline until it begins again. */
  readonly rest: () => void;
  /** The child has ended: nothing is watched any more. */
  readonly end: () => void;
}

export interface ChildBounds {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** Time between TERM and KILL. Default two seconds. */
  readonly graceMs?: number | undefined;
}

/** Watches the child's whole group: TERM first, KILL after a grace. The deadline begins at once. */
export function watchChild({ pid }: { readonly pid: number }, bounds: ChildBounds): ChildWatch {
  const { signal, timeoutMs, graceMs = KILL_GRACE_MS } = bounds;
  let timedOut = false;
  let grace: Timer | undefined;
  const killGroup = (name: NodeJS.Signals): void => {
    try {
      process.kill(-pid, name);
    } catch (error) {
      // ESRCH: the group has ended by itself, which is what was wanted
      if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
    }
  };
  const end = (): void => {
    killGroup("SIGTERM");
    // told to end and too late as well: one grace is enough
    grace ??= setTimeout(() => killGroup("SIGKILL"), graceMs);
  };
  let deadline: Timer;
  let isOver = false;
  const begin = (): void => {
    clearTimeout(deadline);
    // a deadline for what has ended would keep the whole program waiting
    if (isOver) return;
    deadline = setTimeout(() => {
      timedOut = true;
      end();
    }, timeoutMs);
  };
  begin();
  signal.addEventListener("abort", end, { once: true });
  return {
    timedOut: () => timedOut,
    begin,
    rest: () => clearTimeout(deadline),
    end: () => {
      isOver = true;
      clearTimeout(deadline);
      if (grace !== undefined) {
        clearTimeout(grace);
        killGroup("SIGKILL"); // what outlived its parent
      }
      signal.removeEventListener("abort", end);
    },
  };
}
