// A run that is told to end, by a person or by the scheduler, at any of its points: all or nothing, the code that says
// so, and nothing that holds up the next run.
import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { twoMachines, type World } from "./support/world.ts";

const TREE = { "clients/acme/tasks.json": "[1]\n", "a.md": "a\n", "b/c.md": "c\n" };
const LATER = { "clients/acme/tasks.json": "[1, 2]\n", "a.md": "A\n", "b/d.md": "d\n" };
const SHARE = 7;

async function ahead(): Promise<World> {
  const world = await twoMachines(TREE);
  for (const [path, text] of Object.entries(LATER)) world.desktop.write(path, text);
  world.desktop.remove("b/c.md");
  expect((await world.desktop.push()).exit).toBe(0);
  return world;
}

/** How many fault points a whole pull passes. */
async function pointsOfPull(): Promise<number> {
  await using world = await ahead();
  const log = join(world.root, "points");
  expect((await world.laptop.pull({ faultLog: log })).exit).toBe(0);
  return readFileSync(log, "utf8").trimEnd().split("\n").length;
}

const SIGNALS: readonly (readonly [name: string, exit: number])[] = [
  ["TERM", 143],
  ["INT", 130],
  ["HUP", 143],
];

test.each(SIGNALS)("SIG%s, at points spread over a pull", async (name, exit) => {
  const points = await pointsOfPull();
  const ends = new Set<number | null>();
  for (let share = 0; share < SHARE; share++) {
    await using world = await ahead();
    const { laptop, desktop } = world;
    const hook = join(world.root, "hook.sh");
    writeFileSync(hook, `#!/bin/sh\nkill -s ${name} "$PPID"\n`, { mode: 0o755 });
    const before = laptop.tree();
    const point = 1 + Math.floor((share * (points - 1)) / (SHARE - 1));
    const run = await laptop.pull({ fault: `hook@${point}`, faultHook: hook });
    expect([0, exit]).toContain(run.exit ?? -1);
    // told to end after all was in place and proven, it is whole all the same
    expect(run.exit === 0 ? [desktop.tree()] : [before, desktop.tree()]).toContainEqual(laptop.tree());
    if (run.exit !== 0) expect(run.report?.failure?.kind).toBe(exit === 130 ? "interrupted" : "terminated");
    expect(await laptop.pull()).toSucceed();
    expect(laptop.tree()).toEqual(desktop.tree());
    ends.add(run.exit);
  }
  expect(ends.has(exit)).toBe(true);
});
