// An index that we write must be, to the byte, the one that git writes of the same entries.
import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { writeIndex } from "../lib/git/index-write.ts";
import type { Entry } from "../lib/git/parse.ts";
import { machineEnvironment } from "./support/plain-git.ts";

const NAMES = ["a", "a.b", "a-b", "a/b", "b", "é", "with space", "x".repeat(7), "x".repeat(8), `y/${"z".repeat(5000)}`];

test.each(["sha1", "sha256"] as const)("%s", (format) => {
  const folder = mkdtempSync(join(tmpdir(), "index-write-"));
  const oidBytes = format === "sha1" ? 20 : 32;
  const [theirs, ours] = [join(folder, "theirs"), join(folder, "ours")];
  const git = (args: readonly string[], input = ""): void => {
    const env = { ...machineEnvironment(folder), GIT_INDEX_FILE: theirs };
    const ended = Bun.spawnSync(["git", ...args], { cwd: folder, env, stdin: Buffer.from(input) });
    if (ended.exitCode !== 0) throw new Error(ended.stderr.toString());
  };
  try {
    git(["init", "-q", `--object-format=${format}`]);
    const entry = fc.record({
      mode: fc.constantFrom("100644", "100755", "120000"),
      oid: fc.constantFrom("12".repeat(oidBytes), "fe".repeat(oidBytes)),
    });
    const files = fc.uniqueArray(fc.tuple(fc.constantFrom(...NAMES), entry), {
      minLength: 1,
      selector: ([name]) => name,
    });
    fc.assert(
      fc.property(files, (rows) => {
        // a name is no file and folder at once
        const named = new Map<string, Entry>(rows.filter(([name]) => name !== "a" || !rows.some(([n]) => n === "a/b")));
        rmSync(theirs, { force: true });
        git(["update-index", "-z", "--index-info"], rowsOf(named));
        writeIndex(ours, named, oidBytes);
        expect(readFileSync(ours)).toEqual(readFileSync(theirs));
      }),
      { numRuns: 40 },
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

function rowsOf(files: ReadonlyMap<string, Entry>): string {
  return [...files].map(([name, { mode, oid }]) => `${mode} ${oid}\t${name}\0`).join("");
}
