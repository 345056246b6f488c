// `rollback`: undoes the last run, or goes to a snapshot, whole or for some files; shows what would change and asks
// before it does. `list` and `status` only look; `--rehearse` restores beside the folder.
import { Failure, surroundingFailure } from "../../lib/failure.ts";
import { locateRepository } from "../../lib/git/repository.ts";
import { pasted } from "../../lib/paste.ts";
import { accountOfSnapshots, contentsOfSnapshot, spaceOfSnapshots } from "../../lib/snapshot/list.ts";
import { type Rehearsal, readRehearsal } from "../../lib/sync/rehearsal.ts";
import { rehearse } from "../../lib/sync/rehearse.ts";
import { type Preview, rollback } from "../../lib/sync/rollback.ts";
import type { Answer, Call } from "../answer.ts";
import { resolverOf } from "../conflict-resolver.ts";
import { PROGRAM } from "../help-form.ts";
import { pathInFolder } from "../path-in-folder.ts";
import { rehearsalLine, wordsOfList, wordsOfNewest, wordsOfPreview } from "../rollback-words.ts";
import { usage } from "../usage.ts";
import { answerOfReport } from "./run.ts";

const YES = /^(y|yes)$/i;
const LOOKS: readonly string[] = ["list", "status"];

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
async function answerOfLook(call: Call, newestOnly: boolean): Promise<Answer> {
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

async function answerOfRehearsal(call: Call): Promise<Answer> {
  const report = await rehearse(await call.openContext());
  const { words } = answerOfReport(report, call);
  const said = report.rehearsal === null ? [] : [`rehearsed: ${rehearsalLine(report.rehearsal)}`];
  return { object: report, words: [...said, ...words.slice(report.exit === 0 ? 1 : 0)], keepFirst: true };
}

async function confirm(call: Call, preview: Preview): Promise<boolean> {
  const { invocation, ask, say } = call;
  if (invocation.force || invocation.yes || invocation.dryRun) return true;
  if (ask === null) return false;
  for (const line of await wordsOfPreview(preview, invocation.verbose)) say(line);
  return YES.test(((await ask("go ahead? [y/N]")) ?? "").trim());
}

/** Words that do not go together. @throws Failure `usage` */
function refuseContradiction(call: Call): void {
  const { words, exact, paths, rehearse: rehearses } = call.invocation;
  const [what] = words;
  const looks = what !== undefined && LOOKS.includes(what);
  if (looks && (exact || paths.length > 0 || rehearses))
    throw usage(`rollback ${what} only looks; --path, --exact and --rehearse do not go with it`, [
      `${PROGRAM} rollback ${what}`,
    ]);
  if (exact && paths.length > 0)
    throw usage("--exact puts everything back, --path some files: one or the other", [`${PROGRAM} rollback --help`]);
  if (rehearses && (what !== undefined || exact || paths.length > 0))
    throw usage("--rehearse restores the newest snapshot beside the folder; it takes nothing else", [
      `${PROGRAM} rollback --rehearse`,
    ]);
}

/** The command line again, to paste with an option more. */
function sameWords(call: Call): string {
  const { words, exact, paths } = call.invocation;
  const said = [...words, ...(exact ? ["--exact"] : []), ...paths.flatMap((path) => ["--path", pasted(path)])];
  return [PROGRAM, "rollback", ...said].join(" ");
}

export async function rollbackCommand(call: Call): Promise<Answer> {
  const { invocation, ask, surroundings } = call;
  const [what] = invocation.words;
  refuseContradiction(call);
  if (what === "list" || what === "status") return await answerOfLook(call, what === "status");
  if (invocation.rehearse) return await answerOfRehearsal(call);
  if (ask === null && !invocation.force && !invocation.yes && !invocation.dryRun) {
    const cause = "a rollback asks before it changes files, and there is nobody here to ask";
    throw new Failure("usage", { cause, remedy: [`${sameWords(call)} --dry-run`, `${sameWords(call)} --force`] });
  }
  const context = await call.openContext();
  const place = { cwd: surroundings.cwd, folder: context.folder, command: "rollback --path" };
  const options = {
    to: what ?? null,
    paths: invocation.paths.map((path) => pathInFolder(path, place)),
    exact: invocation.exact,
    dryRun: invocation.dryRun,
    resolver: invocation.dryRun ? null : resolverOf(call, null, context.folder),
    confirm: (preview: Preview) => confirm(call, preview),
  };
  const report = await rollback(context, options);
  const answer = answerOfReport(report, call);
  if (report.outcome !== "rolled-back" || report.exit !== 0) return answer;
  return { ...answer, words: [...answer.words, `to take this back: ${PROGRAM} rollback`] };
}
