// The heartbeat: this machine's record put at the remote by itself, when a run had nothing to publish. It vouches for
// nothing new: the commit and the manifest of the last publication stay as they are.
import { readRef } from "../git/refs.ts";
import { type PushedTo, pushRecord } from "../git/remote.ts";
import type { MachineRecord } from "../machine/record.ts";
import { makeBeat } from "./own-record.ts";
import { type Condition, isBeatDue, rememberBeat } from "./pace.ts";
import { placesAfterTaking } from "./record-taken.ts";
import { rememberCarried } from "./resolutions.ts";
import type { Session } from "./session.ts";

export type Pulse = Pick<MachineRecord, "lastRun" | "lastGoodRun" | "dirty" | "conflicts">;

/**
 * Puts the record at the remote where it is due. Best effort: a host that does not take it, or a network that goes
 * away, is no failure of the run, and is tried again half an hour later.
 */
export async function beat(session: Session, condition: Condition, pulse: Pulse): Promise<void> {
  const { reached } = session.pulse;
  if (reached === null || !isBeatDue(session, condition)) return;
  const { git, remote } = reached;
  const record = await makeBeat(session, remote, pulse);
  if (record === null) return;
  rememberBeat(session, condition);
  for (const { place, tracking } of record.places) {
    const taken = (await pushRecord(git, remote, place)) || (await pushAgain(session, place));
    if (!taken) continue;
    // as the next fetch would do; no reflog, which would keep every old record. git may have done it already
    await session.git.run(["update-ref", tracking, place.commit, place.expected ?? ""], { accept: [0, 128] });
    rememberCarried(session);
    return;
  }
  if (record.places.length === 0) rememberCarried(session);
  else session.context.log.write("sync", "warn", session.run, "heartbeat-not-taken", {});
}

/** Puts a record back that somebody took from the remote. */
async function pushAgain(session: Session, place: PushedTo): Promise<boolean> {
  const { reached } = session.pulse;
  if (reached === null) return false;
  const { git, remote } = reached;
  const branchAt = await readRef(session.git, session.repository, `refs/remotes/${remote.name}/${remote.branch}`);
  const [again] = (await placesAfterTaking(git, remote, [place], branchAt)) ?? [];
  return again !== undefined && (await pushRecord(git, remote, again));
}

/** The heartbeat of a run that ended well. */
export async function beatOfRun(session: Session): Promise<void> {
  const { run, command, context, report, pulse } = session;
  const thisRun = { run, command, at: context.now().toISOString() };
  const dirty = report.outcome === "synced" && command !== "pull" ? report.files.heldBack.length : pulse.dirty;
  await beat(session, "good", { lastRun: thisRun, lastGoodRun: thisRun, dirty, conflicts: 0 });
}
