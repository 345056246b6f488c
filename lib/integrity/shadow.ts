// One SHA-256 over a whole commit: a shadow of git's own tree, in which a file's digest is that of its content and a
// folder's is that of its sorted entries. Digests are remembered by git's object ids, so that the cost grows with what
// changed. Source of the tree form: gitformat-pack(5) and git-mktree(1), "<mode> <name>\0<id>" entry after entry.
import { type ObjectHead, type ObjectVisitor, readObjects } from "../git/cat-file.ts";
import type { Git } from "../git/shell.ts";
import type { KnownDigest, State } from "../machine/state.ts";
import { contentDigests, damagedObject } from "./objects.ts";

/** What shadows are computed with. */
export interface ShadowPlace {
  /** Folders that were read already, by tree id; a few are kept. */
  readonly trees: Map<string, readonly TreeEntry[]>;
  readonly git: Git;
  readonly state: State;
  readonly oidBytes: 20 | 32;
}

/** An entry of a tree object. */
export interface TreeEntry {
  /** As in the tree object: `100644`, `100755`, `120000`, `40000` or `160000`. */
  readonly mode: string;
  /** The name's bytes, one character each. */
  readonly name: string;
  readonly oid: string;
}

const FOLDER = "40000";
const REPOSITORY = "160000";
/** Blobs that are read in one go; their digests are remembered before the next. */
const SLICE = 4_096;
/** Folders that are kept in memory: what a run changed and what lies at the top, not a whole first publication. */
const MOST_KEPT = 96;
/** Digests that are held at once. */
const MOST_FOUND = 50_000;

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
  const found = knownDigests(place, folders);
  return async () => {
    await digestBlobs(place, folders, found);
    const computed = new Map<string, KnownDigest>();
    const root = folderDigest({ place, folders, found, computed }, tree);
    place.state.rememberDigests(computed);
    return root;
  };
}

/** Folders by id, what is remembered of their entries, and what has been computed of them. */
interface Work {
  readonly place: ShadowPlace;
  readonly folders: ReadonlyMap<string, readonly TreeEntry[]>;
  readonly found: Map<string, KnownDigest>;
  readonly computed: Map<string, KnownDigest>;
}

/** What is remembered of all entries, asked in one go; of a whole first publication nothing, to stay small. */
function knownDigests(
  { state }: ShadowPlace,
  folders: ReadonlyMap<string, readonly TreeEntry[]>,
): Map<string, KnownDigest> {
  const oids = [...folders.values()].flatMap((entries) => entries.map(({ oid }) => oid));
  return oids.length > MOST_FOUND ? new Map() : state.digestsOf(oids);
}

/** Digests of a tree's own folder and its folders of the first two levels, by path (`""` is the top). Root first. */
export async function upperFolders(place: ShadowPlace, tree: string): Promise<Map<string, string>> {
  const shadows = new Map([["", await rootOf(place, tree)]]);
  let level = new Map([["", tree]]);
  for (let depth = 0; depth < 2; depth++) {
    const entries = await readTrees(place, [...level.values()]);
    const next = new Map<string, string>();
    for (const [path, oid] of level) {
      for (const { mode, name, oid: child } of entries.get(oid) ?? []) {
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

/** Entries of every folder in a tree whose digest is not remembered, by tree id. */
async function unknownFolders(
  place: ShadowPlace,
  tree: string,
  likely: readonly string[],
): Promise<Map<string, readonly TreeEntry[]>> {
  const folders = new Map<string, readonly TreeEntry[]>();
  for (let level = [...new Set([tree, ...likely])]; level.length > 0; ) {
    const read = await readTrees(place, level);
    const children = new Set<string>();
    for (const [oid, entries] of read) {
      folders.set(oid, entries);
      for (const entry of entries) if (entry.mode === FOLDER && !folders.has(entry.oid)) children.add(entry.oid);
    }
    const known = place.state.digestsOf([...children]);
    level = [...children].filter((oid) => !known.has(oid) && !folders.has(oid));
  }
  return folders;
}

async function digestBlobs(
  place: ShadowPlace,
  folders: ReadonlyMap<string, readonly TreeEntry[]>,
  found: Map<string, KnownDigest>,
): Promise<void> {
  const blobs = new Set<string>();
  for (const entries of folders.values())
    for (const { mode, oid } of entries) if (mode !== FOLDER && mode !== REPOSITORY && !found.has(oid)) blobs.add(oid);
  const all = [...blobs];
  for (let at = 0; at < all.length; at += SLICE) {
    const digests = await contentDigests(place.git, place.state, all.slice(at, at + SLICE), place.oidBytes);
    if (all.length <= MOST_FOUND) for (const [oid, digest] of digests) found.set(oid, digest);
  }
}

function folderDigest(work: Work, tree: string): string {
  const { place, folders, found, computed } = work;
  const done = computed.get(tree);
  if (done !== undefined) return done.sha256;
  const entries = folders.get(tree) ?? [];
  const unknown = entries.filter(({ oid }) => !found.has(oid) && !folders.has(oid));
  const asked = unknown.length === 0 ? null : place.state.digestsOf(unknown.map(({ oid }) => oid));
  const hash = new Bun.CryptoHasher("sha256");
  let sizeBytes = 0;
  for (const { mode, name, oid } of entries) {
    let digest = (found.get(oid) ?? asked?.get(oid))?.sha256;
    if (mode === FOLDER) digest ??= folderDigest(work, oid);
    if (mode === REPOSITORY) digest = new Bun.CryptoHasher("sha256").update(oid).digest("hex");
    if (digest === undefined) throw damagedObject(oid);
    const line = Buffer.from(`${mode} ${name}\0${digest}\n`, "latin1");
    hash.update(line);
    sizeBytes += line.length;
  }
  const sha256 = hash.digest("hex");
  computed.set(tree, { sha256, sizeBytes });
  return sha256;
}

/** Tree objects and their entries in git's order. @throws {Failure} `integrity-mismatch` for one that is missing. */
async function readTrees(place: ShadowPlace, oids: readonly string[]): Promise<Map<string, readonly TreeEntry[]>> {
  const found = new Map<string, readonly TreeEntry[]>();
  for (const oid of oids) {
    const known = place.trees.get(oid);
    if (known !== undefined) found.set(oid, known);
  }
  const unknown = oids.filter((oid) => !found.has(oid));
  const reader = new TreeReader(place.oidBytes);
  const [lacking] = await readObjects(place.git, unknown, reader);
  if (lacking !== undefined) throw damagedObject(unknown[lacking] ?? "");
  for (const [oid, entries] of reader.trees) {
    found.set(oid, entries);
    if (place.trees.size < MOST_KEPT) place.trees.set(oid, entries);
  }
  return found;
}

class TreeReader implements ObjectVisitor {
  readonly trees = new Map<string, TreeEntry[]>();
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
    this.trees.set(oid, parseTreeObject(bytes, this.oidBytes));
  }
}

/** Reads the bytes of a tree object. @throws {Error} when they are cut off. */
function parseTreeObject(bytes: Buffer, oidBytes: 20 | 32): TreeEntry[] {
  const entries: TreeEntry[] = [];
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const end = bytes.indexOf(0, space);
    if (space < 0 || end < 0 || end + 1 + oidBytes > bytes.length) throw new Error("a tree object is cut off");
    entries.push({
      mode: bytes.toString("latin1", at, space),
      name: bytes.toString("latin1", space + 1, end),
      oid: bytes.toString("hex", end + 1, end + 1 + oidBytes),
    });
    at = end + 1 + oidBytes;
  }
  return entries;
}
