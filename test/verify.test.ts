// `verify` as stories with the real binary: rot is other bytes with size and modification time put back.
import { expect, test } from "bun:test";
import {
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Integrity } from "../lib/sync/findings.ts";
import type { Machine, RunResult } from "./support/machine.ts";
import { twoMachines, type World } from "./support/world.ts";

const TASKS = "clients/acme/tasks.json";
const CONTEXT = "clients/acme/CONTEXT.md";
const NOTE = "notes/a.md";
const LONG_AGO = new Date("2026-01-04T09:15:32Z");
const TREE = { [TASKS]: '[{"id":1}]\n', [CONTEXT]: "Acme\n", [NOTE]: "one two three\n", ".gitignore": ".mcp.json\n" };

/** A world whose files were all saved long ago, as git's index knows. */
async function settledWorld(): Promise<World> {
  const world = await twoMachines(TREE);
  const { desktop } = world;
  desktop.write(".mcp.json", '{"key":1}\n');
  for (const path of [...Object.keys(TREE), ".mcp.json"]) age(desktop, path);
  desktop.git("update-index", "-q", "--refresh");
  return world;
}

function age(machine: Machine, path: string): void {
  utimesSync(machine.at(path), LONG_AGO, LONG_AGO);
}

/** Changes one byte in place and puts the time back. */
function rot(machine: Machine, path: string): void {
  const bytes = readFileSync(machine.at(path));
  const { atime, mtime } = statSync(machine.at(path));
  bytes[2] = (bytes[2] ?? 0) ^ 1;
  writeFileSync(machine.at(path), bytes);
  utimesSync(machine.at(path), atime, mtime);
}

function integrityOf(run: RunResult): Integrity {
  if (run.report === null || !("integrity" in run.report))
    throw new Error(`no integrity in ${run.stdout}${run.stderr}`);
  return run.report.integrity as Integrity;
}

const verify = (machine: Machine, ...words: string[]): Promise<RunResult> => machine.run(["verify", ...words]);

test("without a baseline verify says so and names the command", async () => {
  await using world = await settledWorld();
  const run = await verify(world.desktop);
  expect(run).toSucceed();
  expect(run.report?.notes.join()).toContain("petesbrain-sync verify pre-sync");
  expect(integrityOf(run)).toMatchObject({ baseline: null, same: 0, added: [], written: false });
  expect(await verify(world.desktop, "post-sync")).toFailWith("halted");
});

test("pre-sync takes a baseline in the specified form, and git does not see it", async () => {
  await using world = await settledWorld();
  const { desktop } = world;
  const run = await verify(desktop, "pre-sync");
  expect(run).toSucceed();
  expect(integrityOf(run)).toMatchObject({ written: true, accepted: [".mcp.json", CONTEXT, TASKS] });
  const written: unknown = JSON.parse(desktop.read(".sync-checksums.json"));
  expect(written).toMatchObject({
    version: "2.0",
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    hostname: expect.any(String),
    metadata: { phase: "pre-sync", operation: "baseline" },
    checksums: {
      [TASKS]: { sha256: sha256(desktop, TASKS), size: 11, modified: "2026-01-04T09:15:32", mode: "100644" },
      [CONTEXT]: { size: 5 },
      ".mcp.json": { size: 10 },
    },
  });
  expect(desktop.gitText("status", "--porcelain")).toBe("");
  const again = await verify(desktop, "pre-sync");
  expect(again).toSucceed();
  expect(integrityOf(again)).toMatchObject({ written: false, same: 3, accepted: [] });
  expect(await verify(desktop, "post-sync")).toSucceed();
});

function sha256(machine: Machine, path: string): string {
  return new Bun.CryptoHasher("sha256").update(readFileSync(machine.at(path))).digest("hex");
}

interface Case {
  readonly title: string;
  readonly change: (machine: Machine) => void;
  readonly list: "edited" | "added" | "missing" | "rotten";
  readonly path: string;
  /** Exit codes of verify without a word, post-sync, pre-sync and update, in this order. */
  readonly exits: readonly [number, number, number, number];
}

const CASES: readonly Case[] = [
  { title: "an edit", change: (m) => m.write(TASKS, "[]\n"), list: "edited", path: TASKS, exits: [0, 31, 0, 0] },
  {
    title: "an edit that keeps the size",
    change: (m) => m.write(TASKS, '[{"id":2}]\n'),
    list: "edited",
    path: TASKS,
    exits: [0, 31, 0, 0],
  },
  {
    title: "a new file",
    change: (m) => m.write("clients/new/tasks.json", "[]\n"),
    list: "added",
    path: "clients/new/tasks.json",
    exits: [0, 31, 0, 0],
  },
  { title: "a missing file", change: (m) => m.remove(CONTEXT), list: "missing", path: CONTEXT, exits: [31, 31, 0, 0] },
  { title: "rot", change: (m) => rot(m, TASKS), list: "rotten", path: TASKS, exits: [31, 31, 31, 0] },
  {
    title: "rot of a local file",
    change: (m) => rot(m, ".mcp.json"),
    list: "rotten",
    path: ".mcp.json",
    exits: [31, 31, 31, 0],
  },
];

test.each(CASES)("$title is told, and each word does its own with it", async ({ change, list, path, exits }) => {
  await using world = await settledWorld();
  const { desktop } = world;
  expect(await verify(desktop, "pre-sync")).toSucceed();
  change(desktop);
  const before = desktop.state();
  for (const [n, words] of [[], ["post-sync"], ["pre-sync", "--dry-run"], ["update", "--dry-run"]].entries()) {
    const run = await verify(desktop, ...words);
    expect([words, run.exit]).toEqual([words, exits[n] ?? null]);
    if (run.exit === 31) {
      expect(run).toFailWith("integrity-mismatch");
      expect(run.report?.failure?.paths).toEqual([path]);
    }
    expect(integrityOf(run)).toMatchObject({ edited: [], added: [], missing: [], rotten: [], [list]: [path] });
    expect(integrityOf(run).written).toBe(false);
  }
  expect(desktop.state()).toEqual(before);
  const accepted = await verify(desktop, "update");
  expect(accepted).toSucceed();
  expect(integrityOf(accepted)).toMatchObject({ written: true, accepted: [path] });
  expect(desktop.read(".sync-checksums.json")).toContain('"phase": "update"');
  expect(await verify(desktop, "post-sync")).toSucceed();
});

test("pre-sync does not bless rot unless it is told to", async () => {
  await using world = await settledWorld();
  const { desktop } = world;
  expect(await verify(desktop, "pre-sync")).toSucceed();
  rot(desktop, TASKS);
  desktop.remove(CONTEXT);
  const baseline = desktop.read(".sync-checksums.json");
  const refused = await verify(desktop, "pre-sync");
  expect(refused).toFailWith("integrity-mismatch");
  expect(refused.report?.failure?.paths).toEqual([TASKS]);
  expect(desktop.read(".sync-checksums.json")).toBe(baseline);
  const told = await verify(desktop, "pre-sync", "--yes");
  expect(told).toSucceed();
  expect(integrityOf(told).accepted).toEqual([CONTEXT, TASKS]);
});

const DAMAGE: readonly (readonly [string, (machine: Machine, path: string) => void])[] = [
  ["cut off", (machine, path) => truncateSync(machine.at(path), 40)],
  ["empty", (machine, path) => machine.write(path, "")],
  ["another form", (machine, path) => machine.write(path, '{"version":"3.0"}')],
  ["huge", (machine, path) => truncateSync(machine.at(path), 65 * 1024 * 1024)],
  [
    "a link",
    (machine, path) => {
      machine.rename(path, "elsewhere.json");
      symlinkSync("elsewhere.json", machine.at(path));
    },
  ],
  ["a folder", (machine, path) => machine.remove(path).mkdir(path)],
];

test.each(DAMAGE)("a baseline that is damaged (%s) halts and is kept aside", async (_, damage) => {
  await using world = await settledWorld();
  const { desktop } = world;
  const name = ".sync-checksums.json";
  expect(await verify(desktop, "pre-sync")).toSucceed();
  damage(desktop, name);
  for (const words of [[], ["post-sync"], ["update"]]) expect(await verify(desktop, ...words)).toFailWith("halted");
  const run = await verify(desktop, "pre-sync");
  expect(run).toSucceed();
  const { setAside, written } = integrityOf(run);
  expect(written).toBe(true);
  expect(readdirSync(desktop.folder)).toContain(setAside ?? "nothing was put aside");
  expect(desktop.gitText("status", "--porcelain", "--", ":!elsewhere.json")).toBe("");
  expect(await verify(desktop, "post-sync")).toSucceed();
});

test("a baseline of the earlier script is understood, and its other keys are kept", async () => {
  await using world = await settledWorld();
  const { desktop } = world;
  const entry = { sha256: sha256(desktop, TASKS).toUpperCase(), size: 11, modified: "2026-01-04T09:15:32", lines: 1 };
  const old = {
    version: "2.0",
    timestamp: "2026-01-04T10:25:00Z",
    hostname: "mini.lan",
    metadata: { phase: "pre-sync", operation: "baseline", by: "script" },
    checksums: { [TASKS]: entry },
    note: "kept",
  };
  desktop.write(".sync-checksums.json", `\ufeff${JSON.stringify(old, null, 4).replaceAll("\n", "\r\n")}`);
  expect(integrityOf(await verify(desktop))).toMatchObject({ same: 1, rotten: [], edited: [] });
  rot(desktop, TASKS);
  expect(await verify(desktop)).toFailWith("integrity-mismatch");
  expect(await verify(desktop, "update")).toSucceed();
  expect(JSON.parse(desktop.read(".sync-checksums.json"))).toMatchObject({
    note: "kept",
    metadata: { by: "script" },
    checksums: { [TASKS]: { lines: 1 } },
  });
});

test("--all tells rot from edits and deletions in every tracked file", async () => {
  await using world = await settledWorld();
  const { desktop } = world;
  expect(await verify(desktop, "pre-sync")).toSucceed();
  const clean = await verify(desktop, "--all");
  expect(clean).toSucceed();
  expect(integrityOf(clean)).toMatchObject({
    tracked: { checked: 4, edited: [], deleted: [], rotten: [] },
    objects: { sound: true },
  });
  desktop.write(NOTE, "another text\n");
  desktop.remove(".gitignore");
  const edited = await verify(desktop, "--all");
  expect(edited).toSucceed();
  expect(integrityOf(edited).tracked).toEqual({ checked: 4, edited: [NOTE], deleted: [".gitignore"], rotten: [] });
  desktop.git("checkout", "-q", "--", NOTE);
  age(desktop, NOTE);
  desktop.git("update-index", "-q", "--refresh");
  rot(desktop, NOTE);
  const rotten = await verify(desktop, "--all");
  expect(rotten).toFailWith("integrity-mismatch");
  expect(integrityOf(rotten).tracked).toMatchObject({ edited: [], rotten: [NOTE] });
});

test("--all finds in a thousand files, read by two threads, the ones that are not as they should be", async () => {
  const files = Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`many/${n}.md`, `note ${n}\n`]));
  await using world = await twoMachines(files);
  const { desktop } = world;
  for (const path of Object.keys(files)) age(desktop, path);
  desktop.git("update-index", "-q", "--refresh");
  // what the second thread runs is not sought in the folder, which somebody else can write to
  for (const name of ["digest-thread.ts", "digest-thread.js"])
    desktop.write(`lib/integrity/${name}`, 'require("node:fs").writeFileSync("was-run", "");\n');
  const clean = await verify(desktop, "--all");
  expect(clean).toSucceed();
  expect(existsSync(desktop.at("was-run"))).toBe(false);
  expect(integrityOf(clean).tracked).toMatchObject({ checked: 1_000, edited: [], deleted: [], rotten: [] });
  // some at the beginning, some in the middle, some at the end
  rot(desktop, "many/0.md");
  rot(desktop, "many/555.md");
  rot(desktop, "many/999.md");
  desktop.write("many/1.md", "edited\n").write("many/998.md", "edited\n").remove("many/500.md");
  const run = await verify(desktop, "--all");
  expect(run).toFailWith("integrity-mismatch");
  expect(integrityOf(run).tracked).toMatchObject({
    edited: ["many/1.md", "many/998.md"],
    deleted: ["many/500.md"],
    rotten: ["many/0.md", "many/555.md", "many/999.md"],
  });
});

test("--all looks at marked files too, and takes line endings for what they are", async () => {
  await using world = await twoMachines({ "docs/a.txt": "one\ntwo\n", "b.md": "b\n" });
  const { desktop } = world;
  desktop.write(".gitattributes", "docs/*.txt text eol=crlf\n").remove("docs/a.txt").git("add", ".gitattributes");
  desktop.git("checkout", "-q", "--", "docs/a.txt");
  expect(desktop.read("docs/a.txt")).toBe("one\r\ntwo\r\n");
  for (const path of ["docs/a.txt", "b.md"]) age(desktop, path);
  desktop.git("update-index", "-q", "--refresh");
  expect(integrityOf(await verify(desktop, "--all")).tracked).toMatchObject({ edited: [], rotten: [] });
  desktop.git("update-index", "--assume-unchanged", "b.md").write("b.md", "edited\n");
  expect(integrityOf(await verify(desktop, "--all")).tracked).toMatchObject({ edited: ["b.md"], rotten: [] });
});

test("--all takes other line ends for no rot, also where attributes are gone and the content has both kinds", async () => {
  await using world = await twoMachines({ "docs/a.txt": "one\r\ntwo\n" });
  const { desktop } = world;
  desktop.write(".gitattributes", "docs/*.txt text eol=crlf\n").remove("docs/a.txt");
  desktop.git("checkout", "-q", "--", "docs/a.txt").remove(".gitattributes");
  expect(desktop.read("docs/a.txt")).toBe("one\r\ntwo\r\n");
  // younger than the file, so that git has no doubt of its own
  const later = Date.now() / 1000 + 10;
  utimesSync(desktop.at(".git/index"), later, later);
  expect(integrityOf(await verify(desktop, "--all")).tracked).toMatchObject({ edited: ["docs/a.txt"], rotten: [] });
});

test("--all finds a flipped bit in the object store", async () => {
  await using world = await settledWorld();
  const { desktop } = world;
  const oid = desktop.gitText("rev-parse", `HEAD:${NOTE}`);
  const path = join(desktop.folder, ".git/objects", oid.slice(0, 2), oid.slice(2));
  const bytes = readFileSync(path);
  const at = bytes.length - 6;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  desktop.chmod(path.slice(desktop.folder.length + 1), 0o644);
  writeFileSync(path, bytes);
  const run = await verify(desktop, "--all");
  expect(run).toFailWith("integrity-mismatch");
  expect(integrityOf(run).objects).toMatchObject({ sound: false, objects: expect.arrayContaining([oid]) });
  expect(integrityOf(run).tracked?.rotten).toEqual([]);
  // the remedy is carried out as it was said
  const [aside = "", refetch = ""] = run.report?.failure?.remedy ?? [];
  for (const line of [aside, refetch])
    expect(Bun.spawnSync(["sh", "-c", line], { cwd: desktop.folder }).exitCode).toBe(0);
  expect(await verify(desktop, "--all")).toSucceed();
});

test("--subset walks every tracked file once a round, and does not forget rot", async () => {
  await using world = await settledWorld();
  const { desktop } = world;
  for (let n = 0; n < 30; n++) desktop.write(`notes/${n}.md`, `${n} and more\n`);
  for (let n = 0; n < 30; n++) age(desktop, `notes/${n}.md`);
  desktop.git("add", "-A");
  let checked = 0;
  for (const part of [1, 2, 3]) {
    const run = await verify(desktop, "--subset", "next/3");
    expect(run).toSucceed();
    expect(integrityOf(run).subset).toMatchObject({ part, of: 3, complete: part === 3 });
    checked += integrityOf(run).tracked?.checked ?? 0;
  }
  expect(checked).toBe(34);
  rot(desktop, "notes/7.md");
  const exits: (number | null)[] = [];
  for (const part of [1, 2, 3]) exits.push((await verify(desktop, "--subset", `${part}/3`)).exit);
  expect(exits).toContain(31);
  const again = await verify(desktop, "--subset", "next/3");
  expect(again).toFailWith("integrity-mismatch");
  expect(integrityOf(again).tracked?.rotten).toEqual(["notes/7.md"]);
});

test("--repair takes the good copy from git, and keeps the rotten one", async () => {
  await using world = await settledWorld();
  const { desktop } = world;
  desktop.chmod(TASKS, 0o640);
  desktop.git("update-index", "-q", "--refresh");
  expect(await verify(desktop, "pre-sync")).toSucceed();
  const before = desktop.state();
  for (const path of [TASKS, NOTE]) rot(desktop, path);
  const bad = desktop.read(TASKS);
  expect(await verify(desktop, "--repair", "--all", "--dry-run")).toMatchObject({ exit: 0 });
  expect(desktop.read(TASKS)).toBe(bad);
  const run = await verify(desktop, "--repair", "--all");
  expect(run).toSucceed();
  expect(integrityOf(run)).toMatchObject({ repaired: [TASKS, NOTE], unrepaired: [] });
  expect(desktop.state()).toEqual(before);
  const kept = join(integrityOf(run).kept ?? "nothing was kept", TASKS);
  expect(readFileSync(kept, "utf8")).toBe(bad);
  expect(statSync(kept).mode & 0o777).toBe(0o600);
  expect(await verify(desktop, "--all")).toSucceed();
});

test("--repair finds what only a snapshot holds, and names what nothing holds", async () => {
  await using world = await settledWorld();
  const { desktop, laptop } = world;
  // uncommitted on the desktop, and in the snapshot of its pull
  desktop.write(CONTEXT, "Acme, edited\n");
  age(desktop, CONTEXT);
  laptop.write(NOTE, "from the laptop\n");
  expect(await laptop.push()).toSucceed();
  expect(await desktop.pull()).toSucceed();
  expect(desktop.gitText("status", "--porcelain")).toBe(` M ${CONTEXT}`);
  expect(await verify(desktop, "update")).toSucceed();
  desktop.remove(".sync-snapshot");
  for (const path of [CONTEXT, ".mcp.json"]) rot(desktop, path);
  const run = await verify(desktop, "--repair");
  expect(run).toFailWith("integrity-mismatch");
  expect(run.report?.failure?.paths).toEqual([".mcp.json"]);
  expect(integrityOf(run)).toMatchObject({ repaired: [CONTEXT], unrepaired: [{ path: ".mcp.json" }] });
  expect(desktop.read(CONTEXT)).toBe("Acme, edited\n");
});

test("--repair killed anywhere leaves the rotten file or the good one, and the next one ends it", async () => {
  await using world = await settledWorld();
  const { desktop } = world;
  expect(await verify(desktop, "pre-sync")).toSucceed();
  const good = desktop.read(TASKS);
  const log = join(world.root, "points");
  rot(desktop, TASKS);
  const bad = desktop.read(TASKS);
  expect(await desktop.run(["verify", "--repair"], { faultLog: log })).toSucceed();
  const points = readFileSync(log, "utf8").trim().split("\n");
  const first = points.indexOf("step repair") + 1;
  expect(first).toBeGreaterThan(0);
  for (let at = first; at <= points.length; at++) {
    rot(desktop, TASKS);
    const killed = await desktop.run(["verify", "--repair"], { fault: `kill@${at}` });
    expect(killed.signal).toBe("SIGKILL");
    expect([bad, good]).toContain(desktop.read(TASKS));
    expect(await verify(desktop, "--repair")).toSucceed();
    expect(desktop.read(TASKS)).toBe(good);
  }
});

test("--repair writes through no link", async () => {
  await using world = await settledWorld();
  const { desktop } = world;
  expect(await verify(desktop, "pre-sync")).toSucceed();
  rot(desktop, TASKS);
  const bad = desktop.read(TASKS);
  desktop.rename("clients", "moved").link("clients", "moved");
  const run = await verify(desktop, "--repair");
  expect(run).toFailWith("integrity-mismatch");
  expect(desktop.read(`moved/${TASKS.slice("clients/".length)}`)).toBe(bad);
});

const MIXTURES: readonly string[] = [
  "pre-sync --all",
  "update --repair",
  "post-sync --subset 1/2",
  "--all --subset 1/2",
  "--subset 3/2",
  "--subset 0/2",
  "--subset half",
  "presync",
];

test.each(MIXTURES)("words that do not go together are refused: %s", async (words) => {
  await using world = await settledWorld();
  expect(await verify(world.desktop, ...words.split(" "))).toFailWith("usage");
  expect(existsSync(world.desktop.at(".sync-checksums.json"))).toBe(false);
});

test("people read what was verified and what is wrong", async () => {
  await using world = await settledWorld();
  const { desktop } = world;
  const first = await desktop.words(["verify", "pre-sync"]);
  expect(first.stdout).toContain("written: a baseline of 3 files");
  desktop.write(CONTEXT, "Acme, edited\n");
  rot(desktop, TASKS);
  const said = await desktop.words(["verify"]);
  expect(said.exit).toBe(31);
  expect(said.stdout).toContain(`  edited   ${CONTEXT}`);
  expect(said.stderr).toContain(TASKS);
  expect(said.stderr).toContain("petesbrain-sync verify --repair");
});
