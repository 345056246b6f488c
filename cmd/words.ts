// The words people read, as pure functions from reports to lines. Paths are printed with every character escaped
// that could steer a terminal or reverse a line; colour is the terminal's business.
import { spoken } from "../lib/paste.ts";
import type { Report, ReportedFailure } from "../lib/sync/report.ts";

const LISTED = 10;

/** `1 file`, `2 files`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function short(commit: string | null): string {
  return commit === null ? "nothing" : commit.slice(0, 7);
}

type Files = Report["files"];

const KINDS: readonly (readonly [key: keyof Files, adjective: string])[] = [
  ["modified", "changed"],
  ["added", "new"],
  ["deleted", "deleted"],
  ["merged", "merged"],
];

/** Every changed path once, with the last kind that names it. */
function changes(files: Files): Map<string, string> {
  const kinds = new Map<string, string>();
  for (const [key, adjective] of KINDS) {
    for (const path of files[key]) kinds.set(path, adjective);
  }
  return kinds;
}

/** `3 files (2 changed, 1 new)`. */
export function summaryOf(files: Files, verb = ""): string {
  const kinds = changes(files);
  const numbers = new Map<string, number>();
  for (const kind of kinds.values()) numbers.set(kind, (numbers.get(kind) ?? 0) + 1);
  const said = KINDS.flatMap(([, adjective]) => {
    const number = numbers.get(adjective);
    return number === undefined ? [] : [`${number} ${adjective}`];
  });
  const head = `${count(kinds.size, "file")}${verb === "" ? "" : ` ${verb}`}`;
  return said.length === 0 ? head : `${head} (${said.join(", ")})`;
}

/** The first few in sorted order; of 100,000 paths no second list is made. */
function firstOf(paths: Iterable<string>, most: number): string[] {
  let first: string[] = [];
  for (const path of paths) {
    const last = first[most - 1];
    if (last !== undefined && path >= last) continue;
    first = [...first, path].sort().slice(0, most);
  }
  return first;
}

/** The changed files, a line each: up to ten, then how many more. */
export function listOf(files: Files, all: boolean): string[] {
  const kinds = changes(files);
  const paths = all ? [...kinds.keys()].sort() : firstOf(kinds.keys(), LISTED);
  const lines = paths.map((path) => `  ${(kinds.get(path) ?? "").padEnd(8)} ${path}`);
  return paths.length < kinds.size ? [...lines, `  and ${kinds.size - paths.length} more`] : lines;
}

const VERBS: Readonly<Record<string, readonly [done: string, planned: string]>> = {
  push: ["published", "would be published"],
  pull: ["brought in", "would be brought in"],
  sync: ["synced", "would be synced"],
  rollback: ["put back", "would be put back"],
  resolve: ["resolved", "would be resolved"],
  init: ["set up", "would be set up"],
};

function proven(report: Report): string {
  const { critical, changed, attestedBy } = report.verified;
  if (critical === 0 && changed === 0) return "";
  const vouched = attestedBy === null ? "" : `, as ${attestedBy} attested`;
  const what = critical > 0 ? `${count(critical, "critical file")} proven` : `${count(changed, "file")} proven`;
  return `; ${what}${vouched}`;
}

/** A rollback says of what it put back, and not of the critical files alone, that it was proven. */
function provenBack(report: Report): string {
  const { changed } = report.verified;
  return changed === 0 || report.command !== "rollback"
    ? proven(report)
    : `; ${count(changed, "file")} proven by SHA-256`;
}

function headline(report: Report, at: string): string {
  const [done, planned] = VERBS[report.command] ?? ["done", "would be done"];
  switch (report.outcome) {
    case "synced":
      if (report.command === "resolve" && changes(report.files).size === 0)
        return `synced: every conflict is answered, and no file here had to change${proven(report)}`;
      return `synced: ${summaryOf(report.files, done === "synced" ? "" : done)} as ${short(report.head.after)}${proven(report)}`;
    case "planned":
      return `planned: ${summaryOf(report.files, planned)}; nothing was changed`;
    case "up-to-date":
      return `up to date: ${short(report.head.after ?? report.head.before)} on ${report.branch} at ${at}; nothing to do${proven(report)}`;
    case "rolled-back":
      return `rolled back: ${summaryOf(report.files, done)}${provenBack(report)}`;
    case "blocked":
    case "failed":
      return "";
  }
}

/** The steps of a run with their durations, a line each. */
export function stepLines(report: Report): string[] {
  const lines = report.steps.map(
    ({ name, ms, ok }) => `  ${name.padEnd(14)} ${String(Math.round(ms)).padStart(6)} ms${ok ? "" : "  failed"}`,
  );
  return [`steps of run ${report.run || "-"} (${Math.round(report.durationMs)} ms):`, ...lines];
}

/** What a run's end reads like; empty lines for a failure, which is said on its own. `at` is the time of the run's end. */
export function wordsOfReport(report: Report, options: { verbose: boolean; at: string }): string[] {
  const first = headline(report, options.at);
  const failed = report.outcome === "failed" || report.outcome === "blocked";
  const lines = first === "" ? [] : [first];
  if (!failed) lines.push(...listOf(report.files, options.verbose));
  if (report.files.heldBack.length > 0 && !failed)
    lines.push(...report.files.heldBack.map((path) => `  held back ${path}`));
  if (report.snapshot !== null && options.verbose) lines.push(`snapshot: ${report.snapshot}`);
  if (options.verbose) lines.push(...stepLines(report));
  return [...lines, ...report.notes.map((note) => `note: ${note}`)];
}

/** The failure: what became of the run and why, the paths it is about, then the commands that lead on. */
export function wordsOfFailure(failure: ReportedFailure, lead: string): string[] {
  const paths = failure.paths.slice(0, LISTED).map((path) => `  ${path}`);
  if (failure.paths.length > LISTED) paths.push(`  and ${failure.paths.length - LISTED} more`);
  const remedy =
    failure.remedy.length === 0 ? [] : ["to go on:", ...failure.remedy.flatMap(spoken).map((line) => `  ${line}`)];
  return [`${lead}: ${failure.title}`, `  ${failure.cause}`, ...paths, ...remedy];
}

/** A UTC time as people read it: `2026-01-04 10:25:00 UTC`. */
export function formatTime(iso: string): string {
  return iso.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z$/, "$1 $2 UTC");
}

/** Rows as columns, each as wide as its widest cell. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => (row[at] ?? "").length)));
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
