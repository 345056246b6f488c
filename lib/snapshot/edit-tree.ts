// Another tree out of one that is there: some files are put into it, replaced or taken out. Only the folders on their way
// are read and written; git would read and write a whole index for it, in three processes.

import { writeLoose } from "../git/loose-write.ts";
import type { Entry } from "../git/parse.ts";
import type { Repository } from "../git/repository.ts";
import { entriesOf, FOLDER, readTrees, type TreePlace } from "../integrity/tree-objects.ts";

/** What becomes of a path: null takes it out. */
export interface Edit {
  readonly path: string;
  readonly after: Entry | null;
}

export interface EditedTree {
  readonly tree: string;
  /** Ids of the trees that were written. Not flushed: that is for whoever needs them to last. */
  readonly made: readonly string[];
}

interface TreeRow {
  readonly mode: string;
  readonly oid: string;
}

/** A folder that is edited. Names are their bytes, one character each. */
interface Folder {
  readonly files: Map<string, Entry | null>;
  readonly folders: Map<string, Folder>;
  /** What is in it before. */
  rows: Map<string, TreeRow>;
}

/**
 * Edits a tree. A file that is put where a folder was takes its place with all in it, a folder the place of a file, and a
 * folder in which nothing is left goes.
 * @param base the tree, by its own id; null for none.
 * @throws {Failure} `integrity-mismatch` for a tree that is missing or damaged.
 */
export async function editTree(
  place: TreePlace & { readonly repository: Repository },
  base: string | null,
  edits: Iterable<Edit>,
): Promise<EditedTree> {
  const top = foldersOf(edits);
  await readRows(place, top, base);
  const made: string[] = [];
  const write = (content: Buffer): string => {
    const oid = writeLoose(place.repository, "tree", content, place.oidBytes);
    made.push(oid);
    return oid;
  };
  const tree = writeFolder(top, write) ?? write(Buffer.alloc(0));
  return { tree, made };
}

function foldersOf(edits: Iterable<Edit>): Folder {
  const top = newFolder();
  for (const { path, after } of edits) {
    const names = Buffer.from(path).toString("latin1").split("/");
    const file = names.pop() ?? "";
    let folder = top;
    for (const name of names) {
      const inner = folder.folders.get(name) ?? newFolder();
      folder.folders.set(name, inner);
      folder = inner;
    }
    folder.files.set(file, after);
  }
  return top;
}

function newFolder(): Folder {
  return { files: new Map(), folders: new Map(), rows: new Map() };
}

/** Reads what is in the folders before, level by level. */
async function readRows(place: TreePlace, top: Folder, base: string | null): Promise<void> {
  let level = base === null ? [] : [{ folder: top, tree: base }];
  while (level.length > 0) {
    const bytes = await readTrees(place, [...new Set(level.map(({ tree }) => tree))]);
    const next: typeof level = [];
    for (const { folder, tree } of level) {
      for (const { mode, name, oid } of entriesOf(bytes.get(tree) ?? Buffer.alloc(0), place.oidBytes)) {
        folder.rows.set(name, { mode, oid });
        const inner = mode === FOLDER ? folder.folders.get(name) : undefined;
        if (inner !== undefined) next.push({ folder: inner, tree: oid });
      }
    }
    level = next;
  }
}

/** Writes a folder after those in it; null when nothing is left in it. */
function writeFolder({ files, folders, rows }: Folder, write: (content: Buffer) => string): string | null {
  for (const [name, after] of files) if (after === null) rows.delete(name);
  for (const [name, folder] of folders) {
    const oid = writeFolder(folder, write);
    if (oid !== null) rows.set(name, { mode: FOLDER, oid });
    else if (rows.get(name)?.mode === FOLDER) rows.delete(name);
  }
  for (const [name, after] of files) if (after !== null) rows.set(name, after);
  return rows.size === 0 ? null : write(treeObject(rows));
}

/** git orders names by their bytes, those of folders as if a slash stood behind them. */
function treeObject(rows: ReadonlyMap<string, TreeRow>): Buffer {
  const sorted = [...rows]
    .map(([name, row]) => ({ name, key: row.mode === FOLDER ? `${name}/` : name, ...row }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  return Buffer.concat(
    sorted.flatMap(({ mode, name, oid }) => [Buffer.from(`${mode} ${name}\0`, "latin1"), Buffer.from(oid, "hex")]),
  );
}
