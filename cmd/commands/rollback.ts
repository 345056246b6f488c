// `rollback`: undoes the last run, or goes to a snapshot, whole or for some files; shows what would change and asks
// before it does. `list` and `status` only look; `--rehearse` restores beside the folder.
import { Failure } from "../../lib/failure.ts";
import { pasted } from "../../lib/paste.ts";
import { rollback } from "../../lib/sync/rollback.ts";
import type { Preview } from "../../lib/sync/rollback-options.ts";
import type { Answer, Call } from "../answer.ts";
import { resolverOf } from "../conflict-resolver.ts";
import { PROGRAM } from "../help-form.ts";
import { pathInFolder } from "../path-in-folder.ts";
import { usage } from "../usage.ts";
import { answerOfReport } from "./run.ts";

const YES = /^(y|yes)$/i;
const LOOKS: readonly string[] = ["list", "status"];

async function confirm(call: Call, preview: Preview): Promise<boolean> {
  const { invocation, ask, say } = call;
  if (ask === null) return false;
  const { wordsOfPreview } = await import("../rollback-words.ts");
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
  const looks = what === "list" || what === "status";
  if (looks || invocation.rehearse) {
    // a run needs nothing of it
    const { answerOfLook, answerOfRehearsal } = await import("../rollback-looks.ts");
    return await (looks ? answerOfLook(call, what === "status") : answerOfRehearsal(call));
  }
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
    confirm: invocation.force || invocation.yes ? null : (preview: Preview) => confirm(call, preview),
  };
  const report = await rollback(context, options);
  const answer = answerOfReport(report, call);
  if (report.outcome !== "rolled-back" || report.exit !== 0) return answer;
  return { ...answer, words: [...answer.words, `to take this back: ${PROGRAM} rollback`] };
}
