// Whether a file is its object but for what git's attributes make of text: line ends, and the object's own id in it. Attributes
// that have changed since leave a file so, and git need not have noticed.
import { readFileSync } from "node:fs";
import { systemCode } from "../failure.ts";
import type { Git } from "../git/shell.ts";
import { statOf } from "./file-state.ts";

/** From Git's `ident` attribute. Source: gitattributes(5). */
const IDENT = /\$Id: [^$\n]*\$/g;

const LONGEST_BYTES = 64 * 1024 * 1024;

/** Compares a file with a blob; false also where either cannot be read, or is long. */
export async function isSameText(git: Git, path: string, oid: string): Promise<boolean> {
  const bytes = bytesOf(path);
  if (bytes === null) return false;
  const { exit, stdout } = await git.run(["cat-file", "blob", oid], { accept: [0, 128] });
  return exit === 0 && plain(stdout) === plain(bytes);
}

function plain(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1").replaceAll("\r\n", "\n").replaceAll(IDENT, "$Id$");
}

function isShortFile(path: string): boolean {
  const found = statOf(path);
  return found?.isFile() === true && found.size <= LONGEST_BYTES;
}

function bytesOf(path: string): Uint8Array | null {
  try {
    return isShortFile(path) ? readFileSync(path) : null;
  } catch (error) {
    if (systemCode(error) !== null) return null; // gone, or not to be read: whoever asked has looked at it himself
    throw error;
  }
}
