// What runs rest on: excludes, the baseline, snapshots, the pause, and the ways in which this machine gets loud.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readBaseline } from "../integrity/baseline.ts";
import { currentHolder } from "../machine/lock.ts";
import { readPause } from "../machine/paused.ts";
import { listSnapshots } from "../snapshot/list.ts";
import { missingExcludes, writeExcludes } from "../sync/excludes.ts";
import { type Finding, ok, type Patient, warning } from "./finding.ts";

/** This product's own files are hidden from git. */
export function checkExcludes({ repository }: Patient): Finding[] {
  const path = join(repository.commonDir, "info", "exclude");
  const missing = missingExcludes(existsSync(path) ? readFileSync(path, "utf8") : "");
  if (missing === "") return [ok("excludes", "this program's own files are hidden from git")];
  const mend = (): void => void writeExcludes(repository);
  return [
    warning(
      "excludes",
      `${path} lacks lines that hide this program's own files from git`,
      ["petesbrain-sync doctor --fix"],
      mend,
    ),
  ];
}

/** The baseline is there and whole. A damaged one is a failure that names its own way out. */
export function checkBaseline({ repository }: Patient): Finding[] {
  const baseline = readBaseline(repository.folder);
  if (baseline === null)
    return [
      warning("baseline", "there is no baseline yet (.sync-checksums.json)", ["petesbrain-sync verify pre-sync"]),
    ];
  return [ok("baseline", `${baseline.files.size} files, of ${baseline.takenAt}`)];
}

/** Snapshots one can go back to, and runs that were cut off. */
export async function checkSnapshots({ context, repository }: Patient): Promise<Finding[]> {
  const before = currentHolder(repository.stateDir)?.run;
  const snapshots = await listSnapshots(context);
  const [newest] = snapshots;
  if (newest === undefined) return [ok("snapshots", "none yet: each run takes one before it changes anything")];
  // one that is at work, or was while this looked, has yet to say how it ended
  const running = [before, currentHolder(repository.stateDir)?.run];
  const cut = snapshots.filter(({ id, cutOff }) => cutOff && !running.includes(id));
  const [last] = cut;
  if (last === undefined) return [ok("snapshots", `${snapshots.length}, the newest of ${newest.takenAt}`)];
  const says = `${cut.length} of ${snapshots.length} are of runs that were cut off, the newest of ${last.takenAt}`;
  return [warning("snapshots", says, [`petesbrain-sync rollback ${last.id} --dry-run   # what would come back?`])];
}

/** Scheduled runs that a person has put to rest. */
export function checkPause({ repository }: Patient): Finding[] {
  const paused = existsSync(repository.stateDir) ? readPause(repository.stateDir) : null;
  if (paused === null) return [];
  return [
    warning("pause", `scheduled runs are paused since ${paused.since}: ${paused.why}`, [
      "petesbrain-sync agents resume",
    ]),
  ];
}
