// Folders as git keeps them: tree objects, read several at once and proven to have their ids.
// Source of the form: gitformat-pack(5) and git-mktree(1), "<mode> <name>\0<id>" entry after entry.
import { type ObjectHead, type ObjectVisitor, readObjects } from "../git/cat-file.ts";
import type { Git } from "../git/shell.ts";
import { damagedObject } from "./objects.ts";

/** What tree objects are read with. */
export interface TreePlace {
  /** Folders that were read already, by tree id, as the bytes of their objects; a few are kept. */
  readonly trees: Map<string, Buffer>;
  readonly git: Git;
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

export const FOLDER = "40000";

/** Folders that are kept in memory: what a run changed and what lies at the top, not a whole first publication. */
const MOST_KEPT = 96;
/** A folder of many files is read again rather than kept. */
const MOST_KEPT_BYTES = 8 * 1024;
/** Bytes of tree objects by id. @throws {Failure} `integrity-mismatch` for one that is missing or damaged. */
export async function readTrees(place: TreePlace, oids: readonly string[]): Promise<Map<string, Buffer>> {
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
    if (place.trees.size < MOST_KEPT && bytes.length <= MOST_KEPT_BYTES) place.trees.set(oid, bytes);
  }
  return found;
}

const NOTHING = Buffer.alloc(0);

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
    const [first = NOTHING, second] = this.pieces;
    const bytes = second === undefined ? first : Buffer.concat(this.pieces);
    const hasher = new Bun.CryptoHasher(this.oidBytes === 20 ? "sha1" : "sha256").update(`tree ${bytes.length}\0`);
    if (type !== "tree" || hasher.update(bytes).digest("hex") !== oid) throw damagedObject(oid);
    this.trees.set(oid, bytes);
  }
}

/** Reads the entries of a tree object in git's order. @throws {Error} when they are cut off. */
export function* entriesOf(bytes: Buffer, oidBytes: 20 | 32): Generator<TreeEntry> {
  for (let at = 0; at < bytes.length; ) {
    const end = nameEnd(bytes, at, oidBytes);
    const space = bytes.indexOf(0x20, at);
    if (space < 0 || space > end) throw new Error("a tree object is cut off");
    yield {
      mode: bytes.toString("latin1", at, space),
      name: bytes.toString("latin1", space + 1, end),
      oid: bytes.toString("hex", end + 1, end + 1 + oidBytes),
    };
    at = end + 1 + oidBytes;
  }
}

/** Calls back with where each entry begins and where its name ends: for whoever needs little of many entries. */
export function visitEntries(bytes: Buffer, oidBytes: 20 | 32, visit: (start: number, nameEnd: number) => void): void {
  for (let at = 0; at < bytes.length; ) {
    const end = nameEnd(bytes, at, oidBytes);
    visit(at, end);
    at = end + 1 + oidBytes;
  }
}

function nameEnd(bytes: Buffer, start: number, oidBytes: number): number {
  const end = bytes.indexOf(0, start);
  if (end < 0 || end + 1 + oidBytes > bytes.length) throw new Error("a tree object is cut off");
  return end;
}

/** Of the modes in tree objects, only that of folders begins with a 4. */
export function isFolderAt(bytes: Buffer, start: number): boolean {
  return bytes[start] === 0x34;
}
