// git as a run meets it: which program, what its configuration does to it, whether the repository can be worked on, and
// who would answer for a password when nobody can be asked.
import { existsSync } from "node:fs";
import { readConfiguration } from "../git/configuration.ts";
import { searchPath } from "../git/git-environment.ts";
import { foreignLock, refuseUnfinishedStates } from "../git/repository.ts";
import type { Git } from "../git/shell.ts";
import { pasted } from "../paste.ts";
import { hostOfUrl } from "../sync/await-network.ts";
import { journalExists } from "../sync/journal.ts";
import { type Finding, isMac, ok, type Patient, problem, warning } from "./finding.ts";

const OLDEST = [2, 38] as const;
const SHIM = "/usr/bin/git";

async function configured(git: Git, key: string): Promise<string | null> {
  const answer = await git.run(["config", "--get", key], { accept: [0, 1] });
  return answer.exit === 0 ? Buffer.from(answer.stdout).toString("utf8").trim() : null;
}

/** Apple's git is a door to the developer tools: without them it opens a dialog and fails. */
async function checkShim({ place }: Patient, path: string): Promise<Finding | null> {
  if (path !== SHIM) return null;
  const answer = await place.tools.run(["xcode-select", "-p"]);
  if (answer.exit === 0) return null;
  const says = `${SHIM} needs Apple's developer tools, and xcode-select finds none (${answer.stderr.trim() || answer.exit})`;
  return problem("git program", says, ["xcode-select --install"]);
}

/** The git program: there, new enough, and not only a door to one that is missing. */
export async function checkGit(patient: Patient): Promise<Finding[]> {
  const { git, context } = patient;
  const path = Bun.which("git", { PATH: searchPath(context.environment) }) ?? "git";
  const shim = isMac(patient) ? await checkShim(patient, path) : null;
  if (shim !== null) return [shim];
  const text = await git.text(["--version"]);
  const [, major = "0", minor = "0"] = /(\d+)\.(\d+)/.exec(text) ?? [];
  const isOld = Number(major) < OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) < OLDEST[1]);
  if (isOld)
    return [problem("git program", `${path} is ${text}; ${OLDEST.join(".")} or newer is needed`, ["brew install git"])];
  return [ok("git program", `${path}, ${text}`)];
}

/** Settings of git's that hold up people and programs on a Mac; our own runs switch them off. */
export async function checkGitSettings({ git, place }: Patient): Promise<Finding[]> {
  // our own door sets it to false on the command line, which is not one of the files
  const all = await git.run(["config", "--show-origin", "--get-all", "core.fsmonitor"], { accept: [0, 1] });
  const lines = Buffer.from(all.stdout).toString("utf8").split("\n");
  const isOn = lines.some((line) => line.startsWith("file:") && !/\t(?:false|no|off|0)?$/i.test(line));
  if (!isOn || place.platform !== "darwin")
    return [ok("git settings", "nothing in git's configuration is known to hang")];
  const says =
    "core.fsmonitor is on, which lets git commands hang on a Mac; runs of this program switch it off, your own do not";
  return [warning("git settings", says, ["git config --global --unset core.fsmonitor"])];
}

/** The repository: nothing under way, the right branch, no lock left, nothing to recover. */
export async function checkRepository({ repository, git, context }: Patient): Promise<Finding[]> {
  refuseUnfinishedStates(repository);
  const { branch, remote } = context.settings;
  const configuration = await readConfiguration(git, remote);
  const head = await git.run(["symbolic-ref", "--quiet", "--short", "HEAD"], { accept: [0, 1] });
  const current = Buffer.from(head.stdout).toString("utf8").trim();
  if (current !== branch) {
    const says = `${current === "" ? "no branch" : current} is checked out, but ${branch} is synced`;
    return [problem("repository", says, [`git -C ${pasted(repository.folder)} switch ${branch}`])];
  }
  const lock = foreignLock(repository, [`refs/heads/${branch}`]);
  if (lock !== null) {
    const says = `git has left a lock, or is at work: ${lock}`;
    return [warning("repository", says, [`ps ax | grep '[g]it '   # when no git is at work: rm ${pasted(lock)}`])];
  }
  if (journalExists(repository.stateDir)) {
    const says = "a run was cut off; the next one puts the folder back first";
    return [problem("repository", says, ["petesbrain-sync pull   # recovers, then goes on"])];
  }
  return [ok("repository", `${branch}, with ${configuration.shownUrl}`)];
}

/** Who answers for a password or a key, for a run can ask nobody. */
export async function checkCredentials({ git, context, place }: Patient): Promise<Finding[]> {
  const url = await git.text(["remote", "get-url", "--", context.settings.remote]);
  const host = hostOfUrl(url);
  if (host === null) return [ok("credentials", "the remote is a path, which needs none")];
  if (!host.isSsh) {
    const helper = await configured(git, "credential.helper");
    if (helper !== null && helper !== "") return [ok("credentials", `git asks ${helper} for them`)];
    const says = `no credential helper is set, and nobody can be asked for the password of ${host.host}`;
    const keychain = place.platform === "darwin" ? "osxkeychain" : "store   # or libsecret, where it is installed";
    return [
      warning("credentials", says, [
        `git config --global credential.helper ${keychain}`,
        `git -C ${pasted(context.folder)} fetch   # log in once`,
      ]),
    ];
  }
  const keys = await place.tools.run(["ssh-add", "-l"]);
  if (keys.exit === 0)
    return [ok("credentials", `the ssh agent holds ${keys.stdout.trim().split("\n").length} key(s)`)];
  const config = `${place.home}/.ssh/config`;
  if (existsSync(config))
    return [ok("credentials", `the ssh agent holds no key; ${config} may name one without a passphrase`)];
  const says = "the ssh agent holds no key and there is no ~/.ssh/config: only a key without a passphrase will do";
  const add = place.platform === "darwin" ? "ssh-add --apple-use-keychain ~/.ssh/id_ed25519" : "ssh-add";
  return [warning("credentials", says, [add])];
}
