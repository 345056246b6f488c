// `npm run check`: lint, types and unused code. With `--all` also the shell scripts, a build of every target, and the demo.
// Each is one case of the JUnit report at dist/junit-house.xml.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { build, executableOf, TARGETS } from "./build.ts";
import { hostTarget, onPath, ROOT } from "./bun-packages.mjs";
import { lintWorkflows } from "./lint-workflows.ts";
import { type Case, HOUSE_REPORT, writeReport } from "./report.ts";

type Check = readonly [name: string, run: () => Promise<string | null>];

const QUICK: readonly Check[] = [
  ["lint", () => command(["biome", "check", "--error-on-warnings", "--max-diagnostics=100"])],
  ["types", () => command(["tsc", "--project", ".", "--noEmit"])],
  ["unused code and packages", () => command(["knip", "--no-progress"])],
  ["workflows", lintWorkflows],
];
const SHELL: Check = ["shell scripts", () => command(["shellcheck", "install.sh", ".ci/run", ".ci/prove-on-mac"])];

/** Null when the command ends with 0, else what it said. */
async function command(words: readonly string[]): Promise<string | null> {
  const path = `${ROOT}/node_modules/.bin:${process.env["PATH"] ?? ""}`;
  const [program = "", ...rest] = words;
  const env = { ...process.env, PATH: path, FORCE_COLOR: undefined };
  // Bun itself runs the tools: a machine with Bun alone has no Node for their first lines.
  const found = Bun.which(program, { PATH: path });
  if (found === null) return `${program} is not installed`;
  const argv = found.startsWith(ROOT) ? [process.execPath, "--bun", found, ...rest] : [found, ...rest];
  const child = Bun.spawn(argv, { cwd: ROOT, env, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const said = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return (await child.exited) === 0 ? null : said.join("");
}

/** Builds twice, in two places: what is published must be what anybody else gets from the same commit. */
function buildCheck(target: (typeof TARGETS)[number]): Check {
  const run = async (): Promise<string | null> => {
    const outfile = executableOf(target);
    await build({ target, faults: false, outfile });
    const again = join(mkdtempSync(join(tmpdir(), "petesbrain-again-")), basename(outfile));
    try {
      await build({ target, faults: false, outfile: again });
      return readFileSync(again).equals(readFileSync(outfile)) ? null : `two builds of ${target} differ`;
    } finally {
      rmSync(dirname(again), { recursive: true });
    }
  };
  return [`build ${target}, twice the same`, run];
}

/** The executable for this machine shows itself, as `npm run demo` does; what it said last where a claim does not hold. */
async function demonstrate(): Promise<string | null> {
  const outfile = executableOf(hostTarget());
  const child = Bun.spawn([outfile, "demo"], { cwd: ROOT, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const said = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return (await child.exited) === 0 ? null : said.join("").slice(-3_000);
}

async function outcomeOf([name, run]: Check): Promise<Case & { said: string }> {
  const said = await run().catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
  console.log(said === null ? `ok: ${name}` : `failed: ${name}\n${said.trimEnd()}`);
  return { file: ".ci/check.ts", name, outcome: said === null ? "passed" : "failed", said: said ?? "" };
}

const all = process.argv.includes("--all");
const cases: (Case & { said: string })[] = [];
for (const check of QUICK) cases.push(await outcomeOf(check));
if (all && onPath("shellcheck") !== null) cases.push(await outcomeOf(SHELL));
else if (all) {
  console.log("skipped: shell scripts (shellcheck is not installed)");
  cases.push({ file: ".ci/check.ts", name: SHELL[0], outcome: "skipped", said: "" });
}
if (all) for (const target of TARGETS) cases.push(await outcomeOf(buildCheck(target)));
if (all) cases.push(await outcomeOf(["demonstration", demonstrate]));
writeReport(HOUSE_REPORT, "house", cases);
process.exitCode = cases.some((one) => one.outcome === "failed") ? 1 : 0;
