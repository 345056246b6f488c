// The snapshots of a folder, newest first: when and before what each was taken, and on request why it is kept and what
// it holds.
import { surroundingFailure } from "../failure.ts";
import { parseTree } from "../git/parse.ts";
import { listRefs } from "../git/refs.ts";
import { locateRepository } from "../git/repository.ts";
import { Git } from "../git/shell.ts";
import type { Context } from "../machine/context.ts";
import { readCommands } from "../machine/history.ts";
import { runStart } from "../machine/identity.ts";
import { bytesOfCopies, readCopiesOrNull } from "./copies.ts";
import { runOfRef, SNAPSHOTS } from "./keep.ts";
import { KEEP_AT_LEAST, retain } from "./retention.ts";
import { spaceInGit, spaceOfCopies } from "./space.ts";

export interface SnapshotInfo {
  /** The name of the run that took it; what `rollback` is given. */
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly takenAt: string;
  /** Command of the run, null when history no longer knows it. */
  readonly command: string | null;
  /** The run that took it ended and said how; false for one that was cut off. */
  readonly complete: boolean;
  /** It was cut off: history knows runs before it, and not this one. */
  readonly cutOff: boolean;
  readonly commit: string;
}

/** The same, with why it is kept and what was copied for it. */
export interface SnapshotAccount extends SnapshotInfo {
  /** Why retention keeps it; where it does not, that it goes soon. */
  readonly kept: string;
  readonly copies: {
    /** Copied files; null where there are no copies, or their manifest is damaged. */
    readonly files: number | null;
    readonly bytes: number;
    /** There are copies, and what they are can no longer be told. */
    readonly damaged: boolean;
  };
}

/** What all snapshots together take. */
export interface SnapshotSpace {
  readonly copiesBytes: number;
  /** Objects that only snapshots hold. */
  readonly gitBytes: number;
  readonly mostBytes: number;
}

/** What one snapshot holds in git. */
export interface SnapshotContents {
  readonly files: number;
  /** Sum of the files' sizes. */
  readonly bytes: number;
}

function gitOf(context: Context): { git: Git; stateDir: string } {
  const { folder, stateDir } = locateRepository(context.folder);
  return { git: new Git({ folder, environment: context.environment, signal: context.signal }), stateDir };
}

const RUNS_LOOKED_AT = 100_000;

/** Reads the snapshots of the folder; empty where there are none. */
export async function listSnapshots(context: Context): Promise<SnapshotInfo[]> {
  const { git, stateDir } = gitOf(context);
  const refs = await listRefs(git, SNAPSHOTS);
  const known = commandsIfSound(stateDir);
  const oldest = runStart(known.at(-1)?.run ?? "")?.getTime() ?? Number.POSITIVE_INFINITY;
  const runs = new Map(known.map(({ run, command }, n) => [run, { command, n }]));
  const found: SnapshotInfo[] = [];
  for (const [ref, commit] of refs) {
    const id = runOfRef(ref);
    const takenAt = runStart(id);
    if (takenAt !== null)
      found.push({
        id,
        takenAt: takenAt.toISOString(),
        command: runs.get(id)?.command ?? null,
        complete: runs.has(id),
        // names tell the second only: one of the same second is not older than history
        cutOff: !runs.has(id) && takenAt.getTime() >= oldest,
        commit,
      });
  }
  return newestFirst(found, (id) => runs.get(id)?.n ?? null);
}

/**
 * History knows which run came later, whatever the clock said; snapshots that it does not know go where their times put
 * them.
 * @param rank 0 for the newest run; null for one that history does not know.
 */
function newestFirst(found: readonly SnapshotInfo[], rank: (id: string) => number | null): SnapshotInfo[] {
  const known = found.filter(({ id }) => rank(id) !== null).sort((a, b) => (rank(a.id) ?? 0) - (rank(b.id) ?? 0));
  const others = found.filter(({ id }) => rank(id) === null).sort((a, b) => a.id.localeCompare(b.id));
  for (const other of others) {
    const at = known.findIndex(({ takenAt }) => takenAt <= other.takenAt);
    known.splice(at < 0 ? known.length : at, 0, other);
  }
  return known;
}

/** The snapshots are in git, and a damaged history does not hide them: just then they are needed. */
function commandsIfSound(stateDir: string): { readonly run: string; readonly command: string }[] {
  try {
    return readCommands(stateDir, RUNS_LOOKED_AT);
  } catch (error) {
    if (surroundingFailure(error)?.kind === "recovery-pending") return [];
    throw error;
  }
}

/** The snapshots with why each is kept and what was copied for it. */
export async function accountOfSnapshots(context: Context): Promise<SnapshotAccount[]> {
  const snapshots = await listSnapshots(context);
  const judged = retain(
    snapshots.map(({ id, takenAt }) => ({ run: id, takenAt: new Date(takenAt) })),
    context.now(),
  );
  const reasons = new Map([
    ...judged.keep.map(({ run, reason }) => [run, reason] as const),
    ...judged.drop.map(({ run, reason }) => [run, `goes with one of the next runs: ${reason}`] as const),
  ]);
  return snapshots.map((snapshot) => {
    const copies = readCopiesOrNull(context.folder, snapshot.id);
    const damaged = copies === "damaged";
    const told = copies === null || damaged ? null : copies;
    return {
      ...snapshot,
      command: snapshot.command ?? told?.command ?? null,
      kept: reasons.get(snapshot.id) ?? `one of the newest ${KEEP_AT_LEAST}`,
      copies: {
        files: told === null ? null : told.files.length,
        bytes: bytesOfCopies(context.folder, snapshot.id),
        damaged,
      },
    };
  });
}

/** What the snapshots take on the disk. */
export async function spaceOfSnapshots(context: Context): Promise<SnapshotSpace> {
  const gitBytes = await spaceInGit(gitOf(context).git);
  return { copiesBytes: spaceOfCopies(context.folder), gitBytes, mostBytes: context.settings.snapshotsMostBytes };
}

/** What a snapshot holds: its files and their size. */
export async function contentsOfSnapshot(context: Context, commit: string): Promise<SnapshotContents> {
  const { git } = gitOf(context);
  const { stdout } = await git.run(["ls-tree", "-r", "-z", "--full-tree", "--end-of-options", commit]);
  const entries = parseTree(stdout);
  const input = [...entries.values()].map(({ oid }) => `${oid}\n`).join("");
  const sizes = await git.text(["cat-file", "--batch-check=%(objectsize)"], { input });
  const bytes = sizes.split("\n").reduce((sum, line) => sum + (/^\d+$/.test(line) ? Number(line) : 0), 0);
  return { files: entries.size, bytes };
}
