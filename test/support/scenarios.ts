// Worlds with much going on: those whose command the crash campaign cuts, each with everything that can happen to a
// file, and one with something of everything that a refusal must leave alone.

import type { Scenario } from "./crash.ts";
import { pointsOf } from "./gate.ts";
import type { Machine } from "./machine.ts";
import { type Contents, twoMachines, type World } from "./world.ts";

const START: Contents = {
  "edited.md": "old\n",
  "merged.md": "1\n2\n3\n4\n5\n6\n7\n8\n9\n",
  "notes/gone/a.md": "a\n",
  "notes/gone/deep/b.md": "b\n",
  "run.sh": "#!/bin/sh\n",
  "file-to-folder": "f\n",
  "folder-to-file/x": "x\n",
  "link-to-file": { link: "edited.md" },
  "moved.md": "moved\n",
  "clients/acme/tasks.json": "[1]",
  "clients/acme/CONTEXT.md": "# Acme\n",
  ".gitignore": "*.log\n.mcp.json\n",
  ...untouched(12),
};

/** Files beside the changed ones, as many as keep a handful of deletions from being a large part of the folder. */
function untouched(count: number): Contents {
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [`notes/${at}.md`, `${at}\n`]));
}

function changeMuch(machine: Machine): Machine {
  return machine
    .write("edited.md", "new, and longer\n")
    .write("merged.md", "one\n2\n3\n4\n5\n6\n7\n8\n9\n")
    .remove("notes/gone")
    .chmod("run.sh", 0o755)
    .remove("file-to-folder")
    .write("file-to-folder/inner", "i\n")
    .remove("folder-to-file")
    .write("folder-to-file", "now a file\n")
    .remove("link-to-file")
    .write("link-to-file", "own bytes\n")
    .link("new-link", "nowhere")
    .rename("moved.md", "elsewhere/moved.md")
    .write("notes/brand/new/file.md", "n\n")
    .write("clients/acme/tasks.json", "[1,2]");
}

async function must(run: Promise<{ exit: number | null; stdout: string; stderr: string }>): Promise<void> {
  const { exit, stdout, stderr } = await run;
  if (exit !== 0) throw new Error(`the scenario cannot be set up: ${exit} ${stdout}${stderr}`);
}

const laptopOf = (world: World): Machine => world.laptop;

export const SCENARIOS: readonly Scenario[] = [
  {
    name: "push",
    machine: laptopOf,
    args: ["push"],
    make: async () => {
      const world = await twoMachines(START);
      changeMuch(world.laptop).write("run.log", "ignored\n").git("add", "edited.md");
      return world;
    },
  },
  {
    name: "push of what a person lets pass",
    machine: laptopOf,
    args: ["push", "--allow", "critical-delete"],
    make: async () => {
      const world = await twoMachines(START);
      world.laptop.remove("clients/acme/tasks.json").write("edited.md", "new, and longer\n");
      return world;
    },
  },
  {
    name: "pull onto a clean folder",
    machine: laptopOf,
    args: ["pull"],
    make: async () => {
      const world = await twoMachines(START);
      await must(changeMuch(world.desktop).push());
      world.laptop.write("run.log", "ignored\n");
      return world;
    },
  },
  {
    name: "pull under uncommitted edits",
    machine: laptopOf,
    args: ["pull"],
    make: async () => {
      const world = await twoMachines(START);
      await must(changeMuch(world.desktop).push());
      world.laptop
        .write("merged.md", "1\n2\n3\n4\n5\n6\n7\n8\nnine\n")
        .write("draft.md", "d\n")
        .write("staged.md", "s\n")
        .git("add", "staged.md");
      return world;
    },
  },
  {
    name: "sync of diverged histories",
    machine: laptopOf,
    args: ["sync"],
    make: async () => {
      const world = await twoMachines(START);
      await must(changeMuch(world.desktop).push());
      world.laptop
        .write("merged.md", "1\n2\n3\n4\n5\n6\n7\n8\nnine\n")
        .git("commit", "-q", "-am", "by hand")
        .write("draft.md", "d\n")
        .remove("clients/acme/tasks.json")
        .write("clients/acme/tasks.json", "[1]");
      return world;
    },
  },
  {
    name: "push when the other was first",
    machine: laptopOf,
    args: ["push"],
    make: async () => {
      const world = await twoMachines(START);
      await must(changeMuch(world.desktop).push());
      world.laptop.write("merged.md", "1\n2\n3\n4\n5\n6\n7\n8\nnine\n").write("draft.md", "d\n");
      return world;
    },
  },
  {
    name: "rollback of a push",
    machine: laptopOf,
    args: ["rollback", "--force"],
    make: async () => {
      const world = await twoMachines(START);
      await must(changeMuch(world.laptop).push());
      world.laptop.write("since.md", "since\n");
      return world;
    },
  },
  {
    name: "rollback of a pull",
    machine: laptopOf,
    args: ["rollback", "--force"],
    make: async () => {
      const world = await twoMachines(START);
      await must(changeMuch(world.desktop).push());
      await must(world.laptop.pull());
      world.laptop.write("since.md", "since\n");
      return world;
    },
  },
  {
    name: "rollback to a snapshot, ignored files too",
    machine: laptopOf,
    args: ({ laptop }) => ["rollback", newestSnapshot(laptop), "--force"],
    make: async () => {
      const world = await pulledWorld();
      world.laptop.write("since.md", "since\n").write(".mcp.json", "broken").write("run.log", "ignored\n");
      return world;
    },
  },
  {
    name: "rollback of single files",
    machine: laptopOf,
    args: [
      "rollback",
      "--force",
      "--path",
      "notes",
      "--path",
      "*.md",
      "--path",
      ".mcp.json",
      "--path",
      "folder-to-file",
    ],
    make: async () => {
      const world = await pulledWorld();
      world.laptop.remove(".mcp.json").write("edited.md", "edited since\n");
      return world;
    },
  },
  {
    name: "rollback that is exact",
    machine: laptopOf,
    args: ["rollback", "--exact", "--force"],
    make: async () => {
      const world = await pulledWorld();
      world.laptop.write("since.md", "since\n").git("add", "since.md").write(".mcp.json", "broken");
      return world;
    },
  },
  {
    name: "recovery of a pull",
    machine: laptopOf,
    args: ["verify"],
    recovers: true,
    make: async () => {
      const world = await twoMachines(START);
      await must(world.desktop.write("early.md", "e\n").push());
      await must(world.laptop.pull());
      await must(changeMuch(world.desktop).push());
      world.laptop.write("draft.md", "d\n");
      world.save();
      const { names } = await pointsOf(world, world.laptop, ["pull"]);
      world.restore();
      // as late as can be: everything is in its new place, and nothing has been proven
      const killed = await world.laptop.pull({ fault: `kill@${names.indexOf("step verify") + 1}` });
      if (killed.signal !== "SIGKILL") throw new Error("the pull that is to be recovered was not cut off");
      world.laptop.write("since.md", "made since\n");
      return world;
    },
  },
];

/** A laptop after a pull of much under edits, with something staged and an ignored local file that was there before. */
async function pulledWorld(): Promise<World> {
  const world = await twoMachines(START);
  await must(changeMuch(world.desktop).push());
  world.laptop.write(".mcp.json", "credentials", 0o600).write("draft.md", "staged\n").git("add", "draft.md");
  await must(world.laptop.write("draft.md", "d\n").pull());
  return world;
}

function newestSnapshot(machine: Machine): string {
  const refs = machine.gitText("for-each-ref", "--format=%(refname:lstrip=3)", "refs/petesbrain-sync/snapshots");
  return refs.split("\n").sort().at(-1) ?? "";
}

/** Something of everything that a refusal must leave alone, and something to publish. */
export async function busyWorld(): Promise<World> {
  const world = await twoMachines({ a: "1", b: "2", "d/e": "3", ".gitignore": "*.log\n" });
  world.desktop.write("d/e", "from the desktop");
  await must(world.desktop.push());
  await must(world.laptop.pull());
  world.desktop.write("d/e", "again from the desktop");
  await must(world.desktop.push());
  world.laptop.write("b", "stashed").git("stash", "-q").write("run.log", "ignored");
  world.laptop.write("a", "staged").git("add", "a").write("a", "edited").write("new", "untracked");
  return world;
}
