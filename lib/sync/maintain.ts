// Git's own maintenance, at a quiet time. Every run puts objects into the store, and our own git calls never tidy it, so
// that no run waits for that and none is disturbed. It is done after the weekly rehearsal: nobody waits then, the lock is
// held, so that no run is at work, and git runs in the foreground and decides itself whether there is anything to do.
import { GitError } from "../git/shell.ts";
import type { Session } from "./session.ts";

const DEADLINE_MS = 30 * 60_000;
/** git's own default (git-gc(1)); ours for every other call is 0. */
const LOOSE_OBJECTS = "6700";

/** Lets git pack what lies loose, if that is much. The user's own wish (`gc.auto`) counts. Failing to is said, and no failure. */
export async function tidyStore(session: Session): Promise<void> {
  const { git, context, run, report } = session;
  const wish = await ownWish(session);
  if (wish === "0") return;
  const config = [`gc.auto=${wish ?? LOOSE_OBJECTS}`, "gc.autoDetach=false"];
  try {
    await git.run(["gc", "--auto", "--quiet"], { config, timeoutMs: DEADLINE_MS });
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    context.log.write("error", "warn", run, "store-not-tidied", { cause: error.message });
    report.notes.push("git could not tidy its store: git gc   # says why");
  }
}

/** `gc.auto` as the user's own files have it; null where they say nothing. */
async function ownWish({ git }: Session): Promise<string | null> {
  const text = await git.text(["config", "--show-scope", "--get-all", "gc.auto"], { accept: [0, 1] });
  const own = text.split("\n").flatMap((line) => (line.startsWith("command\t") ? [] : (line.split("\t")[1] ?? [])));
  return own.at(-1) ?? null;
}
