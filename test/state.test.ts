// The state database: what an older version of the program left is carried over, and rot in what is remembered is noticed.
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type KnownDigest, type RunRow, State } from "../lib/machine/state.ts";

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

const WITHOUT_CHECKSUMS = ["digests", "facts", "runs"].map((table) => `ALTER TABLE ${table} DROP COLUMN checksum`);

test("what rollbacks undid is carried over from the form it had before, added to, and forgotten", () => {
  const entry = { mode: "100644", oid: "1".repeat(40) };
  const value = JSON.stringify([
    ['clients/"acme"/a.md', entry],
    ["gone.md", null],
  ]);
  inDatabase(
    "DROP TABLE undone",
    `INSERT INTO facts (key, value) VALUES ('undone', '${value}')`,
    ...WITHOUT_CHECKSUMS,
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
      ...WITHOUT_CHECKSUMS,
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

test("a fact that rot has changed is none, until it is written anew; one of an older version stays", () => {
  const before = State.open(folder);
  for (const key of ["one", "two", "three"]) before.setFact(key, `[${key.length}]`);
  before.close();
  inDatabase(
    "UPDATE facts SET value = '[4]' WHERE key = 'one'",
    "UPDATE facts SET key = 'four' WHERE key = 'two'",
    "UPDATE facts SET checksum = NULL WHERE key = 'three'",
  );
  const state = State.open(folder);
  expect(["one", "two", "three", "four"].map((key) => state.fact(key))).toEqual([null, null, "[5]", null]);
  state.setFact("one", "[5]");
  expect(state.fact("one")).toBe("[5]");
  state.close();
});

describe("a run", () => {
  const row: RunRow = {
    run: "20261126T081217Z-0255",
    command: "pull",
    startedAt: "2026-11-26T08:12:17.000Z",
    outcome: "synced",
    exit: 0,
    report: '{"snapshot":null}',
    undoFrom: "1".repeat(40),
    undoTo: "2".repeat(40),
  };

  test.each([
    ["command", "'push'"],
    ["started_at", "'2026-11-26T08:12:17.001Z'"],
    ["outcome", "'failed'"],
    ["exit", "exit + 1"],
    ["report", "'{}'"],
    ["undo_from", "undo_to"],
    ["undo_to", "NULL"],
  ])("whose %s rot has changed is believed by nobody, and the database is named", (column, value) => {
    const before = State.open(folder);
    before.recordRun(row);
    expect(before.lastUndoable()).toEqual(row);
    before.close();
    inDatabase(`UPDATE runs SET ${column} = ${value}`);
    const state = State.open(folder);
    const reads = [
      () => state.runs(1),
      () => state.run(row.run),
      () => state.runsNamed("2026", 1),
      () => state.lastUndoable(),
    ];
    for (const read of reads) expect(read).toThrow(`its record of the run ${row.run} is not what was written`);
    state.close();
  });

  test("of an older version is read as it is", () => {
    const before = State.open(folder);
    before.recordRun(row);
    before.close();
    inDatabase("UPDATE runs SET checksum = NULL");
    const state = State.open(folder);
    expect([state.runs(1), state.run(row.run)]).toEqual([[row], row]);
    state.close();
  });
});
