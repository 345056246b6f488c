// What is offered to be pasted: words that every shell reads as meant, and commands that hold wherever somebody pastes them.
import { describe, expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { commandOf, fromElsewhere, pasted, quoted, spoken } from "../lib/paste.ts";
import { twoMachines } from "./support/world.ts";

test.each(["a", "a b", "it's", '$(x) `y` "z" \\', "-n", "ä\u202e", "a\nb", ""])(
  "the shell reads %j as one word",
  (text) => {
    for (const word of [quoted(text), pasted(text)].filter((one) => one !== "")) {
      const { stdout } = Bun.spawnSync(["/bin/sh", "-c", `printf '%s' ${word}`]);
      expect(stdout.toString()).toBe(text);
    }
  },
);

const DEFAULT = { isDefault: true };

describe("somebody elsewhere is led to the folder first", () => {
  const AT_TOP: readonly string[] = [
    "git switch main",
    "git diff --stat a..b   # what changes; to take it back: git restore -- a",
    "ls -la -- 'new'   # new here",
    "mv -- 'a b' 'a b'.mine   # keeps yours",
    "git config core.splitIndex false && git update-index --no-split-index",
    "df -h .   # then run the same command again",
    "ps ax | grep git; git gc",
  ];
  const ANYWHERE: readonly string[] = [
    "petesbrain-sync push",
    "petesbrain-sync resolve 'clients/a b'   # git diff shows more",
    "git -C '/x y' switch main",
    "git config --global --unset core.fsmonitor",
    "ls -ld '/x y' /z",
    "mkdir -p '/a' && mv '/b'* '/a'",
    "rm '/x/index.lock'   # only when none is",
    "ps ax | grep '[g]it '   # is a git at work?",
    "brew install git",
    "tail -n 5 ~/.petesbrain-sync-v2-error.log",
  ];

  test.each(AT_TOP)("for %s", (line) => {
    expect(fromElsewhere(["petesbrain-sync push", line], "/x y", DEFAULT)).toEqual([
      "cd '/x y'",
      "petesbrain-sync push",
      line,
    ]);
  });

  test.each(ANYWHERE)("not for %s", (line) => expect(fromElsewhere([line], "/x y", DEFAULT)).toEqual([line]));

  test("for our own commands, where they would find another folder", () => {
    const named = { isDefault: false };
    expect(fromElsewhere(["petesbrain-sync push"], "/x", named)).toEqual(["cd /x", "petesbrain-sync push"]);
    expect(fromElsewhere(["brew install git"], "/x", named)).toEqual(["brew install git"]);
  });

  test("once", () => {
    const once = fromElsewhere(["git gc"], "/x", DEFAULT);
    expect(fromElsewhere(once, "/x", DEFAULT)).toEqual(once);
  });
});

test("what a command is for stands above it: zsh takes no comment behind one that is pasted", async () => {
  expect(spoken("git switch main")).toEqual(["git switch main"]);
  expect(spoken("git gc   # says why # and how")).toEqual(["# says why # and how", "git gc"]);
  for (const whole of ["ls 'a   # b'", String.raw`rm 'it'\''s   # x'`, "ls 'a\n   # b'"])
    expect(spoken(whole)).toEqual([whole]);
  expect(spoken(String.raw`rm 'it'\''s   # x'   # git's; only then`)).toEqual([
    "# git’s, only then",
    String.raw`rm 'it'\''s   # x'`,
  ]);
  expect(spoken("git merge --continue   # or: git merge --abort")).toEqual([
    "git merge --continue",
    "# or:",
    "git merge --abort",
  ]);
  expect(spoken("git diff -- 'a'   # what changes; to take it back: git restore -- 'a'")).toEqual([
    "# what changes",
    "git diff -- 'a'",
    "# to take it back:",
    "git restore -- 'a'",
  ]);
  expect(commandOf("git merge --continue   # or: git merge --abort")).toBe("git merge --continue");
  await using world = await twoMachines({ a: "1\n" });
  const { desktop } = world;
  desktop.git("switch", "--quiet", "--create", "its-o'ther");
  const { stderr } = await desktop.words(["push"]);
  expect(stderr).toEndWith(`to go on:
  git switch main
  # if that is the branch to sync
  petesbrain-sync init ${quoted(desktop.folder)} --branch 'its-o'\\''ther'
`);
});

test("a command that is refused can be followed from a folder below, and from another place altogether", async () => {
  await using world = await twoMachines({ "deep/a.md": "1\n", b: "1\n" });
  const { desktop } = world;
  const elsewhere = join(desktop.home, "elsewhere");
  mkdirSync(elsewhere);
  for (const cwd of [desktop.at("deep"), elsewhere]) {
    desktop.git("switch", "--quiet", "--create", "other");
    const refused = await desktop.run(["push", "--folder", desktop.folder], { cwd });
    expect(refused).toFailWith("not-a-repository");
    const remedy = refused.report?.failure?.remedy ?? [];
    expect(remedy.slice(0, 2)).toEqual([`cd ${pasted(desktop.folder)}`, "git switch main"]);
    const { exitCode } = Bun.spawnSync(["/bin/sh", "-c", remedy.slice(0, 2).join(" && ")], { cwd, env: process.env });
    expect(exitCode).toBe(0);
    expect(desktop.gitText("branch", "--show-current").trim()).toBe("main");
    desktop.git("branch", "--quiet", "-D", "other");
  }
  desktop.git("switch", "--quiet", "--create", "other");
  expect((await desktop.push()).report?.failure?.remedy[0]).toBe("git switch main");
});

test("an alert is read elsewhere: its page begins with the way to the folder", async () => {
  await using world = await twoMachines({ a: "1\n" });
  const { desktop } = world;
  desktop.git("switch", "--quiet", "--create", "other");
  await desktop.push();
  const { alerts } = JSON.parse((await desktop.run(["alerts"])).stdout) as { alerts: { page: string }[] };
  expect(desktop.read(alerts[0]?.page ?? "")).toContain(`<pre><bdi>cd ${pasted(desktop.folder)}</bdi></pre>`);
});
