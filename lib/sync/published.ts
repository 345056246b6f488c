// What was published lately, whichever machine did: the branch's own commits, each with the role that its
// trailers name. A commit made with plain git names none.
import type { Git } from "../git/shell.ts";
import { roleOf } from "./writers.ts";

export interface Published {
  /** When it was made, by the clock of the machine that made it: ISO 8601, UTC. */
  readonly at: string;
  readonly role: string | null;
}

const FORMAT = "--format=%ct%x00%(trailers:key=Sync-Role,valueonly,separator=%x2C)";
/** A year of hourly runs by two machines would be more; the newest of them tell enough. */
const MOST = 5_000;

/** The newest first, from a commit back to a time. */
export async function publishedSince(git: Git, tip: string, since: Date): Promise<Published[]> {
  const after = `--since-as-filter=@${Math.floor(since.getTime() / 1000)}`;
  const { stdout } = await git.run(["log", "-z", FORMAT, `-${MOST}`, after, "--no-color", "--end-of-options", tip]);
  return parsePublished(stdout);
}

/** Reads `git log -z` with `FORMAT`. */
export function parsePublished(bytes: Uint8Array): Published[] {
  const fields = Buffer.from(bytes).toString("utf8").split("\0");
  const found: Published[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [seconds = "", roles = ""] = fields.slice(at, at + 2);
    const made = new Date(Number(seconds) * 1000);
    const isTime = seconds !== "" && !Number.isNaN(made.getTime());
    found.push({ at: (isTime ? made : new Date(0)).toISOString(), role: roleOf(roles) });
  }
  return found;
}
