// An index in which entries were replaced must be for git what git itself would have made of it.
import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { IndexBytes } from "../lib/git/index-bytes.ts";
import { patchIndex } from "../lib/git/index-patch.ts";
import type { Entry } from "../lib/git/parse.ts";
import { parseIndex } from "../lib/git/parse-index.ts";
import { twoMachines } from "./support/world.ts";

const NAMES = ["a", "b.d", "b/c", "b/d/e", "b/d/f g", "b/é", "c/1", "c/2", `long/${"x".repeat(200)}`, "z"];

interface Place extends Disposable {
  readonly folder: string;
  readonly oidBytes: 20 | 32;
  readonly git: (args: readonly string[], options?: { index?: string; input?: string }) => string;
  /** Id of a content, which the store then holds. */
  readonly store: (text: string) => string;
}

function makePlace(version: number, format: "sha1" | "sha256"): Place {
  const folder = mkdtempSync(join(tmpdir(), "index-patch-"));
  const git: Place["git"] = (args, { index, input = "" } = {}) => {
    const env = { PATH: process.env["PATH"] ?? "", HOME: folder, GIT_CONFIG_NOSYSTEM: "1" };
    const more = index === undefined ? {} : { GIT_INDEX_FILE: index };
    const identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
    const ended = Bun.spawnSync(["git", ...identity, ...args], {
      cwd: folder,
      env: { ...env, ...more },
      stdin: Buffer.from(input),
    });
    if (ended.exitCode !== 0) throw new Error(`git ${args.join(" ")}: ${ended.stderr.toString()}`);
    return ended.stdout.toString();
  };
  git(["init", "-q", "-b", "main", `--object-format=${format}`]);
  for (const name of NAMES) {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), name);
  }
  git(["add", "-A"]);
  git(["update-index", "--index-version", String(version)]);
  git(["commit", "-q", "-m", "all"]);
  return {
    folder,
    git,
    oidBytes: format === "sha1" ? 20 : 32,
    store: (text) => git(["hash-object", "-w", "--stdin"], { input: text }).trim(),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Patches a copy of the index and returns its path, or null where that was refused. */
function patched({ folder, oidBytes }: Place, changes: ReadonlyMap<string, Entry>): string | null {
  const [index, copy] = [join(folder, ".git", "index"), join(folder, ".git", "patched")];
  copyFileSync(index, copy);
  const { extensionsAt } = IndexBytes.read(index, (bytes) => parseIndex(bytes, oidBytes));
  return patchIndex(copy, changes, extensionsAt, oidBytes) === null ? null : copy;
}

/** What git makes of the same changes. */
function updated({ folder, git }: Place, changes: ReadonlyMap<string, Entry>): string {
  const copy = join(folder, ".git", "updated");
  copyFileSync(join(folder, ".git", "index"), copy);
  const input = [...changes].map(([path, { mode, oid }]) => `${mode} ${oid}\t${path}\0`).join("");
  git(["update-index", "-z", "--index-info"], { index: copy, input });
  return copy;
}

const FORMATS = [2, 3, 4].flatMap((version) =>
  (["sha1", "sha256"] as const).map((format) => [version, format] as const),
);

describe.each(FORMATS)("version %d, %s", (version, format) => {
  test("the same entries and the same tree as of git, for any files", () => {
    using place = makePlace(version, format);
    const contents = ["one", "two"].map(place.store);
    const change = fc.record({
      mode: fc.constantFrom("100644", "100755", "120000"),
      oid: fc.constantFrom(...contents),
    });
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...NAMES), change, { minKeys: 1 }), (wanted) => {
        const changes = new Map(Object.entries(wanted));
        const [mine, gits] = [patched(place, changes), updated(place, changes)];
        if (mine === null) throw new Error("it was refused");
        const seen = (index: string, ...args: string[]): string => place.git(args, { index });
        expect(seen(mine, "ls-files", "-s", "-z")).toBe(seen(gits, "ls-files", "-s", "-z"));
        // the only command that looks at the checksum of the index
        expect(seen(mine, "fsck", "--no-dangling")).toBe("");
        // with what was kept of the trees that git knew
        expect(seen(mine, "write-tree")).toBe(seen(gits, "write-tree"));
      }),
      { numRuns: 20 },
    );
  });

  test("flags stay, and files that nobody changed keep their stat data", () => {
    using place = makePlace(version, format);
    place.git(["update-index", "--assume-unchanged", "a", "b/c"]);
    const mine = patched(place, new Map([["b/c", { mode: "100644", oid: place.store("new") }]])) ?? "";
    const flags = (index: string): string => place.git(["ls-files", "-v"], { index });
    expect(flags(mine)).toBe(flags(join(place.folder, ".git", "index")));
    const debug = (path: string, index: string): string => place.git(["ls-files", "--debug", "--", path], { index });
    expect(debug("z", mine)).toBe(debug("z", join(place.folder, ".git", "index")));
    expect(debug("b/c", mine)).toContain("mtime: 0:0");
  });

  test("a file that the index does not hold is refused", () => {
    using place = makePlace(version, format);
    const entry = { mode: "100644", oid: place.store("new") };
    for (const path of ["b", "b/d", "B/c", "new", "zz"]) expect(patched(place, new Map([[path, entry]]))).toBeNull();
  });
});

describe("what git keeps beside the entries", () => {
  const change = (place: Place) => new Map([["b/d/e", { mode: "100644", oid: place.store("new") }]]);

  test("trees of folders in which nothing changed stay known, those above the change do not", () => {
    using place = makePlace(2, "sha1");
    const mine = patched(place, change(place)) ?? "";
    const bytes = readFileSync(mine);
    const at = bytes.indexOf("TREE");
    const known = bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at + 4)).toString("latin1");
    expect(known).toStartWith("\0-1 3\nb\0-1 1\nd\0-1 0\nc\u00002 0\n");
  });

  test("what git believes of untracked files is left out", () => {
    using place = makePlace(2, "sha1");
    place.git(["update-index", "--untracked-cache"]);
    place.git(["status"]);
    const index = join(place.folder, ".git", "index");
    expect(readFileSync(index).includes("UNTR")).toBe(true);
    const mine = patched(place, change(place)) ?? "";
    expect(readFileSync(mine).includes("UNTR")).toBe(false);
    expect(place.git(["status", "--porcelain"], { index: mine })).toBe("MM b/d/e\n");
  });

  test("an index whose entries are partly elsewhere is refused", () => {
    using place = makePlace(2, "sha1");
    place.git(["update-index", "--split-index"]);
    writeFileSync(join(place.folder, "a"), "changed");
    place.git(["add", "a"]);
    expect(patched(place, change(place))).toBeNull();
  });

  test("an index without a checksum stays without", () => {
    using place = makePlace(2, "sha1");
    const index = join(place.folder, ".git", "index");
    const { size } = statSync(index);
    writeFileSync(index, Buffer.concat([readFileSync(index).subarray(0, size - 20), Buffer.alloc(20)]));
    const mine = patched(place, change(place)) ?? "";
    expect(readFileSync(mine).subarray(-20)).toEqual(Buffer.alloc(20));
  });
});

test("after a pull that only changed files, what is remembered of the index is what it holds", async () => {
  await using world = await twoMachines({ a: "1\n", "b/c": "1\n", "b/d": "1\n" });
  const { desktop, laptop } = world;
  desktop.write("b/c", "2\n");
  expect(await desktop.push()).toSucceed();
  expect(await laptop.pull()).toSucceed();
  const index = laptop.at(".git/index");
  using database = new Database(laptop.at(".git/petesbrain-sync/state.db"), { readonly: true });
  const [row] = database.query<{ value: string }, []>("SELECT value FROM facts WHERE key = 'index-facts'").all();
  expect(JSON.parse(row?.value ?? "null")).toEqual({
    key: readFileSync(index).subarray(-20).toString("hex"),
    facts: IndexBytes.read(index, (bytes) => parseIndex(bytes, 20)),
  });
});
