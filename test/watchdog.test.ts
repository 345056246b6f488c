// The watchdog on real machines, the clock moved by argument: a machine that dies is told of, again and again, and told
// of when it is back; a machine that slept was not late; what could not be sent goes out once the network is back.
import { expect, test } from "bun:test";
import { appendFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { KnownMachine } from "../lib/sync/machines.ts";
import { readRehearsal } from "../lib/sync/rehearsal.ts";
import { type Spoken, speak } from "./support/command-line.ts";
import { startHookServer } from "./support/hook-server.ts";
import type { Machine } from "./support/machine.ts";
import { recordNotifications } from "./support/notifier.ts";
import { machineEnvironment } from "./support/plain-git.ts";
import { twoMachines } from "./support/world.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.parse("2026-01-04T10:00:00Z");

interface Told {
  readonly reached: boolean;
  readonly machines: readonly KnownMachine[];
  readonly findings: readonly {
    readonly name: string;
    readonly event: string;
    readonly says: string;
    readonly remedy: readonly string[];
  }[];
}

/** A machine whose clock is the test's. */
function at(machine: Machine, environment: Readonly<Record<string, string>> = {}) {
  const run = (time: number, ...words: string[]): Promise<Spoken> =>
    speak(machine, words, {
      now: () => new Date(time),
      environment: { ...machineEnvironment(machine.home), ...environment },
    });
  return {
    run,
    watch: async (time: number): Promise<Told & { exit: number }> => {
      const { out, exit } = await run(time, "watchdog", "--json");
      return { ...(JSON.parse(out) as Told), exit };
    },
    /** A scheduled run, as the agent starts it. */
    scheduled: async (time: number, command: string): Promise<void> => {
      expect((await run(time, command, "--scheduled", "--json")).exit).toBe(0);
    },
  };
}

function pagesOf(machine: Machine): string[] {
  const folder = machine.at("data/alerts");
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

const TREE = { "clients/acme/tasks.json": "[1]\n", "notes.md": "one\n" };

test("the desktop dies: the laptop says so within one look, again on day 1, 3 and 7, and says when it is back", async () => {
  await using world = await twoMachines(TREE);
  const { environment, shown } = recordNotifications(world.root);
  const desktop = at(world.desktop);
  const laptop = at(world.laptop, environment);
  await desktop.scheduled(START, "push");
  await laptop.run(START, "pull", "--json");
  const { machines } = await laptop.watch(START + MINUTE);
  const { nextDue = null } = machines.find(({ role }) => role === "desktop") ?? {};
  expect(Date.parse(nextDue ?? "") - START).toBeWithin(MINUTE, 2 * HOUR + 1);
  // its third slot has passed, and a quarter of an hour of grace
  const limit = Date.parse(nextDue ?? "") + 2 * 2 * HOUR + 15 * MINUTE;

  let firstSaid: number | null = null;
  const said: number[] = [];
  for (let hour = 0; hour < 9 * 24; hour++) {
    const now = START + hour * HOUR + 29 * MINUTE;
    // the laptop itself is well all the time; most of its looks are left out where nothing can change
    if (firstSaid !== null && (now - firstSaid) % DAY > HOUR && (now - firstSaid) % DAY < 23 * HOUR) continue;
    await laptop.run(now - 2 * MINUTE, "pull", "--json");
    const before = shown().length;
    const { findings, exit } = await laptop.watch(now);
    const late = findings.filter(({ name }) => name.startsWith("overdue:desktop-"));
    expect(late).toHaveLength(now > limit ? 1 : 0);
    expect(exit).toBe(now > limit ? 10 : 0);
    if (shown().length > before) {
      firstSaid ??= now;
      said.push(now);
      expect(shown().at(-1)?.[0]).toBe("🚨 Sync Overdue");
    }
  }
  expect(firstSaid).not.toBeNull();
  expect((firstSaid ?? 0) - limit).toBeLessThanOrEqual(HOUR);
  expect(said.map((time) => Math.round((time - (firstSaid ?? 0)) / DAY))).toEqual([0, 1, 3, 7]);
  expect(pagesOf(world.laptop)).toHaveLength(4);

  const back = START + 9 * DAY;
  await desktop.scheduled(back, "push");
  const { findings, exit } = await laptop.watch(back + HOUR);
  expect([findings, exit]).toEqual([[], 0]);
  expect(shown().at(-1)?.[0]).toBe("✅ Sync Recovered");
  expect(pagesOf(world.laptop)).toHaveLength(5);
}, 300_000);

for (const place of ["refs/petesbrain-sync/machines/", "refs/heads/petesbrain-sync/machines/"]) {
  test(`a machine that is gone for good is missed no more once its record is taken away (${place})`, async () => {
    await using world = await twoMachines(TREE);
    const isBranch = place.startsWith("refs/heads/");
    if (isBranch) {
      const hook = "#!/bin/sh\nwhile read -r _ _ ref; do case $ref in refs/petesbrain-sync/*) exit 1;; esac; done\n";
      mkdirSync(join(world.remote.path, "hooks"), { recursive: true });
      writeFileSync(join(world.remote.path, "hooks", "pre-receive"), hook, { mode: 0o755 });
    }
    const [desktop, laptop] = [at(world.desktop), at(world.laptop)];
    world.desktop.write("notes.md", "two\n");
    await desktop.scheduled(START, "push");
    await laptop.scheduled(START, "pull");
    const missed = async (time: number): Promise<readonly string[]> => {
      const { findings } = await laptop.watch(time);
      return findings.find(({ name }) => name.startsWith("overdue:desktop-"))?.remedy ?? [];
    };
    const env = machineEnvironment(world.laptop.home);
    const paste = (line = "false"): number => Bun.spawnSync(["/bin/sh", "-c", line], { cwd: "/", env }).exitCode;
    const [, early] = await missed(START + 3 * DAY);
    expect(early).toContain(` origin :${place}desktop-`);

    // it lives after all: what was told is not followed by mistake
    await desktop.scheduled(START + 3 * DAY, "push");
    expect(paste(early)).toBe(1);
    expect(await missed(START + 3 * DAY + HOUR)).toEqual([]);

    const [, away, forget] = await missed(START + 6 * DAY);
    expect(paste(away)).toBe(0);
    // gone from the remote alone it is still missed: silence is no answer. Of a branch git forgets the trace itself
    expect(await missed(START + 6 * DAY + HOUR)).toHaveLength(isBranch ? 0 : 3);
    expect(paste(forget)).toBe(0);
    expect(await missed(START + 6 * DAY + 2 * HOUR)).toEqual([]);
    const machines = async (time: number): Promise<string[]> => {
      const { out } = await laptop.run(time, "status", "--json");
      return (JSON.parse(out) as { machines: KnownMachine[] }).machines.map(({ role }) => role);
    };
    expect(await machines(START + 6 * DAY + 2 * HOUR)).toEqual(["laptop"]);

    // back, with nothing to publish: it is among them again, and vouches for what it did
    await desktop.scheduled(START + 7 * DAY, "push");
    await laptop.scheduled(START + 7 * DAY, "pull");
    expect(await machines(START + 7 * DAY)).toEqual(["laptop", "desktop"]);
    const voucher = JSON.parse((await laptop.run(START + 7 * DAY, "status", "--json")).out) as { integrity: unknown };
    expect(voucher.integrity).toMatchObject({ attestedBy: { role: "desktop" } });
  });
}

test("a machine whose record was taken away and that has something to publish does so, as the same machine", async () => {
  await using world = await twoMachines(TREE);
  const [desktop, laptop] = [at(world.desktop), at(world.laptop)];
  world.desktop.write("notes.md", "two\n");
  await desktop.scheduled(START, "push");
  await laptop.scheduled(START, "pull");
  const records = (): string =>
    Bun.spawnSync(["git", "for-each-ref", "--format=%(refname)", "refs/petesbrain-sync"], {
      cwd: world.remote.path,
    }).stdout.toString();
  const before = records();
  const [own = ""] = before.split("\n").filter((ref) => ref.includes("/desktop-"));
  expect(Bun.spawnSync(["git", "update-ref", "-d", own], { cwd: world.remote.path }).exitCode).toBe(0);
  world.laptop.git("config", "remote.origin.prune", "true");
  await laptop.run(START + HOUR, "sync");
  expect(world.laptop.gitText("for-each-ref", own)).not.toBe("");

  world.desktop.write("notes.md", "three\n");
  expect((await desktop.run(START + DAY, "push")).exit).toBe(0);
  expect(records()).toBe(before);
  await laptop.scheduled(START + DAY, "pull");
  expect(world.laptop.read("notes.md")).toBe("three\n");
  const { machines } = await laptop.watch(START + DAY);
  expect(machines.map(({ role }) => role).sort()).toEqual(["desktop", "laptop"]);
});

test("a machine that is offline itself does not call the others late, and says so of itself after a day", async () => {
  await using world = await twoMachines(TREE);
  const laptop = at(world.laptop);
  await at(world.desktop).scheduled(START, "push");
  await laptop.scheduled(START, "pull");
  expect((await laptop.watch(START + MINUTE)).exit).toBe(0);
  world.laptop.git("remote", "set-url", "origin", `${world.remote.path}.gone`);
  // its slot is anywhere in the hour, so that three are missed after two hours and a quarter at the earliest
  for (const hour of [1, 2]) expect((await laptop.watch(START + hour * HOUR)).findings).toEqual([]);
  const late = await laptop.watch(START + 4 * HOUR);
  expect(late.reached).toBe(false);
  expect(late.findings.map(({ name }) => name)).toEqual(["overdue:this"]);
});

test("a machine that slept was not late: it has a slot's time to catch up", async () => {
  await using world = await twoMachines(TREE);
  const desktop = at(world.desktop);
  await desktop.scheduled(START, "push");
  expect((await desktop.watch(START + MINUTE)).exit).toBe(0);
  expect((await desktop.watch(START + 60 * HOUR)).findings).toEqual([]);
  expect((await desktop.watch(START + 61 * HOUR)).findings).toEqual([]);
  expect((await desktop.watch(START + 62 * HOUR)).findings).toMatchObject([{ name: "overdue:this" }]);
  await desktop.scheduled(START + 62 * HOUR, "push");
  expect((await desktop.watch(START + 62 * HOUR + MINUTE)).findings).toEqual([]);
  // and the others now know that it is put to sleep
  await at(world.laptop).run(START + 62 * HOUR, "pull", "--json");
  const { machines } = await at(world.laptop).watch(START + 70 * HOUR);
  expect(machines.find(({ role }) => role === "desktop")).toMatchObject({ overdue: false });
});

test("a clock that is hours behind elsewhere is told, and makes nobody late", async () => {
  await using world = await twoMachines(TREE);
  const [desktop, laptop] = [at(world.desktop), at(world.laptop)];
  await laptop.run(START, "pull", "--json");
  expect((await laptop.watch(START + MINUTE)).exit).toBe(0);
  await desktop.scheduled(START - 30 * HOUR + 30 * MINUTE, "push");
  const { machines, findings } = await laptop.watch(START + HOUR);
  expect(findings).toEqual([]);
  const known = machines.find(({ role }) => role === "desktop");
  expect(known?.overdue).toBe(false);
  expect(Math.round((known?.clockAheadMs ?? 0) / HOUR)).toBe(-30);
});

test("each machine is known by what it did: both in step, one behind, one with edits, one with failed runs", async () => {
  await using world = await twoMachines(TREE);
  const [desktop, laptop] = [at(world.desktop), at(world.laptop)];
  const machinesOf = async (machine: typeof desktop, time: number): Promise<KnownMachine[]> =>
    (JSON.parse((await machine.run(time, "status", "--json")).out) as { machines: KnownMachine[] }).machines;

  world.desktop.write("notes.md", "two\n");
  await desktop.run(START, "push", "--json");
  world.laptop.write("clients/acme/tasks.json", "[1, 2]\n");
  await laptop.run(START + MINUTE, "pull", "--json");
  const [own, other] = await machinesOf(desktop, START + 2 * MINUTE);
  expect(own).toMatchObject({ role: "desktop", self: true, sameCommit: true, lastRun: { command: "push" } });
  expect(other).toMatchObject({
    role: "laptop",
    self: false,
    sameCommit: true,
    dirty: 1,
    conflicts: 0,
    overdue: false,
  });
  expect(other?.tool).toBe("2.0.0");

  world.desktop.write("notes.md", "three\n");
  await desktop.run(START + 3 * MINUTE, "push", "--json");
  // the laptop has said nothing since: whether it is behind cannot be known
  expect((await machinesOf(desktop, START + 4 * MINUTE))[1]).toMatchObject({ sameCommit: null });
  await laptop.run(START + 40 * MINUTE, "pull", "--json");
  expect((await machinesOf(desktop, START + 41 * MINUTE))[1]).toMatchObject({ sameCommit: true });

  world.desktop.write("notes.md", "desktop\n");
  await desktop.run(START + 42 * MINUTE, "push", "--json");
  world.laptop.write("notes.md", "laptop\n");
  expect((await laptop.run(START + 43 * MINUTE, "sync", "--json")).exit).toBe(20);
  await laptop.watch(START + 44 * MINUTE);
  expect((await machinesOf(desktop, START + 45 * MINUTE))[1]).toMatchObject({
    ...{ sameCommit: false, conflicts: 1, dirty: 2 },
    ...{ lastRun: { command: "sync" }, lastGoodRun: { command: "pull" } },
  });
  const words = (await desktop.run(START + 45 * MINUTE, "status")).out;
  expect((await laptop.run(START + 45 * MINUTE, "status")).out).not.toMatch(/^verified .* by rehearse/m);
  expect(words).toMatch(/^ {2}desktop \(this one\) +at [0-9a-f]{7} +push 3 minutes ago/m);
  expect(words).toMatch(
    /^ {2}laptop +at [0-9a-f]{7}, not the same +sync 2 minutes ago, the last good one .*1 conflict/m,
  );
});

test("quiet runs put the record at the remote once in half an hour, and what they vouch for stays as it was", async () => {
  await using world = await twoMachines(TREE);
  const desktop = at(world.desktop);
  world.desktop.write("notes.md", "two\n");
  await desktop.run(START, "push", "--json");
  const refs = world.remote.refs();
  for (const minute of [1, 10, 29]) await desktop.run(START + minute * MINUTE, "pull", "--json");
  expect(world.remote.refs()).toBe(refs);
  const [ref = ""] = /refs\/petesbrain-sync\/machines\/\S+/.exec(refs) ?? [];
  const manifest = world.remote.git("cat-file", "blob", `${ref}:manifest.json`);
  await desktop.run(START + 31 * MINUTE, "pull", "--json");
  expect(world.remote.refs()).not.toBe(refs);
  expect(world.remote.git("cat-file", "blob", `${ref}:manifest.json`)).toBe(manifest);
  expect(world.remote.git("rev-list", "--count", ref)).toBe("1");
  const record: unknown = JSON.parse(world.remote.git("cat-file", "blob", `${ref}:record.json`));
  expect(record).toMatchObject({ lastRun: { command: "pull" }, at: new Date(START + 31 * MINUTE).toISOString() });
});

test("an alert raised while a webhook was down is told by the next look, once", async () => {
  await using world = await twoMachines(TREE);
  await using server = startHookServer();
  server.mood = "refuse";
  const toml = join(world.laptop.home, ".config", "petesbrain-sync", "config.toml");
  appendFileSync(toml, `\n[[webhook]]\nurl = "${server.url}/hook"\n`);
  const laptop = at(world.laptop);
  await at(world.desktop).scheduled(START, "push");
  expect((await laptop.watch(START + 8 * HOUR)).exit).toBe(10);
  const { alerts } = JSON.parse((await laptop.run(START + 8 * HOUR, "status", "--json")).out) as {
    alerts: { unsent: { channel: string; fault: string }[] }[];
  };
  expect(alerts[0]?.unsent).toMatchObject([{ channel: `json webhook ${server.url}/…` }]);
  expect(alerts[0]?.unsent[0]?.fault).toContain("answers 403");
  server.mood = "take";
  const before = server.told.length;
  await laptop.watch(START + 9 * HOUR);
  await laptop.watch(START + 10 * HOUR);
  expect(server.told).toHaveLength(before + 1);
  expect(server.told.at(-1)?.body).toContain("Sync Overdue");

  const listed = (await laptop.run(START + 10 * HOUR, "alerts")).out;
  expect(listed).toContain("🚨 Sync Overdue: desktop has not been heard of");
  expect(listed).toContain("unread");
  expect((await laptop.run(START + 10 * HOUR, "status")).out).toContain(
    "1 unread alert (petesbrain-sync alerts --read):",
  );
  expect((await laptop.run(START + 10 * HOUR, "alerts", "--read")).out).toContain("1 marked as read");
  expect((await laptop.run(START + 10 * HOUR, "status")).out).not.toContain("unread alert");
});

test("a folder in which no run can begin is told by the watchdog where the runs did not", async () => {
  await using world = await twoMachines(TREE);
  const laptop = at(world.laptop);
  await laptop.run(START, "pull", "--json");
  world.laptop.git("switch", "--quiet", "--detach");
  const { findings, exit } = await laptop.watch(START + HOUR);
  expect(exit).toBe(10);
  expect(findings).toMatchObject([{ name: "obstacle", event: "failed" }]);
  expect(pagesOf(world.laptop)).toHaveLength(1);
  world.laptop.git("switch", "--quiet", "main");
  expect((await laptop.watch(START + 2 * HOUR)).exit).toBe(0);
  expect(pagesOf(world.laptop)).toHaveLength(2);
});

test("a rollback is rehearsed once a week, and one that does not come back whole is told", async () => {
  await using world = await twoMachines(TREE);
  const { environment } = recordNotifications(world.root);
  const desktop = at(world.desktop, environment);
  const stateDir = world.desktop.at(".git/petesbrain-sync");
  await desktop.watch(START);
  expect(readRehearsal(stateDir), "there is no snapshot yet").toBeNull();
  world.desktop.write("notes.md", "two\n");
  await desktop.scheduled(START + MINUTE, "push");
  expect((await desktop.watch(START + HOUR)).findings).toEqual([]);
  const first = readRehearsal(stateDir);
  expect(first).toMatchObject({ at: new Date(START + HOUR).toISOString(), files: 2, damaged: [], failed: null });
  await desktop.watch(START + DAY);
  expect(readRehearsal(stateDir)).toEqual(first);
  const oid = world.desktop.gitText("rev-parse", `refs/petesbrain-sync/snapshots/${first?.snapshot}:notes.md`);
  rmSync(world.desktop.at(`.git/objects/${oid.slice(0, 2)}/${oid.slice(2)}`));
  const { findings, exit } = await desktop.watch(START + 9 * DAY);
  expect(findings.map(({ name }) => name)).toContain("rehearsal");
  expect(exit).toBe(10);
});
