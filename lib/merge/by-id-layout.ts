// The white space and commas between the items of a list or an object, and which side's they are in the united one: of
// the side that changed them; where both did, the shorter, so that it does not matter which side is called ours.
import { compareIds } from "./by-id-order.ts";
import type { JsonNode, JsonText } from "./json-text.ts";

/** Something of the base, of ours and of theirs; null where that version has none. */
export interface Trio<T> {
  readonly base: T | null;
  readonly ours: T | null;
  readonly theirs: T | null;
}

/** How one version lays out one container. */
export interface Layout {
  /** Before the first item, and between two: what most have, with the comma. Null where there is no item. */
  readonly first: string | null;
  readonly between: string | null;
  readonly last: string | null;
  /** All that is inside a container without items. */
  readonly inner: string | null;
  /** Before each item but the first, with the comma; null for the first. */
  readonly before: readonly (string | null)[];
}

/** The one that a side changed; of two changed ones the shorter, then the lesser. */
export function pick({ base, ours, theirs }: Trio<string>): string | null {
  if (ours === null || theirs === null) return ours ?? theirs ?? base;
  if (ours === theirs || theirs === base) return ours;
  if (ours === base) return theirs;
  return lesser(ours, theirs);
}

export function lesser(a: string, b: string): string {
  return compareIds(a, b) < 0 ? a : b;
}

export function layoutOf(json: JsonText, { items, start, end }: JsonNode): Layout {
  const before = items.map((item, at) => {
    const previous = items[at - 1];
    return previous === undefined ? null : json.text.slice(previous.end, item.from);
  });
  const [first, last] = [items[0], items.at(-1)];
  if (first === undefined || last === undefined)
    return { first: null, between: null, last: null, inner: json.text.slice(start + 1, end - 1), before };
  const lead = json.text.slice(start + 1, first.from);
  return {
    first: lead,
    between: mostCommon(before) ?? betweenAfter(json, lead),
    last: json.text.slice(last.end, end - 1),
    inner: null,
    before,
  };
}

/** The layout with every gap changed. */
export function fitted(layout: Layout, change: (gap: string) => string): Layout {
  const changed = (gap: string | null): string | null => (gap === null ? null : change(gap));
  return {
    first: changed(layout.first),
    between: changed(layout.between),
    last: changed(layout.last),
    inner: changed(layout.inner),
    before: layout.before.map(changed),
  };
}

function mostCommon(texts: readonly (string | null)[]): string | null {
  const counts = new Map<string, number>();
  for (const text of texts) if (text !== null) counts.set(text, (counts.get(text) ?? 0) + 1);
  let most: string | null = null;
  for (const [text, count] of counts) {
    const [best, known] = [counts.get(most ?? "") ?? 0, most ?? text];
    if (count > best || (count === best && lesser(text, known) === text)) most = text;
  }
  return most;
}

/** What would stand between two items where there is but one. */
function betweenAfter(json: JsonText, lead: string): string {
  if (lead.includes("\n")) return `,${lead}`;
  const known = commas.get(json) ?? commaIn(json.whole);
  commas.set(json, known);
  return known;
}

/** Looked for once in a text, since it may have to be gone through. */
const commas = new WeakMap<JsonText, string>();

/** The comma of a text on one line: as it stands before the second key of some object. */
function commaIn(text: string): string {
  const white = /,([ \t]*)"[^"\\]*"[ \t]*:/.exec(text)?.[1];
  if (white !== undefined) return `,${white}`;
  return /":[ \t]/.test(text) ? ", " : ",";
}

/** What stands before an item that is not the first, in the united container whose items are mostly parted by `chosen`. */
export function gapBefore(layouts: Trio<Layout>, places: Trio<number>, chosen: string): string {
  const [base, ours, theirs] = [
    gapAt(layouts.base, places.base),
    gapAt(layouts.ours, places.ours),
    gapAt(layouts.theirs, places.theirs),
  ];
  if (places.base !== null) return pick({ base, ours, theirs }) ?? chosen;
  // a new item keeps what stood before it only where its side lays out the container as the united one is
  const fitting = (layout: Layout | null, own: string | null): string | null =>
    own === null || layout?.between === chosen ? own : chosen;
  return pick({ base: null, ours: fitting(layouts.ours, ours), theirs: fitting(layouts.theirs, theirs) }) ?? chosen;
}

function gapAt(layout: Layout | null, place: number | null): string | null {
  return layout === null || place === null ? null : (layout.before[place] ?? layout.between);
}

export function mapTrio<T, R>(trio: Trio<T>, change: (one: T) => R | null): Trio<R> {
  const changed = (one: T | null): R | null => (one === null ? null : change(one));
  return { base: changed(trio.base), ours: changed(trio.ours), theirs: changed(trio.theirs) };
}
