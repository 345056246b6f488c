// Setting up a machine: adopts a checkout, makes one of a plain folder, or brings the remote's files into an empty
// place. Every step finds out first what is there, so that it can be run again at any time and after any cut.

import { existsSync, mkdirSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { Failure } from "../failure.ts";
import { locateRepository } from "../git/repository.ts";
import { Git } from "../git/shell.ts";
import type { Environment } from "../machine/context.ts";
import { runName } from "../machine/identity.ts";
import type { Log } from "../machine/log.ts";
import { BUILT_IN, type Settings, settingsPaths } from "../machine/settings.ts";
import { writeSettings } from "../machine/settings-writer.ts";
import { pasted, quoted } from "../paste.ts";
import { writeExcludes } from "./excludes.ts";
import { firstBaseline } from "./first-baseline.ts";
import { adoptEqual, bringIn, type FolderKind, finishBringingIn, makeCheckout, surveyFolder } from "./init-folder.ts";
import { guardAgainstBadUrl, guardAgainstOldGit, lookAtRemote, remoteAt } from "./init-remote.ts";
import { settleLeftovers } from "./leftovers.ts";
import type { Report } from "./report.ts";

export interface InitRequest {
  /** Absolute; may not exist yet. */
  readonly folder: string;
  /** Absolute; what a relative path to a remote starts from. */
  readonly cwd: string;
  /** Null: not said on the command line. */
  readonly role: string | null;
  readonly remote: string | null;
  readonly branch: string | null;
  readonly settings: Settings;
  readonly home: string;
  readonly environment: Environment;
  readonly log: Log;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  readonly onStep: (step: string) => void;
  /** Null where there is nobody to ask. */
  readonly ask: ((question: string) => Promise<string | null>) | null;
  readonly yes: boolean;
}

/** What `init` did, in the order it was done; empty when all was as it should be. */
type Deeds = string[];

function again(request: InitRequest, more: string): string {
  const role = request.role ?? (request.settings.sources["role"] === "built-in" ? "desktop" : request.settings.role);
  return `petesbrain-sync init ${quoted(request.folder)} --role ${role}${more}`;
}

async function chooseRole(request: InitRequest): Promise<string> {
  const known = request.settings.sources["role"] === "built-in" ? null : request.settings.role;
  const role =
    request.role ??
    known ??
    (await request.ask?.("which machine is this: desktop, laptop or another name?"))?.trim() ??
    "";
  const remedy = [again({ ...request, role: "desktop" }, "")];
  if (role === "")
    throw new Failure("usage", { cause: "init needs this machine's role: desktop, laptop or another name", remedy });
  const { BRANCH_SCHEMA, faultOf, ROLE_SCHEMA } = await import("../machine/settings-keys.ts");
  const fault = faultOf(ROLE_SCHEMA, role);
  if (fault !== null) throw new Failure("usage", { cause: `--role ${fault}, which "${role}" is not`, remedy });
  const branchFault = request.branch === null ? null : faultOf(BRANCH_SCHEMA, request.branch);
  if (branchFault !== null)
    throw new Failure("usage", { cause: `--branch ${branchFault}, which "${request.branch}" is not`, remedy });
  return role;
}

/** The address as git is to remember it: a path is made absolute, for git would read it from the folder. */
async function chooseUrl(request: InitRequest): Promise<string> {
  const url = (
    request.remote ??
    (await request.ask?.("where do the machines meet (https, ssh or a path)?")) ??
    ""
  ).trim();
  if (url === "") {
    throw new Failure("usage", {
      cause: "init needs the remote where the machines meet",
      remedy: [again(request, " --remote URL")],
    });
  }
  guardAgainstBadUrl(url, (good) => again(request, ` --remote ${good}`));
  if (url.startsWith("~/")) return join(request.home, url.slice(2));
  return isPath(url) ? resolve(request.cwd, url) : url;
}

/** As git tells paths from addresses: a colon before the first slash makes it one of a host. */
function isPath(url: string): boolean {
  return isAbsolute(url) || !/^[^/]*:/.test(url);
}

async function agree(request: InitRequest, question: string): Promise<void> {
  if (request.yes || request.ask === null) return;
  const answer = ((await request.ask(`${question} [Y/n]`)) ?? "no").trim();
  if (/^(|y|yes)$/i.test(answer)) return;
  throw new Failure("interrupted", {
    cause: "nothing was set up, as you answered",
    remedy: [again(request, " --yes")],
  });
}

/** The branch said by the person, else by the settings; null where neither does. */
function saidBranch({ branch, settings }: InitRequest): string | null {
  return branch ?? (settings.sources["branch"] === "built-in" ? null : settings.branch);
}

async function adoptCheckout(request: InitRequest, git: Git, deeds: Deeds): Promise<string> {
  const { settings, folder } = request;
  locateRepository(folder);
  const head = await git.run(["symbolic-ref", "--quiet", "--short", "HEAD"], { accept: [0, 1] });
  const current = Buffer.from(head.stdout).toString("utf8").trimEnd();
  const wanted = saidBranch(request);
  if (current === "") {
    throw new Failure("not-a-repository", {
      cause: `${folder} has a detached HEAD, not a branch`,
      remedy: [`git -C ${quoted(folder)} switch ${pasted(wanted ?? BUILT_IN.branch)}`],
    });
  }
  if (wanted !== null && wanted !== current) {
    throw new Failure("not-a-repository", {
      cause: `${folder} is on the branch ${current}, not on ${wanted}`,
      remedy: [`git -C ${quoted(folder)} switch ${pasted(wanted)}`, again(request, ` --branch ${pasted(current)}`)],
    });
  }
  const known = await git.run(["config", "--get-all", `remote.${settings.remote}.url`], { accept: [0, 1] });
  const [url] = Buffer.from(known.stdout).toString("utf8").split("\n");
  if (url !== undefined && url !== "") {
    guardAgainstBadUrl(url, (good) => `git -C ${quoted(folder)} remote set-url ${settings.remote} ${good}`);
    const asked = request.remote === null ? url : await chooseUrl(request);
    // git takes a relative path from the top of the checkout
    if (asked === url || (isPath(url) && asked === resolve(folder, url))) return current;
    throw new Failure("halted", {
      cause: `${folder} already has a remote ${settings.remote}: ${url}`,
      remedy: [`git -C ${quoted(folder)} remote set-url ${settings.remote} ${quoted(asked)}`],
    });
  }
  const chosen = await chooseUrl(request);
  await lookAtRemote(git, remoteAt(chosen, chosen, current, settings, request.signal));
  await git.words(["remote", "add", "--", settings.remote, chosen]);
  deeds.push(`added the remote ${settings.remote}`);
  return current;
}

function differs(request: InitRequest, url: string, different: readonly string[]): Failure {
  const { folder } = request;
  return new Failure("halted", {
    cause: `${folder} and the remote both hold files, and they differ in ${different.length}; which are right is for you to say`,
    paths: different,
    remedy: [
      `mv ${quoted(folder)} ${quoted(`${folder}.before`)}`,
      again(request, ` --remote ${quoted(url)}`),
      `diff -r ${quoted(`${folder}.before`)} ${quoted(folder)}`,
    ],
  });
}

async function makeFolder(request: InitRequest, git: Git, kind: FolderKind, deeds: Deeds): Promise<string> {
  const { settings, folder, signal } = request;
  const url = await chooseUrl(request);
  const first = saidBranch(request) ?? BUILT_IN.branch;
  request.onStep("look at the remote");
  const look = await lookAtRemote(git, remoteAt(url, url, first, settings, signal));
  const branch = saidBranch(request) ?? look.head ?? look.branches[0] ?? BUILT_IN.branch;
  const origin = { name: settings.remote, url, branch };
  if (look.branches.length > 0 && !look.branches.includes(branch)) {
    const cause = `the remote has no branch ${branch}; it has ${look.branches.slice(0, 5).join(", ")}`;
    throw new Failure("not-a-repository", {
      cause,
      remedy: [again(request, ` --remote ${quoted(url)} --branch ${pasted(look.branches[0] ?? "")}`)],
    });
  }
  if (look.branches.length === 0) {
    await agree(request, `make ${folder} a synced folder whose files go to ${url}?`);
    await makeCheckout(git, folder, origin);
    deeds.push("made the folder a checkout; the remote is still empty: push publishes everything");
    return branch;
  }
  const remote = remoteAt(url, url, branch, settings, signal);
  request.onStep("bring in the remote's files");
  if (kind === "empty") {
    await bringIn(git, folder, origin, remote);
    deeds.push("brought in the remote's files");
    return branch;
  }
  const different = await adoptEqual(git, folder, origin, remote);
  if (different.length > 0) throw differs(request, url, different);
  deeds.push("made the folder a checkout: it held exactly what the remote does");
  return branch;
}

/** The nearest directory that exists, to start git in. */
function standing(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : standing(dirname(folder));
}

async function openGit(request: InitRequest, folder: string): Promise<Git> {
  const git = new Git({
    folder,
    environment: request.environment,
    signal: request.signal,
  });
  const answer = await git.run(["config", "--get", "core.sshCommand"], { accept: [0, 1] });
  const command = Buffer.from(answer.stdout).toString("utf8").trimEnd();
  return git.withSshCommand(command === "" ? null : command);
}

interface Arrangement {
  readonly role: string;
  readonly branch: string;
  /** The folder was a checkout before. */
  readonly isAdopted: boolean;
}

/** Everything that makes the folder a checkout of the remote, and finds out or asks what it needs for that. */
async function arrange(request: InitRequest, deeds: Deeds): Promise<Arrangement> {
  const { folder } = request;
  const role = await chooseRole(request);
  const git = await openGit(request, standing(folder));
  await guardAgainstOldGit(git);
  const kind = surveyFolder(folder);
  if (kind === "empty" || kind === "plain") {
    return { role, branch: await makeFolder(request, git, kind, deeds), isAdopted: false };
  }
  if (kind === "arrived") await finishBringingIn(git, folder);
  return { role, branch: await adoptCheckout(request, git, deeds), isAdopted: true };
}

/** Excludes, this product's own directory, the settings: what every folder has once it is set up. */
function furnish(request: InitRequest, { role, branch }: Arrangement, deeds: Deeds): void {
  const { folder, settings, home, environment } = request;
  const repository = locateRepository(folder);
  if (!existsSync(repository.stateDir)) mkdirSync(repository.stateDir, { mode: 0o700 });
  if (writeExcludes(repository)) deeds.push("excluded this tool's own files from git");
  const { machine } = settingsPaths({ home, environment, folder });
  if (firstBaseline(request)) deeds.push("wrote the first baseline (.sync-checksums.json)");
  const isUsual = branch === BUILT_IN.branch && settings.sources["branch"] === "built-in";
  if (writeSettings(machine, { folder, role, ...(isUsual ? {} : { branch }) })) deeds.push(`wrote ${machine}`);
}

/**
 * Sets this machine up for a folder.
 * @throws Failure `usage`, `halted`, `not-a-repository`, `permission-denied`, `remote-unreachable`, `remote-rejected`
 */
export async function init(request: InitRequest): Promise<Report> {
  const started = performance.now();
  const run = runName(request.now());
  const deeds: Deeds = [];
  const arrangement = await arrange(request, deeds);
  furnish(request, arrangement, deeds);
  const { role, branch, isAdopted } = arrangement;
  const git = await openGit(request, request.folder);
  const leftovers = await settleLeftovers({ folder: request.folder, home: request.home, git });
  const found = await git.run(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"], { accept: [0, 1] });
  const head = Buffer.from(found.stdout).toString("utf8").trimEnd() || null;
  request.log.write("sync", "info", run, "init", { folder: request.folder, role, branch, changed: deeds.length });
  return {
    schema: 1,
    command: "init",
    run,
    outcome: deeds.length === 0 ? "up-to-date" : "synced",
    exit: 0,
    machine: { name: request.settings.name, role },
    branch,
    head: { before: isAdopted ? head : null, after: head },
    remote: { before: null, after: null },
    files: { added: [], modified: [], deleted: [], merged: [], conflicts: [], heldBack: [] },
    verified: { critical: 0, changed: 0, attestedBy: null },
    snapshot: null,
    rolledBack: false,
    durationMs: Math.round(performance.now() - started),
    steps: [],
    failure: null,
    notes: [...deeds, ...leftovers],
  };
}
