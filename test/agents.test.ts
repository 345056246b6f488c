// `agents` as people meet it, on a Mac and on Linux: what it says, what it does twice, what it says really ran.
import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Surroundings } from "../cmd/surroundings.ts";
import { pauseRuns, readPause } from "../lib/machine/paused.ts";
import { speak } from "./support/command-line.ts";
import { FakeMac } from "./support/fake-mac.ts";
import type { Machine } from "./support/machine.ts";
import { machineEnvironment } from "./support/plain-git.ts";
import { twoMachines } from "./support/world.ts";

const NOW = new Date("2026-01-04T10:25:00Z");

function onMac(machine: Machine, mac: FakeMac): Partial<Surroundings> {
  // this process waits in real time: how long launchd takes to let go is tested with time of its own
  mac.change((state) => {
    state.drainMs = 0;
  });
  mac.program("petesbrain-sync", "exit 0");
  const environment = { ...machineEnvironment(machine.home), PATH: `${mac.bin}:${process.env["PATH"]}` };
  return { platform: "darwin", environment, binary: [join(mac.bin, "petesbrain-sync")], now: () => NOW };
}

/** A systemctl that keeps which timers are enabled and at work, as files beside it. */
function onLinux(machine: Machine, mac: FakeMac): Partial<Surroundings> {
  const units = join(machine.home, ".config", "systemd", "user");
  const keep = join(mac.bin, "units");
  mkdirSync(keep);
  mac.program(
    "systemctl",
    `cd '${keep}' && echo "$*" >> calls; shift; verb=$1; shift
case "$1" in --*) shift;; esac
case "$verb" in
  enable) [ -f '${units}'/"$1" ] && touch "enabled $1";;
  restart) touch "active $1";;
  disable) rm -f "enabled $1" "active $1";;
  is-enabled) [ -f "enabled $1" ];;
  is-active) [ -f "active $1" ];;
  daemon-reload) [ ! -f nobus ] || { echo "Failed to connect to bus: No medium found" >&2; exit 1; };;
  start) echo "$1" >> started;;
esac`,
  );
  return { ...onMac(machine, mac), platform: "linux" };
}

describe("on a Mac", () => {
  test("install says what it did, what runs when, and nothing new the second time", async () => {
    await using world = await twoMachines({ "a.md": "a" });
    using mac = new FakeMac(world.desktop.home);
    const given = onMac(world.desktop, mac);
    const first = await speak(world.desktop, ["agents", "install"], given);
    expect([first.exit, first.err]).toEqual([0, ""]);
    expect(first.out.split("\n")).toEqual([
      "installed com.petesbrain.sync-desktop",
      "installed com.petesbrain.sync-watchdog",
      expect.stringMatching(
        /^com\.petesbrain\.sync-desktop +push every 2 hours +loaded +never ran +next 2026-01-04 11:\d[15]:00 UTC$/,
      ),
      expect.stringMatching(
        /^com\.petesbrain\.sync-watchdog +watchdog every hour +loaded +next 2026-01-04 1[01]:\d[39]:00 UTC$/,
      ),
      "",
    ]);
    const again = await speak(world.desktop, ["agents", "install"], given);
    expect(again.out.split("\n")[0]).toBe("up to date: the agents are in place");
    const list = readFileSync(
      join(world.desktop.home, "Library/LaunchAgents/com.petesbrain.sync-desktop.plist"),
      "utf8",
    );
    expect(list).toContain(`<string>${join(mac.bin, "petesbrain-sync")}</string>`);
    expect(list).toContain(`<string>${world.desktop.folder}</string>`);
  });

  test("status proves what ran: a job that is loaded and never ran is told from one that did", async () => {
    await using world = await twoMachines({ "a.md": "a" });
    using mac = new FakeMac(world.desktop.home);
    const given = onMac(world.desktop, mac);
    const before = await speak(world.desktop, ["agents", "status"], given);
    expect(before.out).toMatch(/sync-desktop +push every 2 hours +not installed +never ran\n/);
    expect(before.out).toEndWith("to put them in place: petesbrain-sync agents install\n");
    await speak(world.desktop, ["agents", "install"], given);
    await world.desktop.write("a.md", "b").push();
    const after = JSON.parse((await speak(world.desktop, ["agents", "status", "--json"], given)).out);
    expect(after).toMatchObject({
      scheduler: "launchd",
      agents: [
        {
          command: "push",
          registered: true,
          file: "current",
          lastRun: { command: "push", outcome: "synced", exit: 0 },
        },
        { command: "watchdog", registered: true, lastRun: null },
      ],
    });
    expect(after.agents[0].lastGoodRun).toBe(after.agents[0].lastRun.at);
    mac.change((state) => {
      state.jobs = {};
    });
    const gone = await speak(world.desktop, ["agents", "status"], given);
    expect(gone.out).toMatch(/not loaded +last 2\d{3}-.* UTC: synced\n/);
  });

  test("print writes nothing; uninstall takes away", async () => {
    await using world = await twoMachines({ "a.md": "a" });
    using mac = new FakeMac(world.desktop.home);
    const given = onMac(world.desktop, mac);
    const agents = join(world.desktop.home, "Library", "LaunchAgents");
    const printed = await speak(world.desktop, ["agents", "print"], given);
    expect(printed.out).toStartWith(`# ${join(agents, "com.petesbrain.sync-desktop.plist")}\n<?xml`);
    expect(existsSync(agents)).toBe(false);
    expect(mac.verbs()).toEqual([]);
    await speak(world.desktop, ["agents", "install"], given);
    const taken = await speak(world.desktop, ["agents", "uninstall"], given);
    expect(taken.out).toBe("removed com.petesbrain.sync-desktop\nremoved com.petesbrain.sync-watchdog\n");
    expect([readdirSync(agents), Object.keys(mac.launchd.jobs)]).toEqual([[], []]);
    expect((await speak(world.desktop, ["agents", "uninstall"], given)).out).toBe(
      "up to date: there is no agent of ours\n",
    );
  });

  test("uninstall needs neither the folder nor the program", async () => {
    await using world = await twoMachines({ "a.md": "a" });
    using mac = new FakeMac(world.desktop.home);
    const given = onMac(world.desktop, mac);
    await speak(world.desktop, ["agents", "install"], given);
    world.desktop.remove(".git", "a.md");
    const taken = await speak(world.desktop, ["agents", "uninstall"], { ...given, binary: [] });
    expect(taken).toEqual({
      exit: 0,
      out: "removed com.petesbrain.sync-desktop\nremoved com.petesbrain.sync-watchdog\n",
      err: "",
    });
  });

  test("without a login session it fails with launchctl's words and the way on", async () => {
    await using world = await twoMachines({ "a.md": "a" });
    using mac = new FakeMac(world.desktop.home);
    mac.change((state) => {
      state.hasLogin = false;
    });
    const said = await speak(world.desktop, ["agents", "install"], onMac(world.desktop, mac));
    expect(said.exit).toBe(14);
    expect(said.err).toContain("Domain does not support specified action (125)");
    expect(said.err).toContain("at the Mac itself, not over ssh");
  });

  test("a folder in ~/Documents is warned of", async () => {
    await using world = await twoMachines({ "a.md": "a" });
    using mac = new FakeMac(world.root);
    const machine = world.desktop;
    const given = { ...onMac(machine, mac), home: join(machine.folder, "..", "x") };
    const documents = join(given.home, "Documents", "Brain");
    mkdirSync(documents, { recursive: true });
    machine.git("clone", "-q", world.remote.path, documents);
    const said = await speak(machine, ["agents", "install", "--folder", documents], given);
    expect(said.out).toContain("the folder is in ~/Documents, which macOS keeps from scheduled programs");
  });
});

describe("on Linux", () => {
  test("the same words write timers of the user's own systemd", async () => {
    await using world = await twoMachines({ "a.md": "a" });
    using mac = new FakeMac(world.laptop.home);
    const given = onLinux(world.laptop, mac);
    const units = join(world.laptop.home, ".config", "systemd", "user");
    const first = await speak(world.laptop, ["agents", "install"], given);
    expect([first.exit, first.err]).toEqual([0, ""]);
    expect(first.out).toMatch(/^installed petesbrain-sync-laptop\.timer\ninstalled petesbrain-sync-watchdog\.timer\n/);
    expect(first.out).toMatch(/petesbrain-sync-laptop\.timer +pull every hour +loaded +never ran +next /);
    expect(first.out).toContain("loginctl enable-linger");
    expect(readdirSync(units).sort()).toEqual(
      ["laptop", "watchdog"].flatMap((name) => [`petesbrain-sync-${name}.service`, `petesbrain-sync-${name}.timer`]),
    );
    expect(readFileSync(join(mac.bin, "units", "started"), "utf8")).toBe(
      "petesbrain-sync-laptop.service\npetesbrain-sync-watchdog.service\n",
    );
    expect((await speak(world.laptop, ["agents", "install"], given)).out).toStartWith("up to date: ");
    writeFileSync(join(units, "petesbrain-sync-laptop.service"), "[Service]\nExecStart=/bin/my-own\n");
    const kept = await speak(world.laptop, ["agents", "install"], given);
    expect(kept.out).toStartWith(`kept ${units}/petesbrain-sync-laptop.service, written by hand, as `);
    expect(readFileSync(join(units, "petesbrain-sync-laptop.service.old"), "utf8")).toContain("my-own");
    const taken = await speak(world.laptop, ["agents", "uninstall"], given);
    expect(taken.out).toBe("removed petesbrain-sync-laptop.timer\nremoved petesbrain-sync-watchdog.timer\n");
    expect(readdirSync(units)).toEqual(["petesbrain-sync-laptop.service.old"]);
    expect(readdirSync(join(mac.bin, "units")).filter((name) => /^(?:enabled|active)/.test(name))).toEqual([]);
  });

  test("another role takes the former one's timer away", async () => {
    await using world = await twoMachines({ "a.md": "a" });
    using mac = new FakeMac(world.laptop.home);
    const given = onLinux(world.laptop, mac);
    await speak(world.laptop, ["agents", "install"], given);
    const environment = { ...given.environment, PETESBRAIN_SYNC_ROLE: "studio" };
    const said = await speak(world.laptop, ["agents", "install"], { ...given, environment });
    expect(said.out).toContain("petesbrain-sync-laptop.timer, which is for another role\n");
    expect(said.out).toContain("installed petesbrain-sync-studio.timer\n");
    expect(said.out).toMatch(/petesbrain-sync-studio\.timer +sync every hour/);
  });

  test("no systemd of the user's own is said in systemctl's words", async () => {
    await using world = await twoMachines({ "a.md": "a" });
    using mac = new FakeMac(world.laptop.home);
    const given = onLinux(world.laptop, mac);
    writeFileSync(join(mac.bin, "units", "nobus"), "");
    const said = await speak(world.laptop, ["agents", "install"], given);
    expect([said.exit, said.err.includes("Failed to connect to bus: No medium found (1)")]).toEqual([14, true]);
    expect(said.err).toContain("systemctl --user status");
    expect(existsSync(join(world.laptop.home, ".config/systemd/user"))).toBe(false);
  });

  test("without a systemd of the user's own, uninstall still takes the files away", async () => {
    await using world = await twoMachines({ "a.md": "a" });
    using mac = new FakeMac(world.laptop.home);
    const given = onLinux(world.laptop, mac);
    await speak(world.laptop, ["agents", "install"], given);
    const units = join(world.laptop.home, ".config/systemd/user");
    const link = join(units, "timers.target.wants/petesbrain-sync-laptop.timer");
    mkdirSync(join(units, "timers.target.wants"));
    symlinkSync("../petesbrain-sync-laptop.timer", link);
    writeFileSync(join(mac.bin, "units", "nobus"), "");
    const said = await speak(world.laptop, ["agents", "uninstall"], given);
    expect([said.exit, said.err]).toEqual([0, ""]);
    expect(said.out).toContain("removed petesbrain-sync-laptop.timer\n");
    expect(readdirSync(units)).toEqual(["timers.target.wants"]);
    expect(readdirSync(join(units, "timers.target.wants"))).toEqual([]);
  });
});

describe("anywhere", () => {
  test("status says what comes next by itself, or that nothing does", async () => {
    await using world = await twoMachines({ "a.md": "a" });
    using mac = new FakeMac(world.laptop.home);
    await world.laptop.pull();
    const given = { ...onLinux(world.laptop, mac), platform: process.platform };
    expect((await speak(world.laptop, ["status"], given)).out).toMatch(
      /\nscheduled +nothing \(petesbrain-sync agents install\)\n/,
    );
    await speak(world.laptop, ["agents", "install"], given);
    expect((await speak(world.laptop, ["status"], given)).out).toMatch(
      /\nscheduled +pull every hour, next 2026-01-04 1[01]:\d[37]:00 UTC\n/,
    );
    const { agents } = JSON.parse((await speak(world.laptop, ["status", "--json"], given)).out);
    expect(agents).toMatchObject([{ command: "pull", everyMinutes: 60, installed: true }, { command: "watchdog" }]);
  });

  test("a pause is shown, and resume ends it", async () => {
    await using world = await twoMachines({ "a.md": "a" });
    using mac = new FakeMac(world.desktop.home);
    const given = onMac(world.desktop, mac);
    const stateDir = world.desktop.at(".git/petesbrain-sync");
    mkdirSync(stateDir, { recursive: true });
    pauseRuns(stateDir, { since: "2026-01-04T10:00:00Z", why: "went back to a snapshot" });
    const shown = await speak(world.desktop, ["agents", "status"], given);
    expect(shown.out).toContain(
      "paused since 2026-01-04 10:00:00 UTC: went back to a snapshot\n  petesbrain-sync agents resume\n",
    );
    expect((await speak(world.desktop, ["agents", "resume"], given)).out).toStartWith("scheduled runs go on\n");
    expect(readPause(stateDir)).toBeNull();
    expect((await speak(world.desktop, ["agents", "resume"], given)).out).toStartWith(
      "scheduled runs were not paused\n",
    );
    writeFileSync(join(stateDir, "paused.json"), "{");
    expect(readPause(stateDir)?.why).toContain("cannot be read");
  });

  test("the sources are no program to start, and another system has no scheduler known here", async () => {
    await using world = await twoMachines({ "a.md": "a" });
    using mac = new FakeMac(world.desktop.home);
    const given = onMac(world.desktop, mac);
    const fromSource = await speak(world.desktop, ["agents", "install"], { ...given, binary: ["bun", "main.ts"] });
    expect([fromSource.exit, fromSource.err.includes("./install.sh")]).toEqual([2, true]);
    const elsewhere = await speak(world.desktop, ["agents", "install"], { ...given, platform: "freebsd" });
    expect([elsewhere.exit, elsewhere.err.includes("freebsd")]).toEqual([2, true]);
  });
});
