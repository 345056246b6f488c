// `uninstall`: the executables go; with `purge` also what the product wrote about itself: settings, logs, and in the
// folder's repository its state and its snapshots. The files of the folder, its commits and the remote stay in any case.
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../failure.ts";
import { listRefs, moveRefs } from "../git/refs.ts";
import type { Repository } from "../git/repository.ts";
import type { Git } from "../git/shell.ts";
import { holderNote, takeLock } from "../machine/lock.ts";
import { placeOf, previousOf, refusedByDisk } from "./executable.ts";

export interface Removal {
  readonly path: string;
  readonly what: "executable" | "settings" | "log" | "state" | "baseline" | "snapshot copies";
}

export interface UninstallPlan {
  /** In the order in which they go; only what is there. */
  readonly removals: readonly Removal[];
  /** Snapshots that go, as full names of refs; each is a whole folder one could have gone back to. */
  readonly snapshots: readonly string[];
}

export interface PurgedFolder {
  readonly repository: Repository;
  readonly git: Git;
}

export interface UninstallRequest {
  /** The running executable. Absolute. */
  readonly running: string;
  /** Null to keep everything but the executables. */
  readonly purge: {
    readonly settingsDir: string;
    readonly logs: readonly string[];
    /** Null where no synced folder is known. */
    readonly folder: PurgedFolder | null;
  } | null;
}

const OWN_REFS = "refs/petesbrain-sync/";

/**
 * What would go. Changes nothing.
 * @throws Failure `recovery-pending` where an earlier run was cut off: its state is needed to put the folder right
 */
export async function planUninstall({ running, purge }: UninstallRequest): Promise<UninstallPlan> {
  const place = placeOf(running);
  const removals: Removal[] = [];
  let snapshots: string[] = [];
  if (purge?.folder) {
    const { repository, git } = purge.folder;
    guardAgainstPendingRecovery(repository);
    snapshots = [...(await listRefs(git, OWN_REFS)).keys()];
    removals.push({ path: repository.stateDir, what: "state" });
    removals.push(...baselinesIn(repository.folder), {
      path: join(repository.folder, ".sync-snapshot"),
      what: "snapshot copies",
    });
  }
  if (purge !== null) {
    removals.push(...purge.logs.map((path): Removal => ({ path, what: "log" })), {
      path: purge.settingsDir,
      what: "settings",
    });
  }
  removals.push({ path: previousOf(place), what: "executable" }, { path: place, what: "executable" });
  return { removals: removals.filter(({ path }) => existsSync(path)), snapshots };
}

/** The baseline, and those that were set aside. */
function baselinesIn(folder: string): Removal[] {
  const names = readdirSync(folder).filter((name) => name.startsWith(".sync-checksums.json"));
  return names.map((name) => ({ path: join(folder, name), what: "baseline" }));
}

/** Carries the plan out. @throws Failure `locked` while a run is at work, `permission-denied` naming what could not go */
export async function uninstall(
  { removals, snapshots }: UninstallPlan,
  folder: PurgedFolder | null,
  now: Date,
): Promise<void> {
  const stateDir = folder?.repository.stateDir ?? "";
  const lock = existsSync(stateDir) ? takeLock(stateDir, holderNote("", "uninstall", now)) : null;
  try {
    if (folder !== null) {
      guardAgainstPendingRecovery(folder.repository);
      const updates = snapshots.map((name) => ({ name, before: null, after: null }));
      await moveRefs(folder.git, updates, "petesbrain-sync: uninstalled");
    }
    for (const { path } of removals.filter(({ what }) => what === "state")) remove(path);
  } finally {
    lock?.release();
  }
  for (const { path } of removals) remove(path);
}

function guardAgainstPendingRecovery({ stateDir }: Repository): void {
  if (!existsSync(join(stateDir, "journal.json"))) return;
  throw new Failure("recovery-pending", {
    cause: "a run was cut off, and what is to be removed is needed to put the folder right",
    remedy: ["petesbrain-sync sync   # recovers first"],
  });
}

function remove(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch (error) {
    throw refusedByDisk(path, error);
  }
}
