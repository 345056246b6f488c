// Where the machines meet, as `init` finds it: which git looks, whether the address may be used, what is there.
import { Failure } from "../failure.ts";
import { judgeUrl } from "../git/configuration.ts";
import { lookAtBranch, type Remote } from "../git/remote.ts";
import { type Git, GitError } from "../git/shell.ts";
import type { Settings } from "../machine/settings.ts";

const OLDEST_GIT = [2, 38] as const;

/** What a remote holds: its branches, and the one its HEAD names. */
export interface RemoteLook {
  readonly branches: readonly string[];
  readonly head: string | null;
}

/** @throws Failure `not-a-repository` for a git that lacks what runs need */
export async function guardAgainstOldGit(git: Git): Promise<void> {
  const text = await git.text(["--version"]);
  const [, major = "0", minor = "0"] = /(\d+)\.(\d+)/.exec(text) ?? [];
  const [oldestMajor, oldestMinor] = OLDEST_GIT;
  if (Number(major) > oldestMajor || (Number(major) === oldestMajor && Number(minor) >= oldestMinor)) return;
  throw new Failure("not-a-repository", {
    cause: `${text} is too old: ${OLDEST_GIT.join(".")} or newer is needed`,
    remedy: ["brew install git   # on a Mac; elsewhere from the system's packages"],
  });
}

/**
 * Refuses an address that holds credentials or is no safe way to a remote.
 * @throws Failure `halted`
 */
export function guardAgainstBadUrl(url: string, again: (url: string) => string): void {
  const { refusal, shown } = judgeUrl(url);
  if (refusal === null) return;
  const keychain = refusal.remedy.filter((command) => command.includes("credential"));
  throw new Failure("halted", { cause: refusal.cause, remedy: [...keychain, again(shown === url ? "URL" : shown)] });
}

/** The remote for git's door, by its name or, before there is one, by its address. */
export function remoteAt(url: string, name: string, branch: string, settings: Settings, signal: AbortSignal): Remote {
  const { shown, loopbackHttp } = judgeUrl(url);
  return {
    name,
    branch,
    shownUrl: shown,
    loopbackHttp,
    timeoutMs: settings.networkTimeoutMs,
    attempts: settings.networkAttempts,
    pause: (ms) => pauseFor(ms, signal),
  };
}

function pauseFor(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  signal.addEventListener("abort", () => resolve(), { once: true });
  return promise.finally(() => clearTimeout(timer));
}

/**
 * Asks an address what it holds.
 * @throws Failure `remote-unreachable`, `remote-rejected`
 */
export async function lookAtRemote(git: Git, remote: Remote): Promise<RemoteLook> {
  const environment: Record<string, string> = remote.loopbackHttp ? { GIT_ALLOW_PROTOCOL: "https:ssh:file:http" } : {};
  const args = ["ls-remote", "--quiet", "--symref", "--end-of-options", remote.name];
  try {
    const text = await git.text(args, { timeoutMs: remote.timeoutMs, environment });
    const lines = text.split("\n");
    const branches = lines.flatMap((line) => /^[0-9a-f]{40,64}\trefs\/heads\/(.+)$/.exec(line)?.[1] ?? []);
    const head = lines.flatMap((line) => /^ref: refs\/heads\/(.+)\tHEAD$/.exec(line)?.[1] ?? [])[0] ?? null;
    return { branches: branches.filter((branch) => !branch.startsWith("petesbrain-sync/")), head };
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    // asked again by the call that tries several times and knows what each refusal means
    const found = await lookAtBranch(git, remote);
    return { branches: found === "absent" ? [] : [remote.branch], head: null };
  }
}
