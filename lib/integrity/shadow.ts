// One SHA-256 over a whole commit: a shadow of git's own tree, in which a file's digest is that of its content and a
// folder's is that of its sorted entries. Digests are remembered by git's object ids, so that the cost grows with what
// changed. Source of the tree form: gitformat-pack(5) and git-mktree(1), "<mode> <name>\0<id>" entry after entry.
import type { KnownDigest, State } from "../machine/state.ts";
import { tidy } from "../tidy.ts";
import { Listing } from "./listing.ts";
import { contentDigests, damagedObject } from "./objects.ts";
import { digestFolder, readEntries } from "./shadow-folder.ts";
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

/** Blobs that are read in one go; their digests are remembered before the next. */
const SLICE = 1_024;
/** An entry has some fifty bytes, and its place, digest and listing leave five times as much behind. */
const LEFT_BY_BYTE = 5;

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
  let root: Promise<string> | null = null;
  return () => {
    root ??= digestFolders(place, folders, { tree, path: TOP });
    return root;
  };
}

/** Folders as the bytes of their objects, by id: as strings their entries took ten times as much (measured). */
type Folders = Map<string, Buffer>;

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
      for (const { tree: child } of foldersIn(bytes, TOP, place)) if (!folders.has(child)) children.add(child);
    }
    const known = place.state.digestsOf([...children]);
    level = [...children].filter((oid) => !known.has(oid) && !folders.has(oid));
  }
  return folders;
}

/** The folders in a folder, without a look at its files, of which there are many more. */
function foldersIn(bytes: Buffer, above: string, { oidBytes }: ShadowPlace): Placed[] {
  const found: Placed[] = [];
  visitEntries(bytes, oidBytes, (start, end) => {
    if (!isFolderAt(bytes, start)) return;
    const name = bytes.toString("latin1", start + FOLDER.length + 1, end);
    const path = above === TOP ? name : `${above}/${name}`;
    found.push({ tree: bytes.toString("hex", end + 1, end + 1 + oidBytes), path });
  });
  return found;
}

/** A folder that is digested: its tree, and where it lies. */
interface Placed {
  readonly tree: string;
  /** Its bytes, one character each. */
  readonly path: string;
}

/** Where a tree lies of which nothing else is known: what is remembered of other folders there is not found, no more. */
const TOP = "";

/** Folders whose digests are computed, and those that wait for contents, or folders, that are not digested yet. */
interface Work {
  readonly place: ShadowPlace;
  readonly folders: Folders;
  readonly computed: Map<string, KnownDigest>;
  waiting: Placed[];
  readonly unknown: Set<string>;
}

/** Folders, as bytes, whose entries' digests are asked for in one question. */
const ASKED_BYTES = 16 * 1024;

/**
 * Digests folders, those within others first. What is remembered of their entries is asked some folders at a time, and new
 * contents are read some thousands at a time: nothing of a whole first publication is held but the folders' own bytes.
 */
async function digestFolders(place: ShadowPlace, folders: Folders, top: Placed): Promise<string> {
  const work: Work = { place, folders, computed: new Map(), waiting: [], unknown: new Set() };
  let some: Placed[] = [];
  let bytes = 0;
  for (const placed of innerFirst(place, folders, top)) {
    some.push(placed);
    bytes += folders.get(placed.tree)?.length ?? 0;
    if (bytes < ASKED_BYTES) continue;
    digestSome(work, some);
    if (work.unknown.size >= SLICE) await readUnknown(work);
    some = [];
    bytes = 0;
  }
  digestSome(work, some);
  if (work.unknown.size > 0) await readUnknown(work);
  const [left] = work.waiting;
  if (left !== undefined) throw damagedObject(left.tree);
  place.state.rememberDigests(work.computed);
  const root = work.computed.get(top.tree);
  if (root === undefined) throw new Error(`tree ${top.tree} was not digested`);
  return root.sha256;
}

/** The folders of a tree, each after those within it, and once where it lies in several places. */
function innerFirst(place: ShadowPlace, folders: Folders, top: Placed): Iterable<Placed> {
  const order = new Map<string, Placed>();
  const visit = (placed: Placed): void => {
    const bytes = folders.get(placed.tree);
    if (bytes !== undefined)
      for (const child of foldersIn(bytes, placed.path, place))
        if (folders.has(child.tree) && !order.has(child.tree)) visit(child);
    order.set(placed.tree, placed);
  };
  visit(top);
  return order.values();
}

/** Reads the contents that are lacking, and digests what has waited for them. */
async function readUnknown(work: Work): Promise<void> {
  const { place, unknown } = work;
  await contentDigests(place.git, place.state, [...unknown], place.oidBytes);
  unknown.clear();
  const again = work.waiting;
  work.waiting = [];
  for (const placed of again) digestSome(work, [placed]);
}

/** Digests folders where all in them is digested; else they wait, and what is lacking is noted. */
function digestSome(work: Work, some: readonly Placed[]): void {
  const { place, folders, computed } = work;
  const { state, oidBytes } = place;
  const before = state.listingsOf(some.map(({ path }) => path));
  const read = some.map((placed) => {
    const listing = new Listing(before.get(placed.path), oidBytes);
    return { placed, entries: readEntries(folders.get(placed.tree) ?? NOTHING, listing, oidBytes) };
  });
  const asked = read.flatMap(({ entries }) => entries.unknown.filter((oid) => !computed.has(oid)));
  const remembered = state.digestsOf(asked);
  const digestOf = (oid: string, isFolder: boolean): string | null => {
    const digest = computed.get(oid) ?? remembered.get(oid);
    if (digest === undefined && !isFolder) work.unknown.add(oid);
    return digest?.sha256 ?? null;
  };
  const listings = new Map<string, Uint8Array>();
  for (const { placed, entries } of read) {
    const shadow = digestFolder(entries, oidBytes, digestOf);
    if (shadow === null) work.waiting.push(placed);
    else {
      computed.set(placed.tree, shadow.digest);
      listings.set(placed.path, shadow.listing);
      // whoever holds this work to the end of the run holds no folders with it
      folders.delete(placed.tree);
    }
    tidy(entries.tree.length * LEFT_BY_BYTE);
  }
  state.rememberListings(listings);
}

const NOTHING = Buffer.alloc(0);

function entriesIn(folders: Folders, oid: string, { oidBytes }: ShadowPlace): Iterable<TreeEntry> {
  const bytes = folders.get(oid);
  return bytes === undefined ? [] : entriesOf(bytes, oidBytes);
}
