// Reads a text as a tree of entries. Three versions are read in the same way (`surveyOf`), so that what is an entry in
// one is an entry in all. Pure.

import { fencedLines, isIndented, isListItem, isRule, type Source } from "./entry-source.ts";
import { type DayFirst, dayOrderOf, labelledTimeOf, periodOf, stampOf } from "./entry-time.ts";
import { type Entry, entryOf, type Gap, type Line } from "./entry-tree.ts";

/** What holds of all versions of a file. */
export interface Reading {
  readonly dayFirst: DayFirst;
  /** The first heading is the file's title: a part of its head. */
  readonly titled: boolean;
  /** How the text above the first heading falls into entries. */
  readonly top: Split;
}

/**
 * Which lines begin an entry: `dated` ones (and list items among dated list items, and paragraphs after one); list
 * items (`items`), those and paragraphs (`blocks`), every line that is not indented (`lines`), or none (`whole`).
 */
type Split = "dated" | "items" | "blocks" | "lines" | "whole";

interface Body {
  readonly source: Source;
  readonly fenced: Uint8Array;
  readonly reading: Reading;
}

/** Finds out how all the versions of a file are to be read. */
export function surveyOf(sources: readonly Source[]): Reading {
  const views = sources.map((source) => {
    const fenced = fencedLines(source);
    const heads = headingsOf(source, fenced);
    return { source, fenced, heads };
  });
  const dayFirst = dayOrderAmong(sources);
  const titled = views.every(({ source, heads }) => isTitledOrNot(source, heads, dayFirst));
  const bodies = views.map(({ source, fenced, heads }) => {
    const from = titled && heads.tops.length > 0 ? (heads.tops[0] ?? 0) + 1 : source.headEnd;
    const next = heads.all.find((at) => at >= from) ?? source.lines.length;
    return { source, fenced, from, next };
  });
  return { dayFirst, titled, top: splitOfTop(bodies, dayFirst) };
}

/** The whole file as a node without a heading of its own: its text is the head of the file. */
export function readEntries(source: Source, reading: Reading): Entry {
  const body: Body = { source, fenced: fencedLines(source), reading };
  const heads = headingsOf(source, body.fenced);
  const title = reading.titled ? heads.tops[0] : undefined;
  const marks = heads.all.filter((at) => at !== title);
  const sections = { marks, next: 0 };
  const ownEnd = Math.max(source.headEnd, title === undefined ? 0 : title + 1);
  return readNode(body, sections, { from: 0, ownEnd, level: 0, split: reading.top, time: null }).entry;
}

function headingsOf(source: Source, fenced: Uint8Array): { all: number[]; tops: number[] } {
  const all: number[] = [];
  const tops: number[] = [];
  for (let at = source.headEnd; at < source.lines.length; at++) {
    const level = fenced[at] === 1 ? 0 : levelOf(source.lines[at]?.text ?? "");
    if (level > 0) all.push(at);
    if (level === 1) tops.push(at);
  }
  return { all, tops };
}

function levelOf(line: string): number {
  return /^(#{1,6})(?:[ \t]|$)/.exec(line)?.[1]?.length ?? 0;
}

function dayOrderAmong(sources: readonly Source[]): DayFirst {
  const orders = new Set<DayFirst>();
  for (const { lines } of sources) for (const line of lines) orders.add(dayOrderOf(line.text));
  orders.delete(null);
  return orders.size === 1 ? ([...orders][0] ?? null) : null;
}

/** True where the version has no heading of the first level, or exactly one, above everything, that is not a date. */
function isTitledOrNot(source: Source, heads: { tops: number[] }, dayFirst: DayFirst): boolean {
  const [top, ...more] = heads.tops;
  if (top === undefined) return true;
  if (more.length > 0 || stampOf(source.lines[top]?.text ?? "", dayFirst) !== null) return false;
  return source.lines.slice(source.headEnd, top).every((line) => line.text.trim() === "");
}

interface TopBody {
  readonly source: Source;
  readonly fenced: Uint8Array;
  readonly from: number;
  readonly next: number;
}

function splitOfTop(bodies: readonly TopBody[], dayFirst: DayFirst): Split {
  const has = (wanted: (line: string) => boolean): boolean =>
    bodies.some(({ source, fenced, from, next }) => {
      for (let at = from; at < next; at++) {
        const line = source.lines[at]?.text ?? "";
        if (fenced[at] !== 1 && !isIndented(line) && wanted(line)) return true;
      }
      return false;
    });
  if (has((line) => line !== "" && stampOf(line, dayFirst) !== null)) return "dated";
  const sectioned = bodies.some(({ source, next }) => next < source.lines.length);
  if (sectioned) return "items";
  // lines below a title or front matter are prose, those of a log have neither
  const parted = bodies.some(({ source, from, next }) => from > 0 || hasInnerBlank(source, from, next));
  return parted || has(isListItem) ? "blocks" : "lines";
}

function hasInnerBlank(source: Source, from: number, to: number): boolean {
  let begun = false;
  for (let at = from; at < to; at++) {
    const blank = source.lines[at]?.text.trim() === "";
    if (begun && blank) return true;
    begun ||= !blank;
  }
  return false;
}

interface Place {
  readonly from: number;
  /** Up to here the lines are its own whatever they look like. */
  readonly ownEnd: number;
  readonly level: number;
  readonly split: Split;
  readonly time: number | null;
}

/** Reads a heading with all that is below it, and the blank lines after it, which belong to whom follows. */
function readNode(
  body: Body,
  sections: { marks: number[]; next: number },
  place: Place,
): { entry: Entry; trailing: Gap } {
  const { source, reading } = body;
  const bodyEnd = sections.marks[sections.next] ?? source.lines.length;
  const starts = startsIn(body, place, bodyEnd);
  const own = piece(source, place.from, starts[0]?.at ?? bodyEnd);
  const parts = starts.map((start, i) => ({ start, ...piece(source, start.at, starts[i + 1]?.at ?? bodyEnd) }));
  const below: { entry: Entry; trailing: Gap }[] = [];
  while (true) {
    const mark = sections.marks[sections.next];
    const heading = source.lines[mark ?? -1]?.text;
    if (mark === undefined || heading === undefined || levelOf(heading) <= place.level) break;
    sections.next++;
    const end = sections.marks[sections.next] ?? source.lines.length;
    const period = periodOf(heading, reading.dayFirst);
    const split = splitBelow(body, { from: mark + 1, to: end }, period !== null);
    const time = period?.time ?? timeOfSection(source.lines.slice(mark, Math.min(end, mark + 10)), reading.dayFirst);
    below.push(readNode(body, sections, { from: mark, ownEnd: mark + 1, level: levelOf(heading), split, time }));
  }
  const entries = parts.map(({ start, lines, gap }, i) => leaf(start, lines, i === parts.length - 1 ? null : gap));
  const lastEntryGap = parts.at(-1)?.gap ?? null;
  const trailing = below.at(-1)?.trailing ?? lastEntryGap ?? own.gap;
  const entry = entryOf({
    kind: place.level === 0 ? "file" : "section",
    lines: own.lines,
    line: place.from + 1,
    time: place.time,
    holds: place.split !== "whole" || below.length > 0,
    afterText: entries.length + below.length > 0 ? own.gap : null,
    entries,
    afterEntries: below.length > 0 ? lastEntryGap : null,
    sections: below.map((one, i) => ({ ...one.entry, after: i === below.length - 1 ? null : one.trailing })),
    after: null,
  });
  return { entry, trailing };
}

function leaf(start: Start, lines: readonly Line[], after: Gap): Entry {
  const nothing = { afterText: null, entries: [], afterEntries: null, sections: [], holds: false };
  return entryOf({ ...nothing, kind: start.kind, lines, line: start.at + 1, time: start.time, after });
}

/** When what a heading names happened: as the heading says, or the first lines below it. */
function timeOfSection([heading, ...below]: readonly Line[], dayFirst: DayFirst): number | null {
  const stamp = stampOf(heading?.text ?? "", dayFirst);
  if (stamp !== null) return stamp.time;
  for (const { text } of below) {
    const time = labelledTimeOf(text, dayFirst);
    if (time !== null) return time;
  }
  return null;
}

/** A heading that is only a date holds entries; so does one with dated lines, or with nothing but boxes to tick. */
function splitBelow(body: Body, range: { from: number; to: number }, isPeriod: boolean): Split {
  let boxes = 0;
  let others = 0;
  for (let at = range.from; at < range.to; at++) {
    const line = body.source.lines[at]?.text ?? "";
    if (line.trim() === "" || isIndented(line)) continue;
    if (body.fenced[at] !== 1 && stampOf(line, body.reading.dayFirst) !== null) return "dated";
    if (body.fenced[at] !== 1 && /^[-*+][ \t]+\[[ xX~/-]\][ \t]/.test(line)) boxes++;
    else others++;
  }
  if (isPeriod) return "blocks";
  return boxes > 0 && others === 0 ? "blocks" : "whole";
}

interface Start {
  readonly at: number;
  readonly kind: "item" | "paragraph" | "line";
  readonly time: number | null;
}

function startsIn(body: Body, place: Place, end: number): Start[] {
  const starts: Start[] = [];
  if (place.split === "whole") return starts;
  let afterBlank = true;
  for (let at = place.ownEnd; at < end; at++) {
    const line = body.source.lines[at]?.text ?? "";
    if (line.trim() === "") {
      afterBlank = true;
      continue;
    }
    if (body.fenced[at] !== 1 && !isIndented(line) && !isRule(line)) {
      const start = startAt(line, place.split, { at, afterBlank, last: starts.at(-1) }, body.reading.dayFirst);
      if (start !== null) starts.push(start);
    }
    afterBlank = false;
  }
  return starts;
}

function startAt(
  line: string,
  split: Split,
  where: { at: number; afterBlank: boolean; last: Start | undefined },
  dayFirst: DayFirst,
): Start | null {
  const { at, afterBlank, last } = where;
  const item = isListItem(line);
  const stamp = stampOf(line, dayFirst);
  const time = stamp?.time ?? null;
  if (split === "lines") return { at, kind: "line", time };
  if (split !== "dated") {
    if (item) return { at, kind: "item", time };
    return split === "blocks" && afterBlank ? { at, kind: "paragraph", time } : null;
  }
  if (stamp !== null) return { at, kind: item ? "item" : "line", time };
  if (item) return last === undefined || last.kind === "item" ? { at, kind: "item", time } : null;
  return afterBlank && last !== undefined ? { at, kind: "paragraph", time } : null;
}

/** The lines of a range without the blank ones at its end, and those. */
function piece(source: Source, from: number, to: number): { lines: Line[]; gap: string } {
  let end = to;
  while (end > from && source.lines[end - 1]?.text.trim() === "") end--;
  const gap = source.lines.slice(end, to).map((line) => `${line.text}\n`);
  return { lines: source.lines.slice(from, end), gap: gap.join("") };
}
