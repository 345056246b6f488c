// Writes a tree of entries as bytes, with the line ends, the byte order mark and the end of the file that three versions
// agree on. Pure.
import type { LineEnds, Source } from "./entry-source.ts";
import { type Entry, type Gap, type Line, longer } from "./entry-tree.ts";

export interface Three<T> {
  readonly base: T | null;
  readonly ours: T;
  readonly theirs: T;
}

/** Where nothing follows an entry in any version, what stands between its kind elsewhere in the file. */
type Habits = ReadonlyMap<string, string>;

export function writeEntries(root: Entry, sources: Three<Source>, roots: readonly Entry[]): Uint8Array {
  const ends = uniteLineEnds(sources);
  const fallback = commonEnd([sources.base, sources.ours, sources.theirs]);
  const pieces: string[] = [];
  const habits = habitsOf(roots);
  const lineEnd = ends === "mixed" || ends === "none" ? fallback : ends;
  const line = ({ text, end }: Line): string => text + (ends === "mixed" && end !== "" ? end : lineEnd);
  const gap = (known: Gap, usual: string): string => (known ?? usual).replaceAll("\n", lineEnd);
  const write = (entry: Entry): void => {
    for (const own of entry.lines) pieces.push(line(own));
    if (entry.lines.length > 0 || entry.afterText !== null) {
      const next = entry.entries[0] ?? entry.sections[0];
      if (next !== undefined) pieces.push(gap(entry.afterText, habits.get("text") ?? "\n"));
    }
    writeSiblings(entry.entries);
    if (entry.entries.length > 0 && entry.sections.length > 0)
      pieces.push(gap(entry.afterEntries, habits.get("section") ?? "\n"));
    writeSiblings(entry.sections);
  };
  const writeSiblings = (siblings: readonly Entry[]): void => {
    for (const [at, entry] of siblings.entries()) {
      write(entry);
      const next = siblings[at + 1];
      if (next !== undefined) pieces.push(gap(apart(entry.after, next), habits.get(next.kind) ?? usual(next)));
    }
  };
  write(root);
  const tail = uniteTail(sources);
  return new TextEncoder().encode((uniteMark(sources) ? "\uFEFF" : "") + endWith(pieces.join(""), tail, lineEnd));
}

/** A paragraph that follows without a blank line would be a part of what is before it. */
function apart(after: Gap, next: Entry): Gap {
  return next.kind === "paragraph" && after === "" ? null : after;
}

function usual(next: Entry): string {
  return next.kind === "section" || next.kind === "paragraph" ? "\n" : "";
}

/** The last line keeps its own end where it may have one. */
function endWith(text: string, tail: string, lineEnd: string): string {
  if (tail === "") return text.replace(/\r?\n$/, "");
  return text.endsWith("\n") ? text + tail.slice(1).replaceAll("\n", lineEnd) : text + tail.replaceAll("\n", lineEnd);
}

/** The commonest gap before each kind; the shorter of two that are as common. */
function habitsOf(roots: readonly Entry[]): Habits {
  const counts = new Map<string, Map<string, number>>();
  const count = (kind: string, gap: Gap): void => {
    if (gap === null || (kind === "paragraph" && gap === "")) return;
    const gaps = counts.get(kind) ?? new Map<string, number>();
    counts.set(kind, gaps.set(gap, (gaps.get(gap) ?? 0) + 1));
  };
  const visit = (entry: Entry): void => {
    if (entry.lines.length > 0) count("text", entry.afterText);
    count("section", entry.afterEntries);
    for (const list of [entry.entries, entry.sections]) {
      for (const [at, one] of list.entries()) {
        count(list[at + 1]?.kind ?? "", one.after);
        visit(one);
      }
    }
  };
  for (const root of roots) visit(root);
  const commonest = (gaps: ReadonlyMap<string, number>): string =>
    [...gaps].sort(([a, n], [b, m]) => m - n || a.length - b.length || (a < b ? -1 : 1))[0]?.[0] ?? "";
  return new Map([...counts].map(([kind, gaps]) => [kind, commonest(gaps)]));
}

function uniteLineEnds({ base, ours, theirs }: Three<Source>): LineEnds {
  if (ours.lineEnds === theirs.lineEnds || theirs.lineEnds === "none") return ours.lineEnds;
  if (ours.lineEnds === "none") return theirs.lineEnds;
  if (base === null) return "mixed";
  if (theirs.lineEnds === base.lineEnds) return ours.lineEnds;
  return ours.lineEnds === base.lineEnds ? theirs.lineEnds : "mixed";
}

/** How most lines of all versions end. */
function commonEnd(sources: readonly (Source | null)[]): string {
  let balance = 0;
  for (const source of sources) {
    for (const { end } of source?.lines ?? []) balance += end === "\r\n" ? 1 : -Number(end === "\n");
  }
  return balance > 0 ? "\r\n" : "\n";
}

/** The end of the file follows the side that changed it, or the side that has more of it. */
function uniteTail({ base, ours, theirs }: Three<Source>): string {
  const [one, other] = [ours.tail, theirs.tail];
  if (one === other || other === base?.tail) return one;
  if (one === base?.tail) return other;
  return longer(one, other);
}

function uniteMark({ base, ours, theirs }: Three<Source>): boolean {
  if (ours.byteOrderMark === theirs.byteOrderMark) return ours.byteOrderMark;
  return base === null || !base.byteOrderMark;
}
