// A tree that was edited must be the very tree that git writes of the same files.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import type { Entry } from "../lib/git/parse.ts";
import { locateRepository } from "../lib/git/repository.ts";
import { Git } from "../lib/git/shell.ts";
import { type Edit, editTree } from "../lib/snapshot/edit-tree.ts";
import { storeFiles } from "../lib/snapshot/store-files.ts";
import { gitText, machineEnvironment } from "./support/plain-git.ts";

type Files = ReadonlyMap<string, Entry>;

/** Names that sort in other ways with a slash behind them than without. */
const NAMES = ["a", "a-b", "a.b", "a0", "b", "é", "with space", "Z"];
const MODES = ["100644", "100755", "120000", "160000"];

describe.each(["sha1", "sha256"])("%s", (format) => {
  let folder = "";
  let git: Git;
  let contents: string[] = [];
  const plain = (args: readonly string[], input?: string): string => gitText(folder, folder, args, input);
  const place = () => ({
    git,
    repository: locateRepository(folder),
    oidBytes: format === "sha1" ? (20 as const) : (32 as const),
    trees: new Map<string, Buffer>(),
    state: { rememberDigests: () => undefined },
  });

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "edit-tree-"));
    plain(["init", "-q", `--object-format=${format}`]);
    const environment = machineEnvironment(folder);
    git = new Git({ folder, environment, signal: new AbortController().signal, keepsReader: true });
    contents = ["one", "two"].map((text) => plain(["hash-object", "-w", "--stdin"], text));
  });
  afterAll(async () => {
    await git.objects?.end();
    rmSync(folder, { recursive: true });
  });

  /** What git makes of files. */
  function written(files: Files): string {
    plain(["read-tree", "--empty"]);
    const rows = [...files].map(([path, { mode, oid }]) => `${mode} ${oid}\t${path}\n`).join("");
    plain(["update-index", "--index-info"], rows);
    return plain(["write-tree"]);
  }

  const path = fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 3 }).map((names) => names.join("/"));
  const files = fc
    .array(fc.tuple(path, fc.constantFrom(...MODES), fc.nat(1)), { maxLength: 12 })
    .map((rows) => withoutClashes(rows.map(([name, mode, n]) => [name, { mode, oid: contents[n] ?? "" }])));

  test("any files that become any others", async () => {
    await fc.assert(
      fc.asyncProperty(files, files, fc.boolean(), async (before, after, isFresh) => {
        const base = isFresh && before.size === 0 ? null : written(before);
        const { tree, made } = await editTree(place(), base, editsBetween(before, after));
        expect(tree).toBe(written(after));
        const objects = made.map((oid) => plain(["cat-file", "-t", oid]));
        expect(new Set(objects)).toEqual(new Set(made.length === 0 ? [] : ["tree"]));
      }),
      { numRuns: 60 },
    );
  });

  test("no edits leave the tree, and a path that is not there can be taken out of it", async () => {
    const base = written(new Map([["a/b/c", { mode: "100644", oid: contents[0] ?? "" }]]));
    for (const edits of [[], [{ path: "x/y", after: null }], [{ path: "a/b/c/d", after: null }]])
      expect((await editTree(place(), base, edits)).tree).toBe(base);
  });

  test("a tree that is not in the store is named", async () => {
    const lacking = "1".repeat(format === "sha1" ? 40 : 64);
    await expect(editTree(place(), lacking, [{ path: "a", after: null }])).rejects.toThrow(lacking);
  });

  test("files are stored as they are, links as links; what has gone is left out", async () => {
    mkdirSync(join(folder, "d"));
    writeFileSync(join(folder, "d/plain"), "a\r\n");
    writeFileSync(join(folder, ".gitattributes"), "* text=auto eol=lf\n");
    writeFileSync(join(folder, "program"), "b", { mode: 0o755 });
    writeFileSync(join(folder, "large"), Buffer.alloc(1024 * 1024 + 1, "large"));
    chmodSync(join(folder, "large"), 0o600);
    symlinkSync("d/plain", join(folder, "link"));
    const stored = await storeFiles(place(), ["d/plain", "program", "large", "link", "gone", "d"]);
    expect(stored.map(({ path: name, after: { mode } }) => `${mode} ${name}`)).toEqual([
      "100644 d/plain",
      "100755 program",
      "100644 large",
      "120000 link",
    ]);
    const [first, , large, link] = stored.map(({ after: { oid } }) => oid);
    expect(plain(["cat-file", "blob", first ?? ""])).toBe("a\r");
    expect(plain(["cat-file", "-s", large ?? ""])).toBe(String(1024 * 1024 + 1));
    expect(plain(["cat-file", "blob", link ?? ""])).toBe("d/plain");
  });
});

/** Files of which none is where another one's folder is: the later one stays. */
function withoutClashes(rows: readonly (readonly [string, Entry])[]): Files {
  const kept = new Map<string, Entry>();
  for (const [name, entry] of rows) {
    for (const other of kept.keys())
      if (other.startsWith(`${name}/`) || name.startsWith(`${other}/`)) kept.delete(other);
    kept.set(name, entry);
  }
  return kept;
}

function editsBetween(before: Files, after: Files): Edit[] {
  const gone = [...before.keys()].filter((name) => !after.has(name)).map((name) => ({ path: name, after: null }));
  return [...[...after].map(([name, entry]) => ({ path: name, after: entry })), ...gone];
}
