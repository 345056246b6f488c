// A machine that the old scripts kept in sync, taken over: init says what it finds, and every byte of it is there
// afterwards, also after the first runs.
import { expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { speak } from "./support/command-line.ts";
import type { Machine } from "./support/machine.ts";
import { twoMachines } from "./support/world.ts";

const TREE = {
  ".gitignore": ".mcp.json\n",
  "clients/acme/tasks.json": "[1]\n",
  "shared/scripts/sync-petesbrain-v2.sh": "#!/bin/bash\ngit stash\n",
};
const DIGEST = "8ab37e3bba2f64f1a8f9e3c5d2a4a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d2e1f0";

const BASELINE = JSON.stringify({
  version: "2.0",
  timestamp: "2026-01-04T10:25:00Z",
  hostname: "Peters-Mac-mini.lan",
  metadata: { phase: "pre-sync", operation: "baseline" },
  checksums: { "clients/acme/tasks.json": { sha256: DIGEST, size: 3, modified: "2026-01-04T09:15:32" } },
});

/** Everything the old scripts are known to leave, outside of what git tracks. */
function oldLife(machine: Machine): string[] {
  machine
    .write(".sync-snapshot/20260104-102500/clients/acme/tasks.json", "[0]\n")
    .write(".sync-snapshot/HEAD", "abc\n")
    .write(".sync-checksums.json", BASELINE)
    .write("clients/acme/tasks.json", "[1, 2]\n")
    .git("stash", "push", "-q", "-m", "pre-sync snapshot 20260104-102500")
    .write("clients/acme/tasks.json", "[1, 3]\n")
    .git("stash", "push", "-q", "-m", "my own thoughts");
  const agents = join(machine.home, "Library", "LaunchAgents");
  mkdirSync(agents, { recursive: true });
  const script = "<string>/Users/x/PetesBrain/shared/scripts/sync-petesbrain-v2.sh</string>";
  const files: Record<string, string> = {
    [join(agents, "com.petesbrain.sync-desktop.plist")]:
      `<key>Label</key>\n<string>com.petesbrain.sync-desktop</string>${script}`,
    [join(machine.home, ".petesbrain-sync-desktop.log")]: "an agent's words\n",
    [join(machine.home, ".petesbrain-sync-v2.log")]: "[2026-01-04 10:25:00] Sync successful\n".repeat(3000),
    [join(machine.home, ".petesbrain-sync-v2-error.log")]: "[2026-01-04 10:25:00] Sync failed\n",
  };
  for (const [path, text] of Object.entries(files)) writeFileSync(path, text);
  return [...Object.keys(files)];
}

const NOTES = [
  "kept what the old scripts left in .sync-snapshot: 20260104-102500, HEAD; no run touches it",
  expect.stringMatching(
    /^kept a stash of the old scripts, .*\(stash@\{1\}: On main: pre-sync snapshot 20260104-102500\).* stash show --stat -p 'stash@\{1\}'$/,
  ),
  "the old scripts' baseline goes on being used: 1 files, of 2026-01-04T10:25:00Z",
  expect.stringContaining("the old scripts are still in shared/scripts (sync-petesbrain-v2.sh)"),
  expect.stringMatching(
    /com\.petesbrain\.sync-desktop\.plist still runs the old scripts; to stop it: launchctl bootout gui\/\$\(id -u\)\/com\.petesbrain\.sync-desktop /,
  ),
  expect.stringMatching(/^kept the old scripts' log ~\/\.petesbrain-sync-v2-error\.log as .*\.old$/),
  expect.stringMatching(/^kept the old scripts' log ~\/\.petesbrain-sync-v2\.log as .*\.old$/),
  "kept the logs of the old scripts' agents: .petesbrain-sync-desktop.log",
];

test("init names everything that the old scripts left, and nothing of it is lost by it or by the first runs", async () => {
  await using world = await twoMachines(TREE);
  const { desktop } = world;
  const files = oldLife(desktop);
  const before = new Map(files.map((path) => [path, readFileSync(path, "utf8")]));
  const stashes = desktop.gitText("stash", "list", "--format=%H %gs");
  const snapshots = [".sync-snapshot/20260104-102500/clients/acme/tasks.json", ".sync-snapshot/HEAD"].map((path) =>
    desktop.read(path),
  );

  const said = JSON.parse((await speak(desktop, ["init", desktop.folder, "--role", "desktop", "--json"])).out);
  expect(said).toMatchObject({ exit: 0, notes: expect.arrayContaining(NOTES) });
  const words = await speak(desktop, ["init", desktop.folder]);
  expect(words.out.split("\n")[0]).toStartWith("already set up: ");

  desktop.write("clients/acme/tasks.json", "[1, 4]\n");
  expect((await desktop.push()).exit).toBe(0);
  expect((await desktop.sync()).exit).toBe(0);
  for (const [path, text] of before) {
    const isSameName = /-v2(?:-error)?\.log$/.test(path);
    expect(readFileSync(isSameName ? `${path}.old` : path, "utf8")).toBe(text);
  }
  expect(readFileSync(join(desktop.home, ".petesbrain-sync-v2.log"), "utf8")).not.toContain("Sync successful");
  expect(desktop.gitText("stash", "list", "--format=%H %gs")).toBe(stashes);
  expect(
    [".sync-snapshot/20260104-102500/clients/acme/tasks.json", ".sync-snapshot/HEAD"].map((path) => desktop.read(path)),
  ).toEqual(snapshots);
  expect(Object.keys(world.remote.files()).sort()).toEqual(Object.keys(TREE).sort());
});

test("where there is nothing of theirs, nothing is said, and our own log stays", async () => {
  await using world = await twoMachines({ "a.md": "a" });
  const { laptop } = world;
  await laptop.write("a.md", "b").push();
  laptop.write("a.md", "c").git("stash", "push", "-q", "-m", "my own thoughts");
  const log = join(laptop.home, ".petesbrain-sync-v2.log");
  const before = readFileSync(log, "utf8");
  const said = JSON.parse((await speak(laptop, ["init", laptop.folder, "--role", "laptop", "--json"])).out);
  expect(said.notes).toEqual([]);
  expect(readFileSync(log, "utf8")).toStartWith(before);
});
