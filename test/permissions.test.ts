// What may be written, and by whom: refusals of the file system change nothing, and a run writes nowhere but where it says.
import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { busyWorld } from "./support/scenarios.ts";
import { cannotBecomeNobody, NOBODY, testUnless } from "./support/skip.ts";
import { twoMachines, type World } from "./support/world.ts";

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

  testUnless(missing)("a copy of a file that nobody may write comes back", async () => {
    await using world = await busyWorld();
    const { laptop } = world;
    laptop.write(".gitignore", "data/\n").write("data/state/bids.json", "[1]", 0o440);
    give(world);
    const first = await laptop.sync(through);
    expect(first).toSucceed();
    laptop.chmod("data/state/bids.json", 0o640).write("data/state/bids.json", "[2]", 0o440);
    give(world);
    const words = ["rollback", first.report?.snapshot ?? "", "--force"];
    expect(await laptop.run(words, through)).toSucceed();
    expect(laptop.read("data/state/bids.json")).toBe("[1]");
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

const KEPT: readonly (readonly [present: number, isExecutable: boolean, after: number])[] = [
  [0o600, false, 0o600],
  [0o600, true, 0o700],
  [0o700, false, 0o600],
  [0o640, true, 0o750],
  [0o440, false, 0o440],
  [0o664, false, 0o664],
  [0o644, false, 0o644],
  [0o644, true, 0o755],
];

test.each(KEPT)(
  "what some may not read stays so: %o, executable %p, becomes %o",
  async (present, isExecutable, after) => {
    const before = (present & 0o100) === 0 ? 0o644 : 0o755;
    await using world = await twoMachines({ a: { text: "1\n", mode: before }, b: "1\n" });
    const { desktop, laptop } = world;
    laptop.chmod("a", present);
    desktop
      .write("a", "2\n")
      .write("new", "1\n")
      .chmod("a", isExecutable ? 0o755 : 0o644);
    expect(await desktop.push()).toSucceed();
    expect(await laptop.pull()).toSucceed();
    const modeOf = (path: string): number => statSync(laptop.at(path)).mode & 0o777;
    expect([laptop.read("a"), modeOf("a").toString(8)]).toEqual(["2\n", after.toString(8)]);
    expect(modeOf("new") & 0o600).toBe(0o600);
    expect(laptop.gitText("status", "--porcelain")).toBe("");
    expect(await laptop.run(["rollback", "--force"])).toSucceed();
    expect([laptop.read("a"), modeOf("a") & 0o666]).toEqual(["1\n", present & 0o666]);
  },
);
