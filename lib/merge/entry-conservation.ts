// Whether a united text has what it must have, asked of the texts alone and not of the way they were united. Pure.
import { readEntries, surveyOf } from "./entry-reader.ts";
import { type Source, sourceOf } from "./entry-source.ts";
import { type Entry, quoted, quotedLine } from "./entry-tree.ts";
import type { Versions } from "./united.ts";

/**
 * Names what of either side is neither in the result nor was deliberately deleted, or is there too often; null where
 * nothing is. Each entry below its headings is counted: as often as the side that added most, or deleted most. Then
 * each line, which may not come less often than both sides' deletions together explain.
 */
export function conserved(versions: Versions, result: Uint8Array): string | null {
  const given = [versions.base ?? new Uint8Array(), versions.ours, versions.theirs].map(sourceOf);
  const [base, ours, theirs] = given;
  const united = sourceOf(result);
  if (!base || !ours || !theirs || !united) return "one of the versions is no text";
  const reading = surveyOf(versions.base === null ? [ours, theirs] : [base, ours, theirs]);
  const [before, one, other, after] = [base, ours, theirs, united].map((source) =>
    countEntries(readEntries(source, reading)),
  );
  if (!before || !one || !other || !after) throw new Error("four versions were read, and one is not there");
  return (
    wrongCount({ before, one, other, after }) ??
    lostLine({ before: linesIn(base), one: linesIn(ours), other: linesIn(theirs), after: linesIn(united) })
  );
}

interface Counts {
  readonly before: ReadonlyMap<string, number>;
  readonly one: ReadonlyMap<string, number>;
  readonly other: ReadonlyMap<string, number>;
  readonly after: ReadonlyMap<string, number>;
}

function wrongCount(counts: Counts): string | null {
  for (const key of new Set(Object.values(counts).flatMap((map: ReadonlyMap<string, number>) => [...map.keys()]))) {
    const [b, o, t] = [counts.before, counts.one, counts.other].map((map) => map.get(key) ?? 0);
    const found = counts.after.get(key) ?? 0;
    const wanted = wantedCount(b ?? 0, o ?? 0, t ?? 0);
    const name = quoted({ text: key.slice(key.lastIndexOf("\0") + 1) });
    if (wanted === null) return `${name} was repeated on one side and deleted on the other`;
    if (found < wanted) return `${name} would be lost, or stand below another heading`;
    if (found > wanted && wanted === 0) return `${name} was deleted on one side and moved on the other`;
    if (found > wanted) return `${name} would come ${found} times instead of ${wanted}`;
  }
  return null;
}

/** Null where one side added and the other deleted: nobody can say which. */
function wantedCount(base: number, ours: number, theirs: number): number | null {
  if (ours >= base && theirs >= base) return Math.max(ours, theirs);
  if (ours <= base && theirs <= base) return Math.min(ours, theirs);
  return null;
}

function countEntries(root: Entry): Map<string, number> {
  const counts = new Map<string, number>();
  const visit = (entry: Entry, above: string): void => {
    const key = `${above}\0${entry.text}`;
    if (entry.text !== "") counts.set(key, (counts.get(key) ?? 0) + 1);
    const path = entry.lines.length === 0 || above === "" ? "\0" : `${above}\0${entry.lines[0]?.text ?? ""}`;
    for (const below of [...entry.entries, ...entry.sections]) visit(below, path);
  };
  visit(root, "");
  return counts;
}

function lostLine(counts: Counts): string | null {
  for (const side of [counts.one, counts.other]) {
    for (const line of side.keys()) {
      const [b, o, t] = [counts.before, counts.one, counts.other].map((map) => map.get(line) ?? 0);
      const least = leastCount(b ?? 0, o ?? 0, t ?? 0);
      if ((counts.after.get(line) ?? 0) < least) return `the line ${quotedLine(line)} would be lost`;
    }
  }
  return null;
}

function leastCount(base: number, ours: number, theirs: number): number {
  return ours >= base && theirs >= base ? Math.max(ours, theirs) : ours + theirs - base;
}

function linesIn(source: Source): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { text } of source.lines) if (text.trim() !== "") counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}
