// A disk that is really full, at every level from nothing left to nearly enough: the run ends in words, nothing is
// changed, and once there is space again the same command succeeds. Needs root, to mount a small disk in memory.
import { describe, expect } from "bun:test";
import { mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { testUnless } from "./support/skip.ts";
import { cannotMount } from "./support/small-disk.ts";
import { copyInto, twoMachines, type World } from "./support/world.ts";

const DISK_BYTES = 40_000_000;
const CONTENT = new Uint8Array(3_000_000).map((_, at) => (at * 2_654_435_761) >>> 13);

/** Puts the laptop's folder on a small disk of its own. */
function onSmallDisk(world: World): AsyncDisposable {
  const { folder } = world.laptop;
  const copy = `${folder}.copy`;
  copyInto(folder, copy);
  const mounted = Bun.spawnSync(["mount", "-t", "tmpfs", "-o", `size=${DISK_BYTES}`, "tmpfs", folder]);
  if (mounted.exitCode !== 0) throw new Error(mounted.stderr.toString());
  copyInto(copy, folder);
  rmSync(copy, { recursive: true });
  world.laptop.git("update-index", "-q", "--refresh");
  return {
    async [Symbol.asyncDispose]() {
      Bun.spawnSync(["umount", folder]);
    },
  };
}

/** Fills the disk with an ignored file until so many bytes are left. */
function leave(world: World, bytes: number): void {
  const place = world.laptop.at("fill.log");
  mkdirSync(world.laptop.folder, { recursive: true });
  const { bavail, bsize } = statfsSync(world.laptop.folder);
  writeFileSync(place, new Uint8Array(Math.max(0, bavail * bsize - bytes)));
}

describe("a full disk", () => {
  for (const left of [0, 4096, 65_536, 1_000_000, 2_500_000, 3_500_000, 6_500_000]) {
    testUnless(cannotMount())(`with ${left} bytes left: every command ends in words and changes nothing`, async () => {
      await using world = await twoMachines({ ".gitignore": "*.log\n", a: "1\n", b: "2\n" });
      const { desktop, laptop } = world;
      desktop.write("big", CONTENT).write("a", "from the desktop\n");
      expect(await desktop.push()).toSucceed();
      await using _disk = onSmallDisk(world);
      laptop.write("mine", CONTENT.slice(0, 2_000_000)).write("b", "edited\n");
      expect((await laptop.status()).exit).not.toBe(1);
      leave(world, left);
      const before = laptop.state();
      for (const command of ["push", "pull", "sync"]) {
        const run = await laptop.run([command]);
        expect(run).toFailWith("snapshot-failed");
        expect(laptop.state()).toEqual(before);
      }
      laptop.remove("fill.log");
      expect(await laptop.sync()).toSucceed();
      expect(await desktop.pull()).toSucceed();
      expect(laptop.tree()).toEqual(desktop.tree());
    });
  }
});
