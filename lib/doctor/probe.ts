// What a run needs, tried for real and in little: read the folder, write beside it, start git, reach the remote. The
// same is tried in a shell and under launchd; where the answers differ, it is privacy, the search path or credentials.
import { closeSync, openSync, readdirSync, readSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Failure, systemCode } from "../failure.ts";
import { readConfiguration } from "../git/configuration.ts";
import { searchPath } from "../git/git-environment.ts";
import { lookAtBranch } from "../git/remote.ts";
import { locateRepository } from "../git/repository.ts";
import { Git } from "../git/shell.ts";
import type { Context } from "../machine/context.ts";

/** In the order in which they are tried. */
export const PROBES = ["folder", "write", "git", "remote"] as const;
export type ProbeName = (typeof PROBES)[number];

export interface ProbeResult {
  readonly probe: ProbeName;
  readonly ok: boolean;
  /** What was found, or what stood in the way. */
  readonly says: string;
}

const REMOTE_MS = 20_000;

const REASONS: Readonly<Record<string, string>> = {
  EPERM: "operation not permitted: macOS keeps this place from the program (EPERM)",
  EACCES: "permission denied by the modes of the file or a folder above (EACCES)",
  ENOENT: "it is not there (ENOENT)",
  EDEADLK: "its bytes are in the cloud, and this program may not fetch them (EDEADLK)",
};

function reasonOf(error: unknown): string {
  const code = systemCode(error);
  const known = code === null ? undefined : REASONS[code];
  if (known !== undefined) return known;
  return error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
}

/** Opens one file, for a look at names alone succeeds where contents are denied. */
function readFolder({ folder }: Context): string {
  const entries = readdirSync(folder, { withFileTypes: true });
  const file = entries.find((entry) => entry.isFile());
  if (file === undefined) return `${entries.length} entries, none of them a file`;
  const handle = openSync(join(folder, file.name), "r");
  try {
    readSync(handle, new Uint8Array(1));
  } finally {
    closeSync(handle);
  }
  return `${entries.length} entries`;
}

function writeBeside({ folder }: Context): string {
  const path = join(locateRepository(folder).gitDir, "petesbrain-sync.probe");
  writeFileSync(path, "probe\n", { mode: 0o600 });
  rmSync(path);
  return "a file was written and removed";
}

async function startGit(context: Context): Promise<string> {
  const git = new Git(context);
  await git.text(["rev-parse", "--git-dir"]);
  const path = Bun.which("git", { PATH: searchPath(context.environment) });
  return `${path}, ${(await git.text(["--version"])).replace(/^git version /, "")}`;
}

async function reachRemote(context: Context): Promise<string> {
  const { remote, branch } = context.settings;
  const git = new Git(context);
  const { shownUrl, loopbackHttp, sshCommand } = await readConfiguration(git, remote);
  const pause = (): Promise<void> => Promise.resolve();
  const asked = { name: remote, branch, shownUrl, loopbackHttp, timeoutMs: REMOTE_MS, attempts: 1, pause };
  const head = await lookAtBranch(git.withSshCommand(sshCommand), asked);
  return head === "absent" ? `${shownUrl} answers, and has no ${branch} yet` : `${shownUrl} answers without a question`;
}

const WORK: Readonly<Record<ProbeName, (context: Context) => string | Promise<string>>> = {
  folder: readFolder,
  write: writeBeside,
  git: startGit,
  remote: reachRemote,
};

/** Tries one thing. A failure is an answer. */
export async function probe(context: Context, name: ProbeName): Promise<ProbeResult> {
  try {
    return { probe: name, ok: true, says: await WORK[name](context) };
  } catch (error) {
    context.signal.throwIfAborted();
    return { probe: name, ok: false, says: error instanceof Failure ? error.message : reasonOf(error) };
  }
}

const END = "end of probes";

/** One line for each result, as a program prints them for another. */
export function formatProbe(result: ProbeResult): string {
  return JSON.stringify(result);
}

export const LAST_LINE = JSON.stringify(END);

/** Reads what was printed; lines of anything else are passed over, a missing result is a probe that never came back. */
export function parseProbes(text: string): ProbeResult[] {
  return text.split("\n").flatMap((line) => {
    if (!line.startsWith("{")) return [];
    try {
      const { probe: name, ok, says } = JSON.parse(line) as Partial<ProbeResult>;
      return name !== undefined && ok !== undefined && says !== undefined ? [{ probe: name, ok, says }] : [];
    } catch {
      return []; // cut off in the middle: the same as not there
    }
  });
}
