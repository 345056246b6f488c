// The parts of a list of entries, as `entry-reader.ts` finds them and `entry-writer.ts` writes them. Pure.
//
// A node is an entry or a heading with what belongs to it. A heading's own text is its line and what follows up to its
// first entry; its entries come before the headings below it. Blank lines are no part of a text: they stand between
// neighbours, so that the same entry is the same whatever follows it.

export interface Line {
  readonly text: string;
  readonly end: "" | "\n" | "\r\n";
}

/** Blank lines between neighbours, each ending in `\n`; null where nothing follows, so that nothing is known. */
export type Gap = string | null;

export interface Entry {
  /** The file with its head, a heading with what is below it, a list item, a paragraph, or another line. */
  readonly kind: "file" | "section" | "item" | "paragraph" | "line";
  /** What is its own, without blank lines at the end; never empty but for the file. */
  readonly lines: readonly Line[];
  /** `lines` joined with `\n`. */
  readonly text: string;
  /** 1-based. */
  readonly line: number;
  /** Microseconds since 1970; null for none. */
  readonly time: number | null;
  /** Whether what is below it are entries: two of the same heading are one. */
  readonly holds: boolean;
  readonly afterText: Gap;
  readonly entries: readonly Entry[];
  readonly afterEntries: Gap;
  readonly sections: readonly Entry[];
  /** Before the next sibling. */
  readonly after: Gap;
  /** The text of all of it, without gaps and line ends: equal for equal content. */
  readonly whole: string;
  /** What makes two additions the same entry. */
  readonly identity: string;
}

type Given = Omit<Entry, "text" | "whole" | "identity">;

/** Completes an entry with what follows from its parts. */
export function entryOf(given: Given): Entry {
  const text = given.lines.map((line) => line.text).join("\n");
  // no text holds a NUL: such content is refused at the door
  const below = [...given.entries, ...given.sections].map((entry) => `\0${entry.whole}\0`).join("");
  const whole = `${text}${below}`;
  const identity = given.holds ? `\0${given.lines[0]?.text ?? ""}` : whole;
  return { ...given, text, whole, identity };
}

/** The longer of two gaps; of two that are as long the one that sorts last, on whichever side it is. */
export function longer(one: string, other: string): string {
  const order = one.length - other.length || (one > other ? 1 : -1);
  return order > 0 ? one : other;
}

/** An entry as a file begins it: its first line, short and without control characters, in quotes. */
export function quoted(entry: { readonly text: string }): string {
  return quotedLine(entry.text.slice(0, 400).split("\n", 1)[0] ?? "");
}

export function quotedLine(line: string): string {
  const shown = line
    .slice(0, 400)
    .replace(/\p{Cc}/gu, " ")
    .trim();
  const letters = [...shown];
  return `"${letters.length > 60 ? `${letters.slice(0, 59).join("")}…` : shown}"`;
}
