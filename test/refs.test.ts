// Where a ref is, read from git's files: it must be what git says, wherever git keeps it.
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readRef } from "../lib/git/refs.ts";
import { locateRepository } from "../lib/git/repository.ts";
import { Git } from "../lib/git/shell.ts";
import { gitText, machineEnvironment } from "./support/plain-git.ts";

interface Place extends Disposable {
  readonly git: (...args: string[]) => string;
  readonly read: (name: string) => Promise<string | null>;
}

function makePlace(): Place {
  const folder = mkdtempSync(join(tmpdir(), "refs-"));
  const git: Place["git"] = (...args) =>
    gitText(folder, folder, ["-c", "user.name=a", "-c", "user.email=a@example.com", ...args]);
  git("init", "-q", "-b", "main");
  git("commit", "-q", "--allow-empty", "-m", "first");
  const door = new Git({ folder, environment: machineEnvironment(folder), signal: new AbortController().signal });
  return {
    git,
    read: (name) => readRef(door, locateRepository(folder), name),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}

test("a ref with a file of its own, one in the list of packed ones, and one in both", async () => {
  using place = makePlace();
  const first = place.git("rev-parse", "HEAD");
  expect(await place.read("refs/heads/main")).toBe(first);
  for (const name of ["refs/heads/mai", "refs/heads/main2", "refs/remotes/origin/main"])
    place.git("update-ref", name, first);
  place.git("tag", "-a", "-m", "with a peeled line behind it", "v1");
  place.git("pack-refs", "--all");
  for (const name of ["refs/heads/main", "refs/heads/mai", "refs/heads/main2", "refs/remotes/origin/main"])
    expect(await place.read(name)).toBe(first);
  place.git("commit", "-q", "--allow-empty", "-m", "second");
  expect(await place.read("refs/heads/main")).toBe(place.git("rev-parse", "HEAD"));
  expect(await place.read("refs/heads/mai")).toBe(first);
});

test("a ref that leads to another, one that is only part of a name, and none", async () => {
  using place = makePlace();
  const first = place.git("rev-parse", "HEAD");
  place.git("symbolic-ref", "refs/heads/alias", "refs/heads/main");
  place.git("update-ref", "refs/heads/deep/er", first);
  place.git("pack-refs", "--all");
  expect(await place.read("refs/heads/alias")).toBe(first);
  expect(await place.read("refs/heads/deep/er")).toBe(first);
  for (const name of ["refs/heads/deep", "refs/heads/er", "refs/heads/none", "refs/remotes/main"])
    expect(await place.read(name)).toBeNull();
});
