// The only file operations by which a run changes the user's folder: links and renames inside one file system, so that
// a path holds its old bytes or its new bytes at every instant. Each is a fault point.
import {
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
} from "node:fs";
import { dirname } from "node:path";
import { systemCode } from "../failure.ts";
import { faultPoint } from "../fault.ts";

const LINK = "120000";

/** Renames `from` to `to`, replacing what is there. */
export function move(from: string, to: string): void {
  faultPoint("move");
  renameSync(from, to);
  faultPoint("moved");
}

/** Renames `from` over a file, unless that is no longer the one that was kept: then false, and nothing is done. */
export function moveOver(from: string, to: string, isStillKept: () => boolean): boolean {
  faultPoint("move");
  if (!isStillKept()) return false;
  renameSync(from, to);
  faultPoint("moved");
  return true;
}

/**
 * Gives the file at `from` a second name; where the file system has no hard links, a flushed copy. Fails if `to` exists.
 * @param found what was just found there, with git's mode for it; looked at where it is not given.
 */
export function keepUnder(from: string, to: string, found: { readonly mode: string } | null = null): void {
  faultPoint("keep");
  const isLink = found === null ? lstatSync(from).isSymbolicLink() : found.mode === LINK;
  if (isLink) symlinkSync(readlinkSync(from, { encoding: "buffer" }), to);
  else {
    try {
      linkSync(from, to);
    } catch (error) {
      const code = systemCode(error);
      if (code !== "EPERM" && code !== "ENOTSUP" && code !== "EOPNOTSUPP" && code !== "EMLINK") throw error;
      copyFileSync(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
      flushFile(to);
    }
  }
  faultPoint("kept");
}

/** Moves a file to a place where nothing may be: an existing file there is an error (`EEXIST`), never replaced. */
export function moveIntoGap(from: string, to: string): void {
  faultPoint("move into gap");
  if (lstatSync(from).isSymbolicLink()) {
    // a link cannot be hard-linked everywhere; symlinkSync fails when the name is taken
    symlinkSync(readlinkSync(from, { encoding: "buffer" }), to);
    unlinkSync(from);
  } else {
    try {
      linkSync(from, to);
      unlinkSync(from);
    } catch (error) {
      const code = systemCode(error);
      if (code !== "EPERM" && code !== "ENOTSUP" && code !== "EOPNOTSUPP") throw error;
      if (lstatSync(to, { throwIfNoEntry: false }) !== undefined)
        throw Object.assign(new Error(`${to} exists`), { code: "EEXIST" });
      renameSync(from, to);
    }
  }
  faultPoint("moved into gap");
}

/** Makes a folder and its parents; returns those that were not there, outermost first. */
export function makeFolders(path: string): string[] {
  const missing: string[] = [];
  for (let at = path; lstatSync(at, { throwIfNoEntry: false }) === undefined; at = dirname(at)) missing.unshift(at);
  for (const folder of missing) {
    faultPoint("make folder");
    mkdirSync(folder);
  }
  return missing;
}

/** Removes a folder if it is empty; says whether it did. */
export function removeEmptyFolder(path: string): boolean {
  faultPoint("remove folder");
  try {
    rmdirSync(path);
    return true;
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOTEMPTY" || code === "EEXIST" || code === "ENOENT" || code === "ENOTDIR" || code === "EBUSY")
      return false;
    throw error;
  }
}

/** Unlinks a file of ours. */
export function removeFile(path: string): void {
  faultPoint("remove file");
  unlinkSync(path);
}

/** Flushes a file's bytes to the disk. */
function flushFile(path: string): void {
  faultPoint("flush");
  const fd = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
