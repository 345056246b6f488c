// The state database: what an older version of the program left is carried over.
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { State } from "../lib/machine/state.ts";

test("what rollbacks undid is carried over from the form it had before, added to, and forgotten", () => {
  const folder = mkdtempSync(join(tmpdir(), "state-"));
  try {
    State.open(folder).close();
    const entry = { mode: "100644", oid: "1".repeat(40) };
    using older = new Database(join(folder, "state.db"));
    older.run("DROP TABLE undone");
    const value = JSON.stringify([
      ['clients/"acme"/a.md', entry],
      ["gone.md", null],
    ]);
    older.run("INSERT INTO facts VALUES ('undone', ?)", [value]);
    older.run("PRAGMA user_version = 3");
    older.close();

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
  } finally {
    rmSync(folder, { recursive: true });
  }
});
