// What a rollback prepares while git looks at the folder: it must come to the same whatever the folder turns out to be,
// and lose nothing that is saved meanwhile.
import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import type { Change, Entry } from "../lib/git/parse.ts";
import { wayFromHere } from "../lib/sync/rollback-ahead.ts";
import { holdAt, pointsOf } from "./support/gate.ts";
import { lostFrom } from "./support/holdings.ts";
import type { Machine } from "./support/machine.ts";
import { digestOf } from "./support/observe.ts";
import { settle } from "./support/together.ts";
import { twoMachines, type World } from "./support/world.ts";

type Files = Readonly<Record<string, Entry>>;

function changesFrom(before: Files, after: Files): Change[] {
  const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return paths
    .map((path) => ({ path, before: before[path] ?? null, after: after[path] ?? null }))
    .filter((change) => JSON.stringify(change.before) !== JSON.stringify(change.after));
}

test("the way from the folder is that from the beginning, less what the folder has of it, and back over what it has beside it", () => {
  const entry = fc.record({
    mode: fc.constantFrom("100644", "100755", "120000"),
    oid: fc.constantFrom("1".repeat(40), "2".repeat(40), "3".repeat(40)),
  });
  const files = fc.dictionary(fc.constantFrom("a", "b", "c/d", "c/e", "f"), entry, { noNullPrototype: true });
  fc.assert(
    fc.property(files, files, files, (start, here, there) => {
      const way = wayFromHere(changesFrom(start, there), changesFrom(start, here));
      const byPath = (a: Change, b: Change): number => (a.path < b.path ? -1 : 1);
      expect(way.sort(byPath)).toEqual(changesFrom(here, there).sort(byPath));
    }),
  );
});

const BEFORE = { a: "1\n", b: "b\n", gone: "g\n", "d/e": { text: "e\n", mode: 0o755 }, l: { link: "b" }, "x/y": "y\n" };

/** The laptop after a pull of edits, deletions, a folder in the place of a file; and the snapshot before it. */
async function pulled(): Promise<{ world: World; laptop: Machine; snapshot: string; was: Record<string, string> }> {
  const world = await twoMachines(BEFORE);
  const { desktop, laptop } = world;
  const was = laptop.tree();
  desktop.write("a", "2\n").remove("gone", "l").write("new", "n\n").write("l/in", "i\n").chmod("b", 0o755);
  expect(await desktop.push()).toSucceed();
  const pull = await laptop.pull();
  expect(pull).toSucceed();
  return { world, laptop, snapshot: pull.report?.snapshot ?? "", was };
}

/** What a person may have done to the folder since. */
const SINCE: readonly { readonly title: string; readonly change: (laptop: Machine) => unknown }[] = [
  { title: "nothing", change: () => undefined },
  { title: "another file was edited", change: (laptop) => laptop.write("d/e", "mine\n") },
  { title: "a file that goes back was edited", change: (laptop) => laptop.write("a", "mine\n").write("new", "mine\n") },
  { title: "a file has gone back already", change: (laptop) => laptop.write("a", "1\n").remove("new") },
  { title: "all of it has gone back already", change: (laptop) => laptop.rollback() },
  { title: "files were deleted", change: (laptop) => laptop.remove("a", "x") },
  { title: "a folder became a file", change: (laptop) => laptop.remove("l", "x").write("x", "file\n") },
  { title: "a file became a folder", change: (laptop) => laptop.remove("new").write("new/in", "i\n") },
  { title: "a deleted file was written anew", change: (laptop) => laptop.write("gone", "mine\n") },
  { title: "something was staged", change: (laptop) => laptop.write("a", "staged\n").git("add", "a") },
  {
    title: "something was committed",
    change: (laptop) => {
      laptop.write("own", "o\n").git("add", "-A");
      laptop.git("commit", "-q", "-m", "by hand");
    },
  },
];

describe("to a snapshot, when since then", () => {
  test.each(SINCE.map((row) => [row.title, row] as const))("%s", async (_, { change }) => {
    const { world, laptop, snapshot, was } = await pulled();
    await using _world = world;
    await change(laptop);
    const found = laptop.tree();
    const back = await laptop.rollback(snapshot);
    expect(back).toSucceed();
    expect(laptop.tree()).toEqual(was);
    expect(await laptop.run(["verify", "--all"])).toSucceed();
    if (back.report?.outcome !== "rolled-back") return;
    // and again as it was found: what is undone is the tree that the rollback led to
    expect(await laptop.rollback()).toSucceed();
    expect(laptop.tree()).toEqual(found);
  });
});

describe("what git's attributes make of a file is made of it again, when they", () => {
  const CRLF = "*.txt text eol=crlf\n";
  const ROWS: readonly [string, string | null, string | null][] = [
    ["stay", CRLF, CRLF],
    ["come back with it", CRLF, null],
    ["go with it", null, CRLF],
  ];
  test.each(ROWS)("%s", async (_, before, after) => {
    const set = (machine: Machine, attributes: string | null): Machine =>
      attributes === null ? machine.remove(".gitattributes") : machine.write(".gitattributes", attributes);
    await using world = await twoMachines({ "d/a.txt": "1\n", ".gitattributes": "# none\n" });
    const { desktop, laptop } = world;
    set(desktop, before);
    expect(await desktop.push()).toSucceed();
    expect(await laptop.pull()).toSucceed();
    // as git itself writes it
    laptop.remove("d/a.txt").git("checkout", "-q", "--", "d/a.txt");
    const was = laptop.tree();
    expect(was["d/a.txt"]).toBe(before === null ? "1\n" : "1\r\n");
    set(desktop, after).write("d/a.txt", after === null ? "2\n" : "2\r\n");
    expect(await desktop.push()).toSucceed();
    const pull = await laptop.pull();
    expect(pull).toSucceed();
    expect(laptop.tree()).not.toEqual(was);
    expect(await laptop.rollback(pull.report?.snapshot ?? "")).toSucceed();
    expect(laptop.tree()).toEqual(was);
    expect(await laptop.run(["verify", "--all"])).toSucceed();
  });
});

test("a file put in the way of the preparation stops the rollback, and is named once", async () => {
  const { world, laptop, snapshot } = await pulled();
  await using _world = world;
  laptop.write(".gitignore", "gone\n");
  expect(await laptop.push()).toSucceed();
  laptop.write("gone", "ignored and mine\n");
  const before = laptop.state();
  const run = await laptop.rollback(snapshot);
  expect(run).toFailWith("halted");
  expect(run.report?.failure?.cause).toContain("in-the-way: gone");
  expect(laptop.state()).toEqual(before);
});

describe("while someone saves", () => {
  const SAVED = "saved by hand\n";
  const SAVES = [
    ["in place", `printf '${SAVED.trim()}\\n' > a`],
    ["by rename", `printf '${SAVED.trim()}\\n' > .a.swp && mv .a.swp a`],
  ] as const;

  test.each(SAVES)("%s, at points spread over the whole run, nothing is lost", async (_, script) => {
    const { world, laptop, snapshot } = await pulled();
    await using _world = world;
    world.save();
    const args = ["rollback", snapshot, "--force"];
    const { names } = await pointsOf(world, laptop, args);
    const hook = join(world.root, "save.sh");
    const adopting = names.indexOf("step adopt");
    // all of them where files are moved
    const points = names.flatMap((_name, n) => (n % 7 === 0 || (n > adopting && n < adopting + 24) ? [n + 1] : []));
    for (const point of points) {
      world.restore();
      writeFileSync(hook, `#!/bin/sh\ncd '${laptop.folder}' && ${script}\n`, { mode: 0o755 });
      const run = await laptop.run(args, { fault: `hook@${point}`, faultHook: hook });
      const where = `at point ${point} of ${names.length}, ${names[point - 1]}`;
      expect([0, 20], `${where}: ${run.stderr}${run.stdout}`).toContain(run.exit ?? -1);
      expect([SAVED, "1\n"], where).toContain(laptop.read("a"));
      expect(lostFrom(world, [digestOf(Buffer.from(SAVED)), digestOf(Buffer.from("2\n"))]), where).toEqual([]);
    }
  });
});

test("a commit made while the way was worked out is not taken for part of it", async () => {
  const { world, laptop, snapshot, was } = await pulled();
  await using _world = world;
  world.save();
  const args = ["rollback", snapshot, "--force"];
  const { names } = await pointsOf(world, laptop, args);
  const points = names.flatMap((name, n) => (/^git (diff-tree|status)( done)?$/.test(name) ? [n + 1] : []));
  expect(points.length).toBeGreaterThanOrEqual(3);
  for (const point of points) {
    world.restore();
    const held = await holdAt(world, laptop, args, point);
    laptop.write("a", "committed\n");
    laptop.git("commit", "-q", "-a", "-m", "by hand");
    const run = await held.release();
    const where = `at ${names[point - 1]}`;
    expect([0, 20], `${where}: ${run.stderr}${run.stdout}`).toContain(run.exit ?? -1);
    if (run.exit === 0) expect(laptop.tree(), where).toEqual(was);
    expect(lostFrom(world, [digestOf(Buffer.from("committed\n"))]), where).toEqual([]);
    await settle(world);
  }
});

describe("a plan that differs from what was staged ahead", () => {
  test("never reaches through a link that is staged", async () => {
    await using world = await twoMachines({ a: "a\n" });
    const { desktop, laptop } = world;
    const outside = join(world.root, "elsewhere");
    mkdirSync(outside);
    writeFileSync(join(outside, "y"), "the only copy\n");
    laptop.link("x", outside);
    expect(await laptop.push()).toSucceed();
    expect(await desktop.pull()).toSucceed();
    desktop.remove("x").write("x/y", "other\n");
    expect(await desktop.push()).toSucceed();
    const pull = await laptop.pull();
    expect(pull).toSucceed();
    laptop.chmod("x/y", 0o755);
    expect(await laptop.rollback(pull.report?.snapshot ?? "")).toSucceed();
    expect(laptop.tree()).toEqual({ a: "a\n", x: `-> ${outside}` });
    expect(readFileSync(join(outside, "y"), "utf8")).toBe("the only copy\n");
  });

  test.each([
    ["a file into a folder", "x/y", "x"],
    ["a folder into a file", "x", "x/y"],
  ])("turns %s", async (_, old, young) => {
    await using world = await twoMachines({ a: "a\n", [old]: "old\n" });
    const { desktop, laptop } = world;
    desktop.remove("x").write(young, "young\n");
    expect(await desktop.push()).toSucceed();
    const pull = await laptop.pull();
    expect(pull).toSucceed();
    laptop.chmod(young, 0o755);
    expect(await laptop.rollback(pull.report?.snapshot ?? "")).toSucceed();
    expect(laptop.read(old)).toBe("old\n");
  });

  test("is not written under attributes that are only staged", async () => {
    for (const [start, staged] of [
      [{}, "*.txt working-tree-encoding=UTF-16\n"],
      [{ ".gitattributes": "# none\n" }, "*.txt text eol=crlf\n"],
    ] as const) {
      await using world = await twoMachines({ "a.txt": "1\n", ...start });
      const { desktop, laptop } = world;
      desktop.write("a.txt", "2\n");
      expect(await desktop.push()).toSucceed();
      const pull = await laptop.pull();
      expect(pull).toSucceed();
      laptop.write(".gitattributes", staged).git("add", ".gitattributes").remove(".gitattributes");
      for (const [path, text] of Object.entries(start)) laptop.write(path, text);
      expect(await laptop.rollback(pull.report?.snapshot ?? "")).toSucceed();
      expect(laptop.tree()).toEqual({ "a.txt": "1\n", ...start });
    }
  });
});
