// What ran here: as a list with who and how long, and one run in full; and what the snapshots are, as lists and in full.
import { expect, test } from "bun:test";
import { formatAge, formatBytes, rehearsalLine, wordsOfList, wordsOfNewest } from "../cmd/rollback-words.ts";
import type { RunResult } from "./support/machine.ts";
import { twoMachines, type World } from "./support/world.ts";

const object = (run: RunResult): Record<string, unknown> => JSON.parse(run.stdout) as Record<string, unknown>;

async function worldWithRuns(): Promise<World> {
  const world = await twoMachines({ a: "1\n", "clients/acme/tasks.json": "[1]" });
  const { desktop, laptop } = world;
  desktop.write("a", "2\n").write("b", "new\n");
  expect(await desktop.push()).toSucceed();
  expect(await laptop.pull()).toSucceed();
  laptop.write("a", "");
  expect(await laptop.push()).toFailWith("halted");
  return world;
}

test("each run has its time, command, outcome, files, duration, who and snapshot", async () => {
  await using world = await worldWithRuns();
  const { laptop } = world;
  const entries = object(await laptop.run(["history"]))["entries"] as unknown[];
  expect(entries).toMatchObject([
    { command: "push", outcome: "blocked", exit: 21, failureTitle: expect.any(String) },
    {
      command: "pull",
      outcome: "synced",
      exit: 0,
      files: { added: 1, modified: 1, deleted: 0, merged: 0 },
      machine: { name: "laptop-mac", role: "laptop" },
      attestedBy: "desktop",
      snapshot: expect.stringMatching(/^\d{8}T/),
      durationMs: expect.any(Number),
    },
  ]);
  const words = (await laptop.words(["history"])).stdout;
  expect(words).toMatch(/pull +synced +laptop, from desktop +\d+\.\d s +1 added, 1 modified +\d{8}T/);
  expect(object(await laptop.run(["history", "--limit", "1"]))["entries"]).toHaveLength(1);
});

test("one run in full, by its name or the beginning of it", async () => {
  await using world = await worldWithRuns();
  const { laptop } = world;
  const [push, pull] = object(await laptop.run(["history"]))["entries"] as { run: string; snapshot: string }[];
  const shown = object(await laptop.run(["history", pull?.run ?? ""]));
  expect(shown).toMatchObject({
    exit: 0,
    entry: { run: pull?.run },
    report: { command: "pull", files: { added: ["b"] } },
  });
  const words = (await laptop.words(["history", pull?.run ?? ""])).stdout;
  for (const part of ["laptop, from desktop (laptop-mac)", "new      b", `rollback ${pull?.snapshot}`, "steps of run"])
    expect(words).toContain(part);
  const failed = (await laptop.words(["history", (push?.run ?? "").slice(0, 18)])).stdout;
  expect(failed).toContain("halted before any harm was done");
  expect(failed).toContain("--allow");

  const several = await laptop.run(["history", "2"]);
  expect(several).toFailWith("usage");
  expect(several.report?.failure?.remedy).toHaveLength(2);
  expect(await laptop.run(["history", "1999"])).toFailWith("usage");
});

test("rollback list says why each snapshot is kept and what all take; status says what the newest holds", async () => {
  await using world = await worldWithRuns();
  const { laptop } = world;
  const list = object(await laptop.run(["rollback", "list"]));
  expect(list["snapshots"]).toMatchObject([
    { command: "push", complete: true, kept: "taken within a day", copies: { files: 1, damaged: false } },
    { command: "pull", complete: true, kept: "taken within a day", copies: { files: 1, damaged: false } },
  ]);
  const { copiesBytes, mostBytes } = list["space"] as { copiesBytes: number; mostBytes: number };
  expect(copiesBytes).toBeGreaterThan(100);
  expect(mostBytes).toBe(2_000_000_000);
  const status = object(await laptop.run(["rollback", "status"]));
  expect(status["snapshots"]).toHaveLength(1);
  expect(status).toMatchObject({ contents: { files: 3, bytes: 7 }, rehearsal: null });
  const words = (await laptop.words(["rollback", "status"])).stdout;
  for (const part of [
    "age ",
    "complete: it ended",
    "3 files, 7 B",
    "1 file copied",
    "taken within a day",
    "never rehearsed",
  ])
    expect(words).toContain(part);
  expect((await laptop.words(["rollback", "list"])).stdout).toMatch(
    /before push +1 file copied, .* taken within a day/,
  );
});

test("the space that snapshots may take is a setting, and over it the newest twenty stay, which is said", async () => {
  await using world = await twoMachines({ a: "1\n", ".gitignore": ".mcp.json\n" });
  const { desktop, laptop } = world;
  const config = `${laptop.home}/.config/petesbrain-sync/config.toml`;
  await Bun.write(config, `${await Bun.file(config).text()}\n[snapshots]\nmost_mb = 10\n`);
  laptop.write(".mcp.json", new Uint8Array(12_000_000));
  desktop.write("a", "2\n");
  expect(await desktop.push()).toSucceed();
  const run = await laptop.pull();
  expect(run).toSucceed();
  expect(run.report?.notes.join()).toContain("may take 10 MB");
  expect((await laptop.words(["rollback", "list"])).stdout).toContain("more than they may");
});

test("ages and sizes read well, and what is not known is said", () => {
  expect([0, 60_000, 7_199_000, 7_200_000, 172_800_000].map(formatAge)).toEqual([
    "0 minutes",
    "1 minute",
    "119 minutes",
    "2 hours",
    "2 days",
  ]);
  expect([0, 999, 1000, 123_456, 5_600_000_000].map(formatBytes)).toEqual([
    "0 B",
    "999 B",
    "1.0 kB",
    "123 kB",
    "5.6 GB",
  ]);
  const space = { copiesBytes: 0, gitBytes: 0, mostBytes: 10 };
  expect(wordsOfList([], space)[0]).toContain("no snapshot yet");
  const known = { contents: null, space, rehearsal: null, now: new Date(0) };
  expect(wordsOfNewest(undefined, known)[0]).toContain("no snapshot yet");
  const cut = {
    id: "x",
    takenAt: "2026-01-01T00:00:00.000Z",
    command: null,
    complete: false,
    cutOff: true,
    commit: "c",
    kept: "why",
    copies: { files: null, bytes: 0, damaged: false },
  };
  const words = wordsOfNewest(cut, known).join("\n");
  for (const part of ["cut off", "history no longer knows", "not known", "no copies"]) expect(words).toContain(part);
  const failed = { at: "2026-01-01T00:00:00.000Z", snapshot: "x", files: 0, bytes: 0, copies: 0, damaged: [] };
  expect(rehearsalLine({ ...failed, failed: "the disk is full" })).toContain("the disk is full");
});
