// Files with a size and without blocks. On a Mac their bytes may be in the cloud, and reading would download them or
// hang; elsewhere it is a hole, or a file system that does not count blocks.
import type { Stats } from "node:fs";
import { platform } from "node:os";

/** Says whether a file without blocks has its bytes in the cloud. */
export type IsEvicted = (path: string) => boolean;

/** Flags of a file as the system gives them; null when it does not say. */
export type FlagsOf = (path: string) => number | null;

/** Smaller files may lie in the inode itself, without a block of their own. */
const INSIDE_INODE_BYTES = 512;
/** sys/stat.h of macOS: SF_DATALESS. */
const DATALESS = 0x40000000;
const STAT_MS = 5_000;

/** Says whether a file has a size and no blocks. */
export function hasBytesOnPaperOnly({ size, blocks }: Pick<Stats, "size" | "blocks">): boolean {
  return size > INSIDE_INODE_BYTES && blocks === 0;
}

/**
 * How to tell on a system. Missing blocks are only a hint on a Mac too: a compressed file and one that was written a
 * moment ago can be without them, so the flags decide; where those cannot be had, the file is not read.
 */
export function evictionOn(system: NodeJS.Platform, flagsOf: FlagsOf = flagsByStat): IsEvicted {
  if (system !== "darwin") return () => false;
  return (path) => {
    const flags = flagsOf(path);
    return flags === null || (flags & DATALESS) !== 0;
  };
}

/** The same, of this system. */
export const isEvictedHere: IsEvicted = evictionOn(platform());

/** Bun's stat has no flags. Source: stat(1) of macOS, `-f %Xf` is st_flags in hexadecimal. */
export function flagsByStat(path: string): number | null {
  const asked = Bun.spawnSync(["/usr/bin/stat", "-f", "%Xf", "--", path], {
    env: {},
    stdin: "ignore",
    stderr: "ignore",
    timeout: STAT_MS,
  });
  const text = asked.stdout.toString().trim();
  return asked.exitCode === 0 && /^[0-9a-f]+$/i.test(text) ? Number.parseInt(text, 16) : null;
}
