// The guards over a whole change: deletions, everything changed at once, large files and names that clash, each hit,
// missed, just below and just at its threshold.
import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Change, Entry } from "../lib/git/parse.ts";
import type { Hit } from "../lib/guard.ts";
import { type FolderLimits, foldName, judgeFolder } from "../lib/integrity/judge-folder.ts";

const LIMITS: FolderLimits = {
  massDeletePercent: 20,
  massDeleteFiles: 100,
  massDeleteLeast: 3,
  allChangedPercent: 90,
  allChangedLeast: 20,
  largestFileBytes: 95_000_000,
};

const entry = (oid: string, mode = "100644"): Entry => ({ mode, oid });
const added = (path: string, oid = `new ${path}`, mode = "100644"): Change => ({
  path,
  before: null,
  after: entry(oid, mode),
});
const deleted = (path: string, oid = `old ${path}`): Change => ({ path, before: entry(oid), after: null });
const modified = (path: string): Change => ({ path, before: entry(`old ${path}`), after: entry(`new ${path}`) });
const renamed = (from: string, to: string): Change[] => [deleted(from, `same ${from}`), added(to, `same ${from}`)];
const many = (count: number, make: (path: string) => Change, folder = "notes"): Change[] =>
  Array.from({ length: count }, (_, n) => make(`${folder}/${n}.md`));

interface Given {
  readonly changes: readonly Change[];
  readonly tracked?: number;
  /** Top-level folders in which nothing is left. */
  readonly emptied?: readonly string[];
  readonly sizes?: Readonly<Record<string, number>>;
  /** Names that are there beside those that were added. */
  readonly beside?: Readonly<Record<string, readonly string[]>>;
}

function judge({ changes, tracked = 1000, emptied = [], sizes = {}, beside = {} }: Given): Hit[] {
  const siblings = new Map<string, string[]>();
  const put = (folder: string, name: string): void => {
    const names = siblings.get(folder) ?? [];
    siblings.set(folder, names.includes(name) ? names : [...names, name]);
  };
  for (const [folder, names] of Object.entries(beside)) for (const name of names) put(folder, name);
  for (const { path, after } of changes) {
    const names = path.split("/");
    if (after !== null) for (const [depth, name] of names.entries()) put(names.slice(0, depth).join("/"), name);
  }
  const sizeOf = (change: Change): [string, number][] =>
    change.after === null ? [] : [[change.after.oid, sizes[change.path] ?? 10]];
  return judgeFolder({
    changes,
    tracked,
    isCritical: (path) => /^clients\/[^/]+\/tasks\.json$/.test(path),
    topFoldersLeft: (name) => !emptied.includes(name),
    sizes: new Map(changes.flatMap(sizeOf)),
    siblings,
    limits: LIMITS,
  });
}

/** `guard` or `guard:path`, as in --allow. */
const told = (given: Given): string[] =>
  judge(given).map(({ guard, path }) => (path === null ? guard : `${guard}:${path}`));

const CASES: readonly (readonly [string, Given, readonly string[]])[] = [
  ["no changes", { changes: [] }, []],
  ["no changes in an empty folder", { changes: [], tracked: 0 }, []],
  // critical-delete
  ["a critical file gone", { changes: [deleted("clients/a/tasks.json")] }, ["critical-delete:clients/a/tasks.json"]],
  ["another file gone", { changes: [deleted("clients/a/notes.md")] }, []],
  ["a critical file changed", { changes: [modified("clients/a/tasks.json")] }, []],
  ["renamed to a critical name", { changes: renamed("clients/a/tasks.json", "clients/b/tasks.json") }, []],
  [
    "renamed to a name that is not critical",
    { changes: renamed("clients/a/tasks.json", "clients/a/tasks.bak") },
    ["critical-delete:clients/a/tasks.json"],
  ],
  [
    "renamed and changed at once",
    { changes: [deleted("clients/a/tasks.json"), added("clients/b/tasks.json")] },
    ["critical-delete:clients/a/tasks.json"],
  ],
  [
    "two files of one content gone, one file of it added",
    {
      changes: [
        ...renamed("clients/a/tasks.json", "clients/c/tasks.json"),
        deleted("clients/b/tasks.json", "same clients/a/tasks.json"),
      ],
    },
    ["critical-delete:clients/b/tasks.json"],
  ],
  // mass-delete, by share
  ["at 20 %", { changes: many(20, deleted), tracked: 100 }, []],
  ["above 20 %", { changes: many(21, deleted), tracked: 100 }, ["mass-delete"]],
  [
    "above 20 % but for one that was renamed",
    { changes: [...many(20, deleted), ...renamed("notes/a", "notes/b")], tracked: 100 },
    [],
  ],
  ["two of two", { changes: many(2, deleted), tracked: 2, emptied: ["notes"] }, []],
  ["three of four", { changes: many(3, deleted), tracked: 4 }, ["mass-delete"]],
  ["three of 15", { changes: many(3, deleted), tracked: 15 }, []],
  // by number
  ["100 of many", { changes: many(100, deleted), tracked: 100_000 }, []],
  ["101 of many", { changes: many(101, deleted), tracked: 100_000 }, ["mass-delete"]],
  [
    "101 renamed",
    { changes: many(101, deleted).flatMap(({ path }) => renamed(path, `x/${path}`)), tracked: 100_000 },
    [],
  ],
  // by folder
  ["a top-level folder emptied", { changes: many(3, deleted), emptied: ["notes"] }, ["mass-delete"]],
  [
    "a small folder emptied among other deletions",
    { changes: [...many(3, deleted), deleted("old/one.md")], emptied: ["old"] },
    [],
  ],
  ["two files were in it", { changes: many(2, deleted), emptied: ["notes"] }, []],
  ["something is left in it", { changes: many(3, deleted) }, []],
  [
    "renamed as a whole",
    { changes: many(9, deleted).flatMap(({ path }) => renamed(path, `x/${path}`)), emptied: ["notes"] },
    [],
  ],
  ["files at the top gone", { changes: ["a", "b", "c"].map((path) => deleted(path)), emptied: ["a", "b", "c"] }, []],
  // all-changed
  ["18 of 20 changed", { changes: many(18, modified), tracked: 20 }, ["all-changed"]],
  ["17 of 20 changed", { changes: many(17, modified), tracked: 20 }, []],
  ["all of 19 changed", { changes: many(19, modified), tracked: 19 }, []],
  ["90 of 100 changed", { changes: many(90, modified), tracked: 100 }, ["all-changed"]],
  ["89 of 100 changed", { changes: many(89, modified), tracked: 100 }, []],
  ["100 added to 100", { changes: many(100, (path) => added(path)), tracked: 100 }, []],
  // large-file
  ["at 95 MB", { changes: [added("a.zip")], sizes: { "a.zip": 95_000_000 } }, []],
  ["above 95 MB, new", { changes: [added("a.zip")], sizes: { "a.zip": 95_000_001 } }, ["large-file:a.zip"]],
  ["above 95 MB, changed", { changes: [modified("a.zip")], sizes: { "a.zip": 2e9 } }, ["large-file:a.zip"]],
  ["large and renamed", { changes: renamed("a.zip", "b.zip"), sizes: { "b.zip": 2e9 } }, []],
  ["large and gone", { changes: [deleted("a.zip")] }, []],
  ["another repository", { changes: [added("sub", "commit", "160000")], sizes: { sub: 2e9 } }, []],
  // name-clash
  ["another case beside it", { changes: [added("a/Foo.md")], beside: { a: ["foo.md"] } }, ["name-clash:a/Foo.md"]],
  ["another case elsewhere", { changes: [added("a/Foo.md")], beside: { b: ["foo.md"] } }, []],
  ["another case, gone with this change", { changes: renamed("a/foo.md", "a/Foo.md") }, []],
  ["another case, for a changed file", { changes: [modified("a/Foo.md")], beside: { a: ["foo.md"] } }, []],
  ["both new", { changes: [added("x.md"), added("X.md")] }, ["name-clash:x.md", "name-clash:X.md"]],
  ["another Unicode form", { changes: [added("caf\u00e9")], beside: { "": ["cafe\u0301"] } }, ["name-clash:caf\u00e9"]],
  ["another letter", { changes: [added("caf\u00e9")], beside: { "": ["cafe", "caf\u00e8"] } }, []],
  [
    "a folder of another case",
    { changes: [added("Notes/b/c.md"), added("Notes/d")], beside: { "": ["notes"] } },
    ["name-clash:Notes"],
  ],
  ["a folder and a file", { changes: [added("a/B")], beside: { a: ["b"], "a/b": ["c"] } }, ["name-clash:a/B"]],
  ["itself", { changes: [added("a/Foo.md")], beside: { a: ["Foo.md", "bar.md"] } }, []],
  // together
  [
    "everything gone",
    { changes: [...many(30, deleted), deleted("clients/a/tasks.json")], tracked: 31, emptied: ["notes", "clients"] },
    ["critical-delete:clients/a/tasks.json", "mass-delete"],
  ],
];

for (const [name, given, hits] of CASES)
  test(`${hits.join(", ") || "no guard"}: ${name}`, () => expect(told(given)).toEqual([...hits]));

test("what is said has the numbers and at most three names", () => {
  const says = (given: Given): string[] => judge(given).map((hit) => hit.says);
  expect(says({ changes: many(21, deleted), tracked: 100 })).toEqual([
    "21 of 100 files (21 %) are deleted: notes/0.md, notes/1.md, notes/2.md and 18 more",
  ]);
  expect(says({ changes: many(3, deleted), tracked: 1000, emptied: ["notes"] })).toEqual([
    "nothing is left in notes; 3 of 1000 files (0 %) are deleted: notes/0.md, notes/1.md, notes/2.md",
  ]);
  expect(says({ changes: many(20, modified), tracked: 20 })).toEqual([
    "20 of 20 files (100 %) are changed at once: notes/0.md, notes/1.md, notes/2.md and 17 more",
  ]);
  expect(says({ changes: [added("a.zip")], sizes: { "a.zip": 95_000_001 } })).toEqual([
    "has 95.1 MB, more than the 95 MB that may be published",
  ]);
  expect(says({ changes: [added("a/Foo.md")], beside: { a: ["foo.md"] } })).toEqual([
    'and "foo.md" beside it have the same name on a Mac (they differ in case)',
  ]);
  expect(says({ changes: [added("caf\u00e9")], beside: { "": ["cafe\u0301"] } })).toEqual([
    'and "cafe\u0301" beside it have the same name on a Mac (they differ in Unicode form)',
  ]);
});

test("what the caller did not look up is a mistake, never a pass", () => {
  const input = { tracked: 9, isCritical: () => false, topFoldersLeft: () => true, limits: LIMITS };
  const changes = [added("a/b.md")];
  expect(() => judgeFolder({ ...input, changes, sizes: new Map(), siblings: new Map() })).toThrow("was not looked up");
  const sizes = new Map([["new a/b.md", 1]]);
  expect(() => judgeFolder({ ...input, changes, sizes, siblings: new Map() })).toThrow("were not listed");
});

test("names are folded as a Mac's file system does", () => {
  const same = [
    "a A",
    "straße STRASSE",
    "ﬁ fi",
    "É e\u0301",
    "Σ ς",
    "ΟΔΟΣ οδος",
    "ſ S",
    "\u212a k",
    "Ǆ ǆ",
    "İ i\u0307",
    "Ж ж",
    "ŉ ʼN",
  ];
  const apart = ["a b", "ı i", "ı I", "e é", "ss s", "ı ii", "ж ш", "１ 1", "² 2"];
  for (const pair of same) {
    const [left = "", right = ""] = pair.split(" ");
    expect({ pair, same: foldName(left) === foldName(right) }).toEqual({ pair, same: true });
  }
  for (const pair of apart) {
    const [left = "", right = ""] = pair.split(" ");
    expect({ pair, same: foldName(left) === foldName(right) }).toEqual({ pair, same: false });
  }
  const names = fc.string({ unit: "grapheme" });
  fc.assert(
    fc.property(names, (name) => {
      expect(foldName(foldName(name))).toBe(foldName(name));
      for (const form of ["NFC", "NFD"] as const) expect(foldName(name.normalize(form))).toBe(foldName(name));
      expect(foldName(name.toLowerCase())).toBe(foldName(name));
      if (!name.includes("ı")) expect(foldName(name.toUpperCase())).toBe(foldName(name));
    }),
    { numRuns: 500 },
  );
});

test("no limits and no folder make nothing out of no changes", () => {
  const limit = fc.integer({ min: 1, max: 200 });
  fc.assert(
    fc.property(
      fc.nat(1000),
      fc.boolean(),
      fc.tuple(limit, limit, limit, limit, limit, limit),
      (tracked, left, list) => {
        const [
          massDeletePercent,
          massDeleteFiles,
          massDeleteLeast,
          allChangedPercent,
          allChangedLeast,
          largestFileBytes,
        ] = list;
        const limits = {
          massDeletePercent,
          massDeleteFiles,
          massDeleteLeast,
          allChangedPercent,
          allChangedLeast,
          largestFileBytes,
        };
        const input = {
          tracked,
          limits,
          isCritical: () => true,
          topFoldersLeft: () => left,
          siblings: new Map(),
          sizes: new Map(),
        };
        expect(judgeFolder({ ...input, changes: [] })).toEqual([]);
      },
    ),
  );
});

test("a file that is renamed within its class is judged as before, and more deletions never calm a guard", () => {
  const counts = fc.record({ gone: fc.nat(120), changed: fc.nat(120), rest: fc.nat(400), more: fc.nat(50) });
  fc.assert(
    fc.property(counts, ({ gone, changed, rest, more }) => {
      const guardsOf = (changes: Change[]): string[] =>
        judge({ changes, tracked: gone + changed + rest + more }).map(({ guard }) => guard);
      const before = guardsOf([...many(gone, deleted), ...many(changed, modified, "b")]);
      expect(guardsOf([...many(gone, deleted, "else/where"), ...many(changed, modified, "other")])).toEqual(before);
      const worse = guardsOf([...many(gone + more, deleted), ...many(changed, modified, "b")]);
      for (const guard of before) expect(worse).toContain(guard);
    }),
  );
  for (const path of ["a.zip", "b/c.zip"])
    expect(told({ changes: [added(path)], sizes: { [path]: 2e9 } })).toEqual([`large-file:${path}`]);
});
