// Whether a file on disk is still the one that was looked at, told from its stat alone.
import { type BigIntStats, lstatSync } from "node:fs";
import { systemCode } from "../failure.ts";
import { readFile, type SeenFile } from "./digest.ts";
import type { ExactStat } from "./reading.ts";

/** One state of a file on disk: equal as long as nobody wrote or replaced it. Null when it is absent. */
export type FileState = string | null;

/** Device, inode, mode, size, modification and change time in nanoseconds. */
export function fileState(path: string): FileState {
  const found = statOf(path);
  return found === null ? null : stateOf(found);
}

/** The same of a stat that is at hand. */
export function stateOf(found: Omit<ExactStat, "mtimeMs" | "uid" | "gid">): string {
  return `${savedState(found)}:${found.ctimeNs}`;
}

/** Whether a stat is of the file of a state, and nobody saved it since; renames and links in between do not count. */
export function isSameSave(state: FileState, found: BigIntStats): boolean {
  return state?.startsWith(`${savedState(found)}:`) === true;
}

/** All of a state but the change time, which a rename or a link moves too. */
function savedState({ dev, ino, size, mtimeNs, mode }: Omit<ExactStat, "mtimeMs" | "uid" | "gid" | "ctimeNs">): string {
  return `${dev}:${ino}:${mode}:${size}:${mtimeNs}`;
}

/** Size and modification time: what every save changes, and neither a rename nor a link does. */
export function saveOf(found: Pick<BigIntStats, "size" | "mtimeNs">): string {
  return `${found.size}:${found.mtimeNs}`;
}

/** The stat of a file or link itself; null when it is absent, also because a parent is no folder or a circle of links. */
export function statOf(path: string): BigIntStats | null {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false }) ?? null;
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOTDIR" || code === "ELOOP") return null;
    throw error;
  }
}

/**
 * Reads a file, and says nothing (null) when it is absent, no file, or does not stand still.
 * @throws {Failure} as `readFile`, for a file that cannot be read at all.
 */
export function readSeen(path: string): SeenFile | null {
  const stat = statOf(path);
  if (stat === null || !(stat.isFile() || stat.isSymbolicLink())) return null;
  const seen = readFile(path);
  return seen === "unsteady" ? null : seen;
}
