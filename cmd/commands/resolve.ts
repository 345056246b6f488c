// `resolve`: ends the conflicts of the run that was blocked, by words or by asking, and completes that run.
import { Failure } from "../../lib/failure.ts";
import { pasted } from "../../lib/paste.ts";
import type { Conflict, Answer as Decided, Resolver } from "../../lib/sync/conflict.ts";
import { choiceNamed } from "../../lib/sync/conflict.ts";
import { type BlockedRun, blockedRunOf } from "../../lib/sync/conflicts-kept.ts";
import { resolve } from "../../lib/sync/resolve.ts";
import type { Answer, Call } from "../answer.ts";
import { editConflict, resolverOf } from "../conflict-resolver.ts";
import { PROGRAM } from "../help-form.ts";
import { pathInFolder } from "../path-in-folder.ts";
import { usage } from "../usage.ts";
import { answerOfReport } from "./run.ts";

export async function resolveCommand(call: Call): Promise<Answer> {
  const { invocation, surroundings } = call;
  const context = await call.openContext();
  const [word] = invocation.words;
  const place = { cwd: surroundings.cwd, folder: context.folder, command: "resolve" };
  const path = word === undefined ? null : pathInFolder(word, place);
  const blocked = blockedRunOf(context);
  const resolver = blocked === null ? null : resolverFor(call, blocked, { path, folder: context.folder });
  const report = await resolve(context, { dryRun: invocation.dryRun, resolver });
  if (blocked === null) return { object: report, words: ["nothing to resolve: no conflict waits"], keepFirst: false };
  return answerOfReport(report, call);
}

/** Who answers: the words of the command line, an editor, or the person at the terminal. */
function resolverFor(
  call: Call,
  blocked: BlockedRun,
  { path, folder }: { path: string | null; folder: string },
): Resolver {
  const { take, edit, all } = call.invocation;
  guardAgainstWrongTarget(blocked, path, { all, isDirected: take !== null || edit });
  if (take !== null && edit) throw usage("either --take or --edit, not both", [`${PROGRAM} resolve --help`]);
  if (take !== null) return (conflicts) => Promise.resolve(taking(conflicts, path, take));
  if (edit) return (conflicts, read) => editing(call, folder, { conflicts, path, read });
  const asking = resolverOf(call, path, folder);
  if (asking !== null) return asking;
  const roles = [...new Set(blocked.conflicts.flatMap(({ roles: { ours, theirs } }) => [ours, theirs]))];
  throw new Failure("usage", {
    cause: `there is nobody here to ask about ${blocked.conflicts.map((one) => one.path).join(", ")}`,
    remedy: roles.map((role) => `${PROGRAM} resolve --all --take ${pasted(role)}`),
  });
}

function guardAgainstWrongTarget(
  { conflicts }: BlockedRun,
  path: string | null,
  { all, isDirected }: { all: boolean; isDirected: boolean },
): void {
  const names = conflicts.map((conflict) => conflict.path);
  if (path !== null && !names.includes(path))
    throw usage(
      `${path} is in no conflict; these are: ${names.join(", ")}`,
      names.map((name) => `${PROGRAM} resolve ${pasted(name)}`),
    );
  if (path !== null && all) throw usage("either one PATH or --all, not both", [`${PROGRAM} resolve --help`]);
  if (isDirected && path === null && !all && names.length > 1)
    throw usage(`${names.length} files are in conflict: name one, or say --all`, [
      ...names.map((name) => `${PROGRAM} resolve ${pasted(name)} --take ROLE`),
      `${PROGRAM} resolve --all --take ROLE`,
    ]);
}

/** The same answer for one conflict, or for all that have it among their choices. */
function taking(conflicts: readonly Conflict[], path: string | null, word: string): Map<string, Decided> {
  const meant = conflicts.filter((conflict) => path === null || conflict.path === path);
  const answers = new Map<string, Decided>();
  for (const conflict of meant) {
    const choice = choiceNamed(conflict, word);
    if (choice !== null) answers.set(conflict.path, { choice });
  }
  const [first] = meant;
  if (answers.size > 0 || first === undefined) return answers;
  const words = first.choices.map((choice) => nameOf(first, choice));
  throw usage(
    `there is no "${word}" to take for ${first.path}; there is: ${words.join(", ")}`,
    words.map((name) => `${PROGRAM} resolve ${pasted(first.path)} --take ${pasted(name)}`),
  );
}

function nameOf({ roles }: Conflict, choice: Conflict["choices"][number]): string {
  return choice === "ours" || choice === "theirs" ? roles[choice] : choice;
}

/** Each conflict in the person's editor. @throws Failure `usage` for a text that cannot be the answer */
async function editing(
  call: Call,
  folder: string,
  { conflicts, path, read }: { conflicts: readonly Conflict[]; path: string | null; read: Parameters<Resolver>[1] },
): Promise<Map<string, Decided>> {
  const answers = new Map<string, Decided>();
  for (const conflict of conflicts) {
    if (path !== null && conflict.path !== path) continue;
    const edited = await editConflict(call, folder, conflict, read);
    if (edited !== null) answers.set(conflict.path, edited);
  }
  return answers;
}
