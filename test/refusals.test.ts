// Bad surroundings, one row each: the run ends in its exit code with one clear sentence and a remedy, and folder, index,
// HEAD, branch, stash and ignored files are exactly as before.
import { describe, expect, test } from "bun:test";
import { appendFileSync, cpSync, mkdirSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FailureKind } from "../lib/failure.ts";
import { flipBit } from "./support/damage.ts";
import type { RunChoice } from "./support/machine.ts";
import { busyWorld } from "./support/scenarios.ts";
import type { World } from "./support/world.ts";

interface Row {
  readonly title: string;
  readonly spoil: (world: World) => unknown;
  readonly kind: FailureKind;
  readonly choice?: (world: World) => RunChoice;
  /** Commands that must refuse; all three unless said. */
  readonly commands?: readonly string[];
}

const ALL = ["push", "pull", "sync"] as const;

/** Leaves a merge, rebase or pick half done: two branches that changed the same line. */
function collide(world: World): World {
  const { laptop } = world;
  laptop.git("stash", "-q").git("checkout", "-q", "-b", "side").write("a", "side").git("commit", "-q", "-am", "side");
  laptop.git("checkout", "-q", "main").write("a", "main").git("commit", "-q", "-am", "main");
  return world;
}

function stopInRevert(world: World): void {
  collide(world).laptop.write("a", "more").git("commit", "-q", "-am", "more");
  stopping(world, "revert", "--no-edit", "HEAD~1");
}

function stopping(world: World, ...args: string[]): void {
  const run = Bun.spawnSync(["git", ...args], {
    cwd: world.laptop.folder,
    env: { HOME: world.laptop.home, PATH: process.env["PATH"] ?? "", GIT_EDITOR: "true" },
  });
  if (run.exitCode === 0) throw new Error(`git ${args.join(" ")} was to stop half-way`);
}

function fakeGit(world: World, version: string): RunChoice {
  const folder = join(world.root, "old");
  mkdirSync(folder);
  const real = Bun.which("git") ?? "git";
  writeFileSync(
    join(folder, "git"),
    `#!/bin/sh\ncase "$*" in *version*) echo 'git version ${version}' ;; *) exec '${real}' "$@" ;; esac\n`,
    { mode: 0o755 },
  );
  return { environment: { PATH: `${folder}:${process.env["PATH"] ?? ""}` } };
}

function hook(world: World, name: string, body: string): void {
  mkdirSync(join(world.remote.path, "hooks"), { recursive: true });
  writeFileSync(join(world.remote.path, "hooks", name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
}

const ROWS: readonly Row[] = [
  {
    title: "a folder without a repository",
    spoil: ({ laptop }) => rmSync(laptop.at(".git"), { recursive: true }),
    kind: "not-a-repository",
  },
  {
    title: "a .git that is no repository",
    spoil: ({ laptop }) => laptop.remove(".git").write(".git/what", "?"),
    kind: "not-a-repository",
  },
  {
    title: "a .git file that leads nowhere",
    spoil: ({ laptop }) => laptop.remove(".git").write(".git", "gitdir: /nowhere\n"),
    kind: "not-a-repository",
  },
  { title: "no remote", spoil: ({ laptop }) => laptop.git("remote", "remove", "origin"), kind: "not-a-repository" },
  {
    title: "a detached HEAD",
    spoil: ({ laptop }) => laptop.git("checkout", "-q", "--detach"),
    kind: "not-a-repository",
  },
  {
    title: "another branch checked out",
    spoil: ({ laptop }) => laptop.git("checkout", "-q", "-b", "side"),
    kind: "not-a-repository",
  },
  {
    title: "an unborn branch where the remote has one",
    spoil: ({ laptop }) => laptop.git("update-ref", "-d", "refs/heads/main"),
    kind: "not-a-repository",
  },
  {
    title: "a merge in progress",
    spoil: (world) => stopping(collide(world), "merge", "side"),
    kind: "not-a-repository",
  },
  {
    title: "a rebase in progress",
    spoil: (world) => stopping(collide(world), "rebase", "side"),
    kind: "not-a-repository",
  },
  {
    title: "a cherry-pick in progress",
    spoil: (world) => stopping(collide(world), "cherry-pick", "side"),
    kind: "not-a-repository",
  },
  {
    title: "a revert in progress",
    spoil: stopInRevert,
    kind: "not-a-repository",
  },
  {
    title: "a bisect in progress",
    spoil: (world) => world.laptop.git("stash", "-q").git("bisect", "start"),
    kind: "not-a-repository",
  },
  {
    title: "an am in progress",
    spoil: ({ laptop }) => laptop.mkdir(".git/rebase-apply").write(".git/rebase-apply/applying", ""),
    kind: "not-a-repository",
  },
  {
    title: "a shallow clone",
    spoil: ({ laptop }) => laptop.write(".git/shallow", `${laptop.gitText("rev-parse", "HEAD")}\n`),
    kind: "not-a-repository",
  },
  {
    title: "a sparse checkout",
    spoil: ({ laptop }) => laptop.git("stash", "-q").git("sparse-checkout", "set", "--no-cone", "/d/"),
    kind: "not-a-repository",
  },
  { title: "submodules", spoil: withSubmodule, kind: "not-a-repository" },
  {
    title: "an index.lock that a dead git left",
    spoil: ({ laptop }) => laptop.write(".git/index.lock", ""),
    kind: "locked",
  },
  {
    title: "git not installed",
    spoil: () => undefined,
    choice: ({ root }) => ({ environment: { PATH: join(root, "nothing-here") } }),
    kind: "not-a-repository",
  },
  {
    title: "git older than 2.38",
    spoil: () => undefined,
    choice: (world) => fakeGit(world, "2.30.1"),
    kind: "not-a-repository",
  },
  {
    title: "a remote that is gone",
    spoil: ({ remote }) => renameSync(remote.path, `${remote.path}.away`),
    kind: "remote-unreachable",
  },
  {
    title: "a remote on a port where nobody listens",
    spoil: ({ laptop }) => laptop.git("remote", "set-url", "origin", "http://127.0.0.1:9/remote.git"),
    kind: "remote-unreachable",
  },
  {
    title: "a remote emptied since the last run",
    spoil: ({ remote }) => remote.git("update-ref", "-d", "refs/heads/main"),
    kind: "halted",
  },
  { title: "a remote whose history was rewritten", spoil: rewritten, kind: "halted" },
  { title: "a remote replaced by another folder's", spoil: replaced, kind: "halted" },
  {
    title: "a remote that refuses",
    spoil: (world) => hook(world, "pre-receive", "echo 'protected branch' >&2; exit 1"),
    kind: "remote-rejected",
    commands: ["push", "sync"],
  },
  {
    title: "a remote that refuses this branch",
    spoil: (world) => hook(world, "update", "echo 'no' >&2; exit 1"),
    kind: "remote-rejected",
    commands: ["push", "sync"],
  },
  {
    title: "a transport that runs programs",
    spoil: ({ laptop }) => laptop.git("remote", "set-url", "origin", "ext::sh -c true"),
    kind: "halted",
  },
  {
    title: "two push addresses",
    spoil: ({ laptop, remote }) =>
      laptop
        .git("config", "--add", "remote.origin.pushurl", remote.path)
        .git("config", "--add", "remote.origin.pushurl", `${remote.path}2`),
    kind: "halted",
  },
  {
    title: "a damaged index",
    spoil: ({ laptop }) => truncateSync(laptop.at(".git/index"), 40),
    kind: "not-a-repository",
  },
  {
    title: "an index in which one bit changed",
    spoil: ({ laptop }) => flipBit(laptop.at(".git/index"), 60),
    kind: "not-a-repository",
  },
  {
    title: "a name that is not UTF-8",
    spoil: ({ laptop }) => Bun.spawnSync(["sh", "-c", 'printf x > "$(printf "bad\\377name")"'], { cwd: laptop.folder }),
    kind: "halted",
    commands: ["push", "sync"],
  },
  {
    title: "settings that are not valid",
    spoil: ({ laptop }) => appendFileSync(join(laptop.home, ".config/petesbrain-sync/config.toml"), "nonsense = 1\n"),
    kind: "config-invalid",
  },
];

function withSubmodule({ laptop, remote }: World): void {
  laptop
    .git("-c", "protocol.file.allow=always", "submodule", "add", "-q", remote.path, "module")
    .git("commit", "-q", "-m", "module");
}

function rewritten({ desktop, remote }: World): void {
  const tree = desktop.gitText("rev-parse", "HEAD^{tree}");
  const other = desktop.gitText("commit-tree", tree, "-m", "another history");
  desktop.git("push", "-q", "--force", remote.path, `${other}:refs/heads/main`);
}

function replaced({ root, remote, desktop }: World): void {
  rmSync(remote.path, { recursive: true });
  const other = join(root, "other");
  mkdirSync(other);
  cpSync(desktop.folder, other, { recursive: true, filter: (place) => !place.endsWith("/.git") });
  for (const args of [
    ["init", "-q", "-b", "main"],
    ["add", "-A"],
    ["commit", "-q", "-m", "unrelated"],
    ["clone", "-q", "--bare", ".", remote.path],
  ]) {
    const run = Bun.spawnSync(["git", ...args], {
      cwd: other,
      env: { HOME: desktop.home, PATH: process.env["PATH"] ?? "" },
    });
    if (run.exitCode !== 0) throw new Error(run.stderr.toString());
  }
}

describe("refused with nothing changed:", () => {
  for (const row of ROWS) {
    test(`${row.title}: ${row.kind}`, async () => {
      await using world = await busyWorld();
      row.spoil(world);
      const choice = row.choice?.(world) ?? {};
      const before = world.laptop.state();
      for (const command of row.commands ?? ALL) {
        const run = await world.laptop.run([command, "--folder", world.laptop.folder], choice);
        expect(run).toFailWith(row.kind);
        expect(world.laptop.state()).toEqual(before);
      }
    });
  }
});

test("an index.lock of a git at work: locked, and afterwards all is well", async () => {
  await using world = await busyWorld();
  const { laptop } = world;
  const fifo = join(world.root, "editor");
  Bun.spawnSync(["mkfifo", `${fifo}.in`, `${fifo}.out`]);
  const editor = join(world.root, "editor.sh");
  writeFileSync(editor, `#!/bin/sh\necho open > '${fifo}.out'\nread answer < '${fifo}.in'\necho message > "$1"\n`, {
    mode: 0o755,
  });
  const commit = Bun.spawn(["git", "commit", "-q", "-a"], {
    cwd: laptop.folder,
    env: { HOME: laptop.home, PATH: process.env["PATH"] ?? "", GIT_EDITOR: editor },
    stdin: "ignore",
  });
  await Bun.spawn(["cat", `${fifo}.out`], { stdout: "ignore" }).exited;
  const before = laptop.state();
  expect(await laptop.pull()).toFailWith("locked");
  expect(laptop.state()).toEqual(before);
  Bun.spawnSync(["sh", "-c", `echo go > '${fifo}.in'`]);
  expect(await commit.exited).toBe(0);
  expect(await laptop.sync()).toSucceed();
});
