// Stat data brought into an index must be, to the byte, what git itself would have written there.
import { expect, test } from "bun:test";
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EntryPlaces, type FileStat, writeStats } from "../lib/git/index-stat.ts";

const names = ["a", "dir/b", "dir/bc", "dir/deeper/c d", "link", "ünïcode", `long-${"x".repeat(220)}`, "zero"];

function repository(version: number): {
  folder: string;
  git: (...args: string[]) => void;
  index: () => Buffer;
  [Symbol.dispose](): void;
} {
  const folder = mkdtempSync(join(tmpdir(), "index-stat-"));
  const env = { PATH: process.env["PATH"] ?? "", HOME: folder, GIT_CONFIG_NOSYSTEM: "1" };
  const git = (...args: string[]): void => {
    const ended = Bun.spawnSync(["git", ...args], { cwd: folder, env });
    if (ended.exitCode !== 0) throw new Error(`git ${args.join(" ")}: ${ended.stderr.toString()}`);
  };
  git("init", "-q", "-b", "main");
  for (const name of names) {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    if (name === "link") symlinkSync("a", join(folder, name));
    else writeFileSync(join(folder, name), name === "zero" ? "" : name);
  }
  git("add", "-A");
  git("update-index", "--index-version", String(version));
  return {
    folder,
    git,
    index: () => readFileSync(join(folder, ".git", "index")),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The bytes of an index after the stats were written into a copy of it. */
function withStats(folder: string, before: Buffer, stats: ReadonlyMap<string, FileStat>, places?: EntryPlaces): Buffer {
  const copy = join(folder, ".git", "copy");
  writeFileSync(copy, before);
  writeStats(copy, stats, 20, places);
  return readFileSync(copy);
}

test.each([2, 3, 4])("version %d: the same bytes as git update-index --refresh", (version) => {
  using place = repository(version);
  const before = place.index();
  // older than the index by far, so that git has no reason to mark an entry as doubtful
  for (const name of names) if (name !== "link") utimesSync(join(place.folder, name), 1_700_000_000, 1_700_000_000.25);
  const stats = new Map(names.map((name) => [name, lstatSync(join(place.folder, name), { bigint: true })]));
  const mine = withStats(place.folder, before, stats);
  place.git("update-index", "--refresh");
  const theirs = place.index();
  expect(Buffer.compare(mine, theirs)).toBe(0);
  expect(Buffer.compare(before, theirs)).not.toBe(0);
});

test.each([2, 4])("version %d: places that entries were found at are a hint, right or wrong", (version) => {
  using place = repository(version);
  const before = place.index();
  const stats = new Map(names.map((name) => [name, lstatSync(join(place.folder, name), { bigint: true })]));
  const plain = withStats(place.folder, before, stats);
  const found = new Map(names.map((name) => [name, before.indexOf(`${name}\0`) - 62]));
  const hints = [
    found,
    new Map([...found].map(([name, at]) => [name, at + 8])),
    new Map([...found].map(([name]) => [name, found.get("a") ?? 0])),
    new Map([["a", before.length * 2]]),
  ];
  for (const places of hints) expect(Buffer.compare(withStats(place.folder, before, stats, places), plain)).toBe(0);
});

test("entries that are not named stay as they are, and what is no index is refused", () => {
  using place = repository(2);
  expect(Buffer.compare(withStats(place.folder, place.index(), new Map()), place.index())).toBe(0);
  expect(() => withStats(place.folder, Buffer.from("something else entirely"), new Map())).toThrow("not an index file");
});

test.each([2, 4])("version %d: an index longer than what is read at once", (version) => {
  using place = repository(version);
  const many = Array.from({ length: 1_000 }, (_, at) => `many/${at}-${"z".repeat(200)}`);
  mkdirSync(join(place.folder, "many"));
  for (const name of many) writeFileSync(join(place.folder, name), "");
  place.git("add", "-A");
  const chosen = ["a", many[503] ?? "", many[999] ?? "", "zero"];
  for (const name of chosen) utimesSync(join(place.folder, name), 1_700_000_000, 1_700_000_000.25);
  const before = place.index();
  expect(before.length).toBeGreaterThan(200_000);
  const stats = new Map(chosen.map((name) => [name, lstatSync(join(place.folder, name), { bigint: true })]));
  const mine = withStats(place.folder, before, stats);
  place.git("update-index", "--refresh");
  expect(Buffer.compare(mine, place.index())).toBe(0);
  expect(Buffer.compare(mine, before)).not.toBe(0);
});
