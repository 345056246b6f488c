// One machine changes something, the other receives it: each kind of change and each awkward name arrives exactly, and
// exactly once.
import { describe, expect, test } from "bun:test";
import { readlinkSync, utimesSync } from "node:fs";
import { holdAt, pointsOf } from "./support/gate.ts";
import type { Machine } from "./support/machine.ts";
import { expectAgreement, expectQuietRound } from "./support/together.ts";
import { type Contents, threeMachines, twoMachines } from "./support/world.ts";

interface Change {
  readonly title: string;
  readonly start: Contents;
  readonly change: (machine: Machine) => Machine;
  /** What the sender means and a guard would stop; where it arrives it is not asked again. */
  readonly allow?: readonly string[];
}

const KEEP = { "keep/notes.md": "kept\n" } as const;
const BYTES = new Uint8Array(3_000_000).map((_, at) => (at * 7919) % 251);

const CHANGES: readonly Change[] = [
  { title: "an edit", start: { a: "1\n" }, change: (m) => m.write("a", "2\n") },
  { title: "a new file in a new folder", start: {}, change: (m) => m.write("new/deep/file.md", "x\n") },
  { title: "a deletion", start: { a: "1\n" }, change: (m) => m.remove("a") },
  {
    title: "a whole folder deleted",
    start: { "d/a": "1", "d/e/b": "2", "d/e/c": "3" },
    change: (m) => m.remove("d"),
    allow: ["mass-delete"],
  },
  { title: "an empty file", start: {}, change: (m) => m.write("empty", "") },
  { title: "a file emptied", start: { a: "1\n" }, change: (m) => m.write("a", ""), allow: ["emptied:a"] },
  { title: "a file made executable", start: { a: "#!/bin/sh\n" }, change: (m) => m.chmod("a", 0o755) },
  {
    title: "a file no longer executable",
    start: { a: { text: "#!/bin/sh\n", mode: 0o755 } },
    change: (m) => m.chmod("a", 0o644),
  },
  { title: "an executable edited", start: { a: { text: "1", mode: 0o755 } }, change: (m) => m.write("a", "22") },
  { title: "a new symbolic link", start: { a: "1\n" }, change: (m) => m.link("l", "a") },
  { title: "a dangling link", start: {}, change: (m) => m.link("l", "nowhere/at all") },
  { title: "an absolute link", start: {}, change: (m) => m.link("l", "/nowhere/at/all") },
  { title: "a link to a folder", start: { "d/a": "1" }, change: (m) => m.link("l", "d") },
  {
    title: "a link pointed elsewhere",
    start: { a: "1", l: { link: "a" } },
    change: (m) => m.remove("l").link("l", "b"),
  },
  { title: "a link deleted, not its target", start: { "d/a": "1", l: { link: "d" } }, change: (m) => m.remove("l") },
  { title: "a file turned link", start: { a: "1", b: "2" }, change: (m) => m.remove("a").link("a", "b") },
  { title: "a link turned file", start: { a: { link: "b" }, b: "2" }, change: (m) => m.remove("a").write("a", "own") },
  { title: "a file turned folder", start: { x: "1" }, change: (m) => m.remove("x").write("x/y/z", "2") },
  { title: "a folder turned file", start: { "x/y": "1", "x/z/a": "2" }, change: (m) => m.remove("x").write("x", "2") },
  { title: "a folder turned link", start: { "x/y": "1", "d/y": "2" }, change: (m) => m.remove("x").link("x", "d") },
  {
    title: "a link turned folder",
    start: { x: { link: "d" }, "d/y": "2" },
    change: (m) => m.remove("x").write("x/y", "1"),
  },
  { title: "a rename", start: { a: "same\n" }, change: (m) => m.rename("a", "b/c") },
  { title: "a folder renamed", start: { "d/a": "1", "d/b": "2" }, change: (m) => m.rename("d", "e") },
  {
    title: "two files swapped",
    start: { a: "1", b: "2" },
    change: (m) => m.rename("a", "t").rename("b", "a").rename("t", "b"),
  },
  {
    title: "a rename that changes only case",
    start: { "Notes.md": "n" },
    change: (m) => m.rename("Notes.md", "t").rename("t", "notes.md"),
  },
  {
    title: "bytes that are no text",
    start: {},
    change: (m) => m.write("b.bin", new Uint8Array([0, 255, 254, 10, 13, 0, 128])),
  },
  { title: "three megabytes", start: {}, change: (m) => m.write("big.bin", BYTES) },
  { title: "mixed line ends", start: {}, change: (m) => m.write("crlf.txt", "a\r\nb\nc\r") },
  { title: "conflict markers that are content", start: {}, change: (m) => m.write("howto.md", "say =======\n") },
  { title: "a new ignore file", start: { "a.tmp": "t" }, change: (m) => m.write(".gitignore", "*.log\n") },
  {
    title: "a hundred files at once",
    start: {},
    change: (m) => range(100).reduce((machine, n) => machine.write(`many/${n}.md`, `${n}\n`), m),
  },
  { title: "a folder thirty levels deep", start: {}, change: (m) => m.write(`${"d/".repeat(30)}f`, "deep") },
];

function range(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at);
}

describe("what one machine does arrives on the other:", () => {
  test.each(CHANGES.map((change) => [change.title, change] as const))(
    "%s",
    async (_, { start, change, allow = [] }) => {
      await using world = await twoMachines({ ...KEEP, ...start });
      change(world.desktop);
      const wanted = world.desktop.tree();
      expect(await world.desktop.push({ allow })).toSucceed();
      expect(world.desktop.tree()).toEqual(wanted);
      expect(await world.laptop.pull()).toSucceed();
      expect(world.laptop.tree()).toEqual(wanted);
      expectAgreement(world);
    },
  );
});

const NAMES: readonly string[] = [
  "new\nline",
  "carriage\rreturn",
  "tab\there",
  'double"quote',
  "single'quote",
  "back\\slash",
  "-rf",
  "--force",
  "--upload-pack=touch x",
  ":(top)magic",
  ":!exclude",
  "*.txt",
  "[a-z]",
  "$(touch x)",
  "`touch x`",
  "%s%n",
  "two  spaces",
  " leading",
  "trailing ",
  "#comment",
  "!bang",
  "~tilde",
  "@{-1}",
  "HEAD",
  "émoji 🧠",
  "日本語",
  "عربى",
  "\u001b[31mred",
  "\u202egnp.exe",
  "n".repeat(255),
  ".hidden",
  "con",
  "x.lock",
];

describe("names", () => {
  const contents = (text: string): Contents =>
    Object.fromEntries(
      NAMES.flatMap((name) => [
        [name, text],
        [`in/${name}`, text],
      ]),
    );

  test("every awkward name is created, edited, made executable and deleted on the other machine", async () => {
    await using world = await twoMachines(KEEP);
    const { desktop, laptop } = world;
    const both = async (...allow: string[]): Promise<void> => {
      expect(await desktop.push({ allow })).toSucceed();
      expect(await laptop.pull()).toSucceed();
      expect(laptop.tree()).toEqual(desktop.tree());
    };
    for (const [name, text] of Object.entries(contents("one\n"))) desktop.write(name, text as string);
    await both();
    expect(Object.keys(laptop.tree()).length).toBe(NAMES.length * 2 + 1);
    for (const name of NAMES) desktop.write(name, "two, longer\n").chmod(`in/${name}`, 0o755);
    await both("all-changed");
    desktop.remove("in", ...NAMES);
    await both("mass-delete");
    expect(laptop.tree()).toEqual(KEEP);
    await expectQuietRound(world);
  });

  test("awkward names merge: edited on one machine, deleted or edited elsewhere on the other", async () => {
    await using world = await twoMachines(contents("1\n2\n3\n4\n5\n6\n7\n"));
    const { desktop, laptop } = world;
    for (const name of NAMES) {
      desktop.write(name, "one\n2\n3\n4\n5\n6\n7\n");
      laptop.write(name, "1\n2\n3\n4\n5\n6\nseven\n");
    }
    laptop.remove("in");
    expect(await desktop.push()).toSucceed();
    expect(await laptop.sync({ allow: ["mass-delete", "all-changed"] })).toSucceed();
    expect(await desktop.pull()).toSucceed();
    expect(desktop.tree()).toEqual(Object.fromEntries(NAMES.map((name) => [name, "one\n2\n3\n4\n5\n6\nseven\n"])));
    expectAgreement(world);
  });

  test("composed and decomposed forms of a name keep their own bytes", async () => {
    await using world = await twoMachines(KEEP);
    world.desktop.write("caf\u00e9/composed.md", "c").write("nai\u0308ve/decomposed.md", "d");
    expect(await world.desktop.push()).toSucceed();
    expect(await world.laptop.pull()).toSucceed();
    expect(world.laptop.tree()).toEqual({ ...KEEP, "caf\u00e9/composed.md": "c", "nai\u0308ve/decomposed.md": "d" });
    expectAgreement(world);
  });
});

test("three machines converge, and a quiet round makes no commit and no push", async () => {
  await using world = await threeMachines({ "a.md": "1\n2\n3\n4\n5\n6\n7\n8\n9\n", b: "b", c: "c" });
  world.desktop.write("a.md", "one\n2\n3\n4\n5\n6\n7\n8\n9\n").write("from-desktop", "d");
  world.laptop.write("a.md", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n").remove("b");
  world.studio.write("a.md", "1\n2\n3\n4\n5\n6\n7\n8\nnine\n").rename("c", "c2");
  for (const machine of [...world.machines, ...world.machines]) expect(await machine.sync()).toSucceed();
  expect(world.studio.tree()).toEqual({ "a.md": "one\n2\n3\n4\nfive\n6\n7\n8\nnine\n", "from-desktop": "d", c2: "c" });
  expectAgreement(world);
  await expectQuietRound(world);
});

describe("a file and the attributes that say how it is written arrive together, when these", () => {
  const CRLF = "*.txt text eol=crlf\n";
  const ROWS: readonly [string, string | null, string | null, string][] = [
    ["are new", null, CRLF, "2\r\n"],
    ["go", CRLF, null, "2\n"],
    ["become others", CRLF, "*.txt text eol=lf\n", "2\n"],
  ];
  test.each(ROWS)("%s", async (_, before, after, written) => {
    await using world = await twoMachines({
      "d/a.txt": "1\n",
      ...(before === null ? {} : { ".gitattributes": before }),
    });
    const { desktop, laptop } = world;
    if (after === null) desktop.remove(".gitattributes");
    else desktop.write(".gitattributes", after);
    desktop.write("d/a.txt", "2\n");
    expect(await desktop.push()).toSucceed();
    expect(await laptop.pull()).toSucceed();
    expect(laptop.read("d/a.txt")).toBe(written);
    expect((await laptop.push()).report?.outcome).toBe("up-to-date");
    expect(await laptop.run(["verify", "--all"])).toSucceed();
  });
});

test("a mode that was changed after the look is in the snapshot, and stays", async () => {
  await using world = await twoMachines({ a: "1\n", b: "b\n" });
  const { desktop, laptop } = world;
  desktop.write("a", "2\n");
  expect(await desktop.push()).toSucceed();
  world.save();
  const { names } = await pointsOf(world, laptop, ["pull"]);
  world.restore();
  const held = await holdAt(world, laptop, ["pull"], names.indexOf("step stage") + 1);
  laptop.chmod("a", 0o755);
  const pull = await held.release();
  expect(pull).toSucceed();
  expect(laptop.tree()).toEqual({ a: "755:2\n", b: "b\n" });
  expect(laptop.gitText("ls-tree", `refs/petesbrain-sync/snapshots/${pull.report?.snapshot}`, "a")).toStartWith(
    "100755",
  );
});

test.each(["b", "nowhere/at/all"])(
  "an ignored link to %s that is allowed to be replaced is kept as a link",
  async (target) => {
    await using world = await twoMachines({ b: "b\n", ".gitignore": "s\n" });
    const { desktop, laptop } = world;
    desktop.write("s", "file\n").git("add", "-f", "s");
    expect(await desktop.push()).toSucceed();
    laptop.link("s", target);
    const pull = await laptop.pull({ allow: ["in-the-way:s"] });
    expect(pull).toSucceed();
    expect(laptop.read("s")).toBe("file\n");
    expect(readlinkSync(laptop.at(`.git/petesbrain-sync/replaced/${pull.report?.run}/s`))).toBe(target);
  },
);

test("what is written in the last instant is kept though no time tells of it, as through a mapping", async () => {
  await using world = await twoMachines({ a: "old\n", b: "b\n" });
  const { desktop, laptop } = world;
  desktop.write("a", "young\n");
  expect(await desktop.push()).toSucceed();
  utimesSync(laptop.at("a"), 1_700_000_000, 1_700_000_000);
  laptop.git("update-index", "--refresh");
  world.save();
  const { names } = await pointsOf(world, laptop, ["pull"]);
  world.restore();
  const held = await holdAt(world, laptop, ["pull"], names.indexOf("keep", names.indexOf("step adopt")) + 1);
  laptop.write("a", "new\n");
  utimesSync(laptop.at("a"), 1_700_000_000, 1_700_000_000);
  expect(await held.release()).toFailWith("halted");
  expect(laptop.read("a")).toBe("new\n");
});
