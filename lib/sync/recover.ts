// What an earlier run left when it was cut off: the journal says what was under way, and it is taken back whole before
// anything else happens. The snapshot and the remote keep whatever that run had already made safe.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../failure.ts";
import { statOf } from "../integrity/file-state.ts";
import { quoted } from "../paste.ts";
import { keepSnapshot, snapshotRef } from "../snapshot/keep.ts";
import { listSnapshots } from "../snapshot/list.ts";
import { lookAtFolder, treeOfFolder } from "../snapshot/take.ts";
import { keepTree } from "./commit.ts";
import { type Journal, readJournal } from "./journal.ts";
import type { Session } from "./session.ts";
import { type Undone, undoAdoption } from "./undo.ts";

/** What recovery works with: a session that is being opened. */
export type Opening = Pick<Session, "repository" | "git" | "context" | "report" | "run" | "workDir" | "configuration">;

/** @throws {Failure} `recovery-pending` for a damaged journal, `rollback-failed` when the folder cannot be put back. */
export async function recover(opening: Opening): Promise<void> {
  const { repository, git, context, report, run } = opening;
  const journal = readJournal(repository.stateDir);
  if (journal === null) return;
  if (journal === "damaged") throw await damagedJournal(opening);
  context.log.write("rollback", "warn", run, "recovery-begins", {
    of: journal.run,
    command: journal.command,
    files: journal.files.length,
  });
  await keepAsFound(opening, journal);
  let undone: Undone;
  try {
    undone = await undoAdoption(git, repository, journal);
  } catch (error) {
    throw cannotPutBack(journal.snapshotRef, error);
  }
  report.notes.push(recoveryNote(journal.command, journal.run, undone));
  context.log.write("rollback", "info", run, "recovered", {
    of: journal.run,
    restored: undone.restored,
    edited: undone.edited.length,
  });
}

/**
 * A snapshot of the folder between old and new, before anything is put back. It is one thing more to fall back on, and
 * no reason to leave the folder as it is: where it cannot be taken, the recovery goes on.
 */
async function keepAsFound(opening: Opening, journal: Journal): Promise<void> {
  const { git, repository, context, run, workDir, report } = opening;
  const { oidBytes } = journal;
  const most = context.settings.guards.largestFileBytes;
  const judgeNew = async (path: string): Promise<"large-file" | null> => {
    const stat = statOf(join(repository.folder, path));
    return stat !== null && Number(stat.size) > most ? "large-file" : null;
  };
  try {
    mkdirSync(workDir, { recursive: true, mode: 0o700 });
    const look = await lookAtFolder(git, repository, {
      oidBytes: Promise.resolve(oidBytes),
      judgeNew,
      stateDir: workDir,
    });
    const state = { rememberDigests: () => undefined };
    const target = join(workDir, "index-found");
    const found = await treeOfFolder(git, repository, look, { target, oidBytes, state });
    await found.safe;
    const parents = look.head === null ? [] : [look.head];
    const message = `snapshot before recovery from ${journal.run}\n`;
    await keepSnapshot(git, run, await keepTree(opening, found.tree, parents, message), null);
    report.snapshot = run;
  } catch (error) {
    context.signal.throwIfAborted();
    const cause = error instanceof Error ? error.message : String(error);
    context.log.write("rollback", "warn", run, "no-snapshot-before-recovery", { cause });
  }
}

/** The sentence that tells a person what recovery did. */
function recoveryNote(command: string, run: string, undone: Undone): string {
  const parts = [
    `recovered the ${command} ${run} that was cut off: the folder is as it was before (${undone.restored} files put back)`,
  ];
  if (undone.edited.length > 0) parts.push(`edited since and left as they are: ${undone.edited.join(", ")}`);
  if (undone.damaged.length > 0) parts.push(`damaged since they were written, and kept: ${undone.damaged.join(", ")}`);
  if (undone.kept.length > 0) parts.push(`saved in the last instant and kept: ${undone.kept.join(", ")}`);
  return parts.join("; ");
}

/** Nothing is guessed from a damaged journal: what is known is the snapshot that the run took before it began. */
export async function damagedJournal({
  repository,
  context,
}: Pick<Opening, "repository" | "context">): Promise<Failure> {
  const { stateDir } = repository;
  const path = join(stateDir, "journal.json");
  const aside = join(stateDir, "damaged-journal");
  const snapshots = await listSnapshots(context);
  // a run that was cut off is not in the history; without a history the newest is the likeliest
  const snapshot = snapshots.find(({ cutOff }) => cutOff) ?? snapshots[0];
  const known =
    snapshot === undefined
      ? "there is no snapshot"
      : `${snapshot.cutOff ? "the run that was cut off" : "the newest run"} took the snapshot ${snapshot.id} before it changed anything`;
  // the originals that were put aside go along: the next run would sweep them away
  const setAside = `mkdir -p ${quoted(aside)} && mv ${quoted(path)} ${quoted(join(stateDir, "work"))} ${quoted(aside)}`;
  const back =
    snapshot === undefined
      ? ["git status   # what differs from the last commit"]
      : [
          `petesbrain-sync rollback ${snapshot.id}   # then this: shows what differs from that snapshot, and asks`,
          plainRestore(snapshotRef(snapshot.id)),
        ];
  return new Failure("recovery-pending", {
    cause: `an earlier run was cut off, and its journal ${path} is damaged, so that nothing can be put back by it; ${known}`,
    remedy: [`${setAside}   # keeps what that run left`, ...back],
  });
}

function plainRestore(ref: string): string {
  return `git restore --source=${ref} --worktree -- :/   # by plain git: every file as the run found it`;
}

/** The loudest failure: the journal stays, the snapshot holds everything, and the way by plain git is named. */
export function cannotPutBack(ref: string, because: unknown): Failure {
  return new Failure("rollback-failed", {
    cause: `the folder is part old, part new, and putting it back failed: ${because instanceof Error ? because.message : String(because)}`,
    remedy: [
      "df -h . ; ls -ld .   # is there space, is the folder writable? then run the same command again: it goes on from here",
      plainRestore(ref),
    ],
    because,
  });
}
