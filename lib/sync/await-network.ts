// Waiting for the network before a scheduled run: on wake the scheduler is there before the network is. A name that
// resolves is enough; whatever goes wrong after that is the run's own to say.
import type { Git } from "../git/shell.ts";
import { runProgram, systemEnvironment } from "../machine/command.ts";
import type { Environment } from "../machine/context.ts";

export interface NetworkWait {
  /** Says whether a host's name can be resolved now. */
  readonly resolves: (host: string) => Promise<boolean>;
  readonly sleep: (ms: number) => Promise<void>;
  /** A clock that is never set back, milliseconds. */
  readonly elapsedMs: () => number;
  readonly longestMs: number;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5_000;

/** Waits until the name resolves; false when it did not within the time. */
export async function waitForName(host: string, wait: NetworkWait): Promise<boolean> {
  const began = wait.elapsedMs();
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    if (await wait.resolves(host)) return true;
    const leftMs = wait.longestMs - (wait.elapsedMs() - began);
    if (leftMs <= 0) return false;
    await wait.sleep(Math.min(pauseMs, leftMs));
  }
}

export interface RemoteHost {
  /** As the URL has it, with the user before it where there is one. */
  readonly login: string;
  readonly host: string;
  readonly isSsh: boolean;
}

/** The host in a remote's URL; null for a path, which needs no network. Source: git-fetch(1), "GIT URLS". */
export function hostOfUrl(url: string): RemoteHost | null {
  const full = /^([a-z][a-z0-9+.-]*):\/\/(?:([^@/]*)@)?(\[[^\]]*\]|[^/:]*)/i.exec(url);
  if (full !== null) {
    const [, scheme = "", user, bracketed = ""] = full;
    const host = bracketed.replace(/^\[|\]$/g, "");
    if (scheme.toLowerCase() === "file" || host === "") return null;
    const isSsh = /^(?:git\+)?ssh(?:\+git)?$/i.test(scheme);
    return { login: user === undefined || !isSsh ? host : `${user}@${host}`, host, isSsh };
  }
  const short = /^(?:([^@/:]+)@)?(\[[^\]]*\]|[^/:@]+):/.exec(url);
  if (short === null) return null;
  const [, user, bracketed = ""] = short;
  const host = bracketed.replace(/^\[|\]$/g, "");
  return { login: user === undefined ? host : `${user}@${host}`, host, isSsh: true };
}

const PROXIES = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] as const;
const SSH_TIMEOUT_MS = 10_000;

/**
 * The host whose name tells whether the network is up; null where none would: a path, a proxy that knows the names,
 * an ssh command of the user's own. What ssh's configuration calls by another name is looked up there.
 */
export async function nameToWaitFor(
  git: Git,
  remote: string,
  environment: Environment,
  signal: AbortSignal,
): Promise<string | null> {
  const { stdout, exit } = await git.run(["remote", "get-url", "--", remote], { accept: [0, 2, 128] });
  const found = exit === 0 ? hostOfUrl(Buffer.from(stdout).toString("utf8").trim()) : null;
  if (found === null) return null;
  if (!found.isSsh) {
    const proxy = await git.run(["config", "--get-regexp", String.raw`^http\..*proxy$`], { accept: [0, 1] });
    const isProxied = proxy.exit === 0 || PROXIES.some((name) => (environment[name] ?? "") !== "");
    return isProxied ? null : found.host;
  }
  const own = await git.run(["config", "--get", "core.sshCommand"], { accept: [0, 1] });
  if (own.exit === 0 || environment["GIT_SSH_COMMAND"] !== undefined) return null;
  const said = await runProgram(["ssh", "-G", "--", found.login], {
    environment: systemEnvironment(environment),
    timeoutMs: SSH_TIMEOUT_MS,
    signal,
  });
  if (said.exit !== 0) return found.host;
  if (/^proxy(?:command|jump) (?!none$)/m.test(said.stdout)) return null;
  return /^hostname (\S+)$/m.exec(said.stdout)?.[1] ?? found.host;
}
