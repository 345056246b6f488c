// Writes an index file with just some files in it, for a git that is to write these: of the folder's own index it would read
// every entry. Source: gitformat-index(5), version 2, without extensions.
import { writeFileSync } from "node:fs";
import type { Entry } from "./parse.ts";

/** Stat data, which nobody has looked at, up to the mode. */
const MODE_AT = 24;
const STAT_BYTES = 40;
const LONGEST_IN_FLAGS = 0x0fff;

/** Writes an index that holds files by path, none of them looked at. */
export function writeIndex(path: string, files: ReadonlyMap<string, Entry>, oidBytes: 20 | 32): void {
  const named = [...files].map(([name, entry]) => ({ name: Buffer.from(name), entry }));
  named.sort((a, b) => Buffer.compare(a.name, b.name));
  const head = Buffer.alloc(12);
  head.write("DIRC", "latin1");
  head.writeUInt32BE(2, 4);
  head.writeUInt32BE(named.length, 8);
  const content = Buffer.concat([head, ...named.map(({ name, entry }) => entryOf(name, entry, oidBytes))]);
  const checksum = new Bun.CryptoHasher(oidBytes === 20 ? "sha1" : "sha256").update(content).digest();
  writeFileSync(path, Buffer.concat([content, checksum]));
}

function entryOf(name: Buffer, { mode, oid }: Entry, oidBytes: 20 | 32): Buffer {
  const nameAt = STAT_BYTES + oidBytes + 2;
  // ended by 1 to 8 NUL bytes, up to a multiple of eight
  const entry = Buffer.alloc((nameAt + name.length + 8) & ~7);
  entry.writeUInt32BE(Number.parseInt(mode, 8), MODE_AT);
  entry.write(oid, STAT_BYTES, "hex");
  entry.writeUInt16BE(Math.min(name.length, LONGEST_IN_FLAGS), nameAt - 2);
  name.copy(entry, nameAt);
  return entry;
}
