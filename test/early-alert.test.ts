// Scheduled commands that cannot even begin: nobody reads what they print, so they are told of as well, once, and so is
// their end.
import { expect, test } from "bun:test";
import { appendFileSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startHookServer } from "./support/hook-server.ts";
import type { Machine } from "./support/machine.ts";
import { recordNotifications } from "./support/notifier.ts";
import { twoMachines } from "./support/world.ts";

function configOf(machine: Machine): string {
  return join(machine.home, ".config", "petesbrain-sync", "config.toml");
}

test("settings that do not parse are shown once, and their end is said", async () => {
  await using world = await twoMachines({ "notes.md": "one\n" });
  const { desktop } = world;
  const { environment, shown } = recordNotifications(world.root);
  const right = readFileSync(configOf(desktop), "utf8");
  writeFileSync(configOf(desktop), `${right}\nrole = \n`);
  const scheduled = ["pull", "--scheduled", "--folder", desktop.folder];
  for (let n = 0; n < 3; n++) expect((await desktop.run(scheduled, { environment })).exit).toBe(3);
  expect(shown()).toHaveLength(1);
  expect(shown()[0]?.[0]).toBe("⚠️ Sync Blocked");
  expect(shown()[0]?.[1]).toContain("config.toml, line");
  // whoever types sees it on the terminal
  expect((await desktop.pull({ environment })).exit).toBe(3);
  expect(shown()).toHaveLength(1);

  writeFileSync(configOf(desktop), right);
  expect((await desktop.run(scheduled, { environment })).exit).toBe(0);
  expect(shown().map(([title]) => title)).toEqual(["⚠️ Sync Blocked", "✅ Sync Recovered"]);
});

test("a folder that is gone is told by every channel, though there is no folder to remember it", async () => {
  await using world = await twoMachines({ "notes.md": "one\n" });
  await using server = startHookServer();
  const { desktop } = world;
  const { environment, shown } = recordNotifications(world.root);
  appendFileSync(configOf(desktop), `\n[[webhook]]\nurl = "${server.url}/x"\n`);
  renameSync(desktop.folder, `${desktop.folder}.moved`);
  const scheduled = ["push", "--scheduled", "--folder", desktop.folder];
  const choice = { environment, cwd: desktop.home };
  for (let n = 0; n < 2; n++) expect((await desktop.run(scheduled, choice)).exit).toBe(10);
  expect(shown().map(([title]) => title)).toEqual(["🚨 Sync Failed"]);
  expect(server.told).toHaveLength(1);
  expect(readdirSync(join(desktop.home, ".config", "petesbrain-sync", "data", "alerts"))).toHaveLength(1);

  renameSync(`${desktop.folder}.moved`, desktop.folder);
  expect((await desktop.run(scheduled, choice)).exit).toBe(0);
  expect(server.told).toHaveLength(2);
  expect(server.told[1]?.body).toContain("Sync Recovered");
});
