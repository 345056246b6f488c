// What must hold before a run begins: nothing of the user's under way, the right branch, no git at work, a git that
// is new enough. Each refusal names the way out of the state it found.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../failure.ts";
import { foreignLock, refuseUnfinishedStates } from "../git/repository.ts";
import { pasted, quoted } from "../paste.ts";
import { lockedByGit } from "./adopt.ts";
import { pause } from "./pause.ts";
import type { Session } from "./session.ts";

const LOCK_WAIT_MS = 3_000;
const LOCK_POLL_MS = 100;

/** @throws {Failure} `not-a-repository` or `locked`. */
export async function preflight(session: Session): Promise<void> {
  const { repository, context } = session;
  refuseUnfinishedStates(repository);
  const head = readFileSync(join(repository.gitDir, "HEAD"), "utf8").trim();
  const { branch } = context.settings;
  if (head !== `ref: refs/heads/${branch}`) throw wrongBranch(session, head);
  const until = performance.now() + LOCK_WAIT_MS;
  const refs = [`refs/heads/${branch}`, `refs/remotes/${context.settings.remote}/${branch}`];
  for (let lock = foreignLock(repository, refs); lock !== null; lock = foreignLock(repository, refs)) {
    if (performance.now() > until) throw lockedByGit(lock);
    await pause(LOCK_POLL_MS, context.signal);
    context.signal.throwIfAborted();
  }
  await requireGit(session);
}

function wrongBranch(session: Session, head: string): Failure {
  const { branch } = session.context.settings;
  const other = /^ref: refs\/heads\/(.+)$/.exec(head)?.[1];
  const state = other === undefined ? "HEAD is detached" : `the branch ${other} is checked out`;
  const remedy = [`git switch ${pasted(branch)}`];
  if (other !== undefined)
    remedy.push(
      `petesbrain-sync init ${quoted(session.repository.folder)} --branch ${pasted(other)}   # if that is the branch to sync`,
    );
  return new Failure("not-a-repository", { cause: `${state}, but ${branch} is the branch that is synced`, remedy });
}

const OLDEST_GIT = [2, 38] as const;

/** Checks git's version once for each git program on this machine, not in every run. */
async function requireGit(session: Session): Promise<void> {
  const key = `git ${session.git.programState()}`;
  if (session.state.fact("git-checked") === key) return;
  const text = await session.git.words(["version"], { timeoutMs: 20_000 }).catch((error: unknown) => {
    session.context.signal.throwIfAborted(); // a run that is told to end says that, and nothing of git
    throw new Failure("not-a-repository", {
      cause: `git does not run: ${error instanceof Error ? error.message : String(error)}`,
      remedy: ["xcode-select --install   # on a Mac; elsewhere install git 2.38 or newer"],
      because: error,
    });
  });
  const [, major = "0", minor = "0"] = /(\d+)\.(\d+)/.exec(text) ?? [];
  if (Number(major) < OLDEST_GIT[0] || (Number(major) === OLDEST_GIT[0] && Number(minor) < OLDEST_GIT[1])) {
    throw new Failure("not-a-repository", {
      cause: `${text} is too old: 2.38 or newer is needed`,
      remedy: ["brew install git   # or update the Command Line Tools: softwareupdate --list"],
    });
  }
  session.state.setFact("git-checked", key);
}
