// Lets old snapshots go by the rule of retention, once a run has left a new one. Failing to is no failure of the run.
import { listRefs } from "../git/refs.ts";
import { runStart } from "../machine/identity.ts";
import { dropSnapshots, runOfRef, SNAPSHOTS } from "../snapshot/keep.ts";
import { retain } from "../snapshot/retention.ts";
import type { Session } from "./session.ts";

const HOUR_MS = 3_600_000;

/** At most once an hour, drops the snapshots that retention does not keep; what it drops is logged with the number. */
export async function dropOldSnapshots(session: Session): Promise<void> {
  const { git, context, run, state } = session;
  const last = Number(state.fact("retention-ran") ?? 0);
  if (context.now().getTime() - last < HOUR_MS && context.now().getTime() >= last) return;
  state.setFact("retention-ran", String(context.now().getTime()));
  const commits = new Map<string, string>();
  for (const [ref, commit] of await listRefs(git, SNAPSHOTS)) commits.set(runOfRef(ref), commit);
  const known = [...commits.keys()].flatMap((name) => {
    const takenAt = runStart(name);
    return takenAt === null ? [] : [{ run: name, takenAt }];
  });
  const { drop } = retain(known, context.now());
  if (drop.length === 0) return;
  await dropSnapshots(git, new Map(drop.map((name) => [name, commits.get(name) ?? ""])));
  context.log.write("sync", "info", run, "snapshots-dropped", { count: drop.length });
}
