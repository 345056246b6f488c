// The dialog about conflicts on the terminal of this process: rows and prompts go where questions go, the editor takes
// over the terminal.
import type { DialogIo } from "./conflict-dialog.ts";
import { editContent } from "./conflict-editor.ts";
import { formatText } from "./diff-format.ts";
import type { Surroundings } from "./surroundings.ts";

export interface DialogOptions {
  readonly color: boolean;
  /** An existing directory, not in the folder; the editor's private copy is made in it. */
  readonly scratch: string;
  readonly taskChanges: DialogIo["taskChanges"];
}

/** The end of the input is all that is read where there is nobody to ask. What was said before must have been written. */
export function dialogIo(surroundings: Surroundings, { color, scratch, taskChanges }: DialogOptions): DialogIo {
  const { err, readLine, environment } = surroundings;
  const write = (row: string): void => err.write(`${row}\n`);
  const complain = (line: string): void => {
    for (const row of formatText(line, { width: err.columns, indent: 2, sgr: "" })) write(row);
  };
  return {
    color,
    // asked for anew each time: a window may be made wider to see more
    get width() {
      return err.columns;
    },
    taskChanges,
    write,
    readLine: (prompt) => {
      err.write(prompt);
      return readLine === null ? Promise.resolve(null) : readLine();
    },
    edit: (path, initial) => editContent(path, initial, { environment, scratch, complain }),
  };
}
