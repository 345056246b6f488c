// Digests of many files, which two threads read: as one after the other, whatever lies there and however the threads end.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { digestIfSteady } from "../lib/integrity/digest.ts";
import { digestMany } from "../lib/integrity/digest-many.ts";
import type { Found } from "../lib/integrity/digest-share.ts";

let folder = "";
let paths: string[] = [];
/** More than are held at once, so that one batch follows the other. */
const FILES = 9_000;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "digest-many-"));
  const place = (name: string): string => join(folder, name);
  paths = Array.from({ length: FILES }, (_, n) => place(`${n} é.txt`));
  for (const [n, path] of paths.entries()) writeFileSync(path, `${n}`.repeat(n % 7));
  writeFileSync(place("program"), "#!/bin/sh\n", { mode: 0o755 });
  symlinkSync("program", place("link"));
  writeFileSync(place("large"), Buffer.alloc(700_000, "large"));
  mkdirSync(place("a folder"));
  writeFileSync(place("hole"), "");
  truncateSync(place("hole"), 1_000_000);
  const odd = ["program", "link", "large", "a folder", "absent", "absent/below", "hole"].map(place);
  for (const [n, path] of odd.entries()) paths.splice(n * 1_400, 0, path);
});

afterAll(() => rmSync(folder, { recursive: true }));

async function collect(batches: AsyncGenerator<Found[]>): Promise<Found[]> {
  const found: Found[] = [];
  for await (const batch of batches) found.push(...batch);
  return found;
}

function oneByOne(path: string, wanted: 20 | 32 | null): Found {
  try {
    return digestIfSteady(path, wanted);
  } catch {
    return "unread";
  }
}

const rest = (): Promise<void> => Promise.resolve();

describe("the digests of files, links, and what is neither", () => {
  test.each([null, 20, 32] as const)("with an object id of %p bytes", async (wanted) => {
    const found = await collect(digestMany(paths, wanted, rest));
    expect(found).toEqual(paths.map((path) => oneByOne(path, wanted)));
    expect(found.filter((one) => one === "unread").length).toBe(2);
  });

  test("of a few files, for which no second thread is begun", async () => {
    const some = paths.slice(0, 40);
    const nowhere = join(folder, "no such thread.ts");
    expect(await collect(digestMany(some, 20, rest, nowhere))).toEqual(some.map((path) => oneByOne(path, 20)));
    expect(await collect(digestMany([], 20, rest))).toEqual([]);
  });
});

test("where the second thread cannot be had, the first reads all that the other did not take", async () => {
  const found = await collect(digestMany(paths, 20, rest, join(folder, "no such thread.ts")));
  expect(found).toEqual(paths.map((path) => oneByOne(path, 20)));
});

test("where it dies, what it took is left unread, and everything else is there", async () => {
  const dying = join(folder, "dying.ts");
  const share = join(import.meta.dir, "../lib/integrity/digest-share.ts");
  writeFileSync(
    dying,
    `import { parentPort } from "node:worker_threads";
import { pathsOf } from ${JSON.stringify(share)};
parentPort.on("message", (share) => {
  pathsOf(share);
  Atomics.add(share.next, 0, 32);
  process.exit(1);
});`,
  );
  const found = await collect(digestMany(paths, 20, rest, dying));
  const wrong = paths.filter((path, n) => found[n] !== "unread" && !Bun.deepEquals(found[n], oneByOne(path, 20)));
  expect(wrong).toEqual([]);
  const unread = found.filter((one) => one === "unread").length;
  expect(unread).toBeGreaterThanOrEqual(2);
  expect(unread).toBeLessThanOrEqual(2 + 3 * 32);
});

test("whoever has seen enough, or fails, ends both threads", async () => {
  for await (const batch of digestMany(paths, 20, rest)) {
    expect(batch.length).toBeGreaterThan(0);
    break;
  }
  const failing = digestMany(paths, 20, () => Promise.reject(new Error("told to end")));
  await expect(collect(failing)).rejects.toThrow("told to end");
});

test("how far it is goes up to the number of files", async () => {
  const told: number[] = [];
  const noting = (done: number): Promise<void> => {
    told.push(done);
    return Promise.resolve();
  };
  await collect(digestMany(paths, null, noting));
  expect(told).toEqual(told.toSorted((a, b) => a - b));
  expect(told.at(-1)).toBe(paths.length);
});
