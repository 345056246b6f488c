// Which entry of one version is which of another. Pure, and the same for the same two lists whoever asks.
//
// Equal entries first, as many as can keep their order; in what is left between them, a heading with its own name; then
// an entry of the same time that shares most of its words: an edit.
import type { Entry } from "./entry-tree.ts";

/** Where each entry of the base is in the side; -1: not there. Rises. */
export type Alignment = Int32Array;

/** Entries of a stretch that are compared by their words; beyond that an edit looks like a deletion and an addition. */
const WINDOW = 8;

export function align(base: readonly Entry[], side: readonly Entry[]): Alignment {
  const found = new Int32Array(base.length).fill(-1);
  const shorter = Math.min(base.length, side.length);
  let begin = 0;
  while (begin < shorter && base[begin]?.whole === side[begin]?.whole) {
    found[begin] = begin;
    begin++;
  }
  let end = 0;
  while (end < shorter - begin && base.at(-1 - end)?.whole === side.at(-1 - end)?.whole) {
    end++;
    found[base.length - end] = side.length - end;
  }
  for (const [at, where] of risingPairs(base.slice(begin, base.length - end), side.slice(begin, side.length - end)))
    found[begin + at] = begin + where;
  pairEdits(base, side, found);
  return found;
}

/** Equal entries, the n-th of a text with the n-th, without those that changed places. */
function risingPairs(base: readonly Entry[], side: readonly Entry[]): [number, number][] {
  const places = new Map<string, number[]>();
  for (let at = side.length - 1; at >= 0; at--) {
    const whole = side[at]?.whole ?? "";
    const list = places.get(whole);
    if (list === undefined) places.set(whole, [at]);
    else list.push(at);
  }
  const pairs: [number, number][] = [];
  for (const [at, entry] of base.entries()) {
    const where = places.get(entry.whole)?.pop();
    if (where !== undefined) pairs.push([at, where]);
  }
  return longestRise(pairs);
}

/** The longest rising subsequence by the second number, in n log n. */
function longestRise(pairs: readonly [number, number][]): [number, number][] {
  const tails: number[] = [];
  const before = new Int32Array(pairs.length).fill(-1);
  const value = (index: number | undefined): number => pairs[index ?? -1]?.[1] ?? -1;
  for (const [index, [, where]] of pairs.entries()) {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (value(tails[middle]) < where) low = middle + 1;
      else high = middle;
    }
    before[index] = low > 0 ? (tails[low - 1] ?? -1) : -1;
    tails[low] = index;
  }
  const rise: [number, number][] = [];
  for (let index = tails.at(-1) ?? -1; index >= 0; index = before[index] ?? -1) {
    const pair = pairs[index];
    if (pair !== undefined) rise.push(pair);
  }
  return rise.reverse();
}

function pairEdits(base: readonly Entry[], side: readonly Entry[], found: Alignment): void {
  const words = new Map<Entry, Set<string>>();
  let at = 0;
  let from = 0;
  while (at < base.length) {
    const where = found[at] ?? -1;
    if (where >= 0) {
      from = where + 1;
      at++;
      continue;
    }
    let next = at;
    while (next < base.length && found[next] === -1) next++;
    const to = next < base.length ? (found[next] ?? side.length) : side.length;
    if (to > from) pairStretch(base.slice(at, next), { side, from, to }, words, (i, j) => (found[at + i] = j));
    at = next;
  }
}

interface Fresh {
  readonly side: readonly Entry[];
  readonly from: number;
  readonly to: number;
}

function pairStretch(
  missing: readonly Entry[],
  fresh: Fresh,
  words: Map<Entry, Set<string>>,
  pair: (index: number, where: number) => void,
): void {
  const headings = headingsOf(fresh);
  let from = fresh.from;
  for (const [index, entry] of missing.entries()) {
    const named = headings.get(entry.lines[0]?.text ?? "")?.findLast((at) => at >= from);
    const isNamed = entry.kind === "section" && named !== undefined;
    const others = missing.slice(index + 1, index + WINDOW);
    const where = isNamed ? named : mostAlike({ entry, others }, { ...fresh, from }, words);
    if (where === undefined) continue;
    pair(index, where);
    from = where + 1;
  }
}

/** Where each heading is, the last place first. */
function headingsOf({ side, from, to }: Fresh): Map<string, number[]> {
  const headings = new Map<string, number[]>();
  for (let at = to - 1; at >= from; at--) {
    const entry = side[at];
    if (entry?.kind !== "section") continue;
    const list = headings.get(entry.lines[0]?.text ?? "");
    if (list === undefined) headings.set(entry.lines[0]?.text ?? "", [at]);
    else list.push(at);
  }
  return headings;
}

/** The entry most like this one, unless it is more like one of the others. */
function mostAlike(
  { entry, others }: { entry: Entry; others: readonly Entry[] },
  { side, from, to }: Fresh,
  words: Map<Entry, Set<string>>,
): number | undefined {
  let best: number | undefined;
  let most = 0;
  for (let at = from; at < Math.min(to, from + WINDOW); at++) {
    const share = likeness(entry, side[at], words);
    if (share < 0.5 || share <= most) continue;
    best = at;
    most = share;
  }
  const found = side[best ?? -1];
  return others.some((other) => likeness(other, found, words) > most) ? undefined : best;
}

/** 0 for entries of different times or kinds, 1 where one is the other with something written after it. */
function likeness(one: Entry, other: Entry | undefined, words: Map<Entry, Set<string>>): number {
  if (other === undefined || other.time !== one.time || other.kind !== one.kind) return 0;
  if (one.text.startsWith(other.text) || other.text.startsWith(one.text)) return 1;
  return shareOfWords(wordsOf(one, words), wordsOf(other, words));
}

/** The words both have, of those either has on average: 0 to 1. */
function shareOfWords(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  let both = 0;
  for (const word of one) if (other.has(word)) both++;
  return both === 0 ? 0 : (2 * both) / (one.size + other.size);
}

function wordsOf(entry: Entry, known: Map<Entry, Set<string>>): Set<string> {
  const before = known.get(entry);
  if (before !== undefined) return before;
  const found =
    entry.text
      .slice(0, 400)
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? [];
  const words = new Set(found.filter((word) => /\p{L}/u.test(word)));
  known.set(entry, words);
  return words;
}
