// The rehearsal of a rollback: what it proves, what it finds, when it is due, and that git tidies afterwards.
import { expect, test } from "bun:test";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { State } from "../lib/machine/state.ts";
import { keepRehearsal, type Rehearsal } from "../lib/sync/rehearsal.ts";
import { rehearsalDue } from "../lib/sync/rehearse.ts";
import { flipBit, looseObject } from "./support/damage.ts";
import type { Machine, RunResult } from "./support/machine.ts";
import { makeRoot, twoMachines } from "./support/world.ts";

function rehearsalOf(run: RunResult): Record<string, unknown> {
  return (JSON.parse(run.stdout) as { rehearsal: Record<string, unknown> }).rehearsal;
}

async function statusOf(machine: Machine): Promise<Record<string, unknown>> {
  return JSON.parse((await machine.status()).stdout) as Record<string, unknown>;
}

const FILES = {
  "a.md": "1\n",
  "x.sh": { text: "#!/bin/sh\n", mode: 0o755 },
  link: { link: "a.md" },
  "dos.txt": "one\ntwo\n",
  "clients/acme/tasks.json": "[1]",
  ".gitattributes": "dos.txt eol=crlf\n",
  ".gitignore": ".mcp.json\n",
} as const;

test("restores the newest snapshot beside the folder, whatever git's filters make of it, and remembers that", async () => {
  await using world = await twoMachines(FILES);
  const { laptop } = world;
  laptop.write(".mcp.json", "secret").write("draft.md", "never committed").write("a.md", "edited\n");
  expect(await laptop.push()).toSucceed();
  expect(await statusOf(laptop)).toMatchObject({ rehearsal: null });
  const before = laptop.state();
  const run = await laptop.run(["rollback", "--rehearse"]);
  expect(run).toSucceed();
  expect(rehearsalOf(run)).toMatchObject({ files: 8, copies: 2, damaged: [], failed: null });
  expect(laptop.state()).toEqual(before);
  expect(await statusOf(laptop)).toMatchObject({ rehearsal: { files: 8, damaged: [] } });
  expect(readdirSync(laptop.at(".git/petesbrain-sync/work"))).toEqual([]);
  expect((await laptop.words(["rollback", "--rehearse"])).stdout).toContain("8 files and 2 copies came back");
  expect((await laptop.words(["status"])).stdout).toContain("8 files and 2 copies came back");
});

test("a file comes back as git writes it, whatever its attributes are by now and wherever they are told", async () => {
  const many = Object.fromEntries(Array.from({ length: 1_100 }, (_, n) => [`many/${n}.md`, `${n}\n`]));
  const before = { "mixed.txt": "one\r\ntwo\n", ...many };
  await using world = await twoMachines({ ...before, ".gitattributes": "*.md text eol=crlf\n" });
  const { laptop } = world;
  laptop.write(".gitattributes", "*.md text eol=crlf\n*.txt text eol=crlf\n").write("draft.md", "new\r\n");
  expect(await laptop.push()).toSucceed();
  const run = await laptop.run(["rollback", "--rehearse"]);
  expect(run).toSucceed();
  expect(rehearsalOf(run)).toMatchObject({ files: 1_103, damaged: [], failed: null });
});

test("a copy that went bad is found and named, and status does not let it rest", async () => {
  await using world = await twoMachines(FILES);
  const { laptop } = world;
  laptop.write(".mcp.json", "secret").write("a.md", "edited\n");
  const push = await laptop.push();
  flipBit(laptop.at(join(".sync-snapshot", push.report?.snapshot ?? "", "files", ".mcp.json")));
  const run = await laptop.run(["rollback", "--rehearse"]);
  expect(run).toFailWith("integrity-mismatch");
  expect(run.report?.failure?.paths).toEqual([".mcp.json"]);
  const status = await statusOf(laptop);
  expect(status["verdict"]).toBe("ATTENTION");
  expect(JSON.stringify(status["reasons"])).toContain("rollback --rehearse");
});

test("an object that went bad is found, and why is remembered", async () => {
  await using world = await twoMachines(FILES);
  const { laptop } = world;
  laptop.write("draft.md", "never committed").write("a.md", "edited\n");
  expect(await laptop.push()).toSucceed();
  flipBit(looseObject(laptop, laptop.gitText("rev-parse", "HEAD:draft.md")));
  const run = await laptop.run(["rollback", "--rehearse"]);
  expect(run.exit).toBe(31);
  expect((await statusOf(laptop))["verdict"]).toBe("ATTENTION");
});

test("with no snapshot there is nothing to rehearse, and that is said", async () => {
  await using world = await twoMachines({ a: "1" });
  const run = await world.laptop.run(["rollback", "--rehearse"]);
  expect(run).toSucceed();
  expect(run.report?.notes.join()).toContain("no snapshot yet");
  expect(rehearsalOf(run)).toBe(null as never);
});

test("it is due once a week, and after the clock was set back", () => {
  const root = makeRoot();
  try {
    mkdirSync(root, { recursive: true });
    const at = "2026-03-02T10:00:00.000Z";
    const days = (count: number): Date => new Date(Date.parse(at) + count * 86_400_000);
    expect(rehearsalDue(root, days(0))).toBe(true);
    const state = State.open(root);
    keepRehearsal(state, { at, snapshot: "x", files: 1, bytes: 1, copies: 0, damaged: [], failed: null });
    state.close();
    expect([0, 1, 6.9, 7, 400, -1].map((count) => rehearsalDue(root, days(count)))).toEqual([
      false,
      false,
      false,
      true,
      true,
      true,
    ]);
  } finally {
    rmSync(root, { recursive: true });
  }
});

test("git tidies its store afterwards, in the foreground, where there is much to tidy and the user has not said no", async () => {
  await using world = await twoMachines({ a: "1" });
  const { laptop } = world;
  laptop.write("a", "2");
  expect(await laptop.push()).toSucceed();
  const loose = (): number => Number(/count: (\d+)/.exec(laptop.gitText("count-objects", "-v"))?.[1]);
  for (const name of ["one", "two"]) {
    writeFileSync(laptop.at(name), name);
    laptop.git("add", ".").git("commit", "-q", "-m", name).git("repack", "-q");
  }
  writeFileSync(laptop.at("three"), "three");
  laptop.git("add", ".").git("commit", "-q", "-m", "three");
  laptop.git("config", "gc.autoPackLimit", "1").git("config", "gc.auto", "0");
  const before = loose();
  expect(before).toBeGreaterThan(0);
  expect(await laptop.run(["rollback", "--rehearse"])).toSucceed();
  expect(loose()).toBe(before);
  laptop.git("config", "--unset", "gc.auto");
  expect(await laptop.run(["rollback", "--rehearse"])).toSucceed();
  expect(loose()).toBeLessThan(before);
  expect(await laptop.run(["rollback", "--rehearse"])).toSucceed();
});

test("the watchdog rehearses once a week, and tells when it fails", async () => {
  await using world = await twoMachines(FILES);
  const { laptop } = world;
  laptop.write(".mcp.json", "secret").write("a.md", "edited\n");
  const push = await laptop.push();
  expect(push).toSucceed();
  await laptop.run(["watchdog"]);
  const first = (await statusOf(laptop))["rehearsal"];
  expect(first).toMatchObject({ damaged: [], failed: null });
  await laptop.run(["watchdog"]);
  expect((await statusOf(laptop))["rehearsal"]).toEqual(first as never);
  flipBit(laptop.at(join(".sync-snapshot", push.report?.snapshot ?? "", "files", ".mcp.json")));
  const state = State.open(laptop.at(".git/petesbrain-sync"));
  keepRehearsal(state, { ...(first as Rehearsal), at: "2020-01-01T00:00:00.000Z" });
  state.close();
  const watch = JSON.parse((await laptop.run(["watchdog"])).stdout) as { findings: { name: string; says: string }[] };
  expect(watch.findings.map(({ name }) => name)).toContain("rehearsal");
  expect(JSON.stringify(watch.findings)).toContain(".mcp.json");
});
