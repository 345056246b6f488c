// What stands in a folder, read back from the disk: every path with its bytes' digest, its executable bit, its link target.
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

export interface TreeEntry {
  /** SHA-256 of the bytes, or the target of the link behind `-> `. */
  readonly content: string;
  readonly sizeBytes: number;
  readonly executable: boolean;
  readonly link: boolean;
}

export type Tree = ReadonlyMap<string, TreeEntry>;

/** Reads every file and link below `folder`, follows no link, and leaves out what `skip` names (a folder with all in it). */
export function readTree(folder: string, skip: (path: string) => boolean = () => false): Tree {
  const tree = new Map<string, TreeEntry>();
  // Not readdir's `recursive`: in Bun 1.4 it goes through links to folders, and lists their files twice.
  const walk = (below: string): void => {
    for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
      const path = below === "" ? entry.name : `${below}/${entry.name}`;
      if (skip(path)) continue;
      if (entry.isDirectory()) walk(path);
      else tree.set(path, readEntry(join(folder, path)));
    }
  };
  walk("");
  return tree;
}

/** Paths whose content, kind or executable bit differs, or that only one side has; sorted. */
export function differences(one: Tree, other: Tree): string[] {
  const paths = new Set([...one.keys(), ...other.keys()]);
  return [...paths].filter((path) => !isSame(one.get(path), other.get(path))).sort();
}

function isSame(one: TreeEntry | undefined, other: TreeEntry | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  return one.content === other.content && one.executable === other.executable && one.link === other.link;
}

function readEntry(path: string): TreeEntry {
  const stat = lstatSync(path);
  if (stat.isSymbolicLink())
    return { content: `-> ${readlinkSync(path)}`, sizeBytes: 0, executable: false, link: true };
  const content = new Bun.SHA256().update(readFileSync(path)).digest("hex");
  return { content, sizeBytes: stat.size, executable: (stat.mode & 0o100) !== 0, link: false };
}
