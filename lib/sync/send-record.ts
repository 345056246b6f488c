// Sends this machine's record by itself, where no branch is published with it. It is told of in the report and the log
// when it does not arrive, and never fails a run: the next one that publishes carries it along.
import { pushRecord } from "../git/remote.ts";
import { GitError } from "../git/shell.ts";
import type { Line } from "./look.ts";
import { makeRecord, noteRecord, rememberRecord } from "./own-record.ts";
import type { Session } from "./session.ts";

/** Vouches for a commit that the remote holds; says whether the record arrived. */
export async function sendRecord(session: Session, { git, remote }: Line, commit: string): Promise<boolean> {
  const tree = await session.entries.treeOf(commit);
  const own = await makeRecord(session, remote, { target: commit, tree, incoming: [] });
  try {
    for (const place of own.places) {
      if (!(await pushRecord(git, remote, place))) continue;
      await noteRecord(session, remote, place);
      rememberRecord(session, own, place);
      return true;
    }
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    session.context.log.write("error", "warn", session.run, "record-not-sent", { cause: error.message });
  }
  session.report.notes.push(
    "the remote did not take this machine's record; the next run that publishes brings it along",
  );
  return false;
}
