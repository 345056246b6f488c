// The watched files against the baseline, and what `verify`'s words make of it: a new baseline takes in what was edited,
// added and removed, but rot only where a person said so.
import { hostname } from "node:os";
import { Failure } from "../failure.ts";
import {
  checkWatched,
  readBaseline,
  readWatched,
  setBaselineAside,
  type Watched,
  writeBaseline,
} from "../integrity/baseline.ts";
import { type Baseline, baselineOf } from "../integrity/baseline-form.ts";
import type { Comparison } from "../integrity/compare.ts";
import { pathMatcher } from "../machine/globs.ts";
import { named } from "../named.ts";
import type { Integrity } from "./findings.ts";
import type { Rotten } from "./repair.ts";
import type { Session } from "./session.ts";

/** `pre-sync` and `update` write a new baseline, `post-sync` lets no difference pass. */
export type Word = "pre-sync" | "post-sync" | "update";

export interface HoldOptions {
  readonly word: Word | null;
  readonly acceptRot: boolean;
  readonly dryRun: boolean;
}

export interface Held {
  readonly baseline: Baseline | null;
  readonly watched: Watched;
  readonly rotten: readonly Rotten[];
}

/** State fact with the last look at the watched files: `{ at, files, edited, missing, rotten }` as JSON. */
const VERIFIED = "verified";

/**
 * Reads the baseline and the watched files and compares them.
 * @throws {Failure} `halted` for a damaged baseline, except with `pre-sync`, which puts it aside; and for none at all
 * with `post-sync`.
 */
export function holdAgainstBaseline(session: Session, integrity: Integrity, options: HoldOptions): Held {
  const { context, repository, state } = session;
  const baseline = usableBaseline(session, integrity, options);
  const watched = readWatched(repository.folder, context.settings);
  if (baseline === null) {
    integrity.added = [...watched.files.keys()];
    return { baseline, watched, rotten: [] };
  }
  const { takenAt, hostname: host, phase, operation, files } = baseline;
  integrity.baseline = { takenAt, hostname: host, phase, operation, files: files.size };
  const found = checkWatched(repository.folder, context.settings, baseline, watched);
  describe(integrity, found);
  const isCritical = pathMatcher(context.settings.critical);
  session.report.verified.critical = found.same.filter((path) => isCritical(path)).length;
  if (!options.dryRun) state.setFact(VERIFIED, factOf(found, context.now()));
  return {
    baseline,
    watched,
    rotten: found.rotten.map(({ path, before }) => ({ path, sha256: before?.sha256 ?? null, oid: null })),
  };
}

function usableBaseline(session: Session, integrity: Integrity, { word, dryRun }: HoldOptions): Baseline | null {
  const { folder } = session.repository;
  try {
    const baseline = readBaseline(folder);
    if (baseline !== null || word !== "post-sync") return baseline;
  } catch (error) {
    if (word !== "pre-sync" || !(error instanceof Failure) || error.kind !== "halted") throw error;
    if (!dryRun) integrity.setAside = setBaselineAside(folder, session.run);
    session.report.notes.push(
      `${error.message}; it ${dryRun ? "would be" : "was"} put aside, and nothing could be compared`,
    );
    return null;
  }
  throw new Failure("halted", {
    cause: "there is no baseline that the files could be held against",
    remedy: ["petesbrain-sync verify pre-sync   # takes one"],
  });
}

function describe(integrity: Integrity, found: Comparison): void {
  const paths = (list: readonly { path: string }[]): string[] => list.map(({ path }) => path);
  integrity.same = found.same.length;
  integrity.edited = paths(found.edited);
  integrity.added = paths(found.added);
  integrity.missing = paths(found.missing);
  integrity.rotten = paths(found.rotten);
}

function factOf(found: Comparison, now: Date): string {
  return JSON.stringify({
    at: now.toISOString(),
    files: found.same.length,
    edited: found.edited.length,
    missing: found.missing.length,
    rotten: found.rotten.length,
  });
}

/** Writes the new baseline of `pre-sync` and `update`, unless rot stands against it. */
export function settleBaseline(session: Session, integrity: Integrity, held: Held, options: HoldOptions): void {
  const { word, dryRun } = options;
  const { baseline, watched } = held;
  if (word === null || word === "post-sync") {
    if (baseline === null)
      session.report.notes.push("there is no baseline yet to hold the files against: petesbrain-sync verify pre-sync");
    // without a baseline nothing is new
    if (baseline === null) integrity.added = [];
    return;
  }
  if (integrity.rotten.length > 0 && word === "pre-sync" && !options.acceptRot) {
    const { edited, added, missing } = integrity;
    if (edited.length + added.length + missing.length > 0)
      session.report.notes.push("the baseline was left as it is, because of the rot");
    return;
  }
  integrity.accepted = [...integrity.edited, ...integrity.added, ...integrity.missing, ...integrity.rotten].sort();
  if (watched.unsteady.length > 0)
    session.report.notes.push(`left out of the baseline, because it is being written: ${named(watched.unsteady)}`);
  if (dryRun) return;
  const about = { now: session.context.now(), hostname: hostname(), previous: baseline };
  const operation = word === "update" ? "update" : "baseline";
  integrity.written = writeBaseline(
    session.repository.folder,
    baselineOf(watched.files, { ...about, phase: word, operation }),
  );
}
