// A disk that is small enough to be full: a file system in memory, mounted where a test wants it. Root only.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Why no small disk can be mounted; null when it can. */
export function cannotMount(): string | null {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "only root on Linux can mount a small disk";
  const place = mkdtempSync(join(tmpdir(), "petesbrain-mount-"));
  const mounted = Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place]).exitCode === 0;
  if (mounted) Bun.spawnSync(["umount", place]);
  rmSync(place, { recursive: true });
  return mounted ? null : "mounting is not allowed here";
}

/** Mounts a disk of so many bytes over the folder, for everybody to write unless `more` options say else; gone when disposed. */
export function mountSmallDisk(folder: string, sizeBytes: number, more = ""): Disposable {
  const options = `size=${sizeBytes},mode=777${more}`;
  const mounted = Bun.spawnSync(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], { stderr: "pipe" });
  if (mounted.exitCode !== 0) throw new Error(mounted.stderr.toString());
  return {
    [Symbol.dispose]() {
      Bun.spawnSync(["umount", folder]);
    },
  };
}
