// `completion`: prints the script that completes this program's words in a shell.
import type { Answer, Call } from "../answer.ts";
import { type CompletedShell, completionFor } from "../completion.ts";
import { completionTables } from "../completion-tables.ts";

export function completionCommand({ invocation }: Call): Promise<Answer> {
  const [shell = "bash"] = invocation.words;
  const text = completionFor(shell as CompletedShell, completionTables());
  const object = { schema: 1, command: "completion", exit: 0, text, failure: null } as const;
  return Promise.resolve({ object, words: text.split("\n"), keepFirst: false });
}
