// The words of `verify`, as pure functions from its report to lines.
import type { Integrity } from "../lib/sync/findings.ts";
import type { Word } from "../lib/sync/hold-baseline.ts";
import type { VerifyReport } from "../lib/sync/verify.ts";
import { count, formatTime, stepLines } from "./words.ts";

const LISTED = 10;

function headline(found: Integrity, word: Word | null, dryRun: boolean): string {
  const { baseline, tracked, subset } = found;
  if (found.written || (dryRun && word !== null && word !== "post-sync"))
    return `${dryRun ? "planned" : "written"}: a baseline of ${count(found.same + found.accepted.length - found.missing.length, "file")}`;
  if (dryRun && found.repaired.length > 0) return `planned: ${count(found.repaired.length, "file")} would be repaired`;
  const parts: string[] = [];
  if (baseline !== null)
    parts.push(`${count(found.same, "watched file")} as in the baseline of ${formatTime(baseline.takenAt)}`);
  if (tracked !== null) {
    const sound = tracked.checked - tracked.edited.length - tracked.deleted.length - tracked.rotten.length;
    parts.push(`${sound} of ${count(tracked.checked, "tracked file")} as in git's index`);
  }
  if (found.objects?.sound === true) parts.push("the object store is sound");
  if (subset !== null) parts.push(`part ${subset.part} of ${subset.of}`);
  return parts.length === 0 ? "nothing was verified" : `verified: ${parts.join("; ")}`;
}

function rows(found: Integrity, dryRun: boolean): [kind: string, path: string][] {
  const { tracked } = found;
  const list = (kind: string, paths: readonly string[]): [string, string][] => paths.map((path) => [kind, path]);
  const accepted = new Set(found.accepted);
  const repaired = dryRun ? "repair" : "repaired";
  const lists = [
    ...list(repaired, found.repaired),
    ...list("rotten", [...new Set([...found.rotten, ...(tracked?.rotten ?? [])])]),
    ...list("missing", found.missing),
    ...list("edited", [...new Set([...found.edited, ...(tracked?.edited ?? [])])]),
    ...list("deleted", tracked?.deleted ?? []),
    ...list("new", found.added),
  ];
  const mended = new Set(found.repaired);
  const left = lists.filter(([kind, path]) => kind === repaired || !mended.has(path));
  return left.map(([kind, path]) => [kind, accepted.has(path) ? `${path} (accepted)` : path]);
}

/** What `verify` reads like; the failure is said on its own. */
export function wordsOfVerify(report: VerifyReport, options: { word: Word | null; verbose: boolean }): string[] {
  const { integrity: found, failure, outcome, notes } = report;
  const steps = options.verbose ? stepLines(report) : [];
  if (found === null) return [...steps, ...notes.map((note) => `note: ${note}`)];
  const all = rows(found, outcome === "planned");
  const shown = options.verbose ? all : all.slice(0, LISTED);
  const lines = shown.map(([kind, path]) => `  ${kind.padEnd(8)} ${path}`);
  if (shown.length < all.length) lines.push(`  and ${all.length - shown.length} more`);
  for (const { path, why } of found.unrepaired) lines.push(`  not repaired: ${path} ${why}`);
  if (found.kept !== null) lines.push(`the rotten copies are in ${found.kept}`);
  if (found.subset !== null) {
    const { done, of, complete } = found.subset;
    lines.push(
      complete
        ? `the round is complete: all ${of} parts are done`
        : `${done.length} of ${of} parts of this round are done`,
    );
  }
  const first = failure === null ? [headline(found, options.word, outcome === "planned")] : [];
  return [...first, ...lines, ...steps, ...notes.map((note) => `note: ${note}`)];
}
