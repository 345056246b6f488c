// Asks about one made-up conflict on the terminal of this process; the argument is a directory to make files in. Run by
// test/conflict-io.test.ts.
import { askConflicts } from "../../cmd/conflict-dialog.ts";
import { dialogIo } from "../../cmd/conflict-io.ts";
import type { Surroundings } from "../../cmd/surroundings.ts";

const [scratch = ""] = process.argv.slice(2);

/** As the product does it: listening only while a question stands. */
function readLine(): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const onData = (chunk: Buffer): void => resolve(chunk.toString().split("\n")[0] ?? "");
  const onEnd = (): void => resolve(null);
  process.stdin.on("data", onData).on("end", onEnd).resume();
  return promise.finally(() => process.stdin.off("data", onData).off("end", onEnd).pause());
}

const err = {
  write: (text: string): void => void process.stderr.write(text),
  isTerminal: true,
  get columns() {
    return process.stderr.columns;
  },
};
const io = dialogIo({ err, readLine, environment: process.env } as unknown as Surroundings, {
  color: true,
  scratch,
  taskChanges: () => null,
});
if (io === null) throw new Error("there is nobody to ask");

const version = (role: string, text: string) => ({ role, mode: "100644", content: Buffer.from(text) });
const answers = await askConflicts(
  [
    {
      path: "notes.md",
      className: "other",
      reason: "both machines changed the same lines",
      base: version("base", "Tuesday, and not later than ten\n"),
      ours: version("desktop", "Wednesday, and not later than ten\n"),
      theirs: version("laptop", "Friday, and not later than ten\n"),
      merged: null,
      bothName: null,
      choices: ["ours", "theirs"],
    },
  ],
  io,
);
const answer = answers?.get("notes.md");
const said = answer !== undefined && "edited" in answer ? Buffer.from(answer.edited).toString().trim() : answer?.choice;
process.stderr.write(`ANSWER ${said ?? "none"}\n`);
