// resolve by words: it answers the conflicts of the run that was blocked, and completes that run; as long as one is
// left, nothing is changed anywhere.
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { blockedRun, conflictsDir } from "../lib/sync/conflicts-kept.ts";
import type { Status } from "../lib/sync/status-form.ts";
import { lostFrom } from "./support/holdings.ts";
import type { Machine, RunChoice, RunResult } from "./support/machine.ts";
import { digestOf } from "./support/observe.ts";
import { expectAgreement, expectMonotoneRemote, expectQuietRound } from "./support/together.ts";
import { threeMachines, twoMachines, type World } from "./support/world.ts";

const LINES = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
const CONTEXT = "clients/acme/CONTEXT.md";

function resolve(machine: Machine, words: readonly string[], choice: RunChoice = {}): Promise<RunResult> {
  return machine.run(["resolve", ...words], choice);
}

function stateDir(machine: Machine): string {
  return machine.at(".git/petesbrain-sync");
}

async function statusOf(machine: Machine): Promise<Status> {
  return JSON.parse((await machine.status()).stdout) as Status;
}

/** Desktop has published its version, the laptop has one of its own, and its run was blocked. */
async function blocked(command: "push" | "pull" | "sync", path = "a.md"): Promise<World> {
  const world = await twoMachines({ [path]: LINES, other: "1" });
  const { desktop, laptop } = world;
  expect(await desktop.write(path, LINES.replace("5", "desk")).push()).toSucceed();
  laptop.write(path, LINES.replace("5", "lap")).write("other", "2");
  expect(await laptop.run([command])).toFailWith("conflicts");
  return world;
}

const TAKES = [
  ["desktop", { "a.md": LINES.replace("5", "desk") }],
  ["laptop", { "a.md": LINES.replace("5", "lap") }],
  ["base", { "a.md": LINES }],
  ["both", { "a.md": LINES.replace("5", "lap"), "a (desktop).md": LINES.replace("5", "desk") }],
] as const;

describe.each(["push", "pull", "sync"] as const)("a blocked %s", (command) => {
  test.each(TAKES)("is completed by --take %s", async (word, files) => {
    await using world = await blocked(command);
    const { desktop, laptop } = world;
    const run = await resolve(laptop, ["a.md", "--take", word]);
    expect(run).toSucceed();
    expect(run.report?.outcome).toBe("synced");
    expect(laptop.tree()).toEqual({ ...files, other: "2" });
    if (command === "pull") expect(await laptop.push()).toSucceed();
    expect(await desktop.pull()).toSucceed();
    expectAgreement(world);
    expectMonotoneRemote(world);
    const versions = ["desk", "lap"].map((letter) => digestOf(Buffer.from(LINES.replace("5", letter))));
    expect(lostFrom(world, versions)).toEqual([]);
    await expectQuietRound(world);
  });
});

test("a blocked run leaves base and both versions to be read, and status names the way out", async () => {
  await using world = await blocked("sync", CONTEXT);
  const { laptop } = world;
  const kept = blockedRun(stateDir(laptop));
  const files = kept?.conflicts[0]?.files ?? {};
  const contents = Object.fromEntries(Object.entries(files).map(([name, path]) => [name, readFileSync(path, "utf8")]));
  expect(contents).toEqual({
    base: LINES,
    desktop: LINES.replace("5", "desk"),
    laptop: LINES.replace("5", "lap"),
  });
  for (const path of Object.values(files)) expect(statSync(path).mode & 0o777).toBe(0o600);
  const status = await statusOf(laptop);
  expect(status.verdict).toBe("ATTENTION");
  expect(status.reasons[0]).toContain(`${CONTEXT} is in conflict`);
  expect(status.reasons[0]).toEndWith("petesbrain-sync resolve");
  expect(status.files.conflicts).toEqual([CONTEXT]);
  const words = (await laptop.words(["status"])).stdout;
  expect(words).toMatch(/; laptop or desktop\n {4}petesbrain-sync resolve clients\/acme\/CONTEXT\.md\n/);

  expect(await resolve(laptop, ["--all", "--take", "laptop"])).toSucceed();
  expect(existsSync(conflictsDir(stateDir(laptop)))).toBe(false);
  expect((await statusOf(laptop)).verdict).toBe("SAFE TO SWITCH");
});

test("every way out that a refused run prints works as it is printed", async () => {
  await using world = await twoMachines({ [CONTEXT]: LINES });
  const { desktop, laptop } = world;
  expect(await desktop.write(CONTEXT, LINES.replace("1", "desk")).push()).toSucceed();
  const refused = await laptop.write(CONTEXT, LINES.replace("9", "lap")).sync();
  expect(refused).toFailWith("conflicts");
  const ways = (refused.report?.failure?.remedy ?? []).filter((line) => line.includes("--take"));
  expect(ways.map((line) => line.split(" ").at(-1))).toEqual(["laptop", "desktop", "merged"]);
  world.save();
  const ends: string[] = [];
  for (const way of ways) {
    world.restore();
    const [, ...words] = way.split(" ");
    expect(await laptop.run(words)).toSucceed();
    ends.push(laptop.read(CONTEXT));
  }
  expect(ends).toEqual([
    LINES.replace("9", "lap"),
    LINES.replace("1", "desk"),
    LINES.replace("1", "desk").replace("9", "lap"),
  ]);
});

test("while one conflict is left, nothing is changed; the last answer completes the run", async () => {
  await using world = await twoMachines({ a: LINES, b: LINES });
  const { desktop, laptop, remote } = world;
  expect(await desktop.write("a", "desk").write("b", "desk").push()).toSucceed();
  laptop.write("a", "lap").write("b", "lap");
  expect(await laptop.sync()).toFailWith("conflicts");
  const [before, refs] = [laptop.state(), remote.refs()];

  const first = await resolve(laptop, ["a", "--take", "desktop"]);
  expect(first).toFailWith("conflicts");
  expect(first.report?.files.conflicts).toEqual(["b"]);
  expect([laptop.state(), remote.refs()]).toEqual([before, refs]);
  expect((await statusOf(laptop)).files.conflicts).toEqual(["b"]);

  expect(await resolve(laptop, ["b", "--take", "laptop"])).toSucceed();
  expect(laptop.tree()).toEqual({ a: "desk", b: "lap" });
  expect(await desktop.pull()).toSucceed();
  expectAgreement(world);
});

test("an answer holds for exactly these versions: who edits again is asked again", async () => {
  await using world = await twoMachines({ a: LINES, b: LINES });
  const { desktop, laptop } = world;
  expect(await desktop.write("a", "desk").write("b", "desk").push()).toSucceed();
  laptop.write("a", "lap").write("b", "lap");
  expect(await laptop.sync()).toFailWith("conflicts");
  expect(await resolve(laptop, ["a", "--take", "desktop"])).toFailWith("conflicts");
  const again = await laptop.write("a", "lap, and more").sync();
  expect(again).toFailWith("conflicts");
  expect(again.report?.files.conflicts).toEqual(["a", "b"]);
});

test("the same versions on a third machine are not asked about again", async () => {
  await using world = await threeMachines({ a: LINES });
  const { desktop, laptop, studio } = world;
  const lap = LINES.replace("5", "lap");
  expect(await desktop.write("a", LINES.replace("5", "desk")).push()).toSucceed();
  expect(await laptop.write("a", lap).sync()).toFailWith("conflicts");
  expect(await resolve(laptop, ["--all", "--take", "desktop"])).toSucceed();
  const records = "refs/petesbrain-sync/machines/laptop-*";
  const known = laptop.gitText("for-each-ref", "--format=%(refname) %(objectname)", records);
  expect(known).toContain("machines/laptop-");
  expect(known.trim()).toBe(world.remote.git("for-each-ref", "--format=%(refname) %(objectname)", records).trim());
  expect(await studio.write("a", lap).sync()).toSucceed();
  expect(await laptop.sync()).toSucceed();
  expect(await desktop.sync()).toSucceed();
  expectAgreement(world);
  expect(desktop.read("a")).toBe(LINES.replace("5", "desk"));
});

test("with --json an editor's words are no part of the object", async () => {
  await using world = await twoMachines({ "a.md": "1\n" });
  const { desktop, laptop } = world;
  expect(await desktop.write("a.md", "2\n").push()).toSucceed();
  expect(await laptop.write("a.md", "3\n").pull()).toFailWith("conflicts");
  const editor = join(world.root, "editor.sh");
  writeFileSync(editor, '#!/bin/sh\necho hello\necho both > "$1"\n', { mode: 0o755 });
  const run = await laptop.run(["resolve", "a.md", "--edit"], { environment: { EDITOR: editor } });
  expect(JSON.parse(run.stdout)).toMatchObject({ command: "resolve", exit: 0 });
  expect(run.stderr).toContain("hello");
  expect(laptop.read("a.md")).toBe("both\n");
});

test("a dry run says what would be done and keeps no answer", async () => {
  await using world = await blocked("sync");
  const { laptop, remote } = world;
  const [before, refs] = [laptop.state(), remote.refs()];
  const run = await resolve(laptop, ["--all", "--take", "desktop", "--dry-run"]);
  expect(run).toSucceed();
  expect(run.report?.outcome).toBe("planned");
  expect([laptop.state(), remote.refs()]).toEqual([before, refs]);
  expect(await laptop.sync()).toFailWith("conflicts");
});

test("a file in the way of a folder: one machine's answer for both paths, and no answers that exclude each other", async () => {
  await using world = await twoMachines({ x: "1", b: "1" });
  const { desktop, laptop } = world;
  expect(await desktop.remove("x").write("x/y", "2").push()).toSucceed();
  expect(await laptop.write("x", "3").sync()).toFailWith("conflicts");
  const before = laptop.state();
  expect(await resolve(laptop, ["x", "--take", "laptop"])).toFailWith("conflicts");
  const wrong = await resolve(laptop, ["x/y", "--take", "desktop"]);
  expect(wrong).toFailWith("conflicts");
  expect(wrong.report?.failure?.cause).toContain("do not go together");
  expect(laptop.state()).toEqual(before);
  expect(await resolve(laptop, ["--all", "--take", "desktop"])).toSucceed();
  expect(laptop.tree()).toEqual({ "x/y": "2", b: "1" });
});

describe("a wrong word is answered with the right one", () => {
  const wrong: readonly (readonly [words: readonly string[], says: string])[] = [
    [["a.md", "--take", "studio"], 'there is no "studio" to take for a.md; there is: laptop, desktop, both, base'],
    [["other", "--take", "desktop"], "other is in no conflict; these are: a.md"],
    [["a.md", "--all", "--take", "desktop"], "either one PATH or --all, not both"],
    [["a.md", "--edit", "--take", "desktop"], "either --take or --edit, not both"],
    [[], "there is nobody here to ask about a.md"],
  ];
  test("and nothing is changed", async () => {
    await using world = await blocked("sync");
    const before = world.laptop.state();
    for (const [words, says] of wrong) {
      const run = await resolve(world.laptop, words);
      expect(run).toFailWith("usage");
      expect(run.report?.failure?.cause).toContain(says);
      expect(run.report?.failure?.remedy).not.toEqual([]);
    }
    expect(world.laptop.state()).toEqual(before);
  });

  test("where nothing waits, resolve says so and ends well", async () => {
    await using world = await twoMachines({ a: "1" });
    const run = await world.laptop.words(["resolve", "--all", "--take", "desktop"]);
    expect(run.exit).toBe(0);
    expect(run.stdout).toBe("nothing to resolve: no conflict waits\n");
  });
});

test("an undo that meets an edit made since asks about it, and resolve completes it", async () => {
  await using world = await twoMachines({ a: LINES, b: "1" });
  const { laptop } = world;
  expect(await laptop.write("a", LINES.replace("5", "first")).write("b", "2").push()).toSucceed();
  laptop.write("a", LINES.replace("5", "second"));
  const before = laptop.state();
  const refused = await laptop.rollback();
  expect(refused).toFailWith("conflicts");
  expect(laptop.state()).toEqual(before);
  const [conflict] = blockedRun(stateDir(laptop))?.conflicts ?? [];
  expect(conflict?.roles).toEqual({ ours: "now", theirs: "before" });
  expect((await statusOf(laptop)).reasons.join()).toContain("a is in conflict since the rollback");
  const run = await resolve(laptop, ["a", "--take", "now"]);
  expect(run).toSucceed();
  expect(run.report?.outcome).toBe("rolled-back");
  expect(laptop.tree()).toEqual({ a: LINES.replace("5", "second"), b: "1" });
  expect(existsSync(conflictsDir(stateDir(laptop)))).toBe(false);
});
