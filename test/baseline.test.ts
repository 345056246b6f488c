// The baseline's form, and the comparison that tells an honest edit from rot, as tables over all combinations and as
// properties.
import { describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { checkWatched, readBaseline, readWatched, writeBaseline } from "../lib/integrity/baseline.ts";
import {
  type Baseline,
  BaselineFault,
  type BaselineFile,
  baselineOf,
  formatBaseline,
  parseBaseline,
  type Seen,
} from "../lib/integrity/baseline-form.ts";
import { type Comparison, compareWithBaseline } from "../lib/integrity/compare.ts";
import { isComplete, nextPart, parsePart, partOf, type Round, roundAfter } from "../lib/integrity/scrub.ts";

const NOW = new Date("2026-01-04T10:25:00.700Z");
const OCCASION = { now: NOW, hostname: "mini.lan", phase: "pre-sync", operation: "baseline", previous: null };
const A = "a".repeat(64);
const B = "b".repeat(64);
const SECOND = 1_767_518_132n; // 2026-01-04T09:15:32Z, long before the baseline
const RECENT = 1_767_522_299n; // 2026-01-04T10:24:59Z, a second before it

function seenFile(sha256: string, sizeBytes: number, mtimeNs: bigint, mode = "100644"): Seen {
  return { digest: { sha256, sizeBytes, mode }, stat: { mtimeNs } };
}

function baselineWith(before: Seen | null, exact: boolean): Baseline {
  const baseline = baselineOf(new Map(before === null ? [] : [["f", before]]), OCCASION);
  if (exact) return baseline;
  const files = new Map([...baseline.files].map(([path, file]) => [path, { ...file, mtimeNs: null, mode: null }]));
  return { ...baseline, files };
}

function kindOf(comparison: Comparison): string {
  const kinds = (["edited", "added", "missing", "rotten"] as const).filter((kind) => comparison[kind].length > 0);
  return [...kinds, ...(comparison.same.length > 0 ? ["same"] : [])].join();
}

describe("the comparison", () => {
  const times = {
    "long before, exact": SECOND * 1_000_000_000n + 123n,
    "long before, whole second": SECOND * 1_000_000_000n,
    "just before, exact": RECENT * 1_000_000_000n + 123n,
    "just before, whole second": RECENT * 1_000_000_000n,
  };
  const rows = Object.entries(times).flatMap(([when, mtimeNs]) =>
    [true, false].flatMap((exact) =>
      [true, false].flatMap((sameContent) =>
        [true, false].flatMap((sameSize) =>
          (["same", "same second", "later"] as const).map((time) => ({
            when,
            mtimeNs,
            exact,
            sameContent,
            sameSize,
            time,
          })),
        ),
      ),
    ),
  );

  /** What the row must give, said in words of its own rather than the product's. */
  function wanted({ when, exact, sameContent, sameSize, time }: (typeof rows)[number]): string {
    if (sameContent) return "same";
    if (!sameSize || time === "later") return "edited";
    if (exact && time === "same second") return "edited";
    const knowsNanoseconds = exact && when.endsWith("exact");
    return knowsNanoseconds || when.startsWith("long") ? "rotten" : "edited";
  }

  test.each(rows)("saved $when, exact $exact, content $sameContent, size $sameSize, time $time", (row) => {
    const after = {
      same: row.mtimeNs,
      "same second": (row.mtimeNs / 1_000_000_000n) * 1_000_000_000n + 999_000_000n,
      later: row.mtimeNs + 5_000_000_000n,
    }[row.time];
    const before = seenFile(A, 10, row.mtimeNs);
    const now = seenFile(row.sameContent ? A : B, row.sameSize || row.sameContent ? 10 : 11, after);
    const found = compareWithBaseline(baselineWith(before, row.exact), new Map([["f", now]]));
    expect(kindOf(found)).toBe(wanted(row));
  });

  test("what only one side has is added or missing, another mode is an edit", () => {
    const file = seenFile(A, 1, 5n);
    expect(kindOf(compareWithBaseline(baselineWith(null, true), new Map([["f", file]])))).toBe("added");
    expect(kindOf(compareWithBaseline(baselineWith(file, true), new Map()))).toBe("missing");
    const runnable = new Map([["f", seenFile(A, 1, 5n, "100755")]]);
    expect(kindOf(compareWithBaseline(baselineWith(file, true), runnable))).toBe("edited");
    expect(kindOf(compareWithBaseline(baselineWith(file, false), runnable))).toBe("same");
  });

  test("every path of either side is in exactly one list, and files just recorded are all the same", () => {
    const file = fc.record({ sha: fc.constantFrom(A, B), size: fc.nat(3), ns: fc.bigInt({ min: -5n, max: 5n }) });
    const side = fc.dictionary(fc.constantFrom("a", "b", "c", "d"), file);
    const seenOf = (of: Record<string, { sha: string; size: number; ns: bigint }>): Map<string, Seen> =>
      new Map(Object.entries(of).map(([path, { sha, size, ns }]) => [path, seenFile(sha, size, ns)]));
    fc.assert(
      fc.property(side, side, (one, two) => {
        const baseline = baselineOf(seenOf(one), OCCASION);
        const { same, ...others } = compareWithBaseline(baseline, seenOf(two));
        const told = [...same, ...Object.values(others).flatMap((list) => list.map(({ path }) => path))];
        expect(told.sort()).toEqual([...new Set([...Object.keys(one), ...Object.keys(two)])].sort());
        expect(compareWithBaseline(baseline, seenOf(one)).same).toEqual(Object.keys(one).sort());
      }),
    );
  });
});

const name = fc.oneof(
  fc.string({ minLength: 1, maxLength: 12, unit: "grapheme" }),
  fc.constantFrom("7", "__proto__", 'a"b', "ü", "tasks.json", "10", "9"),
);
const pathArbitrary = fc
  .array(
    name.filter((part) => /^[^/\0.]+$/u.test(part) && !/git/i.test(part.normalize("NFKC"))),
    { minLength: 1, maxLength: 3 },
  )
  .map((parts) => parts.join("/"));
// through JSON once, because a printed -0 is a 0
const jsonArbitrary = fc.jsonValue({ maxDepth: 2 }).map((value): unknown => JSON.parse(JSON.stringify(value)));
const others = fc.dictionary(fc.stringMatching(/^x[a-z]{0,5}$/), jsonArbitrary);
const fileArbitrary: fc.Arbitrary<BaselineFile> = fc.record({
  sha256: fc.stringMatching(/^[0-9a-f]{64}$/),
  sizeBytes: fc.nat(),
  modified: fc.constantFrom("2026-01-04T09:15:32", "1969-12-31T23:59:59"),
  mtimeNs: fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n })),
  mode: fc.option(fc.constantFrom("100644", "100755", "120000")),
  others,
});
const baselineArbitrary: fc.Arbitrary<Baseline> = fc.record({
  takenAt: fc.constantFrom("2026-01-04T10:25:00Z", "1999-12-31T23:59:59Z"),
  hostname: fc.string(),
  phase: fc.string(),
  operation: fc.string(),
  files: fc.array(fc.tuple(pathArbitrary, fileArbitrary)).map((list) => new Map(list)),
  others,
  metadataOthers: others,
});

/** A baseline as something whose every part and order `toEqual` looks at. */
function laidOut(baseline: Baseline): unknown {
  return { ...baseline, files: [...baseline.files].sort(([left], [right]) => (left < right ? -1 : 1)) };
}

describe("the form", () => {
  test("what is printed parses to itself, whatever the line ends, and prints the same again", () => {
    fc.assert(
      fc.property(baselineArbitrary, (baseline) => {
        const text = formatBaseline(baseline);
        expect(laidOut(parseBaseline(text))).toEqual(laidOut(baseline));
        expect(formatBaseline(parseBaseline(`\ufeff${text.replaceAll("\n", "\r\n")}`))).toBe(text);
        expect([...parseBaseline(text).files.keys()]).toEqual([...baseline.files.keys()].sort());
      }),
    );
  });

  test("it is the specification's", () => {
    const seen = new Map([["clients/acme/tasks.json", seenFile(A, 15_420, SECOND * 1_000_000_000n + 5n)]]);
    expect(formatBaseline(baselineOf(seen, OCCASION))).toBe(
      [
        "{",
        '  "version": "2.0",',
        '  "timestamp": "2026-01-04T10:25:00Z",',
        '  "hostname": "mini.lan",',
        '  "metadata": {',
        '    "phase": "pre-sync",',
        '    "operation": "baseline"',
        "  },",
        '  "checksums": {',
        '    "clients/acme/tasks.json": {',
        `      "sha256": "${A}",`,
        '      "size": 15420,',
        '      "modified": "2026-01-04T09:15:32",',
        '      "mtimeNs": "1767518132000000005",',
        '      "mode": "100644"',
        "    }",
        "  }",
        "}",
        "",
      ].join("\n"),
    );
  });

  test("times that no calendar shows in four digits are brought to its ends and are read again", () => {
    for (const ns of [-(2n ** 80n), 2n ** 80n, -1n]) {
      const baseline = baselineOf(new Map([["f", seenFile(A, 1, ns)]]), OCCASION);
      expect(laidOut(parseBaseline(formatBaseline(baseline)))).toEqual(laidOut(baseline));
    }
  });

  const entry = { sha256: A, size: 1, modified: "2026-01-04T09:15:32" };
  const whole = { version: "2.0", timestamp: "2026-01-04T10:25:00Z", checksums: { f: entry } };
  const FAULTS: readonly (readonly [string, unknown, RegExp])[] = [
    ["no object", [], /it is not an object/],
    ["no version", { ...whole, version: undefined }, /version is missing/],
    ["another version", { ...whole, version: "3.0" }, /version is "3.0"/],
    ["no timestamp", { ...whole, timestamp: 5 }, /timestamp is no time/],
    ["no list", { ...whole, checksums: null }, /checksums is not an object/],
    ["metadata of another form", { ...whole, metadata: [] }, /metadata is not an object/],
    ["a short digest", { ...whole, checksums: { f: { ...entry, sha256: "aa" } } }, /digest of f/],
    ["a size below zero", { ...whole, checksums: { f: { ...entry, size: -1 } } }, /size of f/],
    ["no time", { ...whole, checksums: { f: { ...entry, modified: "yesterday" } } }, /time of f/],
    ["a path that leads out", { ...whole, checksums: { "../f": entry } }, /leads outside/],
    ["a path into git", { ...whole, checksums: { ".GIT/config": entry } }, /disguise/],
  ];
  test.each(FAULTS)("is refused with %s", (_, value, says) => {
    expect(() => parseBaseline(JSON.stringify(value))).toThrow(BaselineFault);
    expect(() => parseBaseline(JSON.stringify(value))).toThrow(says);
  });

  test("cut off anywhere, it is refused", () => {
    const text = formatBaseline(baselineOf(new Map([["f", seenFile(A, 1, 5n)]]), OCCASION)).trimEnd();
    for (let length = 0; length < text.length; length++)
      expect(() => parseBaseline(text.slice(0, length))).toThrow(BaselineFault);
  });
});

describe("a folder's baseline", () => {
  function folderWith(files: Record<string, string>): { path: string; [Symbol.dispose]: () => void } {
    const path = mkdtempSync(join(tmpdir(), "baseline-"));
    mkdirSync(join(path, "clients/acme"), { recursive: true });
    for (const [at, text] of Object.entries(files)) writeFileSync(join(path, at), text);
    return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
  }
  const globs = { critical: ["clients/*/tasks.json"], local: [".mcp.json"] };

  test("is not written again where only its time would change", () => {
    using folder = folderWith({ "clients/acme/tasks.json": "[]", ".mcp.json": "{}" });
    expect(readBaseline(folder.path)).toBeNull();
    const { files } = readWatched(folder.path, globs);
    expect(writeBaseline(folder.path, baselineOf(files, OCCASION))).toBe(true);
    const first = readFileSync(join(folder.path, ".sync-checksums.json"), "utf8");
    const later = { ...OCCASION, now: new Date("2026-01-05T00:00:00Z") };
    expect(writeBaseline(folder.path, baselineOf(files, later))).toBe(false);
    expect(readFileSync(join(folder.path, ".sync-checksums.json"), "utf8")).toBe(first);
    expect(writeBaseline(folder.path, baselineOf(files, { ...later, phase: "update" }))).toBe(true);
  });

  test("is held only against what the settings watch now", () => {
    using folder = folderWith({ "clients/acme/tasks.json": "[]", ".mcp.json": "{}" });
    const baseline = baselineOf(readWatched(folder.path, globs).files, OCCASION);
    rmSync(join(folder.path, ".mcp.json"));
    const fewer = { ...globs, local: [] };
    const watched = readWatched(folder.path, globs);
    expect(checkWatched(folder.path, globs, baseline, watched).missing.map(({ path }) => path)).toEqual([".mcp.json"]);
    expect(kindOf(checkWatched(folder.path, fewer, baseline, readWatched(folder.path, fewer)))).toBe("same");
  });

  test("what only looked rotten at first is not called so", () => {
    using folder = folderWith({ "clients/acme/tasks.json": "[1]" });
    const place = join(folder.path, "clients/acme/tasks.json");
    utimesSync(place, 1_767_518_132, 1_767_518_132);
    const baseline = baselineOf(readWatched(folder.path, globs).files, OCCASION);
    const right = readWatched(folder.path, globs);
    const misread = [...right.files].map(
      ([path, seen]) => [path, { ...seen, digest: { ...seen.digest, sha256: B } }] as const,
    );
    expect(kindOf(checkWatched(folder.path, globs, baseline, { files: new Map(misread), unsteady: [] }))).toBe("same");
    writeFileSync(place, "[2]");
    utimesSync(place, 1_767_518_132, 1_767_518_132);
    expect(kindOf(checkWatched(folder.path, globs, baseline, readWatched(folder.path, globs)))).toBe("rotten");
    const wrong = readWatched(folder.path, globs);
    writeFileSync(place, "[3]"); // saved between the two readings
    expect(statSync(place).size).toBe(3);
    expect(kindOf(checkWatched(folder.path, globs, baseline, wrong))).toBe("edited");
  });

  test("a file that is being written is an edit, not missing", () => {
    using folder = folderWith({ "clients/acme/tasks.json": "[1]" });
    const baseline = baselineOf(readWatched(folder.path, globs).files, OCCASION);
    const watched = { files: new Map(), unsteady: ["clients/acme/tasks.json"] };
    expect(kindOf(checkWatched(folder.path, globs, baseline, watched))).toBe("edited");
  });
});

describe("a scrub", () => {
  test("puts every path into exactly one part, always the same, and fills the parts evenly", () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 50 }), (path, of) => {
        expect(partOf(path, of)).toBe(partOf(path, of));
        expect(partOf(path, of)).toBeWithin(1, of + 1);
      }),
    );
    const sizes = new Map<number, number>();
    for (let n = 0; n < 10_000; n++) {
      const part = partOf(`clients/client-${n % 97}/notes/${n}.md`, 10);
      sizes.set(part, (sizes.get(part) ?? 0) + 1);
    }
    expect([...sizes.values()].every((size) => size > 800 && size < 1200)).toBe(true);
    expect(partOf("clients/acme/tasks.json", 10)).toBe(partOf("clients/acme/tasks.json", 10));
  });

  test("by next, every part is done once before any comes again", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), (of) => {
        let round: Round | null = null;
        for (let turn = 0; turn < 2 * of; turn++) {
          const part = nextPart(round, of);
          expect(part).toBe((turn % of) + 1);
          round = roundAfter(round, { part, of, at: "2026-01-04T10:25:00Z", suspects: [] });
          expect(isComplete(round)).toBe(part === of);
        }
      }),
    );
  });

  test("another number of parts begins a new round", () => {
    const round = roundAfter(null, { part: 2, of: 3, at: "now", suspects: ["f"] });
    expect(nextPart(round, 3)).toBe(1);
    expect(nextPart(round, 4)).toBe(1);
    expect(roundAfter(round, { part: 4, of: 4, at: "now", suspects: [] })).toEqual({
      of: 4,
      done: { 4: "now" },
      suspects: [],
    });
  });

  const PARTS: readonly (readonly [string, unknown])[] = [
    ["1/1", { part: 1, of: 1 }],
    ["3/10", { part: 3, of: 10 }],
    ["next/30", { part: "next", of: 30 }],
    ["10000/10000", { part: 10_000, of: 10_000 }],
    ["1/10001", null],
    ["0/3", null],
    ["4/3", null],
    ["01/3", null],
    ["-1/3", null],
    ["1/0", null],
    ["1", null],
    ["1/3 ", null],
    ["", null],
  ];
  test.each(PARTS)("%s is read as a part or refused", (text, part) => {
    expect<unknown>(parsePart(text)).toEqual(part);
  });
});
