// The folder as `init` finds it, and how it becomes a checkout. Whatever arrives is made ready in a directory of its
// own inside the folder and moved up entry by entry, `.git` last: after a cut the next `init` goes on from there.

import { lstatSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Failure, systemCode } from "../failure.ts";
import { fetchBranch, type Remote } from "../git/remote.ts";
import { Git } from "../git/shell.ts";
import { quoted } from "../paste.ts";

/** Where what arrives is made ready; never complete, so it can be removed at any time. */
const ARRIVING = ".petesbrain-sync-arriving";
/** The same, complete: only moving up is left to do. */
const ARRIVED = ".petesbrain-sync-arrived";
/** The Finder's own file makes no folder full. */
const NOTHING: readonly string[] = [ARRIVING, ".DS_Store"];

export type FolderKind = "empty" | "plain" | "checkout" | "arrived";

export interface Origin {
  /** Name of the git remote to be. */
  readonly name: string;
  readonly url: string;
  readonly branch: string;
}

/** @throws Failure `permission-denied`, `not-a-repository` */
export function surveyFolder(folder: string): FolderKind {
  try {
    const names = readdirSync(folder);
    if (names.includes(".git")) return "checkout";
    if (names.includes(ARRIVED)) return "arrived";
    return names.every((name) => NOTHING.includes(name)) ? "empty" : "plain";
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT") return "empty";
    if (code === "ENOTDIR")
      throw new Failure("not-a-repository", {
        cause: `${folder} is a file, not a folder`,
        remedy: [`ls -l ${quoted(folder)}`],
      });
    if (code === null) throw error;
    throw new Failure("permission-denied", {
      cause: `${folder} cannot be read (${code})`,
      remedy: [`ls -ld ${quoted(folder)}`],
      because: error,
    });
  }
}

/** A fresh repository in the arriving directory, its remote and branch set up, nothing fetched. */
async function prepare(git: Git, folder: string, origin: Origin): Promise<{ inner: Git; arriving: string }> {
  const arriving = join(folder, ARRIVING);
  try {
    rmSync(arriving, { recursive: true, force: true });
    mkdirSync(arriving, { recursive: true });
  } catch (error) {
    throw new Failure("permission-denied", {
      cause: `nothing can be made in ${folder} (${systemCode(error) ?? "no reason given"})`,
      remedy: [`ls -ld ${quoted(folder)}`],
      because: error,
    });
  }
  const inner = new Git({ ...git.place, folder: arriving });
  const { branch, name, url } = origin;
  await inner.words(["init", "--quiet", `--initial-branch=${branch}`]);
  await inner.words(["remote", "add", "--", name, url]);
  await inner.words(["config", `branch.${branch}.remote`, name]);
  await inner.words(["config", `branch.${branch}.merge`, `refs/heads/${branch}`]);
  return { inner, arriving };
}

/** Makes a checkout of the folder as it is: nothing in it is touched, nothing is fetched. */
export async function makeCheckout(git: Git, folder: string, origin: Origin): Promise<void> {
  const { arriving } = await prepare(git, folder, origin);
  renameSync(join(arriving, ".git"), join(folder, ".git"));
  rmSync(arriving, { recursive: true });
}

async function fetchInto(inner: Git, origin: Origin, remote: Remote): Promise<void> {
  const found = await fetchBranch(inner, { ...remote, name: origin.name }, false);
  if (found === "absent") throw new Error(`the branch ${origin.branch} went away while it was being fetched`);
  const tracking = `refs/remotes/${origin.name}/${origin.branch}`;
  await inner.run(["update-ref", `refs/heads/${origin.branch}`, tracking]);
}

/** Brings the remote's branch into an empty place. */
export async function bringIn(git: Git, folder: string, origin: Origin, remote: Remote): Promise<void> {
  const { inner, arriving } = await prepare(git, folder, origin);
  try {
    await fetchInto(inner, origin, remote);
    await inner.run(["reset", "--hard", "--quiet"]);
    renameSync(arriving, join(folder, ARRIVED));
  } catch (error) {
    rmSync(arriving, { recursive: true, force: true });
    throw error;
  }
  await finishBringingIn(git, folder);
}

/** Moves up what has arrived, `.git` last. */
export async function finishBringingIn(git: Git, folder: string): Promise<void> {
  const arrived = join(folder, ARRIVED);
  const names = readdirSync(arrived).filter((name) => name !== ".git");
  for (const name of names) renameSync(join(arrived, name), guardAgainstOverwriting(folder, name));
  renameSync(join(arrived, ".git"), join(folder, ".git"));
  rmSync(arrived, { recursive: true });
  // renaming changed the entries' times, which the index remembers
  await new Git({ ...git.place, folder }).run(["update-index", "-q", "--refresh"], { accept: [0, 1] });
}

function guardAgainstOverwriting(folder: string, name: string): string {
  const target = join(folder, name);
  if (name === ".DS_Store") return target;
  try {
    lstatSync(target);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return target;
    throw error;
  }
  throw new Failure("halted", {
    cause: `${target} appeared while the remote's files were being brought in`,
    paths: [name],
    remedy: [`mv ${quoted(target)} ${quoted(`${target}.mine`)}`, `petesbrain-sync init ${quoted(folder)}`],
  });
}

/**
 * Makes a checkout of a plain folder that holds exactly what the remote's branch does.
 * @returns the paths that differ; empty when the folder was adopted. Nothing is changed otherwise.
 */
export async function adoptEqual(git: Git, folder: string, origin: Origin, remote: Remote): Promise<string[]> {
  const { inner, arriving } = await prepare(git, folder, origin);
  try {
    await fetchInto(inner, origin, remote);
    writeFileSync(join(arriving, ".git", "info", "exclude"), `/${ARRIVING}/\n`);
    const environment = { GIT_DIR: join(arriving, ".git"), GIT_WORK_TREE: folder };
    const outer = new Git({ ...git.place, folder });
    await outer.run(["add", "--all"], { environment });
    const text = await outer.run(["diff-index", "--cached", "--name-only", "-z", "HEAD"], { environment });
    const different = Buffer.from(text.stdout)
      .toString("utf8")
      .split("\0")
      .filter((path) => path !== "");
    if (different.length === 0) {
      writeFileSync(join(arriving, ".git", "info", "exclude"), "");
      renameSync(join(arriving, ".git"), join(folder, ".git"));
    }
    return different;
  } finally {
    rmSync(arriving, { recursive: true, force: true });
  }
}
