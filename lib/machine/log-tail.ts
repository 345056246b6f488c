// The newest lines of a log, for alerts and for `logs`: read from the end, never followed through a link.
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { systemCode } from "../failure.ts";

/** Longest part of a file that is looked at, bytes: a log of 1000 lines is smaller unless its lines are very long. */
const MOST_BYTES = 8_000_000;

/** The newest lines of a file, the oldest first; empty where there is none, or where it is no plain file. */
export function newestLines(path: string, most: number, mostBytes = MOST_BYTES): string[] {
  const text = endOf(path, mostBytes);
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.slice(Math.max(0, lines.length - most));
}

function endOf(path: string, mostBytes: number): string {
  let handle: number;
  try {
    handle = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "ELOOP" || code === "EACCES") return "";
    throw error;
  }
  try {
    const stat = fstatSync(handle);
    if (!stat.isFile()) return "";
    const bytes = Buffer.alloc(Math.min(stat.size, mostBytes));
    const read = readSync(handle, bytes, 0, bytes.length, stat.size - bytes.length);
    const text = bytes.toString("utf8", 0, read);
    // a line that was cut off at its beginning is none
    return stat.size > mostBytes ? text.slice(text.indexOf("\n") + 1) : text;
  } finally {
    closeSync(handle);
  }
}
