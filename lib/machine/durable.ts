// Small files of our own that are whole after any power cut: written beside, flushed, renamed, and the folder's names
// flushed. Each step is a fault point.
import { closeSync, constants, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { faultPoint } from "../fault.ts";

/** Flushes a folder's names to the disk. */
export function flushFolder(path: string): void {
  faultPoint("flush");
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Writes a small private file whole: temporary name, flush, rename, flush of the folder. */
export function writeDurably(path: string, text: string): void {
  const temporary = `${path}.new`;
  faultPoint("write durably");
  const fd = openSync(
    temporary,
    constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW,
    0o600,
  );
  try {
    writeFileSync(fd, text);
    fsyncSync(fd);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
  faultPoint("move");
  renameSync(temporary, path);
  faultPoint("moved");
  flushFolder(dirname(path));
}
