// What people hear of runs, with the real binary: pages in the folder, notifications, the end of a trouble, silence
// where there is nothing to say, and that no alert's failure is a run's failure.
import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Machine } from "./support/machine.ts";
import { recordNotifications } from "./support/notifier.ts";
import { cannotBecomeNobody, testUnless } from "./support/skip.ts";
import { cannotMount, mountSmallDisk } from "./support/small-disk.ts";
import { twoMachines, type World } from "./support/world.ts";

function pagesOf(machine: Machine): string[] {
  const folder = machine.at("data/alerts");
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

function logOf(machine: Machine, name = ".petesbrain-sync-v2.log"): string {
  const path = join(machine.home, name);
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

/** The remote turns every push back. */
function refusePushes(world: World, says = "not today"): void {
  const hook = join(world.remote.path, "hooks", "pre-receive");
  mkdirSync(join(hook, ".."), { recursive: true });
  writeFileSync(hook, `#!/bin/sh\necho '${says}'\nexit 1\n`, { mode: 0o755 });
}

const TREE = { "clients/acme/tasks.json": "[1]\n", "notes.md": "one\n" };

test("a run with nothing to say shows nothing, writes nothing and loads nothing of it", async () => {
  await using world = await twoMachines(TREE);
  const { environment, shown } = recordNotifications(world.root);
  expect(await world.desktop.pull({ environment })).toSucceed();
  expect(shown()).toEqual([]);
  expect(pagesOf(world.desktop)).toEqual([]);
});

test("a run that changed something is shown silently, and leaves no page", async () => {
  await using world = await twoMachines(TREE);
  const { environment, shown } = recordNotifications(world.root);
  world.desktop.write("notes.md", "two\n");
  expect(await world.desktop.push({ environment })).toSucceed();
  expect(shown()).toEqual([["✅ Sync Successful", "desktop: push\npush: 1 file"]]);
  expect(pagesOf(world.desktop)).toEqual([]);
});

test("a failure is shown and has its page at once, is counted after that, and its end is said", async () => {
  await using world = await twoMachines(TREE);
  const { desktop } = world;
  const { environment, shown } = recordNotifications(world.root);
  refusePushes(world);
  desktop.write("clients/acme/tasks.json", "[1,2]\n");
  for (let n = 0; n < 5; n++) expect(await desktop.push({ environment })).toFailWith("remote-rejected");
  expect(shown().map(([title]) => title)).toEqual(["🚨 Sync Failed"]);
  const [page = ""] = pagesOf(desktop);
  expect(pagesOf(desktop)).toEqual([expect.stringMatching(/^sync-alert-\d{8}-\d{6}\.html$/)]);
  const html = desktop.read(`data/alerts/${page}`);
  expect(html).toContain("🚨 Sync Failed");
  expect(html).toContain("pre-receive hook declined");
  expect(html).toContain("the run ended without changing any file");

  rmSync(join(world.remote.path, "hooks", "pre-receive"));
  expect(await desktop.push({ environment })).toSucceed();
  expect(shown().map(([title]) => title)).toEqual(["🚨 Sync Failed", "✅ Sync Recovered", "✅ Sync Successful"]);
  const [, recovered = ""] = pagesOf(desktop);
  expect(desktop.read(`data/alerts/${recovered}`)).toContain("5 times");
  expect(await desktop.push({ environment })).toSucceed();
  expect(shown()).toHaveLength(3);
  expect(world.laptop.gitText("ls-remote", "origin")).not.toContain("alerts");
  expect(Object.keys(world.remote.files())).toEqual(["clients/acme/tasks.json", "notes.md"]);
});

test("a conflict is shown at once and has a page from the second run in a row on", async () => {
  await using world = await twoMachines(TREE);
  const { desktop, laptop } = world;
  const { environment, shown } = recordNotifications(world.root);
  expect(await desktop.write("notes.md", "desktop\n").push()).toSucceed();
  laptop.write("notes.md", "laptop\n");
  expect(await laptop.sync({ environment })).toFailWith("conflicts");
  expect(shown().map(([title]) => title)).toEqual(["⚠️ Sync Blocked"]);
  expect(pagesOf(laptop)).toEqual([]);
  expect(await laptop.sync({ environment })).toFailWith("conflicts");
  expect(pagesOf(laptop)).toHaveLength(1);
  expect(laptop.read(`data/alerts/${pagesOf(laptop)[0]}`)).toContain("2 times in a row");
  const listed = await laptop.words(["alerts"]);
  expect(listed.stdout.match(/Sync Blocked/g)).toHaveLength(1);
  expect(listed.stdout).toContain(`data/alerts/${pagesOf(laptop)[0]}`);

  expect(shown()).toHaveLength(1);
  expect(await laptop.run(["resolve", "--all", "--take", "desktop"], { environment })).toSucceed();
  expect(shown().map(([title]) => title)).toContain("✅ Sync Recovered");
  expect(pagesOf(laptop)).toHaveLength(2);
});

test("a machine that is offline says nothing, and no plan does", async () => {
  await using world = await twoMachines(TREE);
  const { desktop } = world;
  const { environment, shown } = recordNotifications(world.root);
  desktop.git("remote", "set-url", "origin", "https://127.0.0.1:9/none.git");
  expect(await desktop.pull({ environment })).toFailWith("remote-unreachable");
  refusePushes(world);
  expect((await desktop.write("notes.md", "x\n").run(["push", "--dry-run"], { environment })).exit).not.toBe(1);
  expect(shown()).toEqual([]);
  expect(pagesOf(desktop)).toEqual([]);
});

test("a program that hangs or fails is ended and noted, and the run's exit code stays what it was", async () => {
  await using world = await twoMachines(TREE);
  const { environment } = recordNotifications(world.root, "echo no bus >&2; exit 3");
  expect(await world.desktop.write("notes.md", "two\n").push({ environment })).toSucceed();
  expect(logOf(world.desktop)).toMatch(/WARN \S+ notification title="✅ Sync Successful" ended="exit 3" said="no bus"/);
});

const HOSTILE = `-e <img src=x onerror=alert(1)> "; do shell script "id" ' & \u202egnp.exe`;

test("hostile names and words reach the notification as arguments, and the page as text", async () => {
  await using world = await twoMachines({ [`clients/${HOSTILE}/tasks.json`]: "[1]\n", "notes.md": "one\n" });
  const { desktop } = world;
  const { environment, shown } = recordNotifications(world.root);
  desktop.write(`clients/${HOSTILE}/tasks.json`, "{");
  expect(await desktop.push({ environment })).toFailWith("halted");
  const [[title = "", text = ""] = []] = shown();
  expect(title).toBe("⚠️ Sync Blocked");
  expect(text).toContain("&lt;img src=x onerror=alert(1)&gt;");
  expect(text).not.toContain("\u202e");
  const html = desktop.read(`data/alerts/${pagesOf(desktop)[0]}`);
  expect(html).not.toContain("<img");
  expect(html).not.toContain("\u202e");
  expect(html).toContain("&lt;img src=x onerror=alert(1)&gt;");
});

testUnless(cannotBecomeNobody() === null ? "root may write anywhere" : null)(
  "a folder of alerts that cannot be written stops nothing",
  async () => {
    await using world = await twoMachines(TREE);
    const { desktop } = world;
    refusePushes(world);
    desktop.mkdir("data/alerts");
    chmodSync(desktop.at("data/alerts"), 0o500);
    expect(await desktop.write("notes.md", "x\n").push()).toFailWith("remote-rejected");
    expect(logOf(desktop, ".petesbrain-sync-v2-error.log")).toContain("page-not-written");
  },
);

describe("a place for the pages that takes none", () => {
  const places: readonly (readonly [what: string, more: string, code: string])[] = [
    ["is full", "", "ENOSPC"],
    ["may only be read", ",ro", "EROFS"],
  ];
  for (const [what, more, code] of places) {
    testUnless(cannotMount())(
      `${what}: the run ends as it would, the log says so, and people are shown it`,
      async () => {
        await using world = await twoMachines(TREE);
        const { desktop } = world;
        const { environment, shown } = recordNotifications(world.root);
        refusePushes(world);
        desktop.mkdir("data/alerts");
        using _disk = mountSmallDisk(desktop.at("data/alerts"), 4096, more);
        if (code === "ENOSPC") writeFileSync(desktop.at("data/alerts/fill"), new Uint8Array(4096));
        expect(await desktop.write("notes.md", "x\n").push({ environment })).toFailWith("remote-rejected");
        expect(logOf(desktop, ".petesbrain-sync-v2-error.log")).toMatch(new RegExp(`page-not-written.*${code}`));
        expect(shown()).toHaveLength(1);
      },
    );
  }
});

test("a page is never written through a link, and the alert is told all the same", async () => {
  await using world = await twoMachines(TREE);
  const { desktop } = world;
  const { environment, shown } = recordNotifications(world.root);
  refusePushes(world);
  const elsewhere = join(world.root, "elsewhere");
  mkdirSync(elsewhere);
  desktop.mkdir("data");
  symlinkSync(elsewhere, desktop.at("data/alerts"));
  expect(await desktop.write("notes.md", "x\n").push({ environment })).toFailWith("remote-rejected");
  expect(readdirSync(elsewhere)).toEqual([]);
  expect(shown()).toHaveLength(1);
  expect(logOf(desktop, ".petesbrain-sync-v2-error.log")).toMatch(/page-not-written.*is no folder/);
});

test("a file where the pages belong, and a database that others hold, fail no run", async () => {
  await using world = await twoMachines(TREE);
  const { desktop } = world;
  refusePushes(world);
  desktop.write("data/alerts", "mine\n");
  expect(await desktop.write("notes.md", "x\n").push()).toFailWith("remote-rejected");
  expect(desktop.read("data/alerts")).toBe("mine\n");
});
