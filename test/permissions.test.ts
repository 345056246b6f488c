// What may be written, and by whom: refusals of the file system change nothing, and a run writes nowhere but where it says.
import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { busyWorld } from "./support/scenarios.ts";
import { cannotBecomeNobody, NOBODY, testUnless } from "./support/skip.ts";
import type { World } from "./support/world.ts";

describe("permissions", () => {
  const missing = cannotBecomeNobody();
  const through = { through: NOBODY.through } as const;

  function give(world: World): void {
    Bun.spawnSync(["chown", "-R", `${NOBODY.id}:${NOBODY.id}`, world.root]);
    Bun.spawnSync(["chmod", "755", world.root]);
  }

  testUnless(missing)("a folder that cannot be written: permission-denied", async () => {
    await using world = await busyWorld();
    give(world);
    world.laptop.chmod("d", 0o555).chmod(".", 0o555);
    const before = world.laptop.state();
    expect(await world.laptop.pull(through)).toFailWith("permission-denied");
    expect(world.laptop.state()).toEqual(before);
    world.laptop.chmod(".", 0o755).chmod("d", 0o755);
    expect(await world.laptop.pull(through)).toSucceed();
  });

  testUnless(missing)(
    "one folder inside that cannot be written: permission-denied, and no other file was changed",
    async () => {
      await using world = await busyWorld();
      world.desktop.write("b", "also").write("z", "also");
      expect(await world.desktop.push()).toSucceed();
      give(world);
      world.laptop.chmod("d", 0o555);
      const before = world.laptop.state();
      expect(await world.laptop.pull(through)).toFailWith("permission-denied");
      expect(world.laptop.state()).toEqual(before);
    },
  );

  testUnless(missing)("a file that cannot be read: permission-denied", async () => {
    await using world = await busyWorld();
    give(world);
    world.laptop.write("secret", "s", 0o000);
    const before = world.laptop.state();
    expect(await world.laptop.push(through)).toFailWith("permission-denied");
    expect(world.laptop.state()).toEqual(before);
  });

  testUnless(missing)("a git folder that cannot be written: permission-denied", async () => {
    await using world = await busyWorld();
    give(world);
    world.laptop.chmod(".git", 0o555);
    const before = world.laptop.state();
    expect(await world.laptop.sync(through)).toFailWith("permission-denied");
    expect(world.laptop.state()).toEqual(before);
  });

  testUnless(missing)(
    "a repository of another user: permission-denied or not-a-repository, never touched",
    async () => {
      await using world = await busyWorld();
      Bun.spawnSync(["chmod", "-R", "a+rX", world.root]);
      const before = world.laptop.state();
      const run = await world.laptop.sync({ ...through, environment: { HOME: "/nonexistent" } });
      expect([10, 14]).toContain(run.exit ?? -1);
      expect(world.laptop.state()).toEqual(before);
    },
  );
});

test("files a run writes lie in the folder, the git folder, or the machine's settings and logs, and nowhere else", async () => {
  await using world = await busyWorld();
  const [temporary, cache] = [join(world.root, "tmp"), join(world.root, "laptop", "home")];
  mkdirSync(temporary);
  const listed = (): string[] =>
    [...new Bun.Glob("**/*").scanSync({ cwd: world.root, dot: true })]
      .filter((path) => !path.startsWith("remote.git/") && !path.startsWith("laptop/PetesBrain/"))
      .sort();
  const before = listed();
  expect(await world.laptop.sync({ environment: { TMPDIR: temporary } })).toSucceed();
  const made = listed().filter((path) => !before.includes(path));
  expect(made.filter((path) => !/^laptop\/home\/\.petesbrain-sync[\w.-]*\.log$/.test(path))).toEqual([]);
  expect(readFileSync(join(cache, ".petesbrain-sync-v2.log"), "utf8")).not.toBe("");
});
