// One SHA-256 over a whole commit: a shadow of git's own tree, in which a file's digest is that of its content and a
// folder's is that of its sorted entries. Digests are remembered by git's object ids, so that the cost grows with what
// changed. Source of the tree form: gitformat-pack(5) and git-mktree(1), "<mode> <name>\0<id>" entry after entry.
import type { KnownDigest, State } from "../machine/state.ts";
import { tidy } from "../tidy.ts";
import { contentDigests, damagedObject } from "./objects.ts";
import {
  entriesOf,
  FOLDER,
  isFolderAt,
  readTrees,
  type TreeEntry,
  type TreePlace,
  visitEntries,
} from "./tree-objects.ts";

/** What shadows are computed with. */
export interface ShadowPlace extends TreePlace {
  readonly state: State;
}

const REPOSITORY = "160000";
/** Blobs that are read in one go; their digests are remembered before the next. */
const SLICE = 1_024;
/** An entry has some fifty bytes and leaves half a kilobyte of strings and rows behind. */
const LEFT_BY_BYTE = 10;

/**
 * SHA-256 of a tree and all in it, hexadecimal.
 * @param likely folders in it that are known to be new: they are read in one go, instead of level by level.
 * @throws {Failure} `integrity-mismatch` naming the first object that is missing or damaged.
 */
export async function rootOf(place: ShadowPlace, tree: string, likely: readonly string[] = []): Promise<string> {
  const finish = await beginRoot(place, tree, likely);
  return finish();
}

/** Reads a tree's folders; what it gives back digests the files, once their digests are remembered where they can be. */
export async function beginRoot(
  place: ShadowPlace,
  tree: string,
  likely: readonly string[] = [],
): Promise<() => Promise<string>> {
  const known = place.state.digestsOf([tree]).get(tree);
  if (known !== undefined) return () => Promise.resolve(known.sha256);
  const folders = await unknownFolders(place, tree, likely);
  return () => digestFolders(place, folders, tree);
}

/** Folders as the bytes of their objects, by id: as strings their entries took ten times as much (measured). */
type Folders = ReadonlyMap<string, Buffer>;

/** Digests of a tree's own folder and its folders of the first two levels, by path (`""` is the top). Root first. */
export async function upperFolders(place: ShadowPlace, tree: string): Promise<Map<string, string>> {
  const shadows = new Map([["", await rootOf(place, tree)]]);
  let level = new Map([["", tree]]);
  for (let depth = 0; depth < 2; depth++) {
    const entries = await readTrees(place, [...level.values()]);
    const next = new Map<string, string>();
    for (const [path, oid] of level) {
      for (const { mode, name, oid: child } of entriesIn(entries, oid, place)) {
        if (mode === FOLDER) next.set(path === "" ? nameOf(name) : `${path}/${nameOf(name)}`, child);
      }
    }
    const digests = place.state.digestsOf([...next.values()]);
    for (const [path, oid] of next) shadows.set(path, digests.get(oid)?.sha256 ?? (await rootOf(place, oid)));
    level = next;
  }
  return shadows;
}

function nameOf(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString("utf8");
}

/** Every folder in a tree whose digest is not remembered. */
async function unknownFolders(place: ShadowPlace, tree: string, likely: readonly string[]): Promise<Folders> {
  const folders = new Map<string, Buffer>();
  for (let level = [...new Set([tree, ...likely])]; level.length > 0; ) {
    const read = await readTrees(place, level);
    const children = new Set<string>();
    for (const [oid, bytes] of read) {
      folders.set(oid, bytes);
      for (const child of foldersIn(bytes, place)) if (!folders.has(child)) children.add(child);
    }
    const known = place.state.digestsOf([...children]);
    level = [...children].filter((oid) => !known.has(oid) && !folders.has(oid));
  }
  return folders;
}

/** Ids of all that is in a folder, in its order. */
function oidsIn(bytes: Buffer, { oidBytes }: ShadowPlace): string[] {
  const oids: string[] = [];
  visitEntries(bytes, oidBytes, (_, end) => oids.push(bytes.toString("hex", end + 1, end + 1 + oidBytes)));
  return oids;
}

/** Ids of the folders in a folder, without a look at its files, of which there are many more. */
function foldersIn(bytes: Buffer, { oidBytes }: ShadowPlace): string[] {
  const found: string[] = [];
  visitEntries(bytes, oidBytes, (start, end) => {
    if (isFolderAt(bytes, start)) found.push(bytes.toString("hex", end + 1, end + 1 + oidBytes));
  });
  return found;
}

/** Folders whose digests are computed, and those that wait for contents, or folders, that are not digested yet. */
interface Work {
  readonly place: ShadowPlace;
  readonly folders: Folders;
  readonly computed: Map<string, KnownDigest>;
  waiting: string[];
  readonly unknown: Set<string>;
}

/** Folders, as bytes, whose entries' digests are asked for in one question. */
const ASKED_BYTES = 16 * 1024;

/**
 * Digests folders, those within others first. What is remembered of their entries is asked some folders at a time, and new
 * contents are read some thousands at a time: nothing of a whole first publication is held but the folders' own bytes.
 */
async function digestFolders(place: ShadowPlace, folders: Folders, tree: string): Promise<string> {
  const work: Work = { place, folders, computed: new Map(), waiting: [], unknown: new Set() };
  let some: string[] = [];
  let bytes = 0;
  for (const oid of innerFirst(place, folders, tree)) {
    some.push(oid);
    bytes += folders.get(oid)?.length ?? 0;
    if (bytes < ASKED_BYTES) continue;
    digestSome(work, some);
    if (work.unknown.size >= SLICE) await readUnknown(work);
    some = [];
    bytes = 0;
  }
  digestSome(work, some);
  if (work.unknown.size > 0) await readUnknown(work);
  const [left] = work.waiting;
  if (left !== undefined) throw damagedObject(left);
  place.state.rememberDigests(work.computed);
  const root = work.computed.get(tree);
  if (root === undefined) throw new Error(`tree ${tree} was not digested`);
  return root.sha256;
}

/** The folders of a tree, each after those within it. */
function innerFirst(place: ShadowPlace, folders: Folders, tree: string): Set<string> {
  const order = new Set<string>();
  const visit = (oid: string): void => {
    const bytes = folders.get(oid);
    if (bytes !== undefined)
      for (const child of foldersIn(bytes, place)) if (folders.has(child) && !order.has(child)) visit(child);
    order.add(oid);
  };
  visit(tree);
  return order;
}

/** Reads the contents that are lacking, and digests what has waited for them. */
async function readUnknown(work: Work): Promise<void> {
  const { place, unknown } = work;
  await contentDigests(place.git, place.state, [...unknown], place.oidBytes);
  unknown.clear();
  const again = work.waiting;
  work.waiting = [];
  for (const oid of again) digestSome(work, [oid]);
}

/** Digests folders where all in them is digested; else they wait, and what is lacking is noted. */
function digestSome(work: Work, trees: readonly string[]): void {
  const { place, computed, folders } = work;
  const oids = trees.flatMap((tree) => oidsIn(folders.get(tree) ?? NOTHING, place));
  const remembered = place.state.digestsOf(oids.filter((oid) => !computed.has(oid)));
  for (const tree of trees) {
    digestFolder(work, tree, remembered);
    tidy((folders.get(tree)?.length ?? 0) * LEFT_BY_BYTE);
  }
}

function digestFolder(work: Work, tree: string, remembered: ReadonlyMap<string, KnownDigest>): void {
  const { place, computed, unknown, folders } = work;
  const bytes = folders.get(tree) ?? NOTHING;
  const lines: string[] = [];
  let isWhole = true;
  visitEntries(bytes, place.oidBytes, (start, end) => {
    const oid = bytes.toString("hex", end + 1, end + 1 + place.oidBytes);
    const isRepository = bytes.toString("latin1", start, start + REPOSITORY.length) === REPOSITORY;
    const digest = isRepository ? sha256Of(oid) : (computed.get(oid) ?? remembered.get(oid))?.sha256;
    if (digest === undefined) isWhole = false;
    if (digest === undefined && !isFolderAt(bytes, start)) unknown.add(oid);
    // mode, space, name and NUL are as in git's own object
    lines.push(`${bytes.toString("latin1", start, end + 1)}${digest}\n`);
  });
  if (!isWhole) {
    work.waiting.push(tree);
    return;
  }
  const text = Buffer.from(lines.join(""), "latin1");
  computed.set(tree, { sha256: sha256Of(text), sizeBytes: text.length });
}

const NOTHING = Buffer.alloc(0);

function sha256Of(content: string | Buffer): string {
  return new Bun.CryptoHasher("sha256").update(content).digest("hex");
}

function entriesIn(folders: Folders, oid: string, { oidBytes }: ShadowPlace): Iterable<TreeEntry> {
  const bytes = folders.get(oid);
  return bytes === undefined ? [] : entriesOf(bytes, oidBytes);
}
