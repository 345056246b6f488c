// What a person has under way on a machine (edits, staged changes, stashes, ignored files, odd git settings) when a run
// comes by: it stays as it is, and nothing of it is overlooked.
import { describe, expect, test } from "bun:test";
import { appendFileSync, cpSync, readFileSync, renameSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Machine } from "./support/machine.ts";
import { expectAgreement } from "./support/together.ts";
import { twoMachines } from "./support/world.ts";

const LINES = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";

test("uncommitted edits survive a pull: staged stays staged, unstaged unstaged, untracked untracked", async () => {
  await using world = await twoMachines({ a: "a", b: "b", c: "c", d: "d", e: "e", f: "f" });
  const { desktop, laptop } = world;
  desktop.write("a", "a2").write("new", "n");
  expect(await desktop.push()).toSucceed();
  laptop.write("b", "staged").git("add", "b");
  laptop.write("c", "staged").git("add", "c").write("c", "staged, then edited");
  laptop.write("d", "unstaged").remove("e").git("rm", "-q", "f");
  laptop.write("g", "staged new").git("add", "g").write("h", "untracked");
  const status = laptop.gitText("status", "--porcelain");
  const staged = laptop.gitText("diff", "--cached", "--raw", "--no-renames");

  expect(await laptop.pull()).toSucceed();

  expect(laptop.tree()).toEqual({
    a: "a2",
    b: "staged",
    c: "staged, then edited",
    d: "unstaged",
    g: "staged new",
    h: "untracked",
    new: "n",
  });
  expect(laptop.gitText("rev-parse", "HEAD")).toBe(world.remote.head() ?? "");
  expect(laptop.gitText("status", "--porcelain")).toBe(status);
  expect(laptop.gitText("diff", "--cached", "--raw", "--no-renames")).toBe(staged);
  expect(laptop.gitText("show", ":c")).toBe("staged");
});

test("an uncommitted edit and an incoming one in the same file are united, and stay uncommitted", async () => {
  await using world = await twoMachines({ a: LINES });
  world.desktop.write("a", LINES.replace("1", "one"));
  expect(await world.desktop.push()).toSucceed();
  world.laptop.write("a", LINES.replace("9", "nine"));
  expect(await world.laptop.pull()).toSucceed();
  expect(world.laptop.read("a")).toBe(LINES.replace("1", "one").replace("9", "nine"));
  expect(world.laptop.gitText("show", "HEAD:a")).toBe(LINES.replace("1", "one").trimEnd());
  expect(world.laptop.gitText("rev-parse", "HEAD")).toBe(world.remote.head() ?? "");
  // git must still see the edit: an index that vouched for the united file would hide it from every later push
  expect(world.laptop.gitText("status", "--porcelain=v2")).toMatch(/^1 \.M .* a$/);
  expect(await world.laptop.push()).toSucceed();
  expect(world.remote.files()["a"]).toBe(LINES.replace("1", "one").replace("9", "nine"));
});

test("a push publishes everything, however it was staged, and leaves the folder alone", async () => {
  await using world = await twoMachines({ a: "a", b: "b", c: "c" });
  const { desktop } = world;
  desktop.write("a", "staged").git("add", "a").write("a", "newest").remove("b").write("new/x", "x");
  const tree = desktop.tree();
  const times = desktop.state().times;
  expect(await desktop.push()).toSucceed();
  expect(desktop.tree()).toEqual(tree);
  expect(desktop.state().times).toEqual(times);
  expect(world.remote.files()).toEqual({ a: "newest", c: "c", "new/x": "x" });
  expect(desktop.gitText("status", "--porcelain")).toBe("");
});

test("commits made with plain git are published as they are", async () => {
  await using world = await twoMachines({ a: "a" });
  const { desktop, laptop } = world;
  desktop.write("a", "by hand").git("commit", "-q", "-am", "by hand");
  const commit = desktop.gitText("rev-parse", "HEAD");
  expect(await desktop.push()).toSucceed();
  expect(world.remote.head()).toBe(commit);
  expect(await laptop.pull()).toSucceed();
  expect(laptop.tree()).toEqual({ a: "by hand" });
  expectAgreement(world);
});

test("stashes, ignored files, other branches and tags are not touched", async () => {
  await using world = await twoMachines({ ".gitignore": "*.log\nsecret/\n", a: "a", b: "b" });
  const { desktop, laptop } = world;
  laptop
    .write("b", "stashed")
    .git("stash")
    .write("run.log", "log")
    .write("secret/key", "k")
    .git("branch", "side")
    .git("tag", "v1");
  const { stash, refs } = laptop.state().git ?? {};
  desktop.write("a", "a2");
  expect(await desktop.push()).toSucceed();
  laptop.write("mine", "m");
  expect(await laptop.sync()).toSucceed();
  expect(laptop.tree()).toEqual({
    ".gitignore": "*.log\nsecret/\n",
    a: "a2",
    b: "b",
    mine: "m",
    "run.log": "log",
    "secret/key": "k",
  });
  const after = laptop.state().git ?? {};
  expect(after["stash"]).toBe(stash ?? "");
  const withoutBranch = (text = ""): string => text.replace(/refs\/heads\/main .*/, "");
  expect(withoutBranch(after["refs"])).toBe(withoutBranch(refs));
  expect(Object.keys(world.remote.files())).not.toContain("run.log");
});

describe("no edit is overlooked", () => {
  test.each(["--assume-unchanged", "--skip-worktree"])("one that git was told to overlook (%s)", async (flag) => {
    await using world = await twoMachines({ a: "a", b: "b" });
    world.desktop.git("update-index", flag, "a").write("a", "seen");
    expect(await world.desktop.push()).toSucceed();
    expect(world.remote.files()).toEqual({ a: "seen", b: "b" });
    expect(await world.laptop.pull()).toSucceed();
    expect(world.laptop.tree()).toEqual({ a: "seen", b: "b" });
  });

  test.each(["--assume-unchanged", "--skip-worktree"])("nor is it overwritten by a pull (%s)", async (flag) => {
    await using world = await twoMachines({ a: "a", b: "b" });
    world.desktop.write("a", "theirs");
    expect(await world.desktop.push()).toSucceed();
    world.laptop.git("update-index", flag, "a").write("a", "mine");
    const before = world.laptop.state();
    expect(await world.laptop.pull()).toFailWith("conflicts");
    expect(world.laptop.state()).toEqual(before);
  });

  test("one of the same size in the same second", async () => {
    await using world = await twoMachines({ a: "AAAA", b: "b" });
    const { desktop } = world;
    desktop.write("b", "c");
    expect(await desktop.push()).toSucceed();
    for (const text of ["BBBB", "CCCC", "DDDD"]) {
      desktop.write("a", text);
      expect(await desktop.push()).toSucceed();
      expect(world.remote.files()["a"]).toBe(text);
    }
  });

  test("one of the same size whose time was put back", async () => {
    await using world = await twoMachines({ a: "AAAA" });
    const { desktop } = world;
    const { atime, mtime } = statSync(desktop.at("a"));
    desktop.write("a", "BBBB");
    utimesSync(desktop.at("a"), atime, mtime);
    expect(await desktop.push()).toSucceed();
    expect(world.remote.files()["a"]).toBe("BBBB");
  });

  test.each([
    ["core.fileMode", "false"],
    ["core.trustctime", "false"],
    ["core.checkStat", "minimal"],
    ["core.untrackedCache", "true"],
    ["core.splitIndex", "true"],
  ])("with %s=%s in the repository", async (key, value) => {
    await using world = await twoMachines({ a: "a", b: "b", c: "c" });
    world.desktop.git("config", key, value).git("status").write("a", "A").chmod("b", 0o755).remove("c").write("d", "d");
    expect(await world.desktop.push()).toSucceed();
    expect(await world.laptop.pull()).toSucceed();
    expect(world.laptop.tree()).toEqual({ a: "A", b: "755:b", d: "d" });
  });
});

test("a split index is refused, for what it holds would not be seen; the remedy ends that", async () => {
  await using world = await twoMachines({ a: "1\n", b: "b\n" });
  const { desktop } = world;
  desktop.git("update-index", "--assume-unchanged", "a").git("update-index", "--split-index").write("a", "mine\n");
  const push = await desktop.push();
  expect(push).toFailWith("not-a-repository");
  expect(push.report?.failure?.cause).toContain("index is split");
  const [remedy = ""] = push.report?.failure?.remedy ?? [];
  expect(Bun.spawnSync(["sh", "-c", remedy], { cwd: desktop.folder }).exitCode).toBe(0);
  expect(await desktop.push()).toSucceed();
  expect(world.remote.files()["a"]).toBe("mine\n");
});

describe("line ends are never called corruption", () => {
  const ATTRIBUTES = "*.txt text eol=crlf\n*.md text=auto\n*.bin -text\n";
  test.each(["input", "true", "false"])("with core.autocrlf=%s on the receiving machine", async (value) => {
    await using world = await twoMachines({ ".gitattributes": ATTRIBUTES, "a.md": "1\n2\n", "b.bin": "1\n2\n" });
    const { desktop, laptop } = world;
    laptop.git("config", "core.autocrlf", value);
    desktop.write("c.txt", "1\r\n2\r\n").write("a.md", "1\n2\n3\n").write("b.bin", "1\r\n2\n").write("plain", "x\ny\n");
    expect(await desktop.push()).toSucceed();
    expect(await laptop.pull()).toSucceed();
    expect(laptop.read("c.txt")).toBe("1\r\n2\r\n");
    expect(laptop.read("b.bin")).toBe("1\r\n2\n");
    expect(laptop.read("a.md").replaceAll("\r", "")).toBe("1\n2\n3\n");
    laptop.write("plain", "x\ny\nz\n");
    expect(await laptop.sync()).toSucceed();
    expect(await laptop.sync()).toSucceed();
    expect(await desktop.sync()).toSucceed();
    expect(desktop.read("plain")).toBe("x\ny\nz\n");
    expect(desktop.gitText("status", "--porcelain")).toBe("");
  });

  const MIXED = "1\r\n$Id$\n2\r\n";

  test("what goes through a filter and has other line ends than this machine asks for", async () => {
    await using world = await twoMachines({ ".gitattributes": "*.id ident\n" });
    const { desktop, laptop } = world;
    laptop.git("config", "core.autocrlf", "input");
    desktop.write("a.id", MIXED);
    expect(await desktop.push()).toSucceed();
    const first = await laptop.pull();
    expect(first).toSucceed();
    expect(laptop.read("a.id")).toMatch(/^1\r\n\$Id: [0-9a-f]{40} \$\n2\r\n$/);
    desktop.write("a.id", `${MIXED}3\r\n`);
    expect(await desktop.push()).toSucceed();
    expect(await laptop.pull()).toSucceed();
    expect(laptop.read("a.id")).toMatch(/\n2\r\n3\r\n$/);
    expect(await laptop.rollback()).toSucceed();
    expect(laptop.read("a.id")).toMatch(/\n2\r\n$/);
    expect(await laptop.run(["verify", "--all"])).toSucceed();
  });

  test("what was committed before there were attributes comes back under them", async () => {
    await using world = await twoMachines({ "b.md": "1\r\n2\n", "c.md": "c\n" });
    const { desktop, laptop } = world;
    desktop.write("b.md", "3\r\n");
    expect(await desktop.push()).toSucceed();
    const pull = await laptop.pull();
    expect(pull).toSucceed();
    laptop.write(".gitattributes", "*.md text eol=crlf\n");
    expect(await laptop.rollback()).toSucceed();
    expect(laptop.tree()).toEqual({ ".gitattributes": "*.md text eol=crlf\n", "b.md": "1\r\n2\r\n", "c.md": "c\n" });
    expect(await laptop.sync()).toSucceed();
    expect(await desktop.sync()).toSucceed();
    expect(await laptop.sync()).toSucceed();
    expect(desktop.read("b.md")).toBe("1\r\n2\r\n");
  });

  test("a critical file that nobody touches, written under attributes that are gone", async () => {
    const path = "clients/acme/CONTEXT.md";
    await using world = await twoMachines({ ".gitattributes": "*.md text eol=crlf\n", [path]: "1\r\n2\r\n", a: "a\n" });
    const { desktop, laptop } = world;
    desktop.remove(".gitattributes");
    expect(await desktop.push()).toSucceed();
    expect(await laptop.pull()).toSucceed();
    for (const command of ["push", "pull", "sync"]) {
      // younger than the file, so that git has no doubt of its own
      const later = Date.now() / 1000 + 10;
      utimesSync(laptop.at(".git/index"), later, later);
      const run = await laptop.run([command]);
      expect(run).toSucceed();
      expect(run.report?.notes.join()).toContain(
        `when they are saved next: ${path}; for all of them at once: git add --renormalize . && petesbrain-sync push`,
      );
    }
    expect(laptop.read(path)).toBe("1\r\n2\r\n");
    laptop.git("add", "--renormalize", ".");
    const push = await laptop.push();
    expect(push).toSucceed();
    expect(push.report?.notes).toEqual([]);
    expect(world.remote.files()[path]).toBe("1\r\n2\r\n");
    expect(await desktop.pull()).toSucceed();
    expect(desktop.read(path)).toBe("1\r\n2\r\n");
  });

  test("a file that is edited here, under attributes that go meanwhile", async () => {
    const attributes = "*.md text eol=crlf\n";
    await using world = await twoMachines({ ".gitattributes": attributes, "b.md": "1\r\n", a: "a\n" });
    const { desktop, laptop } = world;
    laptop.remove(".gitattributes").write("a", "b\n");
    expect(await laptop.push()).toSucceed();
    desktop.write("b.md", "1\r\n2\r\n");
    const sync = await desktop.sync();
    expect(sync).toSucceed();
    expect(sync.report?.notes.join()).toContain(
      "under the attributes that changed, and does when they are saved next: b.md",
    );
    expect(desktop.tree()).toEqual({ "b.md": "1\r\n2\r\n", a: "b\n" });
    expect(await desktop.sync()).toSucceed();
    desktop.write("b.md", "1\r\n2\r\n3\r\n");
    expect(await desktop.sync()).toSucceed();
    expect(world.remote.files()["b.md"]).toBe("1\r\n2\r\n3\r\n");
  });

  test("a file in an encoding of its own, once the attribute for it is gone", async () => {
    const attributes = "*.txt working-tree-encoding=UTF-16LE\n";
    const old = Buffer.from("für\n", "utf16le");
    await using world = await twoMachines({ a: "a\n" });
    const { desktop, laptop } = world;
    desktop.write(".gitattributes", attributes).write("a.txt", old).write("b.txt", old);
    expect(await desktop.push()).toSucceed();
    expect(await laptop.pull()).toSucceed();
    laptop.remove(".gitattributes").write("a.txt", "für alle\n");
    expect(await laptop.push()).toSucceed();
    expect(await desktop.pull()).toSucceed();
    expect(desktop.read("a.txt")).toBe("für alle\n");
    expect(readFileSync(desktop.at("b.txt"))).toEqual(old);
    expect(await desktop.run(["verify", "--all"])).toSucceed();
    desktop.write("b.txt", "für alle\n");
    expect(await desktop.push()).toSucceed();
    expect(await laptop.pull()).toSucceed();
    expect(laptop.read("b.txt")).toBe("für alle\n");
  });

  test("attributes that arrive together with the files they change", async () => {
    await using world = await twoMachines({ "a.txt": "1\n2\n" });
    const { desktop, laptop } = world;
    desktop.write(".gitattributes", ATTRIBUTES).write("b.txt", "3\r\n4\r\n");
    expect(await desktop.push()).toSucceed();
    expect(await laptop.pull()).toSucceed();
    expect(laptop.read("b.txt")).toBe("3\r\n4\r\n");
    expect(await laptop.sync()).toSucceed();
  });
});

test("nothing of the repository's or the user's configuration runs", async () => {
  await using world = await twoMachines({ a: LINES, ".gitattributes": "a merge=evil diff=evil\n" });
  const { desktop, laptop } = world;
  const canary = join(world.root, "canary");
  const script = join(world.root, "evil.sh");
  writeFileSync(script, `#!/bin/sh\necho "$0 $*" >> '${canary}'\nexit 0\n`, { mode: 0o755 });
  for (const machine of [desktop, laptop]) {
    for (const hook of [
      "pre-commit",
      "pre-push",
      "post-checkout",
      "post-index-change",
      "reference-transaction",
      "post-merge",
      "post-commit",
    ]) {
      machine.mkdir(".git/hooks").write(`.git/hooks/${hook}`, `#!/bin/sh\necho ${hook} >> '${canary}'\n`, 0o755);
    }
    for (const key of [
      "core.fsmonitor",
      "diff.external",
      "merge.evil.driver",
      "diff.evil.command",
      "diff.evil.textconv",
      "gpg.program",
      "core.editor",
      "core.pager",
      "core.askPass",
    ]) {
      appendFileSync(
        machine.at(".git/config"),
        `[${section(key)}]\n\t${key.slice(key.lastIndexOf(".") + 1)} = ${script}\n`,
      );
    }
  }
  desktop.write("a", LINES.replace("1", "one"));
  laptop.write("a", LINES.replace("9", "nine"));
  expect(await desktop.push()).toSucceed();
  expect(await laptop.sync()).toSucceed();
  expect(await laptop.status()).toSucceed();
  expect(await laptop.rollback()).toSucceed();
  expect(await Bun.file(canary).exists()).toBe(false);
});

/** `diff.evil.command` belongs into `[diff "evil"]`. */
function section(key: string): string {
  const parts = key.split(".");
  return parts.length === 2 ? (parts[0] ?? "") : `${parts[0]} "${parts[1]}"`;
}

test("a folder that was copied whole is looked at once, and not read again by every run", async () => {
  await using world = await twoMachines({ a: "a", "b/c": "c" });
  const { laptop } = world;
  expect(await laptop.pull()).toSucceed();
  const original = `${laptop.folder}.original`;
  renameSync(laptop.folder, original);
  cpSync(original, laptop.folder, { recursive: true, preserveTimestamps: true });
  laptop.write("b/c", "edited since");
  const isKnown = (path: string): boolean =>
    laptop.gitText("ls-files", "--debug", path).includes(`ino: ${statSync(laptop.at(path)).ino}`);
  expect(isKnown("a")).toBe(false);

  expect(await laptop.run(["pull", "--dry-run"])).toSucceed();
  expect(isKnown("a")).toBe(false);
  expect(await laptop.pull()).toSucceed();
  expect(isKnown("a")).toBe(true);
  expect(isKnown("b/c")).toBe(false);
  expect(laptop.gitText("status", "--porcelain")).toBe(" M b/c");
});

test.each([["pull"], ["sync"]])(
  "what was staged and then undone on disk stays staged when a %s brings something in",
  async (command) => {
    await using world = await twoMachines({ a: "1\n", b: "1\n" });
    const { desktop, laptop } = world;
    desktop.write("b", "2\n");
    expect(await desktop.push()).toSucceed();
    laptop.write("a", "staged\n").git("add", "a").write("a", "1\n");
    expect(laptop.gitText("status", "--porcelain")).toBe("MM a");
    expect(await laptop.run([command])).toSucceed();
    expect(laptop.tree()).toEqual({ a: "1\n", b: "2\n" });
    expect(laptop.gitText("show", ":a")).toBe("staged");
    expect(laptop.gitText("status", "--porcelain")).toBe("MM a");
    // and what a rollback makes of it
    expect(await laptop.rollback()).toSucceed();
    expect(laptop.tree()).toEqual({ a: "1\n", b: "1\n" });
    expect(laptop.gitText("show", ":a")).toBe("staged");
  },
);

describe("whatever is staged over whatever is on disk, a run goes through and leaves the file as it is", () => {
  const staged = {
    changed: (at: Machine) => at.write("a", "staged\n").git("add", "a"),
    removed: (at: Machine) => at.git("rm", "-q", "--cached", "a"),
    executable: (at: Machine) => at.git("update-index", "--chmod=+x", "a"),
    untouched: (at: Machine) => at,
  };
  const onDisk = {
    "as committed": (at: Machine) => at.write("a", "1\n"),
    edited: (at: Machine) => at.write("a", "edited\n"),
    gone: (at: Machine) => at.remove("a"),
  };
  const added = {
    "no new file": (at: Machine) => at,
    "a new file announced": (at: Machine) => at.write("n", "n\n").git("add", "-N", "n"),
    "a new file staged and gone": (at: Machine) => at.write("n", "n\n").git("add", "n").remove("n"),
  };
  const cases = Object.entries(staged).flatMap(([index, stage]) =>
    Object.entries(onDisk).flatMap(([disk, put], n) => {
      // each with one of the new files, so that all of them meet all of what is on disk
      const [more = "", add = (at: Machine) => at] = Object.entries(added)[(n + index.length) % 3] ?? [];
      return (["pull", "sync"] as const).map((command) => ({ index, disk, more, stage, put, add, command }));
    }),
  );
  test.each(cases)("$index in the index, $disk, $more: $command", async ({ stage, put, add, command }) => {
    await using world = await twoMachines({ a: "1\n", b: "1\n" });
    const { desktop, laptop } = world;
    desktop.write("b", "2\n");
    expect(await desktop.push()).toSucceed();
    stage(laptop);
    put(laptop);
    add(laptop);
    const before = laptop.tree();
    expect(await laptop.run([command])).toSucceed();
    expect(laptop.tree()).toEqual({ ...before, b: "2\n" });
    expect(await laptop.sync()).toSucceed();
    expect(laptop.tree()).toEqual({ ...before, b: "2\n" });
  });
});
