// One attempt at carrying out a proposal: make the folder safe, stage, publish, adopt. It completes, or finds that the
// remote or the folder has moved meanwhile, and then nothing is different from before.
import type { Change } from "../git/parse.ts";
import { type RefUpdate, readRef } from "../git/refs.ts";
import type { Watched } from "../integrity/baseline.ts";
import { FolderMoved } from "./adopt.ts";
import { adopt, prepareIndex } from "./adoption.ts";
import { type Attestation, rememberAttested, unattestedNote } from "./attest.ts";
import { guardArrivingContents } from "./guard.ts";
import { type Line, type Look, trackingRef } from "./look.ts";
import type { Proposal } from "./propose.ts";
import { NOTHING_PLACED, prepareProof, proveAfterwards } from "./prove.ts";
import { publish } from "./publish.ts";
import { confirmRemote } from "./remote-history.ts";
import { type Session, step } from "./session.ts";
import { type Staged, stage } from "./stage.ts";
import { takeSnapshot } from "./take-snapshot.ts";
import { prepareTelling } from "./telling.ts";
import { together } from "./together.ts";
import type { Here } from "./unite.ts";
import type { WatchedFiles } from "./watched.ts";

/** What a run is going to do, and what the machines say of the commit that it takes over (null where it takes none). */
export interface Plan {
  readonly proposal: Proposal;
  readonly watched: WatchedFiles;
  readonly attestation: Promise<Attestation> | null;
}

/** How an attempt ends; a complete one with the watched files as they were read for its proof. */
export type Outcome =
  | { readonly ended: "complete"; readonly watched: Watched }
  | { readonly ended: "remote-moved" | "folder-moved" };

/** Makes the folder safe, stages, publishes and adopts, once. */
export async function attemptOnce(session: Session, line: Line, look: Look, plan: Plan): Promise<Outcome> {
  const { proposal } = plan;
  try {
    const [, staged] = await together(
      // until the folder is touched the snapshot may still be on its way to the disk: publishing does not wait for it
      step(session, "snapshot", () => takeSnapshot(session, look.here, { proposal, ...plan.watched })),
      stageAndPublish(session, line, plan),
      // for what is published, the record asks git the same
      proposal.publishes ? Promise.resolve() : prepareProof(session, proposal.tree, plan.watched.names),
      proveIndex(session, proposal),
      prepareTelling(),
    );
    if (staged === "stale") return { ended: "remote-moved" };
    const newIndex = await prepareIndex(session, look.here, proposal);
    const refs = await refUpdates(session, line, look.here, proposal);
    const { tree, outgoing, incoming } = proposal;
    const watched =
      refs.length === 0 && newIndex === null && staged.files.length === 0
        ? await step(session, "verify", () => proveAfterwards(session, tree, outgoing, NOTHING_PLACED))
        : await adopt(session, {
            here: look.here,
            staged,
            refs,
            newIndex,
            tree,
            changed: [...incoming, ...notIn(outgoing, incoming)],
          });
    session.report.head.after = proposal.target;
    return { ended: "complete", watched };
  } catch (error) {
    if (error instanceof FolderMoved) return { ended: "folder-moved" };
    throw error;
  }
}

/** The prepared index must hold exactly the planned tree; git keeps what it finds, so that its next look is quicker. */
async function proveIndex(session: Session, proposal: Proposal): Promise<void> {
  if (proposal.indexFile === null || proposal.incoming.length === 0) return;
  const tree = await session.git.text(["write-tree"], { indexFile: proposal.indexFile, unflushed: true });
  if (tree !== proposal.tree) throw new Error(`the prepared index holds ${tree}, not the planned ${proposal.tree}`);
}

async function stageAndPublish(session: Session, line: Line, plan: Plan): Promise<Staged | "stale"> {
  const { proposal } = plan;
  const [staged, attestation] = await together(
    step(session, "stage", () =>
      stage(session, {
        changes: proposal.incoming,
        bytes: proposal.bytes,
        indexFile: proposal.indexFile ?? "",
        judged: true,
      }),
    ),
    plan.attestation ?? Promise.resolve(null),
  );
  await guardArrivingContents(session, proposal, plan.attestation);
  if (attestation !== null) {
    await step(session, "attest", () => attestation.prove());
    rememberAttested(session, attestation.commit, attestation.by?.machine.role ?? null);
    if (attestation.by === null) session.report.notes.push(unattestedNote(attestation.commit));
  }
  if (!proposal.publishes) return staged;
  const published = await step(session, "publish", () => publish(session, line, proposal));
  if (published === "stale") return "stale";
  rememberAttested(session, proposal.target, session.context.settings.role);
  confirmRemote(session, line.remote, session.report.remote.after ?? proposal.target);
  return staged;
}

/** The branch, and the remote-tracking branch where git did not move it itself. */
async function refUpdates(session: Session, line: Line, here: Here, proposal: Proposal): Promise<RefUpdate[]> {
  const updates: RefUpdate[] = [];
  const branch = `refs/heads/${line.remote.branch}`;
  if (here.look.head !== proposal.target)
    updates.push({ name: branch, before: here.look.head, after: proposal.target });
  if (proposal.publishes) {
    const tracking = trackingRef(line.remote);
    const seen = await readRef(session.git, session.repository, tracking);
    if (seen !== session.report.remote.after && session.report.remote.after === proposal.target) {
      updates.push({ name: tracking, before: seen, after: proposal.target });
    }
  }
  return updates;
}

/** Changes of paths that are not among others. */
export function notIn(changes: readonly Change[], others: readonly Change[]): Change[] {
  const known = new Set(others.map(({ path }) => path));
  return changes.filter(({ path }) => !known.has(path));
}
