// Both machines changed something since they last agreed. What can be united is; where a person must choose, the run
// ends with 20 and nothing is changed anywhere.
import { describe, expect, test } from "bun:test";
import { lostFrom } from "./support/holdings.ts";
import type { Machine } from "./support/machine.ts";
import { digestOf } from "./support/observe.ts";
import { expectAgreement, expectMonotoneRemote, expectQuietRound } from "./support/together.ts";
import { type Contents, twoMachines } from "./support/world.ts";

const LINES = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
const LONG = `${"a line of some length\n".repeat(40)}`;

interface Meeting {
  readonly title: string;
  readonly start: Contents;
  readonly desktop: (machine: Machine) => unknown;
  readonly laptop: (machine: Machine) => unknown;
  /** What the person at the desktop means, and a guard would stop. */
  readonly allow?: readonly string[];
}

interface United extends Meeting {
  readonly end: Record<string, string>;
}

const edit = (path: string, from: string, to: string) => (m: Machine) => m.write(path, m.read(path).replace(from, to));

const UNITED: readonly United[] = [
  {
    title: "different files",
    start: { a: "1", b: "1" },
    desktop: (m) => m.write("a", "2"),
    laptop: (m) => m.write("b", "2"),
    end: { a: "2", b: "2" },
  },
  {
    title: "different lines of one file",
    start: { a: LINES },
    desktop: edit("a", "1", "one"),
    laptop: edit("a", "9", "nine"),
    end: { a: LINES.replace("1", "one").replace("9", "nine") },
  },
  {
    title: "the same change",
    start: { a: "1" },
    desktop: (m) => m.write("a", "2"),
    laptop: (m) => m.write("a", "2"),
    end: { a: "2" },
  },
  {
    title: "the same new file",
    start: { a: "1" },
    desktop: (m) => m.write("n", "x"),
    laptop: (m) => m.write("n", "x"),
    end: { a: "1", n: "x" },
  },
  {
    title: "the same deletion",
    start: { a: "1", b: "1" },
    desktop: (m) => m.remove("a"),
    laptop: (m) => m.remove("a"),
    end: { b: "1" },
  },
  {
    title: "an edit and a mode",
    start: { a: LINES },
    desktop: edit("a", "1", "one"),
    laptop: (m) => m.chmod("a", 0o755),
    end: { a: `755:${LINES.replace("1", "one")}` },
  },
  {
    title: "a mode and an edit",
    start: { a: LINES },
    desktop: (m) => m.chmod("a", 0o755),
    laptop: edit("a", "9", "nine"),
    end: { a: `755:${LINES.replace("9", "nine")}` },
  },
  {
    title: "an exact rename and an edit of the old name",
    start: { a: LONG },
    desktop: (m) => m.rename("a", "b/c"),
    laptop: (m) => m.write("a", "mine\n"),
    end: { "b/c": "mine\n" },
  },
  {
    title: "an edit and an exact rename on the other side",
    start: { a: LONG },
    desktop: (m) => m.write("a", "mine\n"),
    laptop: (m) => m.rename("a", "b"),
    end: { b: "mine\n" },
  },
  {
    title: "the same rename on both",
    start: { a: "1" },
    desktop: (m) => m.rename("a", "b"),
    laptop: (m) => m.rename("a", "b"),
    end: { b: "1" },
  },
  {
    title: "a deletion against a change: the change stays",
    start: { a: "1", b: "b" },
    desktop: (m) => m.remove("a"),
    laptop: (m) => m.write("a", "2"),
    end: { a: "2", b: "b" },
  },
  {
    title: "a change against a deletion: the change stays",
    start: { a: "1", b: "b" },
    desktop: (m) => m.write("a", "2"),
    laptop: (m) => m.remove("a"),
    end: { a: "2", b: "b" },
  },
  {
    title: "new files in a folder that the other deleted",
    start: { "d/a": "1", b: "b" },
    desktop: (m) => m.remove("d"),
    laptop: (m) => m.write("d/new", "n"),
    end: { b: "b", "d/new": "n" },
  },
  {
    title: "a file turned folder, and another file",
    start: { x: "1", b: "b" },
    desktop: (m) => m.remove("x").write("x/y", "2"),
    laptop: (m) => m.write("b", "c"),
    end: { b: "c", "x/y": "2" },
  },
  {
    title: "links and files beside each other",
    start: { a: "1" },
    desktop: (m) => m.link("l", "a"),
    laptop: (m) => m.link("m", "nowhere"),
    end: { a: "1", l: "-> a", m: "-> nowhere" },
  },
];

const WAYS: readonly (readonly [string, (m: Machine) => Machine])[] = [
  ["uncommitted", (m) => m],
  ["staged", (m) => m.git("add", "-A")],
  ["committed", (m) => m.git("add", "-A").git("commit", "-q", "-m", "by hand")],
];

describe("what can be united is united, with the laptop's side", () => {
  for (const [how, prepare] of WAYS) {
    test.each(UNITED.map((row) => [row.title, row] as const))(`${how}: %s`, async (_, row) => {
      await using world = await twoMachines(row.start);
      const { desktop, laptop } = world;
      row.desktop(desktop);
      expect(await desktop.push()).toSucceed();
      row.laptop(laptop);
      prepare(laptop);
      expect(await laptop.sync()).toSucceed();
      expect(await desktop.pull()).toSucceed();
      expect(desktop.tree()).toEqual(row.end);
      expectAgreement(world);
      expectMonotoneRemote(world);
    });
  }
});

const CONFLICTS: readonly Meeting[] = [
  { title: "the same line", start: { a: LINES }, desktop: edit("a", "5", "desk"), laptop: edit("a", "5", "lap") },
  {
    title: "different new files of one name",
    start: { a: "1" },
    desktop: (m) => m.write("n", "desk"),
    laptop: (m) => m.write("n", "lap"),
  },
  {
    title: "a binary file",
    start: { a: "\0one" },
    desktop: (m) => m.write("a", "\0desk"),
    laptop: (m) => m.write("a", "\0lap"),
  },
  {
    title: "a link pointed to two places",
    start: { l: { link: "a" } },
    desktop: (m) => m.remove("l").link("l", "b"),
    laptop: (m) => m.remove("l").link("l", "c"),
  },
  {
    title: "a link against a file",
    start: { a: "1" },
    desktop: (m) => m.remove("a").link("a", "b"),
    laptop: (m) => m.write("a", "2"),
  },
  {
    title: "a file turned folder against an edit",
    start: { x: "1" },
    desktop: (m) => m.remove("x").write("x/y", "2"),
    laptop: (m) => m.write("x", "3"),
  },
  {
    title: "an edit against a file turned folder",
    start: { x: "1" },
    desktop: (m) => m.write("x", "3"),
    laptop: (m) => m.remove("x").write("x/y", "2"),
  },
  {
    title: "a new folder against a new file",
    start: { a: "1" },
    desktop: (m) => m.write("n/x", "1"),
    laptop: (m) => m.write("n", "2"),
  },
  {
    title: "two different renames of one file",
    start: { a: LONG },
    desktop: (m) => m.rename("a", "b"),
    laptop: (m) => m.rename("a", "c"),
  },
  {
    title: "a critical file deleted against changed",
    start: { "clients/acme/tasks.json": "[1]" },
    desktop: (m) => m.remove("clients"),
    laptop: (m) => m.write("clients/acme/tasks.json", "[1,2]"),
    allow: ["critical-delete"],
  },
  {
    title: "a merge that would break a JSON",
    start: { "x.json": '{\n"a": 1,\n"b": 2,\n"c": 3,\n"d": 4\n}\n' },
    desktop: edit("x.json", ',\n"d": 4', ""),
    laptop: (m) =>
      m.write("x.json", m.read("x.json").replace('{\n"a"', '{\n"z": 0,\n"a"').replace('"c": 3,', '"c": 33,')),
  },
];

describe("where a person must choose, nothing changes anywhere:", () => {
  for (const command of ["pull", "sync", "push"] as const) {
    test.each(CONFLICTS.map((row) => [row.title, row] as const))(`${command}, %s`, async (_, row) => {
      await using world = await twoMachines(row.start);
      const { desktop, laptop, remote } = world;
      row.desktop(desktop);
      expect(await desktop.push({ allow: row.allow ?? [] })).toSucceed();
      row.laptop(laptop.write("also", "edited"));
      const before = laptop.state();
      const refs = remote.refs();

      const run = await laptop.run([command]);

      expect(run).toFailWith("conflicts");
      expect(run.report?.outcome).toBe("blocked");
      expect(run.report?.files.conflicts).not.toEqual([]);
      expect(laptop.state()).toEqual(before);
      expect(remote.refs()).toBe(refs);
      expect(await laptop.run([command])).toFailWith("conflicts");
      expect(laptop.state()).toEqual(before);
    });
  }

  test("once the person has chosen, the same command completes, and both versions can still be got back", async () => {
    await using world = await twoMachines({ a: LINES });
    const { desktop, laptop } = world;
    const [desk, lap] = [LINES.replace("5", "desk"), LINES.replace("5", "lap")];
    desktop.write("a", desk);
    expect(await desktop.push()).toSucceed();
    laptop.write("a", lap);
    expect(await laptop.sync()).toFailWith("conflicts");
    laptop.write("a", desk);
    expect(await laptop.sync()).toSucceed();
    expectAgreement(world);
    expect(lostFrom(world, [digestOf(Buffer.from(desk)), digestOf(Buffer.from(lap))])).toEqual([]);
    await expectQuietRound(world);
  });
});

test("a push when the other machine was first publishes both, without being asked to pull", async () => {
  await using world = await twoMachines({ a: "1", b: "1" });
  const { desktop, laptop, remote } = world;
  desktop.write("a", "2");
  laptop.write("b", "2").git("commit", "-q", "-am", "by hand").write("c", "3");
  expect(await desktop.push()).toSucceed();
  expect(await laptop.push()).toSucceed();
  expect(remote.files()).toEqual({ a: "2", b: "2", c: "3" });
  expect(laptop.tree()).toEqual({ a: "2", b: "2", c: "3" });
  expect(await desktop.pull()).toSucceed();
  expectAgreement(world);
  expectMonotoneRemote(world);
});

test("a push with nothing to publish does not bring the other machine's changes in", async () => {
  await using world = await twoMachines({ a: "1" });
  world.desktop.write("a", "2");
  expect(await world.desktop.push()).toSucceed();
  const before = world.laptop.state();
  const run = await world.laptop.push();
  expect(run).toSucceed();
  expect(run.report?.outcome).toBe("up-to-date");
  // the first run that ends well writes the baseline, and nothing else
  const after = world.laptop.state();
  expect([before.baseline, typeof after.baseline]).toEqual([null, "string"]);
  expect({ ...after, baseline: before.baseline }).toEqual(before);
});

test("a pull publishes nothing", async () => {
  await using world = await twoMachines({ a: "1" });
  const head = world.remote.head();
  expect(await world.laptop.write("b", "2").git("add", "-A").git("commit", "-q", "-m", "mine").pull()).toSucceed();
  expect(world.remote.head()).toBe(head);
  expect(world.laptop.tree()).toEqual({ a: "1", b: "2" });
});

test.each(["push", "pull", "sync"])("a dry run of %s that finds nothing to do counts for nothing", async (command) => {
  await using world = await twoMachines({ a: "1" });
  const refs = world.remote.refs();
  const before = world.laptop.state();
  expect(await world.laptop.run([command, "--dry-run", "--scheduled"])).toSucceed();
  expect(world.laptop.state()).toEqual(before);
  expect(world.remote.refs()).toBe(refs);
  expect((await world.laptop.run(["history"])).stdout).not.toContain(command);
  const real = await world.laptop.run([command, "--scheduled"]);
  expect(real.report?.notes.join()).not.toContain("not due");
});

test("a dry run that is refused raises no alert, and names what keeps the versions", async () => {
  await using world = await twoMachines({ "a.md": "1\n" });
  const { desktop, laptop } = world;
  desktop.write("a.md", "2\n");
  expect(await desktop.push()).toSucceed();
  laptop.write("a.md", "3\n");
  for (const _ of [1, 2]) {
    const dry = await laptop.run(["pull", "--dry-run"]);
    expect(dry).toFailWith("conflicts");
    expect(dry.report?.failure?.remedy).toEqual([
      "petesbrain-sync pull   # keeps all versions of each, and says how to decide",
    ]);
  }
  expect((await laptop.run(["history"])).stdout).not.toContain("pull");
  expect((await laptop.run(["status"])).stdout).not.toContain("ended with 20");
  expect(await laptop.pull()).toFailWith("conflicts");
  expect((await laptop.run(["resolve", "a.md", "--take", "desktop"])).exit).toBe(0);
});

test.each(["push", "pull", "sync"])("a dry run of %s shows the plan and changes nothing", async (command) => {
  await using world = await twoMachines({ a: "1", b: "1" });
  world.desktop.write("a", "2");
  expect(await world.desktop.push()).toSucceed();
  const before = world.laptop.write("b", "2").state();
  const refs = world.remote.refs();
  const run = await world.laptop.run([command, "--dry-run"]);
  expect(run).toSucceed();
  expect(run.report?.outcome).toBe("planned");
  expect(world.laptop.state()).toEqual(before);
  expect(world.remote.refs()).toBe(refs);
});
