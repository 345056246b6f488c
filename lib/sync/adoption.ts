// Carries a staged result over into the folder as one undertaking: journal first, then files, refs and index, then the
// proof from the final place; and back again, whole, when any of it fails.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { surroundingFailure } from "../failure.ts";
import { flushAll } from "../git/flush.ts";
import type { Change } from "../git/parse.ts";
import type { RefUpdate } from "../git/refs.ts";
import { snapshotRef } from "../snapshot/keep.ts";
import { blindAgain, copyIndex, type IndexLook } from "../snapshot/private-index.ts";
import { type Adoption, adoptFiles, adoptIndex, adoptRefs, FolderMoved } from "./adopt.ts";
import { type Journal, removeJournal, writeJournal } from "./journal.ts";
import type { Proposal } from "./propose.ts";
import { proveResult } from "./prove.ts";
import { cannotPutBack } from "./recover.ts";
import { type Session, step } from "./session.ts";
import type { Staged } from "./stage.ts";
import { together } from "./together.ts";
import { applyToIndex, diff, emptyTree } from "./trees.ts";
import { undoAdoption } from "./undo.ts";
import type { Here } from "./unite.ts";

/** What the folder, the branch and the index are to become. */
export interface Undertaking {
  readonly here: Here;
  readonly staged: Staged;
  readonly refs: readonly RefUpdate[];
  /** Private index that is to replace the repository's; null when it stays. */
  readonly newIndex: string | null;
  /** Tree the folder becomes. */
  readonly tree: string;
  /** What is to be proven in its final place besides the critical files. */
  readonly changed: readonly Change[];
}

/** The index that goes with a proposal, in its private place; null when the repository's own stays. */
export async function prepareIndex(session: Session, here: Here, proposal: Proposal): Promise<string | null> {
  if (proposal.indexKeeps === "nothing-new") return null;
  if (proposal.indexKeeps === "tree") return proposal.indexFile ?? here.dirty?.indexFile ?? null;
  // what the user staged stays staged: their own index, with only what arrived brought up to date
  const target = join(session.workDir, "index-final");
  copyIndex(here.look.index, target);
  const from = here.look.head ?? (await emptyTree(session));
  await applyToIndex(session, target, await diff(session, from, proposal.target));
  return target;
}

/**
 * Adopts and proves. On return the run is complete and its journal is gone.
 * @throws {FolderMoved} when the folder changed meanwhile; everything was put back. @throws {Failure}
 * `integrity-mismatch` after an automatic rollback, `rollback-failed` when even that failed.
 */
export async function adopt(session: Session, undertaking: Undertaking): Promise<void> {
  const { repository, git, report } = session;
  const { oidBytes } = await session.configuration;
  const { staged, here } = undertaking;
  const journal: Journal = {
    version: 1,
    run: session.run,
    command: session.command,
    startedAt: session.context.now().toISOString(),
    snapshotRef: snapshotRef(session.run),
    workDir: session.workDir,
    oidBytes,
    files: staged.files,
    newFolders: staged.newFolders,
    refs: undertaking.refs,
    newIndex: undertaking.newIndex,
  };
  const adoption: Adoption = { journal, seen: staged.seen, indexSeen: here.look.index.state };
  writeJournal(repository.stateDir, journal);
  try {
    await step(session, "adopt", async () => {
      await adoptFiles(repository, adoption);
      await together(refreshIndex(session, journal, here.look.index), adoptRefs(git, journal));
      adoptIndex(repository, adoption);
    });
    await step(session, "verify", () => proveResult(session, undertaking.tree, undertaking.changed));
  } catch (error) {
    await takeBack(session, journal, error);
    if (!(error instanceof FolderMoved)) report.rolledBack = staged.files.length > 0 || undertaking.refs.length > 0;
    throw error;
  }
  removeJournal(repository.stateDir);
  rmSync(session.workDir, { recursive: true, force: true });
}

async function takeBack(session: Session, journal: Journal, error: unknown): Promise<void> {
  const { context, run, repository } = session;
  const cause = error instanceof Error ? error.message : String(error);
  context.log.write("rollback", "warn", run, "rollback-begins", { cause });
  try {
    // the undo is carried through even when the run was told to end
    const undone = await undoAdoption(session.git.unstoppable(), repository, journal);
    for (const path of undone.kept) session.report.notes.push(`saved in the last instant and kept: ${path}`);
    context.log.write("rollback", "info", run, "rolled-back", {
      restored: undone.restored,
      edited: undone.edited.length,
    });
  } catch (undoError) {
    throw cannotPutBack(journal.snapshotRef, surroundingFailure(undoError) ?? undoError);
  }
}

/** Above this many files one look at everything is cheaper than matching each name against the index. */
const FEW_FILES = 50;

/** Brings the stat data of the adopted files into the prepared index, so that the next look need not read them. */
async function refreshIndex(session: Session, journal: Journal, look: IndexLook): Promise<void> {
  const arrived = journal.files.filter(({ after }) => after !== null).map(({ path }) => path);
  if (journal.newIndex === null) return;
  const call = { indexFile: journal.newIndex, accept: [0, 1] };
  if (arrived.length > FEW_FILES) await session.git.run(["update-index", "-q", "--refresh"], call);
  else if (arrived.length > 0) await session.git.run(["add", "--refresh", "--", ...arrived], call);
  await blindAgain(session.git, look, journal.newIndex);
  await flushAll([journal.newIndex]);
}
