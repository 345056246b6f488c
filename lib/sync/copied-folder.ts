// A folder that was copied as a whole, or brought back from a backup, has files that git does not recognise: it would
// read every one of them in each look, for our looks leave its index alone. One refresh spares that.
import { statSync } from "node:fs";
import type { Session } from "./session.ts";

const FACT = "folder-inode";

/** Has git look at all files once where the folder is another one than in the run before. */
export async function refreshCopied(session: Session, dryRun: boolean): Promise<void> {
  const { repository, state, git } = session;
  const inode = String(statSync(repository.folder, { bigint: true }).ino);
  const known = state.fact(FACT);
  if (known === inode || dryRun) return;
  // 1: files differ, which the run will see; 128: git cannot write its index now, and this look is only slower for it
  const answer = known === null ? null : await git.run(["update-index", "-q", "--refresh"], { accept: [0, 1, 128] });
  if (answer?.exit !== 128) state.setFact(FACT, inode);
}
