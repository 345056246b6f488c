// What a person let pass on one machine holds for that commit where it arrives, and for nothing that came later, though
// it be the same fault in the same file.
import { describe, expect, test } from "bun:test";
import { recordsAt } from "./support/attested.ts";
import { BASE, KEY, NOTES, OTHER_KEY } from "./support/guard-cases.ts";
import { expectHalt, publishPlainly } from "./support/guarded.ts";
import type { Machine } from "./support/machine.ts";
import { twoMachines } from "./support/world.ts";

interface Row {
  readonly title: string;
  readonly guard: string;
  readonly path: string | null;
  readonly says: string;
  readonly first: (machine: Machine) => void;
  /** The same fault once more, on top of the first. */
  readonly more: (machine: Machine) => void;
}

const ROWS: readonly Row[] = [
  {
    title: "more deletions",
    guard: "mass-delete",
    path: null,
    says: "are deleted",
    first: (machine) => machine.remove(...NOTES.slice(0, 9)),
    more: (machine) => machine.remove(...NOTES.slice(9, 18)),
  },
  {
    title: "another key in the same file",
    guard: "secret",
    path: "notes/n03.md",
    says: "holds",
    first: (machine) => machine.write("notes/n03.md", `key: ${KEY}\n`),
    more: (machine) => machine.write("notes/n03.md", `key: ${KEY}\nkey: ${OTHER_KEY}\n`),
  },
  {
    title: "another empty file",
    guard: "emptied",
    path: "notes/n04.md",
    says: "had 21 bytes and has none",
    first: (machine) => machine.write("notes/n03.md", ""),
    more: (machine) => machine.write("notes/n04.md", ""),
  },
];
const TITLED = ROWS.map((row) => [row.title, row] as const);

describe("an allowance", () => {
  test.each(TITLED)("holds where its commit arrives, also with honest ones on top: %s", async (_, row) => {
    await using world = await twoMachines(BASE);
    const { desktop, laptop } = world;
    row.first(desktop);
    expect(await desktop.run(["push", "--allow", row.guard])).toSucceed();
    const [record] = recordsAt(world).map((one) => one.record["allowed"]);
    expect(record).toEqual([expect.objectContaining({ guard: row.guard, commit: world.remote.head() })]);
    desktop.write("README.md", "honest\n");
    expect(await desktop.push()).toSucceed();
    desktop.write("top/a.md", "honest, by plain git\n");
    publishPlainly(desktop);
    expect(await laptop.pull()).toSucceed();
  });

  test.each(TITLED)("does not hold for what plain git adds, arriving after it: %s", async (_, row) => {
    await using world = await twoMachines(BASE);
    const { desktop, laptop } = world;
    row.first(desktop);
    expect(await desktop.run(["push", "--allow", row.guard])).toSucceed();
    expect(await laptop.pull()).toSucceed();
    row.more(desktop);
    publishPlainly(desktop);
    await expectHalt(world, laptop, ["pull"], row);
  });

  test.each(TITLED)("does not hold for what plain git adds, arriving with it: %s", async (_, row) => {
    await using world = await twoMachines(BASE);
    const { desktop, laptop } = world;
    row.first(desktop);
    expect(await desktop.run(["push", "--allow", row.guard])).toSucceed();
    row.more(desktop);
    publishPlainly(desktop);
    await expectHalt(world, laptop, ["pull"], row);
  });

  test.each(TITLED)("does not hold for the next push: %s", async (_, row) => {
    await using world = await twoMachines(BASE);
    const { desktop } = world;
    row.first(desktop);
    expect(await desktop.run(["push", "--allow", row.guard])).toSucceed();
    row.more(desktop);
    await expectHalt(world, desktop, ["push"], row);
  });
});
