// One SHA-256 over a whole commit: a shadow of git's own tree, in which a file's digest is that of its content and a
// folder's is that of its sorted entries. Digests are remembered by git's object ids, so that the cost grows with what
// changed. Source of the tree form: gitformat-pack(5) and git-mktree(1), "<mode> <name>\0<id>" entry after entry.
import { type ObjectHead, type ObjectVisitor, readObjects } from "../git/cat-file.ts";
import type { Git } from "../git/shell.ts";
import type { KnownDigest, State } from "../machine/state.ts";
import { tidy } from "../tidy.ts";
import { contentDigests, damagedObject } from "./objects.ts";

/** What shadows are computed with. */
export interface ShadowPlace {
  /** Folders that were read already, by tree id, as the bytes of their objects; a few are kept. */
  readonly trees: Map<string, Buffer>;
  readonly git: Git;
  readonly state: State;
  readonly oidBytes: 20 | 32;
}

/** An entry of a tree object. */
interface TreeEntry {
  /** As in the tree object: `100644`, `100755`, `120000`, `40000` or `160000`. */
  readonly mode: string;
  /** The name's bytes, one character each. */
  readonly name: string;
  readonly oid: string;
}

const FOLDER = "40000";
const REPOSITORY = "160000";
/** Blobs that are read in one go; their digests are remembered before the next. */
const SLICE = 1_024;
/** Folders that are kept in memory: what a run changed and what lies at the top, not a whole first publication. */
const MOST_KEPT = 96;
/** An entry has some fifty bytes and leaves a kilobyte of strings and rows behind (measured). */
const LEFT_BY_BYTE = 20;

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
  const remembered = rememberedOf(place, folders);
  return () => digestFolders(place, folders, tree, remembered);
}

/** Entries whose digests are asked for all at once; of more, folder by folder, so that few are held. */
const FEW_ENTRIES = 8_000;
/** Least bytes of an entry: its mode, one letter and its id. */
const LEAST_ENTRY_BYTES = 28;

/** What is remembered of all that is in some folders; null where that would be too much to hold. */
function rememberedOf(place: ShadowPlace, folders: Folders): ReadonlyMap<string, KnownDigest> | null {
  let bytes = 0;
  for (const folder of folders.values()) bytes += folder.length;
  if (bytes > FEW_ENTRIES * LEAST_ENTRY_BYTES) return null;
  const oids: string[] = [];
  for (const folder of folders.values()) for (const { oid } of entriesOf(folder, place.oidBytes)) oids.push(oid);
  return place.state.digestsOf(oids);
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
      for (const { mode, oid: child } of entriesOf(bytes, place.oidBytes))
        if (mode === FOLDER && !folders.has(child)) children.add(child);
    }
    const known = place.state.digestsOf([...children]);
    level = [...children].filter((oid) => !known.has(oid) && !folders.has(oid));
  }
  return folders;
}

/** Folders whose digests are computed, and those that wait for contents, or folders, that are not digested yet. */
interface Work {
  readonly place: ShadowPlace;
  readonly folders: Folders;
  readonly computed: Map<string, KnownDigest>;
  waiting: string[];
  readonly unknown: Set<string>;
  /** What was asked for all folders at once; null where each asks for itself. */
  readonly remembered: ReadonlyMap<string, KnownDigest> | null;
}

/**
 * Digests folders, those within others first. What is remembered of their entries is asked folder by folder, and new
 * contents are read some thousands at a time: nothing of a whole first publication is held but the folders' own bytes.
 */
async function digestFolders(
  place: ShadowPlace,
  folders: Folders,
  tree: string,
  remembered: ReadonlyMap<string, KnownDigest> | null,
): Promise<string> {
  const work: Work = { place, folders, computed: new Map(), waiting: [], unknown: new Set(), remembered };
  for (const oid of innerFirst(place, folders, tree)) {
    digestFolder(work, oid);
    tidy((folders.get(oid)?.length ?? 0) * LEFT_BY_BYTE);
    if (work.unknown.size >= SLICE) await readUnknown(work);
  }
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
    for (const { mode, oid: child } of entriesIn(folders, oid, place))
      if (mode === FOLDER && folders.has(child) && !order.has(child)) visit(child);
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
  for (const oid of again) digestFolder(work, oid);
}

/** Digests a folder where all in it is digested; else it waits, and what is lacking is noted. */
function digestFolder(work: Work, tree: string): void {
  const { place, computed, unknown, folders } = work;
  const entries = [...entriesIn(folders, tree, place)];
  const unknownHere = entries.flatMap(({ oid }) =>
    computed.has(oid) || work.remembered?.has(oid) === true ? [] : [oid],
  );
  const remembered = place.state.digestsOf(unknownHere);
  let text = "";
  let isWhole = true;
  for (const { mode, name, oid } of entries) {
    const digest =
      mode === REPOSITORY
        ? sha256Of(oid)
        : (computed.get(oid) ?? work.remembered?.get(oid) ?? remembered.get(oid))?.sha256;
    if (digest === undefined) isWhole = false;
    if (digest === undefined && mode !== FOLDER) unknown.add(oid);
    text += `${mode} ${name}\0${digest}\n`;
  }
  if (!isWhole) {
    work.waiting.push(tree);
    return;
  }
  const lines = Buffer.from(text, "latin1");
  computed.set(tree, { sha256: sha256Of(lines), sizeBytes: lines.length });
}

function sha256Of(content: string | Buffer): string {
  return new Bun.CryptoHasher("sha256").update(content).digest("hex");
}

/** Bytes of tree objects by id. @throws {Failure} `integrity-mismatch` for one that is missing or damaged. */
async function readTrees(place: ShadowPlace, oids: readonly string[]): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  for (const oid of oids) {
    const known = place.trees.get(oid);
    if (known !== undefined) found.set(oid, known);
  }
  const unknown = oids.filter((oid) => !found.has(oid));
  const reader = new TreeReader(place.oidBytes);
  const [lacking] = await readObjects(place.git, unknown, reader);
  if (lacking !== undefined) throw damagedObject(unknown[lacking] ?? "");
  for (const [oid, bytes] of reader.trees) {
    found.set(oid, bytes);
    if (place.trees.size < MOST_KEPT) place.trees.set(oid, bytes);
  }
  return found;
}

class TreeReader implements ObjectVisitor {
  readonly trees = new Map<string, Buffer>();
  private readonly oidBytes: 20 | 32;
  private head: ObjectHead = { oid: "", type: "", sizeBytes: 0 };
  private pieces: Buffer[] = [];

  constructor(oidBytes: 20 | 32) {
    this.oidBytes = oidBytes;
  }

  begin(head: ObjectHead): void {
    this.head = head;
    this.pieces = [];
  }

  take(piece: Uint8Array): void {
    this.pieces.push(Buffer.from(piece));
  }

  end(): void {
    const { oid, type } = this.head;
    const bytes = Buffer.concat(this.pieces);
    const hasher = new Bun.CryptoHasher(this.oidBytes === 20 ? "sha1" : "sha256").update(`tree ${bytes.length}\0`);
    if (type !== "tree" || hasher.update(bytes).digest("hex") !== oid) throw damagedObject(oid);
    this.trees.set(oid, bytes);
  }
}

function entriesIn(folders: Folders, oid: string, { oidBytes }: ShadowPlace): Iterable<TreeEntry> {
  const bytes = folders.get(oid);
  return bytes === undefined ? [] : entriesOf(bytes, oidBytes);
}

/** Reads the entries of a tree object in git's order. @throws {Error} when they are cut off. */
function* entriesOf(bytes: Buffer, oidBytes: 20 | 32): Generator<TreeEntry> {
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const end = bytes.indexOf(0, space);
    if (space < 0 || end < 0 || end + 1 + oidBytes > bytes.length) throw new Error("a tree object is cut off");
    yield {
      mode: bytes.toString("latin1", at, space),
      name: bytes.toString("latin1", space + 1, end),
      oid: bytes.toString("hex", end + 1, end + 1 + oidBytes),
    };
    at = end + 1 + oidBytes;
  }
}
