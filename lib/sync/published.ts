// What was published lately, whichever machine did: the branch's own commits, each with the role and the run that its
// trailers name. A commit made with plain git names neither.
import type { Git } from "../git/shell.ts";
import { runStart } from "../machine/identity.ts";
import { roleOf } from "./writers.ts";

export interface Published {
  readonly commit: string;
  /** When it was made, by the clock of the machine that made it: ISO 8601, UTC. */
  readonly at: string;
  readonly role: string | null;
  readonly run: string | null;
  readonly subject: string;
}

const TRAILER = (key: string): string => `%(trailers:key=${key},valueonly,separator=%x2C)`;
const FORMAT = `--format=%H%x00%ct%x00${TRAILER("Sync-Role")}%x00${TRAILER("Sync-Run")}%x00%s`;
/** A year of hourly runs by two machines would be more; the newest of them tell enough. */
const MOST = 5_000;

/** The newest first, from a commit back to a time. */
export async function publishedSince(git: Git, tip: string, since: Date): Promise<Published[]> {
  const after = `--since=@${Math.floor(since.getTime() / 1000)}`;
  const { stdout } = await git.run(["log", "-z", FORMAT, `-${MOST}`, after, "--no-color", "--end-of-options", tip]);
  return parsePublished(stdout);
}

/** Reads `git log -z` with `FORMAT`. */
export function parsePublished(bytes: Uint8Array): Published[] {
  const fields = Buffer.from(bytes).toString("utf8").split("\0");
  const found: Published[] = [];
  for (let at = 0; at + 4 < fields.length; at += 5) {
    const [commit = "", seconds = "", roles = "", runs = "", subject = ""] = fields.slice(at, at + 5);
    const made = new Date(Number(seconds) * 1000);
    const run = runs.trim().split(",").at(-1) ?? "";
    found.push({
      commit,
      at: Number.isNaN(made.getTime()) ? new Date(0).toISOString() : made.toISOString(),
      role: roleOf(roles),
      run: runStart(run) === null ? null : run,
      subject,
    });
  }
  return found;
}
