// verify: holds the watched files against the baseline, and on request every tracked file against git and git's store
// against itself. Looks first, repairs what it was told to repair, then says what is left: rot is never passed over.
import { checkStore } from "../git/fsck.ts";
import { readRef } from "../git/refs.ts";
import { damagedLoose } from "../integrity/loose.ts";
import type { Part } from "../integrity/scrub.ts";
import type { Context } from "../machine/context.ts";
import { checkEveryFile, checkPart } from "./check-tracked.ts";
import { type Integrity, nothingFound, refuseFindings, rotLeft } from "./findings.ts";
import { holdAgainstBaseline, settleBaseline, type Word } from "./hold-baseline.ts";
import { type Rotten, repairFiles } from "./repair.ts";
import type { Report } from "./report.ts";
import { type RunOptions, runCommand } from "./run.ts";
import { type Session, step } from "./session.ts";

export interface VerifyOptions extends RunOptions {
  readonly word: Word | null;
  /** Every tracked file and git's object store too. */
  readonly all: boolean;
  /** One part of the tracked files, instead of the baseline. */
  readonly subset: Part | null;
  readonly repair: boolean;
  /** Lets `pre-sync` take rotten content into the new baseline. */
  readonly acceptRot: boolean;
}

export interface VerifyReport extends Report {
  /** Null when the run could not begin. */
  integrity: Integrity | null;
}

/** Verifies the folder. What is not as it should be ends with `integrity-mismatch`, in the report. */
export async function verifyFolder(context: Context, options: VerifyOptions): Promise<VerifyReport> {
  const found: { integrity: Integrity | null } = { integrity: null };
  const report = await runCommand(context, "verify", async (session) => {
    found.integrity = nothingFound();
    await carryOut(session, options, found.integrity);
  });
  return { ...report, integrity: found.integrity };
}

async function carryOut(session: Session, options: VerifyOptions, integrity: Integrity): Promise<void> {
  const { report, repository, context, git } = session;
  report.outcome = options.dryRun ? "planned" : "up-to-date";
  const head = await readRef(git, repository, `refs/heads/${context.settings.branch}`);
  report.head = { before: head, after: head };
  const rotten = new Map<string, Rotten>();
  const { subset } = options;
  if (subset !== null)
    addAll(rotten, await step(session, "files", () => checkPart(session, integrity, subset, options)));
  else {
    const held = await step(session, "verify", () => holdAgainstBaseline(session, integrity, options));
    if (options.all) addAll(rotten, await step(session, "files", () => checkEveryFile(session, integrity)));
    if (options.all) integrity.objects = await step(session, "objects", () => checkObjects(session));
    // what the baseline says of a file counts for more: it knows the bytes on disk
    addAll(rotten, held.rotten);
    settleBaseline(session, integrity, held, options);
  }
  if (options.repair && rotLeft(integrity).length > 0)
    await step(session, "repair", () => repair(session, integrity, [...rotten.values()], options));
  refuseFindings(integrity, {
    aside: `${repository.stateDir}/`,
    refuses: REFUSES[options.word ?? "none"],
    command: options.all || options.subset !== null ? "petesbrain-sync verify --all" : "petesbrain-sync verify",
  });
}

async function checkObjects({ git, repository }: Session): Promise<Integrity["objects"]> {
  const store = await checkStore(git);
  return { ...store, damaged: damagedLoose(repository, store.objects) };
}

/** A new baseline takes in what is gone, as it takes in what was edited. */
const REFUSES = {
  none: "rot-and-missing",
  "pre-sync": "rot",
  "post-sync": "any-difference",
  update: "rot",
} as const;

function addAll(rotten: Map<string, Rotten>, found: readonly Rotten[]): void {
  for (const file of found) rotten.set(file.path, file);
}

async function repair(
  session: Session,
  integrity: Integrity,
  rotten: readonly Rotten[],
  options: RunOptions,
): Promise<void> {
  const { repaired, failed, kept } = await repairFiles(session, rotten, options);
  integrity.repaired = [...repaired];
  integrity.unrepaired = [...failed];
  integrity.kept = kept;
  session.report.files.modified = [...repaired].sort();
  session.report.verified.changed = options.dryRun ? 0 : repaired.length;
  if (repaired.length > 0 && !options.dryRun) session.report.outcome = "synced";
}
