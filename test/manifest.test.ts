// What machines write about themselves and about commits: printed and parsed it is itself, newer keys are tolerated, and
// whatever else is there attests nothing instead of ending a run.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { GUARDS, type GuardName } from "../lib/guard.ts";
import { formatManifest, type Manifest, parseManifest } from "../lib/integrity/manifest.ts";
import { formatRecord, type MachineRecord, parseRecord } from "../lib/machine/record.ts";

const sha256 = fc.stringMatching(/^[0-9a-f]{64}$/);
const oid = fc.oneof(fc.stringMatching(/^[0-9a-f]{40}$/), sha256);
const path = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 });
const time = fc
  .date({ min: new Date("1970-01-01"), max: new Date("2999-01-01"), noInvalidDate: true })
  .map((at) => at.toISOString());
const plain = fc.stringMatching(/^[\x20-\x7e]{0,30}$/);

const manifests: fc.Arbitrary<Manifest> = fc.record({
  commit: oid,
  root: sha256,
  folders: fc.dictionary(path, sha256, { noNullPrototype: true }).map((folders) => new Map(Object.entries(folders))),
  files: fc
    .uniqueArray(
      fc.record({ path, sha256, sizeBytes: fc.maxSafeNat(), mode: fc.constantFrom("100644", "100755", "120000") }),
      { selector: (file) => file.path },
    )
    .map((files) => files.sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)))),
});

const run = fc.record({ run: plain, command: plain, at: time });
const records: fc.Arbitrary<MachineRecord> = fc.record({
  machine: fc.record({
    id: fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,20}$/),
    name: plain,
    role: fc.stringMatching(/^[A-Za-zé0-9][A-Za-z0-9._ -]{0,20}$/),
  }),
  tool: plain,
  folder: oid,
  branch: plain,
  commit: oid,
  at: time,
  lastRun: run,
  lastGoodRun: fc.option(run),
  nextDue: fc.option(time),
  everyMinutes: fc.option(fc.integer({ min: 1, max: 1440 })),
  sleeps: fc.boolean(),
  head: fc.option(oid),
  dirty: fc.nat(),
  conflicts: fc.nat(),
  allowed: fc.array(
    fc.record({
      guard: fc.constantFrom(...(Object.keys(GUARDS) as GuardName[])),
      path: fc.option(plain),
      commit: oid,
    }),
    { maxLength: 4 },
  ),
});

describe("a manifest", () => {
  test("printed and parsed is itself", () => {
    fc.assert(fc.property(manifests, (manifest) => expect(parseManifest(formatManifest(manifest))).toEqual(manifest)));
  });

  test("is printed the same whatever the order of its parts", () => {
    fc.assert(
      fc.property(manifests, (manifest) => {
        const turned = {
          ...manifest,
          files: [...manifest.files].reverse(),
          folders: new Map([...manifest.folders].reverse()),
        };
        expect(formatManifest(turned)).toBe(formatManifest(manifest));
      }),
    );
  });

  test("of any other text attests nothing, and never throws", () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => expect(parseManifest(text)).toBeNull()));
  });

  test("with any part of another kind attests nothing", () => {
    const value = JSON.parse(formatManifest(fc.sample(manifests, { numRuns: 1, seed: 7 })[0] as Manifest)) as object;
    for (const key of Object.keys(value)) {
      for (const wrong of [null, 1, "x", true, [[]], { a: 1 }]) {
        if (key === "schema" && wrong === 1) continue;
        expect([key, wrong, parseManifest(JSON.stringify({ ...value, [key]: wrong }))]).toEqual([key, wrong, null]);
      }
    }
  });
});

describe("a record", () => {
  test("printed and parsed is itself", () => {
    fc.assert(fc.property(records, (record) => expect(parseRecord(formatRecord(record))).toEqual(record)));
  });

  test("keeps what it knows when there are newer keys, and drops allowances of guards it does not know", () => {
    fc.assert(
      fc.property(records, (record) => {
        const value = JSON.parse(formatRecord(record)) as { allowed: object[] };
        const newer = {
          ...value,
          newer: 1,
          allowed: [{ guard: "newer", path: null, commit: record.commit }, ...value.allowed],
        };
        expect(parseRecord(JSON.stringify(newer))).toEqual(record);
      }),
    );
  });

  test("of any other text is none, and never throws", () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => expect(parseRecord(text)).toBeNull()));
  });

  test("brings no control character along", () => {
    const record = fc.sample(records, { numRuns: 1, seed: 3 })[0] as MachineRecord;
    const name = "a\u001b[31m\u202eb\n";
    const parsed = parseRecord(
      formatRecord({ ...record, tool: name, machine: { ...record.machine, name, role: name } }),
    );
    expect([parsed?.tool, parsed?.machine.name, parsed?.machine.role]).toEqual(["a?[31m?b?", "a?[31m?b?", "a--31m-b-"]);
  });
});
