// One run of one command on one folder: what it holds while it works, and how it begins and ends. Every run takes the
// lock, recovers what an earlier one left, and ends in a report, a history row and a log line, whatever happened.
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Failure, systemCode } from "../failure.ts";
import { faultPoint } from "../fault.ts";
import { type Configuration, readConfiguration } from "../git/configuration.ts";
import type { Remote } from "../git/remote.ts";
import { locateRepository, type Repository } from "../git/repository.ts";
import { Git } from "../git/shell.ts";
import type { Context } from "../machine/context.ts";
import { runName } from "../machine/identity.ts";
import { holderNote, type Lock, takeLock } from "../machine/lock.ts";
import { State } from "../machine/state.ts";
import { pause } from "./pause.ts";
import { preflight } from "./preflight.ts";
import { recover } from "./recover.ts";
import type { Report } from "./report.ts";

export interface Session {
  readonly context: Context;
  readonly command: string;
  readonly run: string;
  readonly repository: Repository;
  readonly git: Git;
  readonly state: State;
  readonly report: Report;
  /** Directory of this run, on the folder's own file system. Absolute; made when first needed. */
  readonly workDir: string;
  /** What undoing this run would mean: from which tree to which; set by the run when it changed something. */
  undo: { from: string; to: string } | null;
  /** git's configuration, being read since the session began. */
  readonly configuration: Promise<Configuration>;
}

/** Lines that keep our own files out of the user's history. */
const EXCLUDES = ["/.sync-checksums.json", "/.sync-snapshot/", "/data/alerts/"];

/** Runs one step of a session under its name: timed, shown, logged, a place where a test may strike. */
export async function step<T>(session: Session, name: string, work: () => Promise<T> | T): Promise<T> {
  const entry = { name, ms: 0, ok: false };
  session.report.steps.push(entry);
  session.context.onStep(name);
  session.context.signal.throwIfAborted();
  faultPoint(`step ${name}`);
  const started = performance.now();
  try {
    const value = await work();
    entry.ok = true;
    return value;
  } finally {
    entry.ms = Math.round(performance.now() - started);
  }
}

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
  const run = report.run;
  const lock = takeLock(repository.stateDir, holderNote(run, command, context.now()));
  try {
    const git = new Git({
      folder: repository.folder,
      environment: context.environment,
      signal: context.signal,
      hooks: context.settings.hooks,
      sshCommand: null,
    });
    const workDir = join(workRoot(repository), run);
    const state = State.open(repository.stateDir);
    const configuration = readConfiguration(git, context.settings.remote);
    // awaited where it is needed; until then a failure must not count as unhandled
    configuration.catch(() => undefined);
    const session: Session = {
      context,
      command,
      run,
      repository,
      git,
      state,
      report,
      workDir,
      undo: null,
      configuration,
    };
    await step(session, "recover", () => recover(session));
    sweep(repository);
    await step(session, "preflight", () => preflight(session));
    return { session, lock };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** An empty report for a run that begins now. */
export function newReport(context: Context, command: string): Report {
  return {
    schema: 1,
    command,
    run: runName(context.now()),
    outcome: "failed",
    exit: 1,
    machine: { name: context.settings.name, role: context.settings.role },
    branch: context.settings.branch,
    head: { before: null, after: null },
    remote: { before: null, after: null },
    files: { added: [], modified: [], deleted: [], merged: [], conflicts: [], heldBack: [] },
    verified: { critical: 0, changed: 0, attestedBy: null },
    snapshot: null,
    rolledBack: false,
    durationMs: 0,
    steps: [],
    failure: null,
    notes: [],
  };
}

/** The remote as this session talks to it. */
export function remoteOf(session: Session, configuration: Configuration): Remote {
  const { settings, signal } = session.context;
  return {
    name: settings.remote,
    branch: settings.branch,
    shownUrl: configuration.shownUrl,
    loopbackHttp: configuration.loopbackHttp,
    timeoutMs: settings.networkTimeoutMs,
    attempts: settings.networkAttempts,
    pause: (ms) => pause(ms, signal),
  };
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
        remedy: [`ls -ld '${repository.gitDir}'   # the repository must belong to you and be writable`],
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

/** Adds our own files to the repository's private exclude list, once. */
export function writeExcludes(repository: Repository): void {
  const path = join(repository.commonDir, "info", "exclude");
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  const lacking = EXCLUDES.filter((line) => !text.split("\n").includes(line));
  if (lacking.length === 0) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${text}${text === "" || text.endsWith("\n") ? "" : "\n"}${lacking.join("\n")}\n`);
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
}
