// Who changed a file last, told by the commit and by what our own commits say of the machine that made them.
import { readRef } from "../git/refs.ts";
import type { Repository } from "../git/repository.ts";
import type { Git } from "../git/shell.ts";
import type { Context } from "../machine/context.ts";
import { SNAPSHOTS } from "../snapshot/keep.ts";

export interface LastChange {
  readonly commit: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** The machine whose run made the commit; null for one made with plain git. */
  readonly machine: { readonly name: string; readonly role: string } | null;
  /** The commit's author. */
  readonly author: string;
  /** The run that made it; null for a commit made with plain git. */
  readonly run: string | null;
  readonly subject: string;
}

interface Place {
  readonly context: Context;
  readonly git: Git;
  readonly repository: Repository;
}

const FIELDS = ["%H", "%ct", "%an", "%s", ...["Machine", "Role", "Run"].map((name) => trailer(`Sync-${name}`))];

/** The last of several trailers of one name counts: git appends. */
function trailer(key: string): string {
  return `%(trailers:key=${key},valueonly,separator=%x0a)`;
}

/**
 * The last commit that changed a path: in this branch; else in the remote's as last seen; else in the snapshots. The
 * note says which of the others it was. Both are null for a path that never was.
 */
export async function lastChangeOf(
  { context, git, repository }: Place,
  path: string,
  head: string | null,
): Promise<{ change: LastChange | null; note: string | null }> {
  const { remote, branch } = context.settings;
  const here = head === null ? null : await lastIn(git, [head], path);
  if (here !== null) return { change: here, note: null };
  const tracking = await readRef(git, repository, `refs/remotes/${remote}/${branch}`);
  const there = tracking === null ? null : await lastIn(git, [tracking], path);
  if (there !== null) return { change: there, note: `only ${remote} has it so far: petesbrain-sync pull` };
  const kept = await lastIn(git, [`--glob=${SNAPSHOTS}`], path);
  return { change: kept, note: kept === null ? null : "no commit of this branch has it, but a snapshot does" };
}

async function lastIn(git: Git, from: readonly string[], path: string): Promise<LastChange | null> {
  // plumbing, because `git log` follows the user's own settings
  const answer = await git.run(["rev-list", "-1", `--format=${FIELDS.join("%x00")}`, ...from, "--", path]);
  const text = Buffer.from(answer.stdout).toString("utf8");
  const [commit, seconds, author, subject, name, role, run] = text
    .slice(text.indexOf("\n") + 1)
    .trimEnd()
    .split("\0");
  if (commit === undefined || commit === "") return null;
  const last = (values: string | undefined): string => values?.split("\n").at(-1) ?? "";
  const machine = last(name) === "" ? null : { name: last(name), role: last(role) };
  return {
    commit,
    at: new Date(Number(seconds) * 1000).toISOString(),
    machine,
    author: author ?? "",
    run: last(run) || null,
    subject: subject ?? "",
  };
}
