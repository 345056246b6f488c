// `npm test`: brings the test build up to date, runs every test in random order, and says at the end what was skipped.
// Arguments go to `bun test`: `npm test -- test/merge.test.ts -t "a name"`.
import { mkdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { SIGNED } from "./build.ts";
import { fetchBun, ROOT, type Target } from "./bun-packages.mjs";
import { appendFailures, type Case, countOf, readReport, TEST_REPORT } from "./report.ts";
import { ensureTestBuild } from "./test-build.ts";

const words = process.argv.slice(2);
const files = [...new Bun.Glob("test/**/*.test.ts").scanSync({ cwd: ROOT })].sort();
if (words.length === 0) fetchForeignBuns();
await ensureTestBuild();
mkdirSync(dirname(TEST_REPORT), { recursive: true });
rmSync(TEST_REPORT, { force: true });

const reporter = ["--reporter=junit", `--reporter-outfile=${TEST_REPORT}`];
const run = Bun.spawn([process.execPath, "test", "--parallel", "--timeout=60000", ...reporter, ...words], {
  cwd: ROOT,
  stdio: ["ignore", "inherit", "inherit"],
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => run.kill(signal));
const code = await run.exited;

if (words.length === 0) await reportSilentFiles();
const cases = await readReport(TEST_REPORT);
for (const { name, file } of cases.filter((one) => one.outcome === "skipped"))
  console.log(`skipped: ${name} (${file})`);
console.log(countOf(cases));
const failed = code !== 0 || cases.length === 0 || cases.some((one) => one.outcome === "failed");
process.exitCode = failed ? Math.max(code, 1) : 0;

/** The executables for the other targets are tested as well; without their Bun, those tests say so and are skipped. */
function fetchForeignBuns(): void {
  for (const target of Object.keys(SIGNED) as Target[]) {
    try {
      fetchBun(target);
    } catch (error) {
      console.error(`set-up: no Bun of ${target}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

/** A file that does not load leaves nothing in the report: it counts as one failed case, not as none. */
async function reportSilentFiles(): Promise<void> {
  const heard = new Set((await readReport(TEST_REPORT)).map((one) => one.file));
  const silent = files.filter((file) => !heard.has(file));
  if (silent.length === 0 || heard.size === 0) return;
  const rows = silent.map((file): Case & { said: string } => ({
    file,
    name: "the file loads and has tests",
    outcome: "failed",
    said: "no test of this file is in the report",
  }));
  appendFailures(TEST_REPORT, "files without a result", rows);
  for (const file of silent) console.log(`failed: ${file} left no result`);
}
