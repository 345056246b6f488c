// Files of entries for properties: a made-up list in one of the ways people keep them, and what two or three machines do
// to it. Every entry has a name of its own, so that a test can count it without knowing how the file is read.
import fc from "fast-check";

/** How the entries of a file look. */
export type Style = "log" | "ticked" | "sections" | "days" | "months" | "plain" | "lines" | "prose";

export interface FileShape {
  readonly style: Style;
  readonly newestFirst: boolean;
  readonly lineEnd: "\n" | "\r\n";
  readonly finalNewline: boolean;
  readonly head: string;
}

export interface Item {
  readonly day: number;
  readonly name: string;
  readonly body: string;
}

/** What becomes of the body of an item that is edited; the last one leaves nothing of it. */
const EDITS: readonly ((body: string) => string)[] = [
  (body) => `${body} again`,
  (body) => `${body} once more`,
  () => "",
  () => "something else",
];

/** What one machine did: items to leave out, items to edit (which of `EDITS`), items to add. */
export interface Deed {
  readonly deleted: readonly number[];
  readonly edited: readonly (readonly [at: number, edit: number])[];
  readonly added: readonly Item[];
}

export const DATED: readonly Style[] = ["log", "ticked", "sections", "days"];

const anyShape = fc.record<FileShape>({
  style: fc.constantFrom<Style>("log", "ticked", "sections", "days", "months", "plain", "lines", "prose"),
  newestFirst: fc.boolean(),
  lineEnd: fc.constantFrom("\n", "\r\n"),
  finalNewline: fc.boolean(),
  head: fc.constantFrom("", "# Completed tasks\n\n", "---\nfrom: a@b.example\ndate: 2026-01-01\n---\n\n"),
});

/** Prose without a head and without a blank line would be read as lines, and lines below a head as prose. */
export const shapes = anyShape.map((shape): FileShape => {
  if (shape.style === "prose" && shape.head === "") return { ...shape, head: "# Notes\n\n" };
  return shape.style === "lines" ? { ...shape, head: "" } : shape;
});

const BODIES = ["", "review budget", "call about the landing page", "send the report"];
const NEWS = ["", "draft invoice", "pause three campaigns", "meeting with Anna"];

/** Items of a base have small names, those that machines add others; two machines may add the same one. */
const additions = fc
  .nat(30)
  .map((number): Item => ({ day: 1 + ((number * 5) % 28), name: `new${number}x`, body: NEWS[number % 4] ?? "" }));

export const bases = fc
  .array(fc.integer({ min: 1, max: 28 }), { maxLength: 8 })
  .map((days): Item[] => days.map((day, at) => ({ day, name: `old${at}x`, body: BODIES[(at + day) % 4] ?? "" })));

const distinct = (items: readonly Item[]): Item[] => [...new Map(items.map((item) => [item.name, item])).values()];

export const additionsOnly = fc
  .array(additions, { maxLength: 5 })
  .map((added): Deed => ({ deleted: [], edited: [], added: distinct(added) }));

export const deeds = fc.record<Deed>({
  deleted: fc.array(fc.nat(7), { maxLength: 2 }),
  edited: fc.array(fc.tuple(fc.nat(7), fc.nat(EDITS.length - 1)), { maxLength: 2 }),
  added: fc.array(additions, { maxLength: 4 }).map(distinct),
});

/** The items after a machine's deed; added ones are where the order of the file puts them, or at the end of it. */
export function carryOut(base: readonly Item[], deed: Deed, shape: FileShape): Item[] {
  const edits = new Map(deed.edited);
  const kept = base.flatMap((item, at) => {
    if (deed.deleted.includes(at)) return [];
    const edit = EDITS[edits.get(at) ?? -1];
    return [edit === undefined ? item : { ...item, body: edit(item.body).trim() }];
  });
  const isNewest = shape.newestFirst && DATED.includes(shape.style);
  return sorted(isNewest ? [...deed.added.toReversed(), ...kept] : [...kept, ...deed.added], shape);
}

/** In the order of the file where it has dates; items of a day stay as they are. */
export function sorted(items: readonly Item[], shape: FileShape): Item[] {
  if (!DATED.includes(shape.style)) return [...items];
  return items.toSorted((a, b) => (shape.newestFirst ? b.day - a.day : a.day - b.day));
}

export function textOf(items: readonly Item[], shape: FileShape): string {
  const text = `${shape.head}${WRITE[shape.style](items)}`.trimEnd();
  const ended = shape.finalNewline && text !== "" ? `${text}\n` : text;
  return ended.replaceAll("\n", shape.lineEnd);
}

const dateOf = ({ day }: Item): string => `2026-01-${String(day).padStart(2, "0")}`;
const titleOf = ({ name, body }: Item): string => `${name} ${body}`.trimEnd();

const WRITE: Readonly<Record<Style, (items: readonly Item[]) => string>> = {
  log: (items) => items.map((item) => `${dateOf(item)} 09:15:32,250 ${titleOf(item)}\n  at ${item.name}\n`).join(""),
  ticked: (items) => items.map((item) => `- [x] ${dateOf(item)} ${titleOf(item)}\n`).join(""),
  sections: (items) =>
    items.map((item) => `## ${dateOf(item)} ${item.name}\n\n- ${item.name}: 5\n- (${item.body})\n\n`).join(""),
  days: (items) => {
    const days = Map.groupBy(items, dateOf);
    return [...days].map(([day, list]) => `## ${day}\n\n${WRITE.plain(list)}\n`).join("");
  },
  months: (items) => {
    const months = Map.groupBy(items, (item) => (item.day < 15 ? "January 2026" : "February 2026"));
    return [...months]
      .sort(([a], [b]) => (a > b ? -1 : 1))
      .map(([month, list]) => `## ${month}\n\n${WRITE.plain(list)}\n`)
      .join("");
  },
  plain: (items) => items.map((item) => `- ${titleOf(item)}\n`).join(""),
  lines: (items) => items.map((item) => `${titleOf(item)}\n`).join(""),
  prose: (items) => items.map((item) => `${titleOf(item)}\n  at ${item.name}\n\n`).join(""),
};
