// One bit that turns over while a run is at work: in what was staged, in what was just put in place, in an object of the
// local store. The run ends with the right code, nothing of it stays, and the next one succeeds.
import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { flipBit, looseObject, rotAt } from "./support/damage.ts";
import { holdAt, pointsOf } from "./support/gate.ts";
import { CONTEXT, TASKS } from "./support/guard-cases.ts";
import { everythingOf } from "./support/guarded.ts";
import type { Machine, RunResult } from "./support/machine.ts";
import { expectAgreement } from "./support/together.ts";
import { twoMachines, type World } from "./support/world.ts";

const NOTE = "notes/a.md";
const NEW = "notes/new.md";
const FILES = [CONTEXT, NOTE, NEW] as const;
const LINES = Array.from({ length: 30 }, (_, n) => `line ${n} of a note`).join("\n");
const TREE = { [TASKS]: '[{"id":1}]\n', [CONTEXT]: `Acme\n${LINES}\n`, [NOTE]: `${LINES}\n`, "b.md": "b\n" };

/** The desktop has published, the laptop has not pulled. */
async function waitingPull(store: "loose" | "packed" = "packed"): Promise<World> {
  const world = await twoMachines(TREE);
  const { desktop, laptop } = world;
  desktop
    .write(CONTEXT, `Acme\n${LINES}\nand more\n`)
    .write(NOTE, `${LINES}\nand more\n`)
    .write(NEW, `new\n${LINES}\n`);
  expect(await desktop.push()).toSucceed();
  // a run keeps what it fetches as a pack, plain git each object by itself
  if (store === "loose") laptop.git("fetch", "-q");
  world.save();
  return world;
}

const ATTEMPTS = 20;

/**
 * Stops a run at a fault point of that name (the first, or the `nth` as `Array.at` counts, of those before another point), does something to the world,
 * and lets it go on. The order of what git does at the same time varies: a run that stood elsewhere says where the
 * point was in it, and the next one is stopped there.
 */
async function strikeAt(
  world: World,
  machine: () => Machine,
  args: readonly string[],
  point: { readonly name: string; readonly nth?: number; readonly before?: string },
  strike: () => void,
): Promise<RunResult> {
  const log = `${world.root}.passed`;
  const passed = (): string[] => readFileSync(log, "utf8").trimEnd().split("\n");
  let { names } = await pointsOf(world, machine(), args);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    world.restore();
    rmSync(log, { force: true });
    const end = point.before === undefined ? names.length : names.lastIndexOf(point.before);
    const places = names.slice(0, end).flatMap((name, n) => (name === point.name ? [n + 1] : []));
    const held = await holdAt(world, machine(), args, places.at(point.nth ?? 0) ?? 1, { faultLog: log });
    const stands = passed().at(-1) === point.name;
    if (stands) strike();
    const run = await held.release();
    names = passed();
    rmSync(log);
    if (stands) return run;
  }
  throw new Error(`no run stood at ${point.name}`);
}

/** Folder of the run at work, inside a machine's repository. */
function workOf(machine: Machine): string {
  const root = machine.at(".git/petesbrain-sync/work");
  const [run, ...others] = readdirSync(root);
  if (run === undefined || others.length > 0) throw new Error(`${others.length} more runs are at work`);
  return join(root, run);
}

describe("in a staged file", () => {
  const POINTS = [
    ["before it is proven", "git checkout-index done", false],
    ["after it was proven", "step adopt", true],
  ] as const;
  const rows = POINTS.flatMap(([when, name, adopted]) => FILES.map((path) => [when, path, name, adopted] as const));

  test.each(rows)("%s: %s", async (_, path, name, adopted) => {
    await using world = await waitingPull();
    const before = everythingOf(world, world.laptop);
    let struck = "";
    const run = await strikeAt(
      world,
      () => world.laptop,
      ["pull"],
      { name },
      () => {
        const staged = join(workOf(world.laptop), "staging", path);
        expect(readFileSync(staged, "utf8")).toBe(world.desktop.read(path));
        rotAt(staged);
        struck = readFileSync(staged, "utf8");
      },
    );
    expect(struck).not.toBe("");
    expect(run).toFailWith("integrity-mismatch");
    expect(run.report?.failure?.paths).toEqual([path]);
    expect(run.report?.rolledBack).toBe(adopted);
    expect(everythingOf(world, world.laptop)).toEqual(before);
    expect(await world.laptop.pull()).toSucceed();
    expectAgreement(world);
  });
});

describe("in a file that was just put in place", () => {
  const POINTS = [
    ["before it is read back", { name: "git update-ref", before: "step verify" }],
    ["after it was read back", { name: "step verify" }],
  ] as const;
  const rows = POINTS.flatMap(([when, point]) => FILES.map((path) => [when, path, point] as const));

  test.each(rows)("%s: %s", async (_, path, point) => {
    await using world = await waitingPull();
    const before = everythingOf(world, world.laptop);
    let struck = "";
    const run = await strikeAt(
      world,
      () => world.laptop,
      ["pull"],
      { ...point, nth: -1 },
      () => {
        expect(world.laptop.read(path)).toBe(world.desktop.read(path));
        rotAt(world.laptop.at(path));
        struck = world.laptop.read(path);
      },
    );
    expect(struck).not.toBe("");
    expect(run).toFailWith("integrity-mismatch");
    expect(run.report?.failure?.paths).toEqual([path]);
    expect(run.report?.rolledBack).toBe(true);
    expect(everythingOf(world, world.laptop)).toEqual(before);
    expect(await world.laptop.pull()).toSucceed();
    expectAgreement(world);
  });
});

/** Turns a bit of an object over, loose or inside its pack, and says which file now holds the damage. */
function damage(machine: Machine, oid: string): string {
  const loose = looseObject(machine, oid);
  if (existsSync(loose)) {
    flipBit(loose);
    return loose;
  }
  const packs = machine.at(".git/objects/pack");
  for (const name of readdirSync(packs).filter((file) => file.endsWith(".idx"))) {
    const row = machine
      .gitText("verify-pack", "-v", join(packs, name))
      .split("\n")
      .find((line) => line.startsWith(oid));
    const [, , , length, offset] = row?.split(/ +/) ?? [];
    if (length === undefined || offset === undefined) continue;
    const pack = join(packs, name.replace(/idx$/, "pack"));
    // near the end: behind the header and, of a difference, behind the name of what it is against
    flipBit(pack, Number(offset) + Number(length) - 6);
    return pack;
  }
  throw new Error(`object ${oid} is nowhere`);
}

/** Gives every sound object of a repository a file of its own, and takes the packs away. */
function unpack(machine: Machine): void {
  const packs = machine.at(".git/objects/pack");
  for (const name of readdirSync(packs).filter((file) => file.endsWith(".pack"))) {
    const aside = join(machine.folder, "..", name);
    renameSync(join(packs, name), aside);
    rmSync(join(packs, name.replace(/pack$/, "idx")));
    // -r goes on behind what is damaged; how that ends says nothing about the rest
    Bun.spawnSync(["git", "unpack-objects", "-r", "-q"], { cwd: machine.folder, stdin: readFileSync(aside) });
  }
}

/** Takes the damaged copy away, keeps all else, and brings what the remote has. */
function mend(machine: Machine, damaged: string): void {
  if (damaged.endsWith(".pack")) unpack(machine);
  else rmSync(damaged);
  machine.git("fetch", "-q", "--refetch", "origin");
}

describe("in an object of the local store", () => {
  const rows = (["loose", "packed"] as const).flatMap((store) => FILES.map((path) => [store, path] as const));

  test.each(rows)("that arrives, %s: %s", async (store, path) => {
    await using world = await waitingPull(store);
    const before = everythingOf(world, world.laptop);
    let damaged = "";
    const run = await strikeAt(
      world,
      () => world.laptop,
      ["pull"],
      { name: "git fetch done" },
      () => {
        damaged = damage(world.laptop, world.desktop.gitText("rev-parse", `HEAD:${path}`));
      },
    );
    expect(damaged).toContain(store === "packed" ? ".pack" : "/objects/");
    expect(damaged.endsWith(".pack")).toBe(store === "packed");
    // git finds out first where it writes the file, the product where it reads it back
    expect(run).toFailWith(run.exit === 30 ? "snapshot-failed" : "integrity-mismatch");
    expect(run.report?.failure?.remedy.join("\n")).toContain("git fsck --full");
    expect(run.report?.rolledBack).toBe(false);
    expect(everythingOf(world, world.laptop)).toEqual(before);
    mend(world.laptop, damaged);
    expect(await world.laptop.pull()).toSucceed();
    expectAgreement(world);
  });

  test.each([CONTEXT, NOTE, NEW])("that was just made of an edit: %s", async (path) => {
    await using world = await twoMachines(TREE);
    const { desktop, laptop } = world;
    desktop.write(path, `${LINES}\nedited here\n`);
    world.save();
    const before = everythingOf(world, desktop);
    let damaged = "";
    const run = await strikeAt(
      world,
      () => desktop,
      ["push"],
      { name: "git update-index done" },
      () => {
        damaged = damage(desktop, desktop.gitText("hash-object", path));
      },
    );
    expect(damaged).not.toBe("");
    expect(run).toFailWith("integrity-mismatch");
    expect(run.report?.rolledBack).toBe(false);
    expect(everythingOf(world, desktop)).toEqual(before);
    rmSync(damaged);
    expect(await desktop.push()).toSucceed();
    expect(await laptop.pull()).toSucceed();
    expectAgreement(world);
  });

  test("of an edit that only the snapshot holds", async () => {
    await using world = await waitingPull();
    const { desktop, laptop } = world;
    laptop.write("b.md", `${LINES}\nedited here, and not published\n`);
    world.save();
    const before = everythingOf(world, laptop);
    let damaged = "";
    const run = await strikeAt(
      world,
      () => laptop,
      ["pull"],
      { name: "git update-index done" },
      () => {
        damaged = damage(laptop, laptop.gitText("hash-object", "b.md"));
      },
    );
    expect(damaged).not.toBe("");
    expect(run).toFailWith("integrity-mismatch");
    expect(run.report?.rolledBack).toBe(false);
    expect(everythingOf(world, laptop)).toEqual(before);
    rmSync(damaged);
    expect(await laptop.sync()).toSucceed();
    expect(await desktop.pull()).toSucceed();
    expectAgreement(world);
  });

  test.each(["loose", "packed"])("that both machines' edits come from, %s", async (store) => {
    await using world = await twoMachines(TREE);
    const { desktop, laptop } = world;
    laptop.git("repack", "-adq");
    if (store === "loose") unpack(laptop);
    desktop.write(NOTE, `first\n${LINES}\n`);
    expect(await desktop.push()).toSucceed();
    laptop.write(NOTE, `${LINES}\nlast\n`);
    const damaged = damage(laptop, laptop.gitText("rev-parse", `HEAD:${NOTE}`));
    const tree = laptop.tree();
    const refs = world.remote.refs();
    const run = await laptop.sync();
    expect(run).toFailWith("integrity-mismatch");
    expect(run.report?.rolledBack).toBe(false);
    expect(laptop.tree()).toEqual(tree);
    expect(world.remote.refs()).toBe(refs);
    mend(laptop, damaged);
    expect(await laptop.sync()).toSucceed();
    expect(laptop.read(NOTE)).toBe(`first\n${LINES}\nlast\n`);
  });
});
