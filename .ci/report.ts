// JUnit reports: reading what `bun test` wrote, adding cases it cannot write itself, and counting. Nothing is counted by hand.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ROOT } from "./bun-packages.mjs";

export const TEST_REPORT = join(ROOT, "dist", "junit.xml");
export const HOUSE_REPORT = join(ROOT, "dist", "junit-house.xml");

export interface Case {
  readonly file: string;
  readonly name: string;
  readonly outcome: "passed" | "failed" | "skipped";
}

/** The cases of the JUnit report at `path`, in its order; none when there is no report. */
export async function readReport(path: string): Promise<Case[]> {
  if (!existsSync(path)) return [];
  const cases: { file: string; name: string; outcome: Case["outcome"] }[] = [];
  const rewriter = new HTMLRewriter()
    .on("testcase", {
      element(element): void {
        const name = plain(element.getAttribute("name") ?? "");
        cases.push({ file: plain(element.getAttribute("file") ?? ""), name, outcome: "passed" });
      },
    })
    .on("testcase > failure, testcase > error", { element: () => mark(cases, "failed") })
    .on("testcase > skipped", { element: () => mark(cases, "skipped") });
  // HTML has no self-closing elements of its own: without this, one case would swallow the next.
  const html = readFileSync(path, "utf8").replace(/<(testcase|skipped|failure|error)\b([^<>]*)\/>/g, "<$1$2></$1>");
  await rewriter.transform(new Response(html)).text();
  return cases;
}

/** Writes a report of `cases`; `said` is the text of a failed one. */
export function writeReport(path: string, suite: string, cases: readonly (Case & { readonly said: string })[]): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suiteOf(suite, cases)}</testsuites>\n`);
}

/** Adds failed cases to a report that is there already, before its end. */
export function appendFailures(
  path: string,
  suite: string,
  cases: readonly (Case & { readonly said: string })[],
): void {
  const text = readFileSync(path, "utf8");
  writeFileSync(
    path,
    text.replace("</testsuites>", () => `${suiteOf(suite, cases)}</testsuites>`),
  );
}

/** `N passed, N failed`, with `, N skipped` when there are any. */
export function countOf(cases: readonly Case[]): string {
  const count = (outcome: Case["outcome"]): number => cases.filter((one) => one.outcome === outcome).length;
  const skipped = count("skipped");
  return `${count("passed")} passed, ${count("failed")} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`;
}

function mark(cases: { outcome: Case["outcome"] }[], outcome: Case["outcome"]): void {
  const last = cases.at(-1);
  if (last !== undefined) last.outcome = outcome;
}

function suiteOf(suite: string, cases: readonly (Case & { readonly said: string })[]): string {
  const rows = cases.map(({ file, name, outcome, said }) => {
    const open = `<testcase name="${Bun.escapeHTML(name)}" file="${Bun.escapeHTML(file)}">`;
    const body = outcome === "failed" ? `<failure message="failed">${Bun.escapeHTML(said)}</failure>` : "";
    return `    ${open}${outcome === "skipped" ? "<skipped />" : body}</testcase>\n`;
  });
  const failures = cases.filter((one) => one.outcome === "failed").length;
  const head = `name="${Bun.escapeHTML(suite)}" tests="${cases.length}" failures="${failures}"`;
  return `  <testsuite ${head}>\n${rows.join("")}  </testsuite>\n`;
}

function plain(text: string): string {
  return text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll(/&#(?:39|x27);|&apos;/g, "'")
    .replaceAll("&#10;", "\n")
    .replaceAll("&amp;", "&");
}

if (import.meta.main) {
  const paths = process.argv.slice(2);
  const cases = (await Promise.all(paths.map(readReport))).flat();
  for (const { file, name } of cases.filter((one) => one.outcome === "failed")) console.log(`failed: ${file}: ${name}`);
  console.log(countOf(cases));
  const ran = cases.some((one) => one.outcome !== "skipped");
  process.exitCode = ran && cases.every((one) => one.outcome !== "failed") ? 0 : 1;
}
