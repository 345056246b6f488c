// The line `N passed, N failed` is read from JUnit reports: what is read is what was written, whoever wrote it.
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { appendFailures, countOf, readReport, writeReport } from "../.ci/report.ts";

const scratch = mkdtempSync(join(tmpdir(), "petesbrain-junit-"));
const path = join(scratch, "junit.xml");
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

// As Bun 1.4.5 writes it: nested suites, cases that close themselves, a failure with markup in its text.
const FROM_BUN = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="bun test" tests="5" assertions="4" failures="2" skipped="1" time="5.5">
  <testsuite name="test/b.test.ts" file="test/b.test.ts" tests="3">
    <testsuite name="group" file="test/b.test.ts" line="2" tests="3">
      <testcase name="row &quot;2&quot; &lt;b&gt; &amp;amp;" classname="group" time="0.00002" file="test/b.test.ts" line="4" />
      <testcase name="fails" classname="group" time="0.0001" file="test/b.test.ts" line="3">
        <failure type="AssertionError" message="&lt;skipped /&gt;">expected &lt;testcase name="x" /&gt;</failure>
      </testcase>
      <testcase name="breaks" classname="group" time="0" file="test/b.test.ts"><error message="boom" /></testcase>
    </testsuite>
  </testsuite>
  <testsuite name="test/a.test.ts" file="test/a.test.ts" tests="2">
    <testcase name="ssh (skipped: sshd is not installed)" classname="" time="0" file="test/a.test.ts" line="3">
      <skipped />
    </testcase>
    <testcase name="last" classname="" time="5.5" file="test/a.test.ts" line="2" assertions="1" />
  </testsuite>
</testsuites>
`;

test("Bun's own report is read case by case", async () => {
  writeFileSync(path, FROM_BUN);
  const cases = await readReport(path);
  expect(cases).toEqual([
    { file: "test/b.test.ts", name: 'row "2" <b> &amp;', outcome: "passed" },
    { file: "test/b.test.ts", name: "fails", outcome: "failed" },
    { file: "test/b.test.ts", name: "breaks", outcome: "failed" },
    { file: "test/a.test.ts", name: "ssh (skipped: sshd is not installed)", outcome: "skipped" },
    { file: "test/a.test.ts", name: "last", outcome: "passed" },
  ]);
  expect(countOf(cases)).toBe("2 passed, 2 failed, 1 skipped");
});

test("a file without a result is added as a failure", async () => {
  writeFileSync(path, FROM_BUN);
  const silent = {
    file: "test/c.test.ts",
    name: "the file loads",
    outcome: "failed",
    said: "</testsuites> & $' more",
  } as const;
  appendFailures(path, "silent", [silent]);
  const cases = await readReport(path);
  expect(cases.at(-1)).toEqual({ file: "test/c.test.ts", name: "the file loads", outcome: "failed" });
  expect(countOf(cases)).toBe("2 passed, 3 failed, 1 skipped");
});

test("what the checks write is read back", async () => {
  const names = ["plain", 'with "quotes" & <marks>', "it's"];
  const cases = names.map((name) => ({ file: ".ci/check.ts", name, outcome: "passed", said: "" }) as const);
  writeReport(path, "house", cases);
  expect((await readReport(path)).map(({ name }) => name)).toEqual(names);
});

test("nothing ran is not a pass", async () => {
  const counted = async (...reports: string[]): Promise<[number, string]> => {
    const words = [process.execPath, join(import.meta.dir, "..", ".ci", "report.ts"), ...reports];
    const child = Bun.spawn(words, { stdin: "ignore", stdout: "pipe" });
    const said = await new Response(child.stdout).text();
    return [await child.exited, said.trim()];
  };
  expect(await counted(join(scratch, "absent.xml"))).toEqual([1, "0 passed, 0 failed"]);
  writeReport(path, "house", [{ file: "a", name: "b", outcome: "skipped", said: "" }]);
  expect(await counted(path)).toEqual([1, "0 passed, 0 failed, 1 skipped"]);
  writeReport(path, "house", [{ file: "a", name: "b", outcome: "passed", said: "" }]);
  expect(await counted(path)).toEqual([0, "1 passed, 0 failed"]);
});
