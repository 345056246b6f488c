// What a rollback most likely takes, prepared while git looks at the folder: the way from what the folder should be, and
// its files beside the folder. Where the folder turns out to be something else, only that much is done anew.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { writeIndex } from "../git/index-write.ts";
import type { Change } from "../git/parse.ts";
import { readRef } from "../git/refs.ts";
import { diffTrees } from "../git/trees.ts";
import { runStart } from "../machine/identity.ts";
import { snapshotRef } from "../snapshot/keep.ts";
import { type IndexLook, lookAtIndex } from "../snapshot/private-index.ts";
import { timesTaken } from "./rollback-times.ts";
import { inBackground, type Session } from "./session.ts";
import { type StagedAhead, stage } from "./stage.ts";
import { together } from "./together.ts";
import { arrivingBytes, changedIndex, sameEntry, type Union } from "./unite.ts";

/** The way that a rollback will most likely take. */
export interface Ahead {
  /** Commit or tree: what the folder is thought to be, and what it is to become. */
  readonly from: string;
  readonly to: string;
  readonly changes: readonly Change[];
  /** Null where the files were not staged: what stands in the way is met again, and told, once it is known to matter. */
  readonly files: Promise<FilesAhead | null>;
}

/** All its files, staged. */
export interface FilesAhead extends StagedAhead {
  readonly bytes: number;
  readonly indexFile: string;
}

/**
 * Begins; null where it is not known what to go to, or git cannot tell the way. The folder is not touched.
 * @param snapshot null where the last run is to be undone.
 * @param stages false where a person is asked first, or nothing is to be carried out.
 */
export async function goAhead(session: Session, snapshot: string | null, stages: boolean): Promise<Ahead | null> {
  const ends = snapshot === null ? endsOfUndo(session) : await endsOfReturn(session, snapshot);
  if (ends === null) return null;
  const changes = await diffTrees(session.git, ends.from, ends.to);
  const files = stages ? inBackground(session, stageAll(session, changes)) : Promise.resolve(null);
  return { ...ends, changes, files: files.catch(() => null) };
}

type Ends = Pick<Ahead, "from" | "to">;

function endsOfUndo({ state }: Session): Ends | null {
  const last = state.lastUndoable();
  return last === null || last.undoFrom === null || last.undoTo === null
    ? null
    : { from: last.undoFrom, to: last.undoTo };
}

async function endsOfReturn({ git, repository, context }: Session, snapshot: string): Promise<Ends | null> {
  if (runStart(snapshot) === null) return null;
  const from = await readRef(git, repository, `refs/heads/${context.settings.branch}`);
  const to = await readRef(git, repository, snapshotRef(snapshot));
  return from === null || to === null ? null : { from, to };
}

async function stageAll(session: Session, changes: readonly Change[]): Promise<FilesAhead | null> {
  const { oidBytes } = await session.configuration;
  const index = lookAtIndex(session.repository, oidBytes, session.state);
  // an index that hides files from git is worked with otherwise
  if (index.facts === null || index.facts.blinded > 0) return null;
  const indexFile = join(session.workDir, "index-ahead");
  const [, bytes] = await together(prepareIndex(session, index, indexFile, changes), arrivingBytes(session, changes));
  const takenTimes = (some: readonly Change[]): ReturnType<typeof timesTaken> => timesTaken(session, index, some);
  const staged = await stage(session, { changes, bytes, indexFile, takenTimes, judged: false });
  return { changes, staged, bytes, indexFile };
}

/** Where no attributes are tracked git needs the entries of just these files to write them; one of them may be the first. */
async function prepareIndex(
  session: Session,
  index: IndexLook,
  target: string,
  changes: readonly Change[],
): Promise<void> {
  const { oidBytes } = await session.configuration;
  const isPlain = index.facts?.attributes === false;
  if (!isPlain) await changedIndex(session, { look: { index }, dirty: null }, target, changes);
  else {
    mkdirSync(session.workDir, { recursive: true, mode: 0o700 });
    const arriving = changes.flatMap(({ path, after }) => (after === null ? [] : [[path, after] as const]));
    writeIndex(target, new Map(arriving), oidBytes);
  }
}

/**
 * The way from the folder to where another way leads, both from the same beginning.
 * @param there from the beginning to the end of the other way.
 * @param here from the beginning to the folder.
 */
export function wayFromHere(there: readonly Change[], here: readonly Change[]): Change[] {
  const ways = new Map(there.map((change) => [change.path, change]));
  for (const { path, before, after } of here) {
    const end = ways.has(path) ? (ways.get(path)?.after ?? null) : before;
    ways.set(path, { path, before: after, after: end });
  }
  return [...ways.values()].filter(({ before, after }) => !sameEntry(before, after));
}

/** What a plan comes to where just its files were staged ahead; null where it needs others. */
export function unionOf(files: FilesAhead | null, tree: string, incoming: readonly Change[]): Union | null {
  if (files === null || files.changes.length !== incoming.length) return null;
  const isSame = incoming.every(({ path, before, after }, n) => {
    const other = files.changes[n];
    return other?.path === path && sameEntry(other.before, before) && sameEntry(other.after, after);
  });
  if (!isSame) return null;
  const { bytes, indexFile } = files;
  return { tree, incoming: [...incoming], bytes, merges: [], indexFile, places: new Map() };
}
