// `rollback`: undoes the last run, or goes to a snapshot; shows what would change and asks before it does.
import { Failure } from "../../lib/failure.ts";
import { listSnapshots, type SnapshotInfo } from "../../lib/snapshot/list.ts";
import type { Report } from "../../lib/sync/report.ts";
import { rollback } from "../../lib/sync/rollback.ts";
import type { Answer, Call } from "../answer.ts";
import { PROGRAM } from "../help-form.ts";
import { columns, formatTime, listOf, summaryOf } from "../words.ts";
import { answerOfReport } from "./run.ts";

const YES = /^(y|yes)$/i;

function wordsOfSnapshots(snapshots: readonly SnapshotInfo[]): string[] {
  if (snapshots.length === 0) return ["there is no snapshot yet: each run takes one before it changes anything"];
  return columns(
    snapshots.map(({ id, takenAt, command, complete, commit }) => [
      id,
      formatTime(takenAt),
      `before ${command ?? "a run"}`,
      complete ? "" : "the run was cut off",
      commit.slice(0, 7),
    ]),
  );
}

async function answerOfList(call: Call, newestOnly: boolean): Promise<Answer> {
  const all = await listSnapshots(await call.openContext());
  const snapshots = newestOnly ? all.slice(0, 1) : all;
  const object = { schema: 1, command: "rollback", exit: 0, snapshots, failure: null } as const;
  const hint =
    snapshots[0] === undefined || !newestOnly
      ? []
      : [
          `to undo the last run: ${PROGRAM} rollback`,
          `to go back to the snapshot: ${PROGRAM} rollback ${snapshots[0].id}`,
        ];
  return { object, words: [...wordsOfSnapshots(snapshots), ...hint], keepFirst: false };
}

async function confirm(call: Call, files: Report["files"]): Promise<boolean> {
  const { invocation, ask, say } = call;
  if (invocation.force || invocation.yes || invocation.dryRun) return true;
  if (ask === null) return false;
  say(`the rollback would put back ${summaryOf(files)}:`);
  for (const line of listOf(files, invocation.verbose)) say(line);
  return YES.test(((await ask("go ahead? [y/N]")) ?? "").trim());
}

export async function rollbackCommand(call: Call): Promise<Answer> {
  const { invocation, ask } = call;
  const [what] = invocation.words;
  if (what === "list" || what === "status") return await answerOfList(call, what === "status");
  if (ask === null && !invocation.force && !invocation.yes && !invocation.dryRun) {
    const words = [PROGRAM, "rollback", ...(what === undefined ? [] : [what])].join(" ");
    const cause = "a rollback asks before it changes files, and there is nobody here to ask";
    throw new Failure("usage", { cause, remedy: [`${words} --dry-run`, `${words} --force`] });
  }
  const context = await call.openContext();
  const options = {
    to: what ?? null,
    dryRun: invocation.dryRun,
    confirm: (files: Report["files"]) => confirm(call, files),
  };
  return answerOfReport(await rollback(context, options), call);
}
