// Going back exactly: HEAD, the branch and what was staged as well; the scheduled runs rest, and the next pull is foretold.
import { expect, test } from "bun:test";
import { resumeRuns } from "../lib/machine/paused.ts";
import type { Machine } from "./support/machine.ts";
import { settle } from "./support/together.ts";
import { twoMachines } from "./support/world.ts";

/** Folder, HEAD, branch and index, without what only this program keeps. */
function exactly(machine: Machine): unknown {
  const { tree, git } = machine.state();
  const { status, files, ...rest } = git ?? {};
  return { tree, rest, status: status?.split("\n").filter((line) => !line.startsWith("#")), files: files?.length };
}

async function statusOf(machine: Machine): Promise<Record<string, unknown>> {
  return JSON.parse((await machine.status()).stdout) as Record<string, unknown>;
}

test("a pull under staged and unstaged edits is gone back from exactly", async () => {
  await using world = await twoMachines({ a: "1\n", b: "1\n", "x.sh": { text: "#!\n", mode: 0o755 } });
  const { desktop, laptop } = world;
  desktop.write("a", "2\n").remove("x.sh").write("new", "n\n");
  expect(await desktop.push()).toSucceed();
  laptop.write("b", "staged\n").git("add", "b").write("b", "staged, then edited\n").write("draft", "d\n");
  const before = exactly(laptop);
  const head = laptop.gitText("rev-parse", "HEAD");
  const pull = await laptop.pull();
  expect(pull).toSucceed();
  const run = await laptop.run(["rollback", pull.report?.snapshot ?? "", "--exact", "--force"]);
  expect(run).toSucceed();
  expect(exactly(laptop)).toEqual(before);
  expect(laptop.gitText("rev-parse", "HEAD")).toBe(head);
  expect(laptop.gitText("show", ":b")).toBe("staged");
  expect(run.report?.head.after).toBe(head);
  const notes = run.report?.notes.join("\n") ?? "";
  expect(notes).toContain("the remote has 1 commit more: the next pull brings 3 files in again (a, new, x.sh)");
  expect(notes).toContain("petesbrain-sync agents resume");
  expect(laptop.gitText("fsck", "--full")).not.toContain("error");

  const status = await statusOf(laptop);
  expect(status["paused"]).toMatchObject({ why: expect.stringContaining(pull.report?.snapshot ?? "") });
  expect(JSON.stringify(status["reasons"])).toContain("agents resume");
  resumeRuns(laptop.at(".git/petesbrain-sync"));
  expect((await statusOf(laptop))["paused"]).toBe(null);

  expect(await laptop.pull()).toSucceed();
  expect(laptop.tree()).toMatchObject({ a: "2\n", b: "staged, then edited\n", draft: "d\n", new: "n\n" });
  await settle(world);
});

test("what was staged over what is on disk survives the push, a gc and the way back", async () => {
  await using world = await twoMachines({ a: "1\n" });
  const { laptop } = world;
  laptop.write("a", "only staged\n").git("add", "a").write("a", "on disk\n");
  const before = exactly(laptop);
  const push = await laptop.push();
  expect(push).toSucceed();
  laptop.git("reflog", "expire", "--expire=now", "--all").git("gc", "-q", "--prune=now");
  expect(await laptop.run(["rollback", push.report?.snapshot ?? "", "--exact", "--force"])).toSucceed();
  expect(exactly(laptop)).toEqual(before);
  expect(laptop.gitText("show", ":a")).toBe("only staged");
});

test("without a word for which, it takes the newest snapshot; a rollback undoes it", async () => {
  await using world = await twoMachines({ a: "1\n", b: "1\n" });
  const { desktop, laptop } = world;
  desktop.write("a", "2\n");
  expect(await desktop.push()).toSucceed();
  expect(await laptop.pull()).toSucceed();
  const pulled = laptop.tree();
  expect(await laptop.run(["rollback", "--exact", "--force"])).toSucceed();
  expect(laptop.gitText("status", "--porcelain")).toBe("");
  expect(laptop.tree()).toEqual({ a: "1\n", b: "1\n" });
  expect(await laptop.rollback()).toSucceed();
  expect(laptop.tree()).toEqual(pulled);
});

test("with everything as it was it does nothing, and nothing is paused", async () => {
  await using world = await twoMachines({ a: "1\n" });
  const { desktop, laptop } = world;
  desktop.write("a", "2\n");
  expect(await desktop.push()).toSucceed();
  const pull = await laptop.pull();
  expect(await laptop.run(["rollback", "--exact", "--force"])).toSucceed();
  laptop.remove(".git/petesbrain-sync/paused.json");
  const again = await laptop.run(["rollback", pull.report?.snapshot ?? "", "--exact", "--force"]);
  expect(again.report?.outcome).toBe("up-to-date");
  expect((await statusOf(laptop))["paused"]).toBe(null);
});

test("where the copies are lost, history knows where HEAD stood; without both it is refused and the files alone can be had", async () => {
  await using world = await twoMachines({ a: "1\n" });
  const { desktop, laptop } = world;
  desktop.write("a", "2\n");
  expect(await desktop.push()).toSucceed();
  const head = laptop.gitText("rev-parse", "HEAD");
  const snapshot = (await laptop.pull()).report?.snapshot ?? "";
  laptop.remove(".sync-snapshot");
  const dry = await laptop.run(["rollback", snapshot, "--exact", "--dry-run"]);
  expect(dry).toSucceed();
  laptop.remove(".git/petesbrain-sync/state.db");
  const refused = await laptop.run(["rollback", snapshot, "--exact", "--force"]);
  expect(refused).toFailWith("usage");
  expect(refused.report?.failure?.remedy.join()).toContain(`petesbrain-sync rollback ${snapshot}`);
  expect(laptop.gitText("rev-parse", "HEAD")).not.toBe(head);
  expect(await laptop.rollback(snapshot)).toSucceed();
  expect(laptop.read("a")).toBe("1\n");
});

test("on another branch than then it is refused", async () => {
  await using world = await twoMachines({ a: "1\n" });
  const { desktop, laptop } = world;
  desktop.write("a", "2\n");
  expect(await desktop.push()).toSucceed();
  const snapshot = (await laptop.pull()).report?.snapshot ?? "";
  laptop.git("switch", "-q", "-c", "other");
  const before = laptop.state();
  expect(await laptop.run(["rollback", snapshot, "--exact", "--force"])).toFailWith("not-a-repository");
  expect(laptop.state()).toEqual(before);
});
