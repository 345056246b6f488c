// What a run that was refused over conflicts leaves for people: base and both versions of each path as plain files beside
// the repository, and a list that `status` and `resolve` read. Gone as soon as a run gets through.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, extname, join } from "node:path";
import type { Entry } from "../git/parse.ts";
import { locateRepository } from "../git/repository.ts";
import type { Git } from "../git/shell.ts";
import type { Context } from "../machine/context.ts";
import { writeDurably } from "../machine/durable.ts";
import { contentOf } from "../merge/content.ts";
import type { Choice, Conflict } from "./conflict.ts";
import type { Session } from "./session.ts";

/** A blocked run as it is remembered. */
export interface BlockedRun {
  readonly run: string;
  /** `push`, `pull`, `sync` or `rollback`. */
  readonly command: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly conflicts: readonly KeptConflict[];
}

export interface KeptConflict {
  readonly path: string;
  readonly className: string;
  readonly reason: string;
  readonly roles: { readonly ours: string; readonly theirs: string };
  readonly choices: readonly Choice[];
  /** Absolute paths of the readable versions, by `base`, `merged` or a role. */
  readonly files: Readonly<Record<string, string>>;
}

const LIST = "conflicts.json";

/** Where the conflicts of a blocked run are kept. */
export function conflictsDir(stateDir: string): string {
  return join(stateDir, "conflicts");
}

/**
 * Keeps the conflicts of a blocked run; those of an earlier one are replaced.
 * @param command what the answers will complete.
 */
export async function keepConflicts(
  { git, repository, run, context }: Session,
  command: string,
  conflicts: readonly Conflict[],
): Promise<void> {
  const blocked = { run, command, at: context.now().toISOString() };
  const dir = conflictsDir(repository.stateDir);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { mode: 0o700 });
  const kept: KeptConflict[] = [];
  for (const [n, conflict] of conflicts.entries()) {
    const { path, className, reason, roles, choices } = conflict;
    const files = await writeVersions(git, join(dir, String(n + 1)), conflict);
    kept.push({ path, className, reason, roles, choices, files });
  }
  writeDurably(join(dir, LIST), `${JSON.stringify({ ...blocked, conflicts: kept } satisfies BlockedRun, null, 1)}\n`);
}

async function writeVersions(git: Git, dir: string, conflict: Conflict): Promise<Record<string, string>> {
  const { path, sides, merged, roles } = conflict;
  const versions: readonly (readonly [name: string, entry: Entry | null])[] = [
    ["base", sides.base],
    [roles.ours, sides.ours],
    [roles.theirs, sides.theirs],
    ["merged", merged],
  ];
  const extension = extname(path);
  const stem = basename(path, extension);
  mkdirSync(dir, { mode: 0o700 });
  const files: Record<string, string> = {};
  for (const [name, entry] of versions) {
    if (entry === null || entry.mode === "160000") continue;
    const place = join(dir, `${stem}.${name.replaceAll("/", "-")}${extension}`);
    writeFileSync(place, await contentOf(git, entry.oid), { mode: 0o600, flag: "wx" });
    files[name] = place;
  }
  return files;
}

/** The run that waits for answers; null where none does. A list that cannot be read counts as none: the next run writes it anew. */
export function blockedRun(stateDir: string): BlockedRun | null {
  const path = join(conflictsDir(stateDir), LIST);
  if (!existsSync(path)) return null;
  try {
    // written by keepConflicts
    const value = JSON.parse(readFileSync(path, "utf8")) as BlockedRun;
    return Array.isArray(value.conflicts) && typeof value.command === "string" ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** The run that waits for answers in a folder. @throws {Failure} `not-a-repository` */
export function blockedRunOf(context: Context): BlockedRun | null {
  return blockedRun(locateRepository(context.folder).stateDir);
}

/** A run got through: nothing waits any more. */
export function forgetConflicts(stateDir: string): void {
  rmSync(conflictsDir(stateDir), { recursive: true, force: true });
}
