// The folder as commands see it that only read: no lock, no run, and nothing written but a scratch folder of their own.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Repository } from "../git/repository.ts";
import type { Git } from "../git/shell.ts";
import { Contents } from "../integrity/contents.ts";
import type { Context } from "../machine/context.ts";
import { type FolderLook, lookAtFolder } from "../snapshot/take.ts";
import { judgeOfNewFiles } from "./new-files.ts";

/** What differs from HEAD, and what is held back. */
export async function glanceAtFolder(
  context: Context,
  git: Git,
  repository: Repository,
  oidBytes: 20 | 32,
): Promise<FolderLook> {
  const scratch = mkdtempSync(join(tmpdir(), "petesbrain-sync-"));
  const judgeNew = judgeOfNewFiles({
    context,
    folder: repository.folder,
    oidBytes: Promise.resolve(oidBytes),
    contents: new Contents(context.settings.critical),
    onDigest: () => undefined,
    onAllowed: () => undefined,
  });
  try {
    return await lookAtFolder(git, repository, { oidBytes: Promise.resolve(oidBytes), judgeNew, stateDir: scratch });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
