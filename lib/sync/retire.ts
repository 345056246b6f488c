// Lets old snapshots go by the rule of retention, once a run has left a new one. Failing to is no failure of the run.
import { listRefs } from "../git/refs.ts";
import { runStart } from "../machine/identity.ts";
import { bytesOfCopies, dropCopies, runsWithCopies } from "../snapshot/copies.ts";
import { dropRefs, runOfRef, SNAPSHOTS, STAGED, snapshotRef } from "../snapshot/keep.ts";
import { type Candidate, type Judged, retain, type Space } from "../snapshot/retention.ts";
import { ownSpaceInGit, spaceInGit, spaceOfCopies } from "../snapshot/space.ts";
import type { Session } from "./session.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * At most once an hour, drops the snapshots that retention does not keep, and once a day looks at the space that the
 * others take. Each one that goes is logged, with why.
 */
export async function dropOldSnapshots(session: Session): Promise<void> {
  if (!isDue(session, "retention-ran", HOUR_MS)) return;
  const now = session.context.now();
  const commits = new Map<string, string>();
  for (const [ref, commit] of await listRefs(session.git, SNAPSHOTS)) commits.set(runOfRef(ref), commit);
  const known = [...commits.keys()].flatMap((run): Candidate[] => {
    const takenAt = runStart(run);
    return takenAt === null ? [] : [{ run, takenAt }];
  });
  const byAge = retain(known, now);
  await dropAll(session, commits, byAge.drop);
  if (!isDue(session, "space-measured", DAY_MS)) return;
  const space = await measure(session);
  if (space.usedBytes <= space.mostBytes) return;
  const bySpace = retain(await weighed(session, byAge.keep, commits), now, space);
  await dropAll(session, commits, bySpace.drop);
  if (bySpace.overBound) noteOverBound(session, space);
}

/** Drops snapshots, and whatever else of theirs, or of runs without a snapshot, is still there. */
async function dropAll(session: Session, commits: Map<string, string>, drop: readonly Judged[]): Promise<void> {
  const { git, repository, context } = session;
  const refs = new Map<string, string>();
  for (const { run } of drop) {
    refs.set(snapshotRef(run), commits.get(run) ?? "");
    commits.delete(run);
  }
  for (const [ref, commit] of await listRefs(git, STAGED)) {
    if (!commits.has(ref.slice(STAGED.length + 1))) refs.set(ref, commit);
  }
  await dropRefs(git, refs);
  // copies go after their refs: what is listed has its copies
  dropCopies(
    repository.folder,
    runsWithCopies(repository.folder).filter((run) => !commits.has(run)),
  );
  for (const { run, reason } of drop)
    context.log.write("sync", "info", session.run, "snapshot-dropped", { snapshot: run, why: reason });
}

/** True once in each span of time, also after the clock was set back. */
function isDue({ state, context }: Session, fact: string, spanMs: number): boolean {
  const now = context.now().getTime();
  const last = Number(state.fact(fact) ?? 0);
  if (now - last < spanMs && now >= last) return false;
  state.setFact(fact, String(now));
  return true;
}

async function measure(session: Session): Promise<Space> {
  const { context, git, repository } = session;
  const usedBytes = spaceOfCopies(repository.folder) + (await spaceInGit(git));
  return { mostBytes: context.settings.snapshotsMostBytes, usedBytes };
}

/** Each snapshot with what dropping it would free. Costs a process each, so that it is asked only when space is short. */
async function weighed(
  { git, repository }: Session,
  kept: readonly Judged[],
  commits: ReadonlyMap<string, string>,
): Promise<Candidate[]> {
  const found: Candidate[] = [];
  for (const { run } of kept) {
    const takenAt = runStart(run);
    const inGit = await ownSpaceInGit(git, commits.get(run) ?? "", [...commits.values()]);
    if (takenAt !== null) found.push({ run, takenAt, bytes: inGit + bytesOfCopies(repository.folder, run) });
  }
  return found;
}

function noteOverBound({ report }: Session, space: Space): void {
  const [used, most] = [space.usedBytes, space.mostBytes].map((bytes) => `${Math.round(bytes / 1e6)} MB`);
  report.notes.push(
    `the snapshots take ${used}, and may take ${most} ([snapshots] most_mb); the newest twenty stay all the same: petesbrain-sync rollback list`,
  );
}
