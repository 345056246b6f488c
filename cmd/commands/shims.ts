// `shims`: the old scripts' names in the folder, handing over to this program.
import { locateRepository } from "../../lib/git/repository.ts";
import { installShims, SHIMS } from "../../lib/machine/shims.ts";
import type { Answer, Call } from "../answer.ts";
import { PROGRAM } from "../help-form.ts";

export async function shimsCommand(call: Call): Promise<Answer> {
  const context = await call.openContext();
  const { folder } = locateRepository(context.folder);
  const notes = installShims(folder);
  for (const deed of notes) context.log.write("sync", "info", "-", "shims", { deed });
  const files = Object.keys(SHIMS).map((name) => `shared/scripts/${name}`);
  const object = { schema: 1, command: "shims", exit: 0, files, notes, failure: null } as const;
  const words =
    notes.length === 0 ? ["up to date: the old names hand over to this program"] : [...notes, `next: ${PROGRAM} push`];
  return { object, words, keepFirst: false };
}
