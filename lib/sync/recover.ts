// What an earlier run left when it was cut off: the journal says what was under way, and it is taken back whole before
// anything else happens. The snapshot and the remote keep whatever that run had already made safe.
import { Failure } from "../failure.ts";
import { readJournal } from "./journal.ts";
import type { Session } from "./session.ts";
import { type Undone, undoAdoption } from "./undo.ts";

/** @throws {Failure} `recovery-pending` for a damaged journal, `rollback-failed` when the folder cannot be put back. */
export async function recover(session: Session): Promise<void> {
  const { repository, git, context, report, run } = session;
  const journal = readJournal(repository.stateDir);
  if (journal === null) return;
  context.log.write("rollback", "warn", run, "recovery-begins", {
    of: journal.run,
    command: journal.command,
    files: journal.files.length,
  });
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

/** The loudest failure: the journal stays, the snapshot holds everything, and the way by plain git is named. */
export function cannotPutBack(snapshotRef: string, because: unknown): Failure {
  return new Failure("rollback-failed", {
    cause: `the folder is part old, part new, and putting it back failed: ${because instanceof Error ? because.message : String(because)}`,
    remedy: [
      "df -h . ; ls -ld .   # is there space, is the folder writable? then run the same command again: it goes on from here",
      `git restore --source=${snapshotRef} --worktree -- :/   # by plain git: every file as the run found it`,
    ],
    because,
  });
}
