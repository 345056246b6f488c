// The snapshots of a folder, newest first.
import { listRefs } from "../git/refs.ts";
import { locateRepository } from "../git/repository.ts";
import { Git } from "../git/shell.ts";
import type { Context } from "../machine/context.ts";
import { readHistory } from "../machine/history.ts";
import { runStart } from "../machine/identity.ts";
import { runOfRef, SNAPSHOTS } from "./keep.ts";

export interface SnapshotInfo {
  /** The name of the run that took it; what `rollback` is given. */
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly takenAt: string;
  /** Command of the run, null when history no longer knows it. */
  readonly command: string | null;
  /** The run that took it ended and said how; false for one that was cut off. */
  readonly complete: boolean;
  readonly commit: string;
}

/** Reads the snapshots of the folder; empty where there are none. */
export async function listSnapshots(context: Context): Promise<SnapshotInfo[]> {
  const repository = locateRepository(context.folder);
  const git = new Git({
    folder: repository.folder,
    environment: context.environment,
    signal: context.signal,
  });
  const refs = await listRefs(git, SNAPSHOTS);
  const runs = new Map(
    readHistory(repository.stateDir, { limit: 10_000 }).map((entry, n) => [entry.run, { ...entry, n }]),
  );
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
        commit,
      });
  }
  // names tell the second only; within one, history knows which run came later
  const rank = (id: string): number => runs.get(id)?.n ?? -1;
  return found.sort((a, b) => b.takenAt.localeCompare(a.takenAt) || rank(a.id) - rank(b.id));
}
