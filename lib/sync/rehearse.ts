// The rehearsal of a rollback: the newest snapshot is restored into a scratch place, piece by piece, as a rollback would
// write it, and every file is compared with what the snapshot says it is. The folder itself is not touched. What came of
// it is remembered, so that `status` can say when a restore was last proven.
import { mkdirSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { Failure, surroundingFailure } from "../failure.ts";
import { type Entry, parseTree } from "../git/parse.ts";
import { readRef } from "../git/refs.ts";
import { digestIfSteady } from "../integrity/digest.ts";
import type { Context } from "../machine/context.ts";
import { named } from "../named.ts";
import { isSound, readCopiesOrNull } from "../snapshot/copies.ts";
import { snapshotRef } from "../snapshot/keep.ts";
import { listSnapshots } from "../snapshot/list.ts";
import { notAsGitMakes } from "./filtered.ts";
import { sizesByObject } from "./learn.ts";
import { tidyStore } from "./maintain.ts";
import { breathe } from "./pause.ts";
import { keepRehearsal, type Rehearsal, readRehearsal } from "./rehearsal.ts";
import type { Report } from "./report.ts";
import { runCommand } from "./run.ts";
import { type Session, step } from "./session.ts";
import { workingTree } from "./write-files.ts";

export interface RehearsalReport extends Report {
  /** Null when there was no snapshot, or the run could not begin. */
  rehearsal: Rehearsal | null;
}

const WEEK_MS = 7 * 86_400_000;
const REPOSITORY = "160000";
const LINK = "120000";
/** As much is restored at a time: the scratch place needs room for one piece and never for the whole folder. */
const PIECE_FILES = 1_000;
const PIECE_BYTES = 64_000_000;
const SPARE_BYTES = 16_000_000;
const READ_AT_ONCE = 16;

/**
 * Rehearses the restore of the newest snapshot, then lets git tidy its store. A file that does not come back as the
 * snapshot says ends with `integrity-mismatch`, in the report.
 */
export async function rehearse(context: Context): Promise<RehearsalReport> {
  const found: { rehearsal: Rehearsal | null } = { rehearsal: null };
  const report = await runCommand(context, "rehearse", async (session) => {
    session.report.outcome = "up-to-date";
    const newest = (await listSnapshots(context))[0];
    if (newest === undefined) {
      session.report.notes.push(
        "there is no snapshot yet to rehearse with: each run takes one before it changes anything",
      );
      return;
    }
    found.rehearsal = await step(session, "rehearse", () => rehearseKeepingWhy(session, newest.id));
    session.report.verified.changed = found.rehearsal.files;
    refuseDamaged(found.rehearsal);
    await step(session, "tidy", () => tidyStore(session));
  });
  return { ...report, command: "rollback", rehearsal: found.rehearsal };
}

/** A rehearsal that could not be carried through is remembered as well, with why. */
async function rehearseKeepingWhy(session: Session, run: string): Promise<Rehearsal> {
  try {
    const rehearsal = await rehearseSnapshot(session, run);
    keepRehearsal(session.state, rehearsal);
    return rehearsal;
  } catch (error) {
    session.context.signal.throwIfAborted();
    const failed = surroundingFailure(error)?.message ?? (error instanceof Error ? error.message : String(error));
    const at = session.context.now().toISOString();
    keepRehearsal(session.state, { at, snapshot: run, files: 0, bytes: 0, copies: 0, damaged: [], failed });
    throw error;
  } finally {
    rmSync(session.workDir, { recursive: true, force: true });
  }
}

async function rehearseSnapshot(session: Session, run: string): Promise<Rehearsal> {
  const { context, git, repository } = session;
  const commit = await readRef(git, repository, snapshotRef(run));
  if (commit === null) throw new Error(`the snapshot ${run} has gone while it was looked at`);
  const { stdout } = await git.run(["ls-tree", "-r", "-z", "--full-tree", "--end-of-options", commit]);
  const entries = [...parseTree(stdout)].filter(([, { mode }]) => mode !== REPOSITORY);
  const sizes = await sizesByObject(session, [...new Set(entries.map(([, { oid }]) => oid))]);
  const sizeOf = ({ oid }: Entry): number => sizes.get(oid) ?? 0;
  mkdirSync(session.workDir, { recursive: true, mode: 0o700 });
  const indexFile = join(session.workDir, "index-rehearsal");
  await git.run(["read-tree", "--end-of-options", commit], { indexFile });
  const damaged: string[] = [];
  for (const piece of piecesOf(entries, sizeOf))
    damaged.push(...(await restorePiece(session, indexFile, piece, sizeOf)));
  const manifest = readCopiesOrNull(repository.folder, run);
  if (manifest === "damaged") damaged.push(`.sync-snapshot/${run}/manifest.json`);
  const copies = manifest === null || manifest === "damaged" ? [] : manifest.files;
  damaged.push(...copies.filter((copy) => !isSound(repository.folder, run, copy)).map(({ path }) => path));
  return {
    at: context.now().toISOString(),
    snapshot: run,
    files: entries.length,
    copies: copies.length,
    bytes: entries.reduce((sum, [, entry]) => sum + sizeOf(entry), 0),
    damaged: [...new Set(damaged)].sort(),
    failed: null,
  };
}

type Piece = [path: string, entry: Entry][];

function piecesOf(entries: Piece, sizeOf: (entry: Entry) => number): Piece[] {
  const pieces: Piece[] = [];
  let [piece, bytes]: [Piece, number] = [[], 0];
  for (const one of entries) {
    if (piece.length > 0 && (piece.length >= PIECE_FILES || bytes + sizeOf(one[1]) > PIECE_BYTES)) {
      pieces.push(piece);
      [piece, bytes] = [[], 0];
    }
    piece.push(one);
    bytes += sizeOf(one[1]);
  }
  if (piece.length > 0) pieces.push(piece);
  return pieces;
}

/** Restores some files beside the folder and compares them; returns those that are not what the snapshot says. */
async function restorePiece(
  session: Session,
  indexFile: string,
  piece: Piece,
  sizeOf: (entry: Entry) => number,
): Promise<string[]> {
  const scratch = join(session.workDir, "rehearsal");
  mkdirSync(scratch, { recursive: true, mode: 0o700 });
  requireSpace(
    scratch,
    piece.reduce((sum, [, entry]) => sum + sizeOf(entry), 0),
  );
  const { oidBytes } = await session.configuration;
  const input = piece.map(([path]) => `${path}\0`).join("");
  // a file that git cannot write is not there afterwards, which is what is looked at; the others are written all the same
  const call = { ...workingTree(session, scratch), indexFile, input, accept: [0, 1, 128] };
  await session.git.run(["checkout-index", "-z", "--stdin"], call);
  const known = session.state.digestsOf(piece.map(([, { oid }]) => oid));
  const damaged: string[] = [];
  const filtered: Piece = [];
  for (const [n, [path, entry]] of piece.entries()) {
    if (n % READ_AT_ONCE === 0) await breathe();
    const digest = digestIfSteady(join(scratch, path), oidBytes);
    if (digest === null || digest === "unsteady" || digest.mode !== entry.mode) damaged.push(path);
    else if (digest.oid !== entry.oid && entry.mode === LINK) damaged.push(path);
    else if (digest.oid !== entry.oid) filtered.push([path, entry]);
    else if ((known.get(entry.oid)?.sha256 ?? digest.sha256) !== digest.sha256) damaged.push(path);
  }
  damaged.push(...(await notAsGitMakes(session, filtered, { indexFile, folder: scratch })));
  rmSync(scratch, { recursive: true, force: true });
  return damaged;
}

function requireSpace(place: string, bytes: number): void {
  const { bavail, bsize } = statfsSync(place);
  if (bavail * bsize >= bytes + SPARE_BYTES) return;
  throw new Failure("snapshot-failed", {
    cause: `the disk is too full to rehearse: ${Math.ceil((bytes + SPARE_BYTES) / 1e6)} MB are needed, ${Math.floor((bavail * bsize) / 1e6)} MB are free`,
    remedy: ["df -h ."],
  });
}

function refuseDamaged({ damaged, snapshot }: Rehearsal): void {
  if (damaged.length === 0) return;
  throw new Failure("integrity-mismatch", {
    cause: `${damaged.length} ${damaged.length === 1 ? "file does" : "files do"} not come back as the snapshot ${snapshot} says: ${named(damaged)}`,
    paths: damaged,
    remedy: [
      "petesbrain-sync verify --all   # are the files in the folder sound, and git's store?",
      "petesbrain-sync rollback list   # older snapshots; the next run that changes something takes a new one",
    ],
  });
}

/** A rehearsal is due once a week; also when the last one lies in the future, because the clock was set back. */
export function rehearsalDue(stateDir: string, now: Date): boolean {
  const last = readRehearsal(stateDir);
  if (last === null) return true;
  const age = now.getTime() - Date.parse(last.at);
  return age >= WEEK_MS || age < 0;
}
