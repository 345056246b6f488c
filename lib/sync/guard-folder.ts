// Hits in the shape of the folder: what is gone, what changed all at once, names and sizes. Git is asked for the rest of
// the folder only where the changes themselves give cause.
import { dirname } from "node:path/posix";
import { type Change, decodePath, type Entry, splitRecords } from "../git/parse.ts";
import { unsafeName } from "../git/path-name.ts";
import { RecordReader } from "../git/records.ts";
import type { Hit } from "../guard.ts";
import { judgeFolder } from "../integrity/judge-folder.ts";
import { lastMatchDecides, pathMatcher } from "../machine/globs.ts";
import { tidy } from "../tidy.ts";
import { sizesByObject } from "./learn.ts";
import type { Session } from "./session.ts";

/** Trees before and after a set of changes; `before` is null where there was none. */
export interface Side {
  readonly changes: readonly Change[];
  readonly before: string | null;
  readonly after: string;
}

/** Folders that are listed one by one; beyond, the whole tree is. */
const MOST_NAMED = 500;
const REPOSITORY = "160000";
/** What reading one name leaves behind, bytes. */
const LEFT_BY_NAME = 300;

/** Judges a set of changes as a whole, and each name in it. */
export async function folderHits(session: Session, side: Side): Promise<Hit[]> {
  const { changes } = side;
  if (changes.length === 0) return [];
  const { guards, critical } = session.context.settings;
  const deletions = changes.filter(({ after }) => after === null);
  const modified = changes.filter(({ before, after }) => before !== null && after !== null);
  const many = deletions.length >= guards.massDeleteLeast || modified.length >= guards.allChangedLeast;
  const tops = deletions.length >= guards.massDeleteLeast ? await topNames(session, side.after) : null;
  const hits = judgeFolder({
    changes,
    tracked: many && side.before !== null ? await countFiles(session, side.before) : Number.MAX_SAFE_INTEGER,
    isCritical: pathMatcher(critical),
    topFoldersLeft: (name) => tops?.has(name) ?? true,
    sizes: await sizesByObject(
      session,
      changes.flatMap(({ after }) => (hasSize(after) ? [after.oid] : [])),
    ),
    siblings: await siblingsOf(session, side),
    limits: guards,
  });
  return [...hits, ...nameHits(changes), ...secretNames(session, changes)];
}

function hasSize(entry: Entry | null): entry is Entry {
  return entry !== null && entry.mode !== REPOSITORY;
}

function nameHits(changes: readonly Change[]): Hit[] {
  return changes.flatMap(({ path, before, after }): Hit[] => {
    tidy(LEFT_BY_NAME);
    if (after === null || before !== null) return [];
    if (after.mode === REPOSITORY)
      return [{ guard: "nested-repo", path, says: "is another repository, whose files would not come along" }];
    const why = unsafeName(path);
    return why === null ? [] : [{ guard: "bad-name", path, says: why }];
  });
}

/** Files that are secrets by their name and come in or go out for the first time, and local files in any case. */
function secretNames(session: Session, changes: readonly Change[]): Hit[] {
  const { neverSync } = session.context.settings.guards;
  const isSecret = lastMatchDecides(neverSync);
  const isLocal = pathMatcher(session.context.settings.local);
  return changes.flatMap(({ path, before, after }): Hit[] => {
    tidy(LEFT_BY_NAME);
    if (after === null) return [];
    if (isLocal(path))
      return [
        { guard: "secret", path, says: `is local to each machine (local = …) yet tracked: git rm --cached -- ${path}` },
      ];
    if (before !== null || !isSecret(path)) return [];
    return [{ guard: "secret", path, says: "is by its name a file that is never synced ([guards] never_sync)" }];
  });
}

/** Every name at the top of a tree. */
async function topNames(session: Session, tree: string): Promise<Set<string>> {
  const { stdout } = await session.git.run(["ls-tree", "-z", "--name-only", "--full-tree", "--end-of-options", tree]);
  return new Set([...splitRecords(stdout)].map(decodePath));
}

/** Number of files in a commit or tree, without keeping their names. */
async function countFiles(session: Session, tree: string): Promise<number> {
  if (session.tracked?.commit === tree) return session.tracked.files;
  let count = 0;
  const args = ["ls-tree", "-r", "-z", "--name-only", "--full-tree", "--end-of-options", tree];
  await session.git.run(args, {
    onOutput: (piece) => {
      for (let at = piece.indexOf(0); at >= 0; at = piece.indexOf(0, at + 1)) count++;
    },
  });
  return count;
}

/** Names beside every added path and beside the folders on its way, as they will be. */
async function siblingsOf(session: Session, { changes, after }: Side): Promise<Map<string, string[]>> {
  const folders = new Set<string>();
  for (const { path, before, after: entry } of changes) {
    if (before !== null || entry === null) continue;
    for (let at = dirname(path); ; at = dirname(at)) {
      folders.add(at === "." ? "" : at);
      if (at === ".") break;
    }
  }
  // a name may be listed twice, which is no clash
  const siblings = new Map<string, string[]>([...folders].map((folder) => [folder, []]));
  if (folders.size === 0) return siblings;
  const list = async (args: readonly string[]): Promise<void> => {
    // with -t also the folders between two that are asked for
    const reader = new RecordReader((record) => {
      const slash = record.lastIndexOf(0x2f);
      const parent = slash < 0 ? "" : decodePath(record.subarray(0, slash));
      // the name alone is decoded: cut out of its path it would keep all of that
      siblings.get(parent)?.push(decodePath(record.subarray(slash + 1)));
      tidy(LEFT_BY_NAME);
    });
    const onOutput = (piece: Uint8Array): void => reader.take(piece);
    await session.git.run(["ls-tree", "-t", "-z", "--name-only", "--full-tree", ...args], { onOutput });
    reader.end();
  };
  const below = [...folders].filter((folder) => folder !== "");
  if (below.length > MOST_NAMED) await list(["-r", "--end-of-options", after]);
  else {
    await list(["--end-of-options", after]);
    if (below.length > 0) await list(["--end-of-options", after, ...below.map((folder) => `${folder}/`)]);
  }
  return siblings;
}
