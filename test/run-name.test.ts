// A run never takes the name of a run that left a snapshot, however seldom two draw the same.
import { expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { locateRepository } from "../lib/git/repository.ts";
import { runName, runStart } from "../lib/machine/identity.ts";
import { copiesFolder } from "../lib/snapshot/copies.ts";
import { snapshotRef } from "../lib/snapshot/keep.ts";
import { freeRunName } from "../lib/sync/run-name.ts";
import { twoMachines } from "./support/world.ts";

test("a name is kept where it is free, and drawn again where a snapshot or its copies have it", async () => {
  await using world = await twoMachines({ "a.md": "1\n" });
  const { desktop } = world;
  const repository = locateRepository(desktop.folder);
  const now = (): Date => new Date("2026-01-04T10:25:00Z");
  const name = runName(now());
  expect(freeRunName(repository, name, now)).toBe(name);

  desktop.git("update-ref", snapshotRef(name), "HEAD");
  const second = freeRunName(repository, name, now);
  expect(second).not.toBe(name);
  expect(runStart(second)).toEqual(now());

  mkdirSync(copiesFolder(repository.folder, second), { recursive: true });
  const third = freeRunName(repository, second, now);
  expect([name, second]).not.toContain(third);
});
