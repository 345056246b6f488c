// Plain git as a person types it, under a fixed identity, clock, zone and locale. Never the product's own door to git.

export interface GitText {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

const WHEN = "2026-01-04T10:25:00Z";

/** The environment of one machine of a test: its own home, no configuration of the computer it runs on. */
export function machineEnvironment(home: string): Record<string, string> {
  return {
    HOME: home,
    PATH: process.env["PATH"] ?? "/usr/bin:/bin",
    TMPDIR: process.env["TMPDIR"] ?? "/tmp",
    LC_ALL: "C",
    TZ: "UTC",
    GIT_CONFIG_NOSYSTEM: "1",
    // what the tests do is not shown on the screen of whoever runs them
    PETESBRAIN_SYNC_NOTIFICATIONS: "off",
  };
}

/** Runs git in `folder` and returns what it answered, whatever the exit code. Takes no optional lock. */
export function gitAnswer(folder: string, home: string, args: readonly string[], input?: string): GitText {
  const child = Bun.spawnSync(["git", ...args], {
    cwd: folder,
    env: {
      ...machineEnvironment(home),
      GIT_OPTIONAL_LOCKS: "0",
      GIT_TERMINAL_PROMPT: "0",
      GIT_AUTHOR_DATE: WHEN,
      GIT_COMMITTER_DATE: WHEN,
    },
    stdin: input === undefined ? "ignore" : Buffer.from(input),
  });
  return { exit: child.exitCode, stdout: child.stdout.toString(), stderr: child.stderr.toString() };
}

/** Like `gitAnswer`, for commands that must succeed: returns the output without its last line end. */
export function gitText(folder: string, home: string, args: readonly string[], input?: string): string {
  const answer = gitAnswer(folder, home, args, input);
  if (answer.exit !== 0)
    throw new Error(`git ${args.join(" ")} ended with ${answer.exit}: ${answer.stderr}${answer.stdout}`);
  return answer.stdout.replace(/\n$/, "");
}
