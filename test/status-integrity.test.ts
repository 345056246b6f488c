// What `status` tells of integrity: the baseline, the last proof, who vouches, and each file that is held back with the
// command that ends it.
import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { GUARDS, type GuardName } from "../lib/guard.ts";
import type { Status } from "../lib/sync/status-form.ts";
import { wayOut } from "../lib/sync/status-integrity.ts";
import type { Machine } from "./support/machine.ts";
import { gitText } from "./support/plain-git.ts";
import { twoMachines } from "./support/world.ts";

async function statusOf(machine: Machine): Promise<Status> {
  return (await machine.status()).report as Status;
}

test("before any run nothing is known, after one it is told what was proven and who vouches", async () => {
  await using world = await twoMachines({ "clients/acme/tasks.json": "[1]\n", "notes.md": "one\n" });
  const { desktop, laptop } = world;
  expect((await statusOf(desktop)).integrity).toEqual({
    baseline: null,
    verified: null,
    attestedBy: null,
    heldBack: [],
  });
  const before = await desktop.words(["status"]);
  expect(before.stdout).toMatch(/^verified +never$/m);
  expect(before.stdout).toMatch(/^attested +by no machine$/m);

  const { report } = await desktop.write("notes.md", "two\n").push();
  expect(report?.exit).toBe(0);
  const after = (await statusOf(desktop)).integrity;
  expect(after.verified).toMatchObject({ run: report?.run ?? "", command: "push", critical: 1, changed: 1 });
  expect(after.attestedBy).toMatchObject({ name: "desktop-mac", role: "desktop" });
  expect((await desktop.words(["status"])).stdout).toMatch(/^verified +1 critical file by push, \d{4}-/m);

  expect((await laptop.pull()).exit).toBe(0);
  expect((await statusOf(laptop)).integrity).toMatchObject({
    verified: { command: "pull", critical: 1 },
    attestedBy: { role: "desktop" },
  });
  laptop.write("notes.md", "plain\n").git("commit", "-qam", "by hand");
  expect((await statusOf(laptop)).integrity.attestedBy).toBeNull();
});

test("a run that failed or was only planned proves nothing", async () => {
  await using world = await twoMachines({ "notes.md": "one\n" });
  const { desktop } = world;
  desktop.write("notes.md", "two\n");
  expect((await desktop.run(["push", "--dry-run"])).exit).toBe(0);
  desktop.git("remote", "set-url", "origin", `${world.remote.path}.gone`);
  expect((await desktop.push()).exit).not.toBe(0);
  expect((await statusOf(desktop)).integrity.verified).toBeNull();
});

test("a baseline is counted, and a damaged one needs attention", async () => {
  await using world = await twoMachines({ "clients/acme/tasks.json": "[1]\n" });
  const { desktop } = world;
  expect((await desktop.run(["verify", "pre-sync"])).exit).toBe(0);
  const { integrity } = await statusOf(desktop);
  expect(integrity.baseline).toMatchObject({ files: 1, takenAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]+Z$/) });
  desktop.write(".sync-checksums.json", "{");
  const damaged = await desktop.status();
  expect((damaged.report as Status).verdict).toBe("ATTENTION");
  expect(damaged.report?.failure).toMatchObject({
    kind: "halted",
    remedy: [expect.stringContaining("verify pre-sync")],
  });
  expect((damaged.report as Status).integrity.baseline).toBeNull();
});

test("a file that is held back is named with its guard and a way out that works", async () => {
  await using world = await twoMachines({
    "notes.md": "one\n",
    ".petesbrain-sync.toml": "[guards]\nlargest_file_mb = 1\n",
  });
  const { desktop } = world;
  desktop.mkdir("mine [1]*").git("init", "-q", "mine [1]*").write("mine [1]*/a.md", "a");
  desktop.write("big/film.mov", Buffer.alloc(1_000_001)).write("google/.env", "KEY=1");
  const { integrity } = await statusOf(desktop);
  expect(integrity.heldBack.map(({ path, guard }) => [path, guard]).sort()).toEqual([
    ["big/film.mov", "large-file"],
    ["google/.env", "secret"],
    ["mine [1]*", "nested-repo"],
  ]);
  const words = (await desktop.words(["status"])).stdout;
  expect(words).toMatch(/^held back +3 files$/m);
  expect(words).toContain("  big/film.mov: large-file, ");
  expect(words).toContain("petesbrain-sync push --allow large-file:big/film.mov");
  for (const { remedy } of integrity.heldBack) {
    const ignore = /printf .* >> \.gitignore/.exec(remedy)?.[0] ?? "";
    expect(Bun.spawnSync(["sh", "-c", ignore], { cwd: desktop.folder }).exitCode).toBe(0);
  }
  expect((await statusOf(desktop)).integrity.heldBack).toEqual([]);
});

/** What a shell makes of the words of a command. */
function shellWords(command: string): string[] {
  const said = Bun.spawnSync(["sh", "-c", `set -f; set -- ${command}\nprintf '%s\\0' "$@"`]);
  return said.stdout.toString().split("\0").slice(0, -1);
}

test("the way out is safe to paste whatever the name", () => {
  const names = fc.string({ unit: fc.constantFrom(..."ab/ '\"$`\\*?[]!#;&|<>()é~-"), minLength: 1, maxLength: 12 });
  const guards = fc.constantFrom(...(Object.keys(GUARDS) as GuardName[]).filter((name) => name !== "nested-repo"));
  fc.assert(
    fc.property(names, guards, (path, guard) => {
      const [command = ""] = wayOut({ path, guard }).split("   # ");
      expect(shellWords(command)).toEqual(["petesbrain-sync", "push", "--allow", `${guard}:${path}`]);
    }),
    { numRuns: 50 },
  );
});

test("the line for .gitignore means that name and no other", async () => {
  await using world = await twoMachines({});
  const { desktop } = world;
  const names = ["a*b", "[x]", "q?", "#h", "!b", "back\\slash", "end ", "plain", "sp ace/in"];
  for (const path of names) {
    desktop.write(path, "x").write("a1b", "x").write("x", "x").write("qq", "x");
    const [, ignore = ""] = wayOut({ path, guard: "secret" }).split("keep it here: ");
    desktop.write(".gitignore", "# no end of line");
    expect(Bun.spawnSync(["sh", "-c", ignore], { cwd: desktop.folder }).exitCode).toBe(0);
    const listed = gitText(desktop.folder, desktop.home, [
      "ls-files",
      "-z",
      "--others",
      "--ignored",
      "--exclude-standard",
    ]);
    expect(listed.split("\0").filter((name) => name !== "")).toEqual([path]);
    desktop.remove(".gitignore");
  }
});

test("what waits for a person is said first, also while the remote is out of reach", async () => {
  await using world = await twoMachines({ "a.md": "1\n" });
  const { desktop, laptop } = world;
  desktop.write("a.md", "2\n");
  expect(await desktop.push()).toSucceed();
  laptop.write("a.md", "3\n");
  expect(await laptop.pull()).toFailWith("conflicts");
  laptop.git("remote", "set-url", "origin", "https://127.0.0.1:9/x.git");
  const status = await statusOf(laptop);
  expect(status.verdict).toBe("ATTENTION");
  expect(status.reasons[0]).toContain("a.md is in conflict since the pull");
  expect(status.files.conflicts).toEqual(["a.md"]);
});

test("a branch that is gone from the remote, or was rewritten there, is no empty remote", async () => {
  await using world = await twoMachines({ a: "1\n" });
  const { desktop, remote } = world;
  const tree = desktop.gitText("rev-parse", "HEAD^{tree}");
  const other = desktop.gitText("-c", "user.name=a", "-c", "user.email=a@b.c", "commit-tree", "-m", "other", tree);
  const known = desktop.gitText("rev-parse", "HEAD");
  desktop.git("push", "-q", "--force", "origin", `${other}:main`).git("update-ref", "refs/remotes/origin/main", known);
  expect((await statusOf(desktop)).reasons).toEqual([
    `the remote's history was rewritten: it no longer contains ${known.slice(0, 7)}: git ls-remote origin`,
  ]);
  remote.git("update-ref", "-d", "refs/heads/main");
  const gone = await statusOf(desktop);
  expect(gone.verdict).toBe("ATTENTION");
  expect(gone.reasons[0]).toBe(
    `the branch main is gone from the remote, which had it at ${known.slice(0, 7)}: git ls-remote origin`,
  );
});

test("of a folder that cannot be looked at nothing is said but what is known", async () => {
  await using world = await twoMachines({ a: "1\n" });
  const { desktop } = world;
  const push = await desktop.write("a", "2\n").push();
  desktop.write(".git/MERGE_HEAD", `${desktop.gitText("rev-parse", "HEAD")}\n`);
  const { stdout } = await desktop.words(["status"]);
  expect(stdout).toMatch(/^ATTENTION: /);
  expect(stdout).not.toMatch(/^(branch|remote|changed|verified|attested|baseline) /m);
  expect(stdout).toMatch(new RegExp(`^snapshot +${push.report?.snapshot}$`, "m"));
});

test("a share of the tracked files hides no proof of the critical ones", async () => {
  await using world = await twoMachines({ "clients/acme/tasks.json": "[1]\n", "notes.md": "one\n" });
  const { desktop } = world;
  expect(await desktop.push()).toSucceed();
  expect(await desktop.run(["verify", "--subset", "1/7"])).toSucceed();
  expect((await statusOf(desktop)).integrity.verified).toMatchObject({ command: "push", critical: 1 });
});

test("broken settings are a verdict too", async () => {
  await using world = await twoMachines({ a: "1\n" });
  const { desktop } = world;
  mkdirSync(join(desktop.home, ".config/petesbrain-sync"), { recursive: true });
  writeFileSync(join(desktop.home, ".config/petesbrain-sync/config.toml"), "x=\n");
  const said = await desktop.words(["status", "--quiet"]);
  expect(said.exit).toBe(3);
  expect(said.stdout).toMatch(/^ATTENTION: .*config\.toml/);
  expect(said.stderr).toContain("to go on:");
});
