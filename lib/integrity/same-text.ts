// Whether a file is its object but for what git's attributes make of text: line ends, the object's own id in it, another
// encoding. Attributes that have changed since leave a file so, and git need not have noticed.
import { readFileSync } from "node:fs";
import { systemCode } from "../failure.ts";
import type { Git } from "../git/shell.ts";
import { statOf } from "./file-state.ts";

/** From Git's `ident` attribute. Source: gitattributes(5). */
const IDENT = /\$Id: [0-9a-f]{40}(?:[0-9a-f]{24})? \$/g;

const LONGEST_BYTES = 64 * 1024 * 1024;

/**
 * What `working-tree-encoding` makes of UTF-8, beside ISO-8859-1, as far as the runtime can read it; once the attribute is
 * gone, nothing says which one it was. Source: gitattributes(5); Encoding Standard.
 */
const ENCODINGS = [
  ...["utf-16le", "utf-16be", "windows-1252", "iso-8859-2", "iso-8859-15", "windows-1250", "windows-1251", "koi8-r"],
  ...["macintosh", "shift_jis", "euc-jp", "euc-kr", "gb18030", "big5"],
] as const;

/** Compares a file with a blob; false also where either cannot be read, or is long. */
export async function isSameText(git: Git, path: string, oid: string): Promise<boolean> {
  const bytes = bytesOf(path);
  if (bytes === null) return false;
  const { exit, stdout } = await git.run(["cat-file", "blob", oid], { accept: [0, 128] });
  if (exit !== 0) return false;
  const found = plain(latin1(bytes));
  if (found === plain(latin1(stdout))) return true;
  const text = decoded("utf-8", stdout);
  return text !== null && (found === text || ENCODINGS.some((encoding) => decoded(encoding, bytes) === text));
}

function plain(text: string): string {
  return text.replaceAll("\r\n", "\n").replaceAll(IDENT, "$Id$");
}

/** Each byte as a character, as in ISO-8859-1: bytes that are no text are compared as well. */
function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

/** Plain, and without a byte order mark; null for bytes that are not text in that encoding. */
function decoded(encoding: "utf-8" | (typeof ENCODINGS)[number], bytes: Uint8Array): string | null {
  try {
    return plain(new TextDecoder(encoding, { fatal: true }).decode(bytes));
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
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
