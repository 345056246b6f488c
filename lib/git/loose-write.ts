// Writes small objects into git's store by ourselves: the four objects of a machine's record would cost four processes, the
// commit of a snapshot one more than its ref.
// Source: gitformat-loose-object(5); like git, an object is written under another name, read-only, and linked into place.
import { closeSync, constants, existsSync, linkSync, mkdirSync, openSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { systemCode } from "../failure.ts";
import type { Repository } from "./repository.ts";

/** Writes an object and returns its id. Not flushed: that is for whoever needs it to last (`flushObjects`). */
export function writeLoose(
  repository: Repository,
  type: "blob" | "tree" | "commit",
  content: Buffer,
  oidBytes: 20 | 32,
): string {
  const bytes = Buffer.concat([Buffer.from(`${type} ${content.length}\0`, "latin1"), content]);
  const oid = new Bun.CryptoHasher(oidBytes === 20 ? "sha1" : "sha256").update(bytes).digest("hex");
  const folder = join(repository.commonDir, "objects", oid.slice(0, 2));
  const path = join(folder, oid.slice(2));
  if (existsSync(path)) return oid;
  mkdirSync(folder, { recursive: true });
  const temporary = join(folder, `tmp_obj_${Buffer.from(crypto.getRandomValues(new Uint8Array(6))).toString("hex")}`);
  const fd = openSync(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o444);
  try {
    const packed = deflateSync(bytes, { level: 1 });
    for (let at = 0; at < packed.length; ) at += writeSync(fd, packed, at);
  } finally {
    closeSync(fd);
  }
  try {
    linkSync(temporary, path);
  } catch (error) {
    // somebody else wrote the same object
    if (systemCode(error) !== "EEXIST") throw error;
  } finally {
    unlinkSync(temporary);
  }
  return oid;
}

/** The bytes of a tree object of plain files and folders. Names in git's order. */
export function treeOfFiles(
  files: readonly { readonly name: string; readonly oid: string; readonly isFolder?: boolean }[],
): Buffer {
  const rows = files.map(({ name, oid, isFolder }) =>
    Buffer.concat([Buffer.from(`${isFolder === true ? "40000" : "100644"} ${name}\0`), Buffer.from(oid, "hex")]),
  );
  return Buffer.concat(rows);
}

/**
 * The bytes of a commit that the program makes for itself: no identity of git's user is asked for.
 * @param at milliseconds since 1970.
 */
export function ownCommit(tree: string, parents: readonly string[], at: number, message: string): Buffer {
  const who = `petesbrain-sync <petesbrain-sync@localhost> ${Math.floor(at / 1000)} +0000`;
  const lines = [`tree ${tree}`, ...parents.map((parent) => `parent ${parent}`), `author ${who}`, `committer ${who}`];
  return Buffer.from(`${lines.join("\n")}\n\n${message}`);
}
