// Puts the conflicts of a run before the person at the terminal, or in their editor, and brings the answers back.

import type { Entry } from "../lib/git/parse.ts";
import { locateRepository } from "../lib/git/repository.ts";
import { pasted } from "../lib/paste.ts";
import type { Answer, Conflict, Resolver } from "../lib/sync/conflict.ts";
import type { Call } from "./answer.ts";
import type { DialogIo } from "./conflict-dialog.ts";
import type { ConflictView, VersionView } from "./conflict-view.ts";
import { PROGRAM } from "./help-form.ts";
import { usage } from "./usage.ts";

type Read = Parameters<Resolver>[1];

/**
 * Asks at the terminal; null where nobody is there to be asked.
 * @param path the only conflict to ask about; null for all that nobody has answered yet.
 * @param folder the synced folder.
 */
export function resolverOf(call: Call, path: string | null, folder: string): Resolver | null {
  if (call.ask === null) return null;
  return async (conflicts, read) => {
    const wanted = conflicts.filter((conflict) => (path === null ? !conflict.isAnswered : conflict.path === path));
    if (wanted.length === 0) return null;
    const [{ askConflicts }, io] = await Promise.all([import("./conflict-dialog.ts"), openDialog(call, folder)]);
    return await askConflicts(await Promise.all(wanted.map((conflict) => viewOf(conflict, read))), io);
  };
}

async function openDialog(call: Call, folder: string): Promise<DialogIo> {
  const [{ dialogIo }, { taskChanges }, { color }] = await Promise.all([
    import("./conflict-io.ts"),
    import("../lib/merge/by-id-diff.ts"),
    call.handOver(),
  ]);
  return dialogIo(call.surroundings, { color, scratch: locateRepository(folder).stateDir, taskChanges });
}

/** A conflict in the person's editor; null when nothing came of it. @throws Failure `usage` for a text that is no answer */
export async function editConflict(call: Call, folder: string, conflict: Conflict, read: Read): Promise<Answer | null> {
  const view = await viewOf(conflict, read);
  const [{ canEdit, draftOf }, { whyNotAnswer }, { editContent }] = await Promise.all([
    import("./conflict-draft.ts"),
    import("./conflict-edited.ts"),
    import("./conflict-editor.ts"),
  ]);
  const takes = [`${PROGRAM} resolve ${pasted(conflict.path)} --take ROLE`];
  if (!canEdit(view)) throw usage(`${conflict.path} is no text that could be edited`, takes);
  await call.handOver();
  const draft = draftOf(view);
  const edited = await editContent(conflict.path, draft, {
    environment: call.surroundings.environment,
    scratch: locateRepository(folder).stateDir,
    json: call.invocation.json,
    complain: call.complain,
  });
  if (edited === null) return null;
  const wrong = whyNotAnswer(view, edited);
  if (wrong !== null)
    throw usage(`${conflict.path} ${wrong}; nothing was changed`, [
      `${PROGRAM} resolve ${pasted(conflict.path)} --edit`,
      ...takes,
    ]);
  if (Buffer.from(edited).equals(draft)) {
    // of JSON the draft is this machine's version: an editor that was merely left must not take it
    call.complain(`nothing was changed in the editor: ${conflict.path} has no answer yet`);
    return null;
  }
  return { edited };
}

async function viewOf(conflict: Conflict, read: Read): Promise<ConflictView> {
  const { path, className, reason, sides, merged, bothName, choices, roles } = conflict;
  const version = async (role: string, entry: Entry | null): Promise<VersionView> => {
    const isFile = entry !== null && entry.mode !== "160000";
    return { role, mode: entry?.mode ?? null, content: isFile ? await read(entry) : null };
  };
  return {
    path,
    className,
    reason,
    base: sides.base === null ? null : await version("base", sides.base),
    ours: await version(roles.ours, sides.ours),
    theirs: await version(roles.theirs, sides.theirs),
    merged: merged === null ? null : await read(merged),
    bothName,
    choices,
  };
}
