// The whole story on a realistic folder: init, push, clone, edits on both machines, sync on both sides, and every byte,
// mode and link compared after each step.
import { expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { planBrain, writeBrain } from "../cmd/demo/brain.ts";
import { changeBrain } from "../cmd/demo/change-brain.ts";
import type { Machine } from "./support/machine.ts";
import type { Tree } from "./support/observe.ts";
import { expectAgreement, expectMonotoneRemote, expectQuietRound } from "./support/together.ts";
import { makeMachine, makeRemote, makeRoot, World } from "./support/world.ts";

const PLAN = planBrain("S", 7);

function emptyWorld(): World {
  const root = makeRoot();
  makeRemote(root);
  return new World(root, [makeMachine(root, "desktop"), makeMachine(root, "laptop")]);
}

/** The tree without what the folder's ignore file keeps on one machine. */
function tracked(machine: Machine): Tree {
  const ignored = new Set(machine.gitText("ls-files", "-z", "--others", "--ignored", "--exclude-standard").split("\0"));
  return Object.fromEntries(Object.entries(machine.tree()).filter(([path]) => !ignored.has(path)));
}

async function start(world: World): Promise<void> {
  const { desktop, laptop, remote } = world;
  mkdirSync(desktop.folder, { recursive: true });
  writeBrain(desktop.folder, PLAN);
  const whole = desktop.tree();
  const url = ["--remote", remote.path, "--branch", "main", "--yes"];
  expect(await desktop.run(["init", desktop.folder, "--role", "desktop", ...url], { cwd: desktop.home })).toSucceed();
  expect(await desktop.push()).toSucceed();
  expect(desktop.tree()).toEqual(whole);
  expect(await laptop.run(["init", laptop.folder, "--role", "laptop", ...url], { cwd: laptop.home })).toSucceed();
}

test("a thousand files go from one machine to the other and back, byte for byte", async () => {
  await using world = emptyWorld();
  const { desktop, laptop } = world;
  await start(world);
  expect(tracked(laptop)).toEqual(tracked(desktop));
  expect(Object.keys(tracked(laptop)).length).toBe(PLAN.files.filter((file) => file.tracked).length);

  const edits = changeBrain(desktop.folder, PLAN, { count: 40, round: 1, kind: "edit" });
  const added = changeBrain(desktop.folder, PLAN, { count: 10, round: 2, kind: "add" });
  const pushed = await desktop.push();
  expect(pushed).toSucceed();
  expect([...(pushed.report?.files.modified ?? [])].sort()).toEqual([...edits].sort());
  expect([...(pushed.report?.files.added ?? [])].sort()).toEqual([...added].sort());

  const pulled = await laptop.pull();
  expect(pulled).toSucceed();
  expect([...(pulled.report?.files.modified ?? [])].sort()).toEqual([...edits].sort());
  expect(tracked(laptop)).toEqual(tracked(desktop));

  changeBrain(laptop.folder, PLAN, { count: 12, round: 3, kind: "same-size" });
  const gone = changeBrain(laptop.folder, PLAN, { count: 8, round: 4, kind: "delete" });
  // among what is thrown away are files that no machine gives up without being told
  const synced = await laptop.sync({ allow: ["critical-delete"] });
  expect(synced).toSucceed();
  expect([...(synced.report?.files.deleted ?? [])].sort()).toEqual([...gone].sort());
  expect(await desktop.sync()).toSucceed();
  expect(withoutEmptyFolders(tracked(desktop))).toEqual(withoutEmptyFolders(tracked(laptop)));
  expectMonotoneRemote(world);
  await expectQuietRound(world);
});

test("both machines change different files of the realistic folder, and both end with both changes", async () => {
  await using world = emptyWorld();
  const { desktop, laptop } = world;
  await start(world);
  const [one, two] = [changeBrain(desktop.folder, PLAN, { count: 15, round: 5, kind: "edit" }), new Set<string>()];
  for (const path of changeBrain(laptop.folder, PLAN, { count: 15, round: 6, kind: "edit" })) {
    if (one.includes(path)) laptop.git("checkout", "-q", "--", path);
    else two.add(path);
  }
  expect(await desktop.push()).toSucceed();
  expect(await laptop.sync()).toSucceed();
  expect(await desktop.sync()).toSucceed();
  expect(tracked(laptop)).toEqual(tracked(desktop));
  for (const path of two) expect(laptop.read(path)).toBe(desktop.read(path));
  expectMonotoneRemote(world);
});

test("init twice is the same as once, and a third machine joins by init alone", async () => {
  await using world = emptyWorld();
  const { desktop, remote } = world;
  desktop.mkdir(".").write("notes/a.md", "one\n");
  const words = ["init", desktop.folder, "--role", "desktop", "--remote", remote.path, "--yes"];
  expect(await desktop.run(words, { cwd: desktop.home })).toSucceed();
  expect(await desktop.push()).toSucceed();
  const before = desktop.state();
  expect(await desktop.run(words, { cwd: desktop.home })).toSucceed();
  expect(desktop.state()).toEqual(before);
  const studio = makeMachine(world.root, "studio");
  expect(
    await studio.run(["init", studio.folder, "--role", "studio", "--remote", remote.path, "--yes"], {
      cwd: studio.home,
    }),
  ).toSucceed();
  expect(studio.tree()).toEqual({ "notes/a.md": "one\n" });
  expectAgreement(new World(world.root, [desktop, studio]));
});

/** git knows no empty folders: one that a person left behind by deleting its files is on their machine only. */
function withoutEmptyFolders(tree: Tree): Tree {
  return Object.fromEntries(Object.entries(tree).filter(([, entry]) => entry !== "folder"));
}
