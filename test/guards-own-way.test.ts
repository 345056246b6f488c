// The guards that nobody lets pass by a word, because carrying on would lose or hide something: each names another way
// out, and that way works. With `ignored-now`, which only says what it found.
import { describe, expect, test } from "bun:test";
import { GUARDS } from "../lib/guard.ts";
import { BASE, GUARD_CASES } from "./support/guard-cases.ts";
import { allowedWords, everythingOf, expectHalt, publishPlainly } from "./support/guarded.ts";
import { lostFrom } from "./support/holdings.ts";
import type { Machine, RunResult } from "./support/machine.ts";
import { digestOf } from "./support/observe.ts";
import { expectAgreement } from "./support/together.ts";
import { twoMachines, type World } from "./support/world.ts";

const COMMANDS = ["push", "pull", "sync"] as const;

/** Carries out a line of a remedy as it was said. */
function paste(machine: Machine, run: RunResult, n: number): void {
  const line = run.report?.failure?.remedy[n] ?? "false";
  const done = Bun.spawnSync(["sh", "-c", line], {
    cwd: machine.folder,
    env: { ...process.env, HOME: machine.home },
  });
  expect([line, done.exitCode, done.stderr.toString()]).toEqual([line, 0, expect.any(String)]);
}

test("every guard has its cases", () => {
  const here = ["rot", "nested-repo", "in-the-way", "ignored-now", "bad-name", "foreign-remote", "unattested"];
  const cases = [...GUARD_CASES.contents, ...GUARD_CASES.folder, ...GUARD_CASES.merges];
  for (const verdict of ["hit", "below", "miss"] as const) {
    const covered = new Set<string>(cases.filter((one) => one.verdict === verdict).map(({ guard }) => guard));
    const missing = Object.keys(GUARDS).filter((guard) => !covered.has(guard) && !here.includes(guard));
    expect([verdict, missing]).toEqual([verdict, verdict === "miss" ? ["lfs-pointer"] : []]);
  }
});

/** A word that could not help is refused as such, whatever the folder holds. */
async function expectNoAllowance(world: World, machine: Machine, command: string, guard: string): Promise<void> {
  const before = everythingOf(world, machine);
  const refused = await machine.run([command, "--allow", guard]);
  expect(refused).toFailWith("usage");
  expect(refused.report?.failure?.cause).toContain(`${guard} cannot be let pass`);
  expect(everythingOf(world, machine)).toEqual(before);
}

describe("in-the-way", () => {
  /** A file that git ignores here, and one of that name that the other machine publishes. */
  async function ignoredHere(mine: string): Promise<World> {
    const world = await twoMachines(BASE);
    const { desktop, laptop } = world;
    desktop.write(".git/info/exclude", "/private.md\n").write("private.md", mine);
    laptop.write("private.md", "theirs\n");
    publishPlainly(laptop);
    return world;
  }
  const by = { guard: "in-the-way", path: "private.md", says: "is here already, ignored by git" };

  test.each(["pull", "sync"])("an ignored file that differs: %s", async (command) => {
    await using world = await ignoredHere("mine\n");
    const { desktop } = world;
    const halted = await expectHalt(world, desktop, [command], by);
    await expectHalt(world, desktop, [command, "--allow", "in-the-way:other.md"], by);
    paste(desktop, halted, 0);
    expect(await desktop.run([command])).toSucceed();
    expect(desktop.tree()).toMatchObject({ "private.md": "theirs\n", "private.md.mine": "mine\n" });
  });

  test.each(["pull", "sync"])("an ignored file that may be replaced is kept: %s", async (command) => {
    await using world = await ignoredHere("mine\n");
    const { desktop } = world;
    const words = allowedWords(await expectHalt(world, desktop, [command], by));
    expect(words).toEqual([command, "--allow", "in-the-way:private.md"]);
    expect(lostFrom(world, [digestOf(Buffer.from("mine\n"))])).toEqual([]);
    expect(await desktop.run(words)).toSucceed();
    expect(desktop.read("private.md")).toBe("theirs\n");
    expect(lostFrom(world, [digestOf(Buffer.from("mine\n"))])).toEqual([]);
    expect(await desktop.run([command])).toSucceed();
  });

  test("an ignored file that is the same is in nobody's way", async () => {
    await using world = await ignoredHere("theirs\n");
    expect(await world.desktop.pull()).toSucceed();
    expectAgreement(world);
  });

  test("an untracked file that differs is a conflict of both machines", async () => {
    await using world = await twoMachines(BASE);
    const { desktop, laptop } = world;
    desktop.write("new.md", "mine\n");
    laptop.write("new.md", "theirs\n");
    publishPlainly(laptop);
    const before = everythingOf(world, desktop);
    expect(await desktop.pull()).toFailWith("conflicts");
    expect(everythingOf(world, desktop)).toEqual(before);
  });
});

describe("nested-repo", () => {
  function nest(machine: Machine): void {
    machine.write("tools/script/run.sh", "#!/bin/sh\n");
    machine.git("init", "-q", "--template=", "tools/script");
    machine.git("-C", "tools/script", "add", "-A").git("-C", "tools/script", "commit", "-q", "-m", "its own");
  }

  test.each(["pull", "sync"])("one that the other machine committed: %s", async (command) => {
    await using world = await twoMachines(BASE);
    const { desktop, laptop } = world;
    nest(laptop);
    publishPlainly(laptop);
    const by = { guard: "nested-repo", path: "tools/script", says: "is another repository" };
    const halted = await expectHalt(world, desktop, [command], by);
    expect(halted.report?.failure?.remedy.join("\n")).not.toContain("--allow");
    await expectNoAllowance(world, desktop, command, "nested-repo");
    laptop.git("rm", "-q", "--cached", "tools/script").git("commit", "-q", "-m", "not this");
    laptop.git("push", "-q", "origin", "main");
    expect(await desktop.run([command])).toSucceed();
  });

  test.each(COMMANDS)("one that was committed here: %s", async (command) => {
    await using world = await twoMachines(BASE);
    const { desktop } = world;
    nest(desktop);
    desktop.git("add", "-A").git("commit", "-q", "-m", "nested");
    const before = everythingOf(world, desktop);
    const refused = await desktop.run([command]);
    expect(refused).toFailWith("not-a-repository");
    expect(refused.report?.failure?.cause).toContain("tools/script");
    expect(everythingOf(world, desktop)).toEqual(before);
    paste(desktop, refused, 0);
    desktop.git("add", "-A").git("commit", "-q", "-m", "not this");
    expect(await desktop.run([command])).toSucceed();
  });
});

describe("bad-name", () => {
  const DISGUISE = ".g\u200cit/config";

  test.each(["pull", "sync"])("a disguise of .git that arrives: %s", async (command) => {
    await using world = await twoMachines(BASE);
    const { desktop, laptop } = world;
    laptop.write(DISGUISE, "x\n").git("-c", "core.protectHFS=false", "add", "-A");
    laptop.git("commit", "-q", "-m", "by plain git").git("push", "-q", "origin", "main");
    // git itself takes no such object in
    const halted = await expectHalt(world, desktop, [command], {
      guard: "bad-name",
      path: null,
      says: "contains '.git'",
    });
    expect(halted.report?.failure?.remedy.join("\n")).not.toContain("--allow");
    await expectNoAllowance(world, desktop, command, "bad-name");
    laptop.git("push", "-q", "--force", "origin", "HEAD~1:main");
    expect(await desktop.run([command])).toSucceed();
  });

  test.each(["push", "sync"])("a disguise of .git that was committed here: %s", async (command) => {
    await using world = await twoMachines(BASE);
    const { desktop } = world;
    desktop.write(DISGUISE, "x\n").git("-c", "core.protectHFS=false", "add", "-A").git("commit", "-q", "-m", "plain");
    const by = { guard: "bad-name", path: DISGUISE, says: "is a disguise of .git" };
    await expectHalt(world, desktop, [command], by);
    await expectNoAllowance(world, desktop, command, "bad-name");
  });

  test.each(["push", "sync"])("a new file in a disguise of .git: %s", async (command) => {
    await using world = await twoMachines(BASE);
    const { desktop } = world;
    desktop.write(DISGUISE, "x\n");
    await expectHalt(world, desktop, [command], { guard: "bad-name", path: DISGUISE, says: "is a disguise of .git" });
  });

  test("names that only look odd pass", async () => {
    await using world = await twoMachines(BASE);
    const { desktop, laptop } = world;
    desktop.write(".github/a.md", "a\n").write("git", "g\n").write("a.git/x", "x\n").write("-x $'\" .md", "q\n");
    expect(await desktop.push()).toSucceed();
    expect(await laptop.pull()).toSucceed();
    expectAgreement(world);
  });
});

describe("foreign-remote", () => {
  /** A folder that has been in step with its remote. */
  async function syncedWorld(): Promise<World> {
    const world = await twoMachines(BASE);
    world.desktop.write("README.md", "the folder, edited\n");
    expect(await world.desktop.sync()).toSucceed();
    return world;
  }

  const DAMAGE: readonly (readonly [title: string, damage: (world: World) => void, says: string])[] = [
    [
      "a history that was rewritten",
      ({ laptop }) => {
        laptop.write("other.md", "other\n").git("add", "-A").git("commit", "-q", "-m", "instead");
        laptop.git("push", "-q", "--force", "origin", "main");
      },
      "its history was rewritten",
    ],
    [
      "a branch that is gone",
      ({ remote }) => {
        remote.git("update-ref", "-d", "refs/heads/main");
      },
      "is gone from it",
    ],
    [
      "another history",
      ({ laptop }) => {
        laptop.git("checkout", "-q", "--orphan", "new").git("commit", "-q", "-m", "anew");
        laptop.git("push", "-q", "--force", "origin", "new:main");
      },
      "its history was rewritten",
    ],
  ];
  const rows = DAMAGE.flatMap(([title, damage, says]) =>
    (["pull", "sync", "push"] as const).map((command) => ({ title: `${title}: ${command}`, damage, says, command })),
  );

  test.each(rows)("$title", async ({ damage, says, command }) => {
    await using world = await syncedWorld();
    const { desktop } = world;
    damage(world);
    desktop.write("notes/n00.md", "an edit\n");
    const by = { guard: "foreign-remote", path: null, says };
    const halted = await expectHalt(world, desktop, [command], by);
    await expectNoAllowance(world, desktop, command, "foreign-remote");
    const again = halted.report?.failure?.remedy[0]?.startsWith("git fetch") === true;
    if (again) paste(desktop, halted, 0);
    // what the rewritten branch holds is known only once it was fetched: then the halt says how to put it back
    paste(desktop, again ? await expectHalt(world, desktop, [command], by) : halted, 1);
    expect(await desktop.run([command])).toSucceed();
  });

  test("a remote that only went ahead is the same", async () => {
    await using world = await syncedWorld();
    const { desktop, laptop } = world;
    laptop.git("pull", "-q").write("new.md", "new\n");
    publishPlainly(laptop);
    expect(await desktop.pull()).toSucceed();
    expectAgreement(world);
  });
});

describe("ignored-now", () => {
  const notesOf = (run: RunResult): string[] =>
    run.report?.notes.filter((note) => note.startsWith("ignored-now")) ?? [];

  test("new files that an arriving .gitignore hides are named", async () => {
    await using world = await twoMachines(BASE);
    const { desktop, laptop } = world;
    desktop.write("drafts/one.md", "one\n").write("plain.md", "plain\n");
    laptop.write(".gitignore", "drafts/\n");
    publishPlainly(laptop);
    const run = await desktop.pull();
    expect(run).toSucceed();
    expect(notesOf(run)).toEqual([expect.stringContaining("hides drafts/one.md:")]);
    expect(desktop.tree()).toMatchObject({ "drafts/one.md": "one\n", "plain.md": "plain\n" });
    expect(notesOf(await desktop.pull())).toEqual([]);
  });

  test("what a sync publishes in the same run is hidden from nobody", async () => {
    await using world = await twoMachines(BASE);
    const { desktop, laptop } = world;
    desktop.write("drafts/one.md", "one\n");
    laptop.write(".gitignore", "drafts/\n");
    publishPlainly(laptop);
    const run = await desktop.sync();
    expect(run).toSucceed();
    expect(notesOf(run)).toEqual([]);
    expect(await laptop.pull()).toSucceed();
    expectAgreement(world);
  });

  test("nothing is said where it hides nothing, or where it was here before", async () => {
    await using world = await twoMachines({ ...BASE, ".gitignore": "old/\n" });
    const { desktop, laptop } = world;
    desktop.write("plain.md", "plain\n").write("old/a.md", "a\n");
    laptop.write(".gitignore", "old/\ndrafts/\n");
    publishPlainly(laptop);
    expect(notesOf(await desktop.pull())).toEqual([]);
    desktop.write("drafts/one.md", "one\n");
    laptop.write("README.md", "more\n");
    publishPlainly(laptop);
    expect(notesOf(await desktop.pull())).toEqual([]);
  });
});
