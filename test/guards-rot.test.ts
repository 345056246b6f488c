// Rot: other bytes with size and time put back. Every run halts before it can travel, `verify` names it, `--repair`
// mends it. What only looks like it, because something else about the file changed, is never called rot.
import { describe, expect, test } from "bun:test";
import { copyFileSync, lstatSync, readFileSync, renameSync, utimesSync, writeFileSync } from "node:fs";
import { writeStats } from "../lib/git/index-stat.ts";
import { LONG_AGO, rot } from "./support/damage.ts";
import { BASE, CONTEXT, TASKS } from "./support/guard-cases.ts";
import { allowedWords, everythingOf, expectHalt } from "./support/guarded.ts";
import type { Machine } from "./support/machine.ts";
import { type Contents, twoMachines, type World } from "./support/world.ts";

const NOTE = "notes/n07.md";
const LOCAL = ".mcp.json";
const COMMANDS = ["push", "pull", "sync"] as const;
const KINDS = [
  ["a critical file", TASKS, ["verify"]],
  ["a local file", LOCAL, ["verify"]],
  ["any other file", NOTE, ["verify", "--all"]],
] as const;

/**
 * Has git's index hold the times of files as they are now, and a change time that is older by so many nanoseconds. Many
 * builds of git compare change times by the second, and a file that rots gives none away at all.
 */
function rememberTimes(machine: Machine, paths: readonly string[], earlierNs: bigint): void {
  machine.git("update-index", "-q", "--refresh");
  const index = machine.at(".git/index");
  const stats = paths.map((path) => {
    const stat = lstatSync(machine.at(path), { bigint: true });
    return [path, { ...stat, ctimeNs: stat.ctimeNs - earlierNs }] as const;
  });
  writeStats(index, new Map(stats), 20);
}

/** In step, with files that nobody touched for long, a local one, and a snapshot of all. */
async function settledWorld(start: Contents = { ...BASE, ".gitignore": ".mcp.json\n" }): Promise<World> {
  const world = await twoMachines(start);
  const { desktop, laptop } = world;
  desktop.write(LOCAL, '{"servers":{"one":1}}\n').write("README.md", "an edit\n");
  for (const path of [LOCAL, ...Object.keys(start)]) utimesSync(desktop.at(path), LONG_AGO, LONG_AGO);
  expect(await desktop.sync()).toSucceed();
  rememberTimes(desktop, Object.keys(start), 60_000_000_000n);
  laptop.write("from-laptop.md", "new\n");
  expect(await laptop.push()).toSucceed();
  return world;
}

test.each(KINDS.flatMap(([title, path, verify]) => COMMANDS.map((command) => [title, command, path, verify] as const)))(
  "%s that rotted halts %s, is named, and mended where there is a copy",
  async (_, command, path, verify) => {
    await using world = await settledWorld();
    const { desktop, laptop } = world;
    const good = desktop.read(path);
    const sound = desktop.tree();
    rot(desktop, path);
    // an honest edit waits beside it, and must not take it along
    desktop.write("notes/n01.md", "an honest edit\n");
    const by = { guard: "rot", path, says: "has other content than before, though its size and its time are the same" };
    const halted = await expectHalt(world, desktop, [command], by);
    await expectHalt(world, desktop, [command, "--allow", "rot:another.md"], by);
    const planned = everythingOf(world, desktop);
    expect(await desktop.run([...allowedWords(halted), "--dry-run"])).toSucceed();
    expect(everythingOf(world, desktop)).toEqual(planned);
    const named = await desktop.run(verify);
    expect(named).toFailWith("integrity-mismatch");
    expect(named.report?.failure?.paths).toEqual([path]);
    expect(await desktop.run([...verify, "--repair"])).toSucceed();
    expect(desktop.read(path)).toBe(good);
    expect(desktop.tree()).toEqual({ ...sound, "notes/n01.md": "an honest edit\n" });
    expect(await desktop.run([command])).toSucceed();
    expect(await desktop.sync()).toSucceed();
    expect(await laptop.sync()).toSucceed();
    expectSameBut(world, [LOCAL]);
  },
);

function expectSameBut({ desktop, laptop }: World, local: readonly string[]): void {
  const shared = Object.entries(desktop.tree()).filter(([path]) => !local.includes(path));
  expect(Object.fromEntries(shared)).toEqual(laptop.tree());
}

test.each(KINDS)("%s that rotted so that git itself cannot see it is found by %s", async (_, path, verify) => {
  await using world = await settledWorld();
  const { desktop } = world;
  const good = desktop.read(path);
  rot(desktop, path);
  if (path !== LOCAL) rememberTimes(desktop, [path], 0n);
  for (const command of COMMANDS) {
    const run = await desktop.run([command]);
    // what no run reads, and git does not call changed, at least stays here
    if (path === NOTE) expect(run).toSucceed();
    else expect(run).toFailWith("halted");
  }
  expect(world.remote.files()[path] ?? good).toBe(good);
  const named = await desktop.run(verify);
  expect(named).toFailWith("integrity-mismatch");
  expect(named.report?.failure?.paths).toEqual([path]);
});

test.each(["push", "sync"] as const)("rot that a person takes for right goes out once: %s", async (command) => {
  await using world = await settledWorld();
  const { desktop } = world;
  rot(desktop, CONTEXT);
  const by = { guard: "rot", path: CONTEXT, says: "has other content than before" };
  const halted = await expectHalt(world, desktop, [command], by);
  expect(await desktop.run(allowedWords(halted))).toSucceed();
  expect(world.remote.files()[CONTEXT]).toBe(desktop.read(CONTEXT));
  expect(await desktop.run([command])).toSucceed();
  // the same fault again, after it was let pass once
  utimesSync(desktop.at(CONTEXT), LONG_AGO, LONG_AGO);
  expect(await desktop.run([command])).toSucceed();
  rot(desktop, CONTEXT);
  await expectHalt(world, desktop, [command], by);
});

/** A copy with all that `cp -p` keeps, put in the place of the file. */
function copyPreserving(machine: Machine, path: string): void {
  const copy = machine.at(`${path}.copy`);
  const done = Bun.spawnSync(["cp", "-p", machine.at(path), copy]);
  expect(done.exitCode).toBe(0);
  renameSync(copy, machine.at(path));
}

const HARMLESS: readonly (readonly [title: string, change: (machine: Machine, path: string) => void])[] = [
  ["other rights", (machine, path) => machine.chmod(path, 0o600)],
  ["the right to be executed", (machine, path) => machine.chmod(path, 0o755)],
  ["a touch", (machine, path) => utimesSync(machine.at(path), new Date(), new Date())],
  ["a time long past", (machine, path) => utimesSync(machine.at(path), 1_000_000_000, 1_000_000_000)],
  ["cp -p of the same bytes", copyPreserving],
  [
    "a save of the same bytes",
    (machine, path) => {
      const bytes = readFileSync(machine.at(path));
      writeFileSync(machine.at(path), bytes);
    },
  ],
  [
    "a copy without its time",
    (machine, path) => {
      copyFileSync(machine.at(path), machine.at(`${path}.copy`));
      renameSync(machine.at(`${path}.copy`), machine.at(path));
    },
  ],
  [
    "other bytes of the same size, saved now",
    (machine, path) => machine.write(path, machine.read(path).replace(/[a-z]/, "z")),
  ],
];

describe("never rot", () => {
  test.each(HARMLESS)("%s", async (_, change) => {
    await using world = await settledWorld();
    const { desktop } = world;
    for (const [, path] of KINDS) change(desktop, path);
    for (const command of COMMANDS) expect(await desktop.run([command])).toSucceed();
    expect(await desktop.run(["verify", "--all"])).toSucceed();
    expect(await world.laptop.pull()).toSucceed();
  });

  test("attributes that come, change and go", async () => {
    await using world = await settledWorld({ ...BASE, ".gitignore": ".mcp.json\n", "dos.md": "one\r\ntwo\r\n" });
    const { desktop, laptop } = world;
    for (const text of ["* text=auto\n", "*.md text eol=lf\n", "*.md text eol=crlf\n", "* -text\n", "*.md binary\n"]) {
      desktop.write(".gitattributes", text);
      // what the attributes now make of all files counts as changed, at once
      for (const command of COMMANDS) expect(await desktop.run([command, "--allow", "all-changed"])).toSucceed();
      expect(await desktop.run(["verify", "--all"])).toSucceed();
      expect(await laptop.run(["pull", "--allow", "all-changed"])).toSucceed();
      expect(await laptop.run(["verify", "--all"])).toSucceed();
    }
  });

  test("line ends that attributes once took for others", async () => {
    await using world = await settledWorld({ ...BASE, ".gitignore": ".mcp.json\n", "dos.md": "one\r\ntwo\r\n" });
    const { desktop } = world;
    desktop.write(".gitattributes", "dos.md text\n").git("add", "--renormalize", "dos.md");
    for (const command of COMMANDS) expect(await desktop.run([command])).toSucceed();
    expect(world.remote.files()["dos.md"]).toBe("one\ntwo\n");
    desktop.remove(".gitattributes");
    for (const command of COMMANDS) expect(await desktop.run([command])).toSucceed();
    expect(await desktop.run(["verify", "--all"])).toSucceed();
  });

  test("files with the line ends of Windows under text=auto", async () => {
    const start = {
      ...BASE,
      ".gitignore": ".mcp.json\n",
      ".gitattributes": "* text=auto\n",
      [CONTEXT]: "# Acme\r\nwith line ends of Windows\r\n",
      "dos.md": "one\r\ntwo\r\n",
    };
    await using world = await settledWorld(start);
    const { desktop, laptop } = world;
    for (const command of COMMANDS) expect(await desktop.run([command])).toSucceed();
    desktop.write(CONTEXT, "# Acme\r\nwith line ends of Windows\r\nand more\r\n").write("dos.md", "one\r\n2\r\n");
    for (const command of COMMANDS) expect(await desktop.run([command])).toSucceed();
    expect(await laptop.pull()).toSucceed();
    expect(await laptop.run(["verify", "--all"])).toSucceed();
    expect(await desktop.run(["verify", "--all"])).toSucceed();
    expect(desktop.read("dos.md")).toBe("one\r\n2\r\n");
  });

  test("a folder that is simply copied to another disk", async () => {
    await using world = await settledWorld();
    const { desktop } = world;
    // new inodes, new change times, everything else as it was
    world.save();
    world.restore();
    for (const command of COMMANDS) expect(await desktop.run([command])).toSucceed();
    expect(await desktop.run(["verify", "--all"])).toSucceed();
    expect(await world.laptop.sync()).toSucceed();
    expectSameBut(world, [LOCAL]);
  });
});
