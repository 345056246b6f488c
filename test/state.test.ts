// The state database: what an older version of the program left is carried over, and rot in what is remembered is noticed.
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type KnownDigest, State } from "../lib/machine/state.ts";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "state-"));
  State.open(folder).close();
});

afterEach(() => rmSync(folder, { recursive: true }));

function inDatabase(...statements: string[]): void {
  using database = new Database(join(folder, "state.db"));
  for (const statement of statements) database.run(statement);
}

test("what rollbacks undid is carried over from the form it had before, added to, and forgotten", () => {
  const entry = { mode: "100644", oid: "1".repeat(40) };
  const value = JSON.stringify([
    ['clients/"acme"/a.md', entry],
    ["gone.md", null],
  ]);
  inDatabase(
    "DROP TABLE undone",
    `INSERT INTO facts VALUES ('undone', '${value}')`,
    "ALTER TABLE digests DROP COLUMN checksum",
    "PRAGMA user_version = 3",
  );
  const state = State.open(folder);
  expect([...state.undone()]).toEqual([
    ['clients/"acme"/a.md', entry],
    ["gone.md", null],
  ]);
  expect(state.fact("undone")).toBeNull();
  state.rememberUndone([
    { path: "gone.md", after: entry },
    { path: "new.md", after: null },
  ]);
  expect(new Map(state.undone())).toEqual(
    new Map([
      ['clients/"acme"/a.md', entry],
      ["gone.md", entry],
      ["new.md", null],
    ]),
  );
  state.forgetUndone();
  expect(state.undone().size).toBe(0);
  state.close();
});

describe("a remembered digest", () => {
  const [one, two] = ["1".repeat(40), "2".repeat(40)];
  const digests = new Map<string, KnownDigest>([
    [one, { sha256: "a".repeat(64), sizeBytes: 1 }],
    [two, { sha256: "b".repeat(64), sizeBytes: 2 }],
  ]);

  test.each([
    ["the digest", "sha256 = 'c' || substr(sha256, 2)"],
    ["the size", "size = size + 65536"],
    ["the checksum", "checksum = checksum + 1"],
    ["the object's id", "oid = '3' || substr(oid, 2)"],
    ["a value of another kind", "sha256 = x'00'"],
  ])("counts as none where rot has changed %s, until it is read anew", (_, rot) => {
    const before = State.open(folder);
    before.rememberDigests(digests);
    expect(before.digestsOf([one, two])).toEqual(digests);
    before.close();
    inDatabase(`UPDATE digests SET ${rot} WHERE oid = '${one}'`);
    const state = State.open(folder);
    expect([...state.digestsOf([one, two, `3${one.slice(1)}`]).keys()]).toEqual([two]);
    state.rememberDigests(digests);
    expect(state.digestsOf([one, two])).toEqual(digests);
    state.close();
  });

  test("of an older version, without a checksum, is read anew", () => {
    inDatabase(
      "ALTER TABLE digests DROP COLUMN checksum",
      `INSERT INTO digests VALUES ('${one}', '${"c".repeat(64)}', 1)`,
      "PRAGMA user_version = 5",
    );
    const state = State.open(folder);
    expect(state.digestsOf([one]).size).toBe(0);
    state.rememberDigests(digests);
    expect(state.digestsOf([one, two])).toEqual(digests);
    state.close();
  });

  test("that is known is not written again", () => {
    const state = State.open(folder);
    state.rememberDigests(digests);
    using beside = new Database(join(folder, "state.db"));
    const version = () => beside.query<{ data_version: number }, []>("PRAGMA data_version").get()?.data_version;
    const before = version();
    state.rememberDigests(digests);
    expect(version()).toBe(before);
    state.rememberDigests(new Map([["4".repeat(40), { sha256: "d".repeat(64), sizeBytes: 4 }]]));
    expect(version()).not.toBe(before);
    state.close();
  });
});
