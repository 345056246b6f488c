// `rollback list`, `rollback status` and `rollback --rehearse`: what there is to go to, and whether it could be.
import { surroundingFailure } from "../lib/failure.ts";
import { locateRepository } from "../lib/git/repository.ts";
import { accountOfSnapshots, contentsOfSnapshot, spaceOfSnapshots } from "../lib/snapshot/list.ts";
import { type Rehearsal, readRehearsal } from "../lib/sync/rehearsal.ts";
import { rehearse } from "../lib/sync/rehearse.ts";
import type { Answer, Call } from "./answer.ts";
import { answerOfReport } from "./commands/run.ts";
import { rehearsalLine, wordsOfList, wordsOfNewest } from "./rollback-words.ts";

/** A damaged history does not hide the snapshots: just then they are needed. */
function rehearsalIfKnown(folder: string): Rehearsal | null {
  try {
    return readRehearsal(locateRepository(folder).stateDir);
  } catch (error) {
    if (surroundingFailure(error)?.kind === "recovery-pending") return null;
    throw error;
  }
}

/** `list` and `status`: the snapshots, or the newest in full. */
export async function answerOfLook(call: Call, newestOnly: boolean): Promise<Answer> {
  const context = await call.openContext();
  const all = await accountOfSnapshots(context);
  const space = await spaceOfSnapshots(context);
  const rehearsal = rehearsalIfKnown(context.folder);
  const [newest] = all;
  const contents = !newestOnly || newest === undefined ? null : await contentsOfSnapshot(context, newest.commit);
  const snapshots = newestOnly ? all.slice(0, 1) : all;
  const object = {
    schema: 1,
    command: "rollback",
    exit: 0,
    snapshots,
    contents,
    space,
    rehearsal,
    failure: null,
  } as const;
  const words = newestOnly
    ? wordsOfNewest(newest, { contents, space, rehearsal, now: context.now() })
    : wordsOfList(all, space);
  return { object, words, keepFirst: false };
}

/** Restores the newest snapshot beside the folder. */
export async function answerOfRehearsal(call: Call): Promise<Answer> {
  const report = await rehearse(await call.openContext());
  const { words } = answerOfReport(report, call);
  const said = report.rehearsal === null ? [] : [`rehearsed: ${rehearsalLine(report.rehearsal)}`];
  return { object: report, words: [...said, ...words.slice(report.exit === 0 ? 1 : 0)], keepFirst: true };
}
