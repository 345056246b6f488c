// One run of one command on one folder: what it holds while it works, and how its steps are named and timed.
import { faultPoint } from "../fault.ts";
import type { Configuration } from "../git/configuration.ts";
import type { Remote } from "../git/remote.ts";
import type { Repository } from "../git/repository.ts";
import type { Git } from "../git/shell.ts";
import type { Hit } from "../guard.ts";
import type { Contents } from "../integrity/contents.ts";
import type { ShadowPlace } from "../integrity/shadow.ts";
import type { Context } from "../machine/context.ts";
import type { State } from "../machine/state.ts";
import type { Resolution } from "../merge/resolution.ts";
import type { StorePlace } from "../snapshot/store-files.ts";
import type { FolderLook } from "../snapshot/take.ts";
import type { Resolver } from "./conflict.ts";
import { pause } from "./pause.ts";
import type { Report } from "./report.ts";
import type { TreeEntries } from "./tree-entries.ts";

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
  /** Critical files' entries in trees, and the trees of commits. */
  readonly entries: TreeEntries;
  /** Folders of git's trees that this run has read. */
  readonly trees: ShadowPlace["trees"];
  /** What guards learned of the contents in this run. */
  readonly contents: Contents;
  /** What guards found and a person let pass in this run. */
  readonly allowedHits: Hit[];
  /** Who answers for conflicts in this run; null where nobody can be asked. */
  resolver: Resolver | null;
  /** Nothing is kept of what this run finds out. */
  dryRun: boolean;
  /** What people answered in this run. */
  readonly answers: Resolution[];
  /** Number of files in HEAD, where the index says it. */
  tracked: { readonly commit: string; readonly files: number } | null;
  /** Copies of the watched files that are being made for a snapshot of the folder as it was found. */
  copies: { readonly of: FolderLook; readonly made: Promise<void> } | null;
  /** git's configuration, being read since the session began. */
  readonly configuration: Promise<Configuration>;
  /** What this machine's record will say of the folder; filled in as the run learns it. */
  readonly pulse: {
    /** How the remote is talked to, once it has answered in this run. */
    reached: { readonly git: Git; readonly remote: Remote } | null;
    /** Files that differ from HEAD. */
    dirty: number;
  };
  /** Work that was begun and is awaited where it is needed; a run does not end before all of it has. */
  readonly background: Promise<unknown>[];
}

/** Runs one step of a session under its name: timed, shown, logged, a place where a test may strike. */
export async function step<T>(
  session: Pick<Session, "report" | "context">,
  name: string,
  work: () => Promise<T> | T,
): Promise<T> {
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

/** Lets work go on that is awaited later, if at all: its failure counts only there, and the run ends after it. */
export function inBackground<T>(session: Session, work: Promise<T>): Promise<T> {
  // what comes of it is for whoever waits for it: held here, git's longest answers would stay to the end of the run
  session.background.push(
    work.then(
      () => undefined,
      () => undefined,
    ),
  );
  return work;
}

/** What SHA-256 digests of whole trees are computed with in this session. */
export async function shadowPlace(session: Session): Promise<ShadowPlace> {
  const { oidBytes } = await session.configuration;
  return { git: session.git, state: session.state, oidBytes, trees: session.trees };
}

/** What contents and trees are written into git's store with in this session. */
export async function storePlace(session: Session): Promise<ShadowPlace & StorePlace> {
  return { ...(await shadowPlace(session)), repository: session.repository };
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
