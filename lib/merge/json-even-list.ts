// A JSON text cut at its longest list of objects, as programs print one: everything on one line, or each entry on lines of
// its own, all indented alike. Guessed from the text: nothing is parsed, so whoever relies on it has to prove it.

/** A text in pieces: what it is made of is `head`, the parts with the separator between them, `tail`. */
export interface EvenList {
  /** Up to the brace of the first entry, which belongs to it. */
  readonly head: string;
  /** What each entry has between its braces. */
  readonly parts: readonly string[];
  readonly separator: string;
  /** From the brace that ends the last entry. */
  readonly tail: string;
  /** Offset of the list's opening bracket. */
  readonly start: number;
}

export function writeList({ head, parts, separator, tail }: EvenList): string {
  return `${head}${parts.join(separator)}${tail}`;
}

/** The longest; null where there is none, or lists end otherwise than programs end them. */
export function longestList(text: string): EvenList | null {
  let longest: Stretch | null = null;
  let endless = 0;
  BEGIN.lastIndex = 0;
  for (let begin = BEGIN.exec(text); begin !== null; begin = BEGIN.exec(text)) {
    const one = stretchOf(text, begin.index, begin[1] ?? "");
    if (one === null) {
      endless++;
      // each has cost a look through the rest of the text
      if (endless > MOST_ENDLESS) return null;
      continue;
    }
    BEGIN.lastIndex = one.end;
    if (longest === null || one.end - one.from > longest.end - longest.from) longest = one;
  }
  if (longest === null) return null;
  const { start, from, end, lead } = longest;
  const inside = text.slice(from, end);
  // where entries are on several lines but share one, how they are indented depends on the one before
  if (lead === "" && inside.includes("\n")) return null;
  const separator = `},${lead}{`;
  return { head: text.slice(0, from), parts: inside.split(separator), separator, tail: text.slice(end), start };
}

interface Stretch {
  readonly start: number;
  /** Behind the first entry's opening brace. */
  readonly from: number;
  /** At the last entry's closing brace. */
  readonly end: number;
  readonly lead: string;
}

const MOST_ENDLESS = 5;
const BEGIN = /\[(|\r?\n[ \t]*)\{/g;

/** A list ends where a line begins as the one on which it began, or at once. */
function stretchOf(text: string, start: number, lead: string): Stretch | null {
  const from = start + lead.length + 2;
  const lineEnd = lead.startsWith("\r") ? "\r\n" : "\n";
  const end = text.indexOf(lead === "" ? "}]" : `}${lineEnd}${indentAt(text, start)}]`, from);
  return end < 0 ? null : { start, from, end, lead };
}

/** White space at the beginning of the line of an offset. */
function indentAt(text: string, offset: number): string {
  const line = offset === 0 ? 0 : text.lastIndexOf("\n", offset - 1) + 1;
  let end = line;
  while (text[end] === " " || text[end] === "\t") end++;
  return text.slice(line, end);
}
