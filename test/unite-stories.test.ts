// What needs nobody: completed tasks and logs are united by their entries, task lists by id where the policy says so,
// through real runs of two and three machines in any order; what is not provable is asked about.
import { describe, expect, test } from "bun:test";
import type { Machine } from "./support/machine.ts";
import { expectAgreement, expectMonotoneRemote, expectQuietRound, settle } from "./support/together.ts";
import { type Contents, threeMachines, twoMachines } from "./support/world.ts";

const COMPLETED = "clients/acme/tasks-completed.md";
const TASKS = "clients/acme/tasks.json";
const SETTINGS = ".petesbrain-sync.toml";
const BY_ID = `[[class]]\nname = "tasks"\nglobs = ["clients/*/tasks.json"]\npolicy = "by-id"\n`;

const entry = (day: string, what: string): string => `## 2026-01-${day} ${what}\n\n- id: ${what}\n\nDone.\n\n`;
const completed = (...entries: string[]): string => `# Completed tasks\n\n${entries.join("")}`;
const list = (...tasks: object[]): string => `${JSON.stringify({ version: 3, tasks }, null, 2)}\n`;
const task = (id: string, title = id): object => ({ id, title, status: "open" });

const add = (path: string, text: string) => (m: Machine) => m.write(path, text);

interface Row {
  readonly title: string;
  readonly start: Contents;
  readonly path: string;
  readonly desktop: string;
  readonly laptop: string;
  /** Null: a person is asked. */
  readonly end: string | null;
}

const ROWS: readonly Row[] = [
  {
    title: "completed tasks, each side added one",
    start: { [COMPLETED]: completed(entry("01", "a")) },
    path: COMPLETED,
    desktop: completed(entry("01", "a"), entry("03", "desk")),
    laptop: completed(entry("01", "a"), entry("02", "lap")),
    end: completed(entry("01", "a"), entry("02", "lap"), entry("03", "desk")),
  },
  {
    title: "completed tasks, one deleted here, one added there",
    start: { [COMPLETED]: completed(entry("01", "a"), entry("02", "b")) },
    path: COMPLETED,
    desktop: completed(entry("02", "b")),
    laptop: completed(entry("01", "a"), entry("02", "b"), entry("04", "lap")),
    end: completed(entry("02", "b"), entry("04", "lap")),
  },
  {
    title: "completed tasks, the same entry edited on both",
    start: { [COMPLETED]: completed(entry("01", "a")) },
    path: COMPLETED,
    desktop: completed(entry("01", "a").replace("Done", "Done by desk")),
    laptop: completed(entry("01", "a").replace("Done", "Done by lap")),
    end: null,
  },
  {
    title: "a log",
    start: { "run.log": "2026-01-01T10:00:00Z start\n" },
    path: "run.log",
    desktop: "2026-01-01T10:00:00Z start\n2026-01-01T12:00:00Z desk\n",
    laptop: "2026-01-01T10:00:00Z start\n2026-01-01T11:00:00Z lap\n  with a second line\n",
    end: "2026-01-01T10:00:00Z start\n2026-01-01T11:00:00Z lap\n  with a second line\n2026-01-01T12:00:00Z desk\n",
  },
  {
    title: "an e-mail archive, new on both",
    start: { "a.md": "1" },
    path: "clients/acme/emails/2026.md",
    desktop: "2026-01-02 desk\n",
    laptop: "2026-01-01 lap\n",
    end: "2026-01-01 lap\n2026-01-02 desk\n",
  },
  {
    title: "a task list where the policy unites by id, each side added one and edited another",
    start: { [SETTINGS]: BY_ID, [TASKS]: list(task("1"), task("2")) },
    path: TASKS,
    desktop: list(task("1", "desk"), task("2"), task("3")),
    laptop: list(task("1"), task("2", "lap"), task("4")),
    end: list(task("1", "desk"), task("2", "lap"), task("3"), task("4")),
  },
  {
    title: "a task list where one task was edited on both",
    start: { [SETTINGS]: BY_ID, [TASKS]: list(task("1")) },
    path: TASKS,
    desktop: list(task("1", "desk")),
    laptop: list(task("1", "lap")),
    end: null,
  },
  {
    title: "a task list by the built-in rule",
    start: { [TASKS]: list(task("1")) },
    path: TASKS,
    desktop: list(task("1"), task("2")),
    laptop: list(task("1"), task("3")),
    end: null,
  },
];

describe.each([
  ["desktop", "laptop"],
  ["laptop", "desktop"],
] as const)("%s first, then %s:", (first, second) => {
  test.each(ROWS.map((row) => [row.title, row] as const))("%s", async (_, row) => {
    await using world = await twoMachines(row.start);
    add(row.path, row.desktop)(world.desktop);
    add(row.path, row.laptop)(world.laptop);
    expect(await world[first].sync()).toSucceed();
    const before = world[second].state();
    const run = await world[second].sync();
    if (row.end === null) {
      expect(run).toFailWith("conflicts");
      expect(run.report?.files.conflicts).toEqual([row.path]);
      expect(world[second].state()).toEqual(before);
      return;
    }
    expect(run).toSucceed();
    expect(run.report?.files.merged).toEqual([row.path]);
    expect(world[second].read(row.path)).toBe(row.end);
    await settle(world);
    expectAgreement(world);
    expectMonotoneRemote(world);
    await expectQuietRound(world);
  });
});

test("a union of task lists is offered where the rule asks, and --take merged takes it", async () => {
  await using world = await twoMachines({ [TASKS]: list(task("1")) });
  const { desktop, laptop } = world;
  expect(await desktop.write(TASKS, list(task("1"), task("2"))).push()).toSucceed();
  expect(await laptop.write(TASKS, list(task("1"), task("3"))).sync()).toFailWith("conflicts");
  expect(await laptop.run(["resolve", TASKS, "--take", "merged"])).toSucceed();
  expect(laptop.read(TASKS)).toBe(list(task("1"), task("2"), task("3")));
  expect(await desktop.sync()).toSucceed();
  expectAgreement(world);
});

test("what cannot be proven to keep every task is not offered", async () => {
  const doubled = '[{"id": "1", "a": 1, "a": 2}]\n';
  await using world = await twoMachines({ [TASKS]: doubled });
  const { desktop, laptop } = world;
  const grown = (id: string): string => doubled.replace("}]", `}, {"id": "${id}"}]`);
  expect(await desktop.write(TASKS, grown("2")).push()).toSucceed();
  expect(await laptop.write(TASKS, grown("3")).sync()).toFailWith("conflicts");
  const run = await laptop.run(["resolve", TASKS, "--take", "merged"]);
  expect(run).toFailWith("usage");
  expect(run.report?.failure?.cause).toContain("there is: laptop, desktop, both, base");
});

const ORDERS = [
  ["desktop", "laptop", "studio"],
  ["studio", "laptop", "desktop"],
  ["laptop", "studio", "desktop"],
] as const;

test("three machines come to the same bytes in whatever order they sync", async () => {
  const ends = new Set<string>();
  for (const order of ORDERS) {
    await using world = await threeMachines({
      [SETTINGS]: BY_ID,
      [COMPLETED]: completed(entry("01", "a")),
      [TASKS]: list(task("1")),
    });
    for (const [n, machine] of world.machines.entries()) {
      const day = String(n + 2).padStart(2, "0");
      machine.write(COMPLETED, completed(entry("01", "a"), entry(day, machine.name)));
      machine.write(TASKS, list(task("1"), task(machine.name)));
    }
    for (const name of order) expect(await world[name].sync()).toSucceed();
    await settle(world);
    expectAgreement(world);
    ends.add(`${world.desktop.read(COMPLETED)}\n${world.desktop.read(TASKS)}`);
  }
  expect([...ends]).toHaveLength(1);
  expect([...ends][0]?.match(/## 2026/g)).toHaveLength(4);
  expect([...ends][0]?.match(/"id"/g)).toHaveLength(4);
});
