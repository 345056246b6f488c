// How a run begins: its private place, the lock, the recovery of what an earlier run left, the preflight.

import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { Failure, systemCode } from "../failure.ts";
import { readConfiguration } from "../git/configuration.ts";
import { locateRepository, type Repository } from "../git/repository.ts";
import { Git } from "../git/shell.ts";
import { Contents } from "../integrity/contents.ts";
import type { Context } from "../machine/context.ts";
import { pathMatcher } from "../machine/globs.ts";
import { holderNote, type Lock, takeLock } from "../machine/lock.ts";
import { State } from "../machine/state.ts";
import { quoted } from "../paste.ts";
import { dropCopies, sweepCopies } from "../snapshot/copies.ts";
import { writeExcludes } from "./excludes.ts";
import { journalExists } from "./journal.ts";
import { preflight } from "./preflight.ts";
import type { Opening } from "./recover.ts";
import type { Report } from "./report.ts";
import { freeRunName } from "./run-name.ts";
import { type Session, step } from "./session.ts";
import { TreeEntries } from "./tree-entries.ts";

/**
 * Opens a session for a command that may write: lock, recovery, preflight. The caller closes it.
 * @throws {Failure} of kind `not-a-repository`, `locked`, `recovery-pending`, `permission-denied`, `rollback-failed`.
 */
export async function openSession(
  context: Context,
  command: string,
  report: Report,
): Promise<{ session: Session; lock: Lock }> {
  const repository = locateRepository(context.folder);
  prepareStateDir(repository);
  const run = freeRunName(repository, report.run, context.now);
  report.run = run;
  const git = new Git({
    folder: repository.folder,
    environment: context.environment,
    signal: context.signal,
    hooks: context.settings.hooks,
    keepsReader: true,
  });
  const lock = takeLock(repository.stateDir, holderNote(run, command, context.now()));
  try {
    const workDir = join(workRoot(repository), run);
    const configuration = readConfiguration(git, context.settings.remote);
    // awaited where it is needed; until then a failure must not count as unhandled
    configuration.catch(() => undefined);
    const opening = { context, command, run, repository, git, report, workDir, configuration };
    // before the history is opened: should that be damaged, the folder is put right all the same
    await step(opening, "recover", () => recoverIfCutOff(opening));
    const state = State.open(repository.stateDir);
    const session: Session = {
      ...opening,
      state,
      undo: null,
      contents: new Contents(context.settings.critical),
      allowedHits: [],
      resolver: null,
      dryRun: false,
      answers: [],
      tracked: null,
      copies: null,
      trees: new Map(),
      entries: new TreeEntries(git, state, pathMatcher(context.settings.critical)),
      background: [],
      pulse: { reached: null, dirty: 0 },
    };
    sweep(repository);
    await step(session, "preflight", () => preflight(session));
    return { session, lock };
  } catch (error) {
    await git.objects?.end();
    lock.release();
    throw error;
  }
}

/** What recovers is loaded only where an earlier run was cut off. */
async function recoverIfCutOff(opening: Opening): Promise<void> {
  if (!journalExists(opening.repository.stateDir)) return;
  const { recover } = await import("./recover.ts");
  await recover(opening);
}

/** Waits for what goes on in the background, and takes back what was begun for nothing. The lock is still held. */
export async function quietSession({ git, background, copies, report, repository, run }: Session): Promise<void> {
  await Promise.allSettled(background);
  await git.objects?.end();
  if (copies !== null && report.snapshot === null) dropCopies(repository.folder, [run]);
}

function prepareStateDir(repository: Repository): void {
  try {
    if (!existsSync(repository.stateDir)) mkdirSync(repository.stateDir, { mode: 0o700 });
    if ((statSync(repository.stateDir).mode & 0o077) !== 0) chmodSync(repository.stateDir, 0o700);
    writeExcludes(repository);
  } catch (error) {
    const code = systemCode(error);
    if (code === "EACCES" || code === "EPERM" || code === "EROFS") {
      throw new Failure("permission-denied", {
        cause: `${repository.stateDir} cannot be written (${code})`,
        remedy: [`ls -ld ${quoted(repository.gitDir)}   # the repository must belong to you and be writable`],
        because: error,
      });
    }
    if (code === "ENOSPC" || code === "EDQUOT") {
      throw new Failure("snapshot-failed", {
        cause: `the disk is full (${code})`,
        remedy: ["df -h ."],
        because: error,
      });
    }
    throw error;
  }
}

/** Where runs keep what they stage: on the folder's own file system, so that a rename can put it in place. */
function workRoot(repository: Repository): string {
  const sameDevice = statSync(repository.stateDir).dev === statSync(repository.folder).dev;
  return sameDevice ? join(repository.stateDir, "work") : join(repository.folder, ".sync-snapshot", "work");
}

/** Removes what killed runs left of their preparations; recovery has taken all that counts. */
function sweep(repository: Repository): void {
  for (const root of [join(repository.stateDir, "work"), join(repository.folder, ".sync-snapshot", "work")]) {
    if (existsSync(root))
      for (const name of readdirSync(root)) rmSync(join(root, name), { recursive: true, force: true });
  }
  sweepCopies(repository.folder);
}
