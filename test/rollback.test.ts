// Undoing: the last run taken back as a new change, and the folder made what a snapshot saw.
import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { lostFrom } from "./support/holdings.ts";
import type { Machine } from "./support/machine.ts";
import { digestOf } from "./support/observe.ts";
import { expectAgreement, settle } from "./support/together.ts";
import { twoMachines } from "./support/world.ts";

test("files deleted before a push come back, everywhere, and edits made since stay", async () => {
  await using world = await twoMachines({ "d/a": "1", "d/b": { text: "2", mode: 0o755 }, l: { link: "d" }, keep: "k" });
  const { desktop, laptop } = world;
  const whole = desktop.tree();
  desktop.remove("d", "l");
  expect(await desktop.push({ allow: ["mass-delete"] })).toSucceed();
  expect(await laptop.pull()).toSucceed();
  expect(laptop.tree()).toEqual({ keep: "k" });
  desktop.write("since", "s");
  const undone = await desktop.rollback();
  expect(undone).toSucceed();
  expect(desktop.tree()).toEqual({ ...whole, since: "s" });
  await settle(world);
  expect(laptop.tree()).toEqual({ ...whole, since: "s" });
  expectAgreement(world);
});

test("what a pull brought in is taken back, and the next push publishes that", async () => {
  await using world = await twoMachines({ a: "1", b: "1", c: "1" });
  const { desktop, laptop } = world;
  desktop.write("a", "wrong").remove("b").write("new", "wrong too");
  expect(await desktop.push()).toSucceed();
  laptop.write("c", "mine");
  expect(await laptop.pull()).toSucceed();
  expect(await laptop.rollback()).toSucceed();
  expect(laptop.tree()).toEqual({ a: "1", b: "1", c: "mine" });
  await settle(world);
  expect(desktop.tree()).toEqual({ a: "1", b: "1", c: "mine" });
});

test("rollback undoes rollback", async () => {
  await using world = await twoMachines({ a: "1", b: "1" });
  const { desktop, laptop } = world;
  desktop.write("a", "2").remove("b");
  expect(await desktop.push()).toSucceed();
  expect(await laptop.pull()).toSucceed();
  const pulled = laptop.tree();
  expect(await laptop.rollback()).toSucceed();
  expect(laptop.tree()).toEqual({ a: "1", b: "1" });
  expect(await laptop.rollback()).toSucceed();
  expect(laptop.tree()).toEqual(pulled);
});

test("a path edited since the run is asked about, never overwritten", async () => {
  await using world = await twoMachines({ a: "1\n" });
  const { desktop, laptop } = world;
  desktop.write("a", "2\n");
  expect(await desktop.push()).toSucceed();
  expect(await laptop.pull()).toSucceed();
  laptop.write("a", "3\n");
  const before = laptop.state();
  const refused = await laptop.rollback();
  expect(refused).toFailWith("conflicts");
  expect(`${refused.stdout}${refused.stderr}`).toContain("what would be undone was changed again since");
  expect(laptop.state()).toEqual(before);
});

test("the baseline follows a rollback, so that nothing counts as missing; rot is not taken into it", async () => {
  const [list, note, added] = ["clients/acme/tasks.json", "clients/acme/CONTEXT.md", "clients/new/tasks.json"];
  await using world = await twoMachines({ [list]: "[1]", [note]: "# sound.\n" });
  const { desktop, laptop } = world;
  desktop.write(list, "[1,2]").write(added, "[]");
  expect(await desktop.push()).toSucceed();
  expect(await laptop.pull()).toSucceed();
  expect(await laptop.rollback()).toSucceed();
  expect(laptop.tree()).toEqual({ [list]: "[1]", [note]: "# sound.\n" });
  expect(await laptop.run(["verify", "post-sync"])).toSucceed();

  expect(await laptop.rollback()).toSucceed();
  expect(await laptop.run(["verify", "post-sync"])).toSucceed();
  const before = laptop.state().baseline;
  writeUnseen(laptop, note, "# rotten\n");
  const run = await laptop.rollback();
  expect(run).toSucceed();
  expect(run.report?.notes.join()).toContain(`the baseline was left as it is: ${note} changed`);
  expect(laptop.state().baseline).toBe(before);
  const push = await laptop.push();
  expect(push).toFailWith("halted");
  expect(push.report?.failure?.cause).toContain(`rot: ${note}`);
});

test("the push after a rollback publishes the undo: what a rollback takes away, no guard asks about again", async () => {
  const added = Object.fromEntries(range(40).map((n) => [`clients/new/${n}.md`, `${n}\n`]));
  await using world = await twoMachines({ "notes.md": "n\n", "clients/old/tasks.json": "[1]" });
  const { desktop, laptop } = world;
  for (const [path, text] of Object.entries(added)) desktop.write(path, text);
  desktop.write("clients/new/tasks.json", "[]");
  expect(await desktop.push()).toSucceed();
  expect(await laptop.pull()).toSucceed();
  expect(await desktop.rollback()).toSucceed();
  expect(await desktop.push()).toSucceed();
  expect(await laptop.pull()).toSucceed();
  expect(laptop.tree()).toEqual({ "notes.md": "n\n", "clients/old/tasks.json": "[1]" });

  // once it is published, nothing is excused any more; nor is what a person deletes beside it
  desktop.remove("clients/old");
  expect(await desktop.push()).toFailWith("halted");
  expect(await desktop.rollback()).toSucceed();
  expect((await desktop.push()).report?.failure?.cause).toContain("critical-delete: clients/old/tasks.json");
});

test("a rollback right after the run it undoes is not taken for rot, nor the one after that", async () => {
  const list = "clients/acme/tasks.json";
  await using world = await twoMachines({ a: "1\n", [list]: "[1]" });
  const { desktop, laptop } = world;
  desktop.write("a", "2\n").write(list, "[2]");
  expect(await desktop.push()).toSucceed();
  expect(await laptop.pull()).toSucceed();
  for (const tree of [
    { a: "1\n", [list]: "[1]" },
    { a: "2\n", [list]: "[2]" },
    { a: "1\n", [list]: "[1]" },
  ]) {
    const run = await laptop.rollback();
    expect(run).toSucceed();
    expect(run.report?.notes.join()).not.toContain("baseline was left");
    expect(laptop.tree()).toEqual(tree);
  }
  expect(await laptop.push()).toSucceed();
  expect(world.remote.files()).toEqual({ a: "1\n", [list]: "[1]" });
});

function range(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}

/** Writes other bytes of the same length and puts the time back, to the nanosecond. */
function writeUnseen(machine: Machine, path: string, text: string): void {
  const clock = join(machine.home, "clock");
  expect(Bun.spawnSync(["cp", "-p", machine.at(path), clock]).exitCode).toBe(0);
  machine.write(path, text);
  expect(Bun.spawnSync(["touch", "-r", clock, machine.at(path)]).exitCode).toBe(0);
}

describe("going to a snapshot", () => {
  test("brings back what was never committed, and is itself undoable", async () => {
    await using world = await twoMachines({ a: "1", b: "1" });
    const { desktop, laptop } = world;
    desktop.write("a", "2");
    expect(await desktop.push()).toSucceed();
    laptop.write("draft", "never committed").write("b", "edited").link("l", "b");
    const seen = laptop.tree();
    const pulled = await laptop.pull();
    expect(pulled).toSucceed();
    const snapshot = pulled.report?.snapshot ?? "";
    expect(snapshot).not.toBe("");
    laptop.remove("draft", "l").write("b", "broken").write("junk", "j");
    const broken = laptop.tree();

    expect(await laptop.rollback(snapshot)).toSucceed();
    expect(laptop.tree()).toEqual(seen);
    expect(
      lostFrom(
        world,
        ["broken", "j"].map((text) => digestOf(Buffer.from(text))),
      ),
    ).toEqual([]);

    expect(await laptop.rollback()).toSucceed();
    expect(laptop.tree()).toEqual(broken);
  });

  test("that does not exist is refused with what there is", async () => {
    await using world = await twoMachines({ a: "1" });
    const before = world.laptop.state();
    const run = await world.laptop.rollback("20010101T000000Z-ffff");
    expect(run.exit).not.toBe(0);
    expect(run.exit).not.toBe(1);
    expect(run.report?.failure?.remedy).not.toEqual([]);
    expect(world.laptop.state()).toEqual(before);
  });
});

test("with nothing to undo, rollback says so and changes nothing", async () => {
  await using world = await twoMachines({ a: "1" });
  const before = world.laptop.state();
  const run = await world.laptop.rollback();
  expect(run.exit).not.toBe(1);
  expect(world.laptop.state()).toEqual(before);
});

test("without a terminal and without --force nothing is rolled back", async () => {
  await using world = await twoMachines({ a: "1" });
  world.desktop.write("a", "2");
  expect(await world.desktop.push()).toSucceed();
  const before = world.desktop.state();
  expect(await world.desktop.run(["rollback"])).toFailWith("usage");
  expect(world.desktop.state()).toEqual(before);
  const dry = await world.desktop.run(["rollback", "--dry-run"]);
  expect(dry).toSucceed();
  expect(world.desktop.state()).toEqual(before);
});

test("rot in what is remembered of contents stops no run, and nothing wrong is attested", async () => {
  await using world = await twoMachines({ a: "1", "clients/acme/CONTEXT.md": "1" });
  const { desktop, laptop } = world;
  for (const text of ["2", "3"]) {
    laptop.write("a", text).write("clients/acme/CONTEXT.md", text);
    expect(await laptop.push()).toSucceed();
  }
  using state = new Database(laptop.at(".git/petesbrain-sync/state.db"));
  const { changes } = state.run("UPDATE digests SET sha256 = substr(sha256, 2) || substr(sha256, 1, 1)");
  expect(changes).toBeGreaterThan(3);
  expect(await laptop.rollback()).toSucceed();
  expect(laptop.tree()).toEqual({ a: "2", "clients/acme/CONTEXT.md": "2" });
  laptop.write("b", "3");
  expect(await laptop.push()).toSucceed();
  expect(await desktop.pull()).toSucceed();
  expect(desktop.tree()).toEqual(laptop.tree());
  expect(await laptop.run(["verify", "--all"])).toSucceed();
});

test("what a person put back is in the log of rollbacks, by name", async () => {
  await using world = await twoMachines({ a: "1", b: "1" });
  const { laptop } = world;
  const push = await laptop.write("a", "2").remove("b").push();
  expect(push).toSucceed();
  expect(await laptop.rollback()).toSucceed();
  const log = (await laptop.words(["logs", "rollback"])).stdout;
  expect(log).toContain("rolled-back");
  expect(log).toContain(`undoes the push ${push.report?.run}`);
  expect(log).toMatch(/restored=2 files="a, b"/);
});

test("a rollback works without the remote", async () => {
  await using world = await twoMachines({ a: "1" });
  const { desktop } = world;
  desktop.write("a", "2");
  expect(await desktop.push()).toSucceed();
  desktop.git("remote", "set-url", "origin", "/nowhere/remote.git");
  expect(await desktop.rollback()).toSucceed();
  expect(desktop.tree()).toEqual({ a: "1" });
});
