// The bytes of a text as lines, and what a line looks like. Pure.
import type { Line } from "./entry-tree.ts";

/** How the lines of a file end; `mixed` also where it has none. */
export type LineEnds = "\n" | "\r\n" | "mixed" | "none";

export interface Source {
  readonly byteOrderMark: boolean;
  /** Without blank lines at the end of the file. */
  readonly lines: readonly Line[];
  /** Front matter ends before this line (0-based); 0 without any. */
  readonly headEnd: number;
  /** What follows the last line that is not blank: `` without a final newline, else `\n` and blank lines. */
  readonly tail: string;
  readonly lineEnds: LineEnds;
}

/** Null for content that is not text: a NUL, or not UTF-8. */
export function sourceOf(bytes: Uint8Array): Source | null {
  if (bytes.includes(0)) return null;
  const text = decoded(bytes);
  if (text === null) return null;
  const byteOrderMark = text.startsWith("\uFEFF");
  const lines = linesOf(byteOrderMark ? text.slice(1) : text);
  let end = lines.length;
  while (end > 0 && lines[end - 1]?.text.trim() === "") end--;
  const last = lines[end - 1];
  const ending = (line: Line | undefined): string => (line === undefined || line.end === "" ? "" : "\n");
  const tail =
    ending(last) +
    lines
      .slice(end)
      .map((line) => line.text + ending(line))
      .join("");
  const solid = lines.slice(0, end);
  return { byteOrderMark, lines: solid, headEnd: frontMatterEnd(solid), tail, lineEnds: lineEndsOf(lines) };
}

/** True for a page or a drawing, whose lines are no entries. */
export function isMarkup({ lines }: Source): boolean {
  const first = lines.find((line) => line.text.trim() !== "");
  return first !== undefined && /^\s{0,99}<(?:[!?]|[a-z])/i.test(first.text);
}

/** True for one JSON document. A file of several, one a line, is a log. */
export function isJsonDocument({ lines }: Source): boolean {
  const text = lines.map((line) => line.text).join("\n");
  return /^\s{0,99}[{[]/.test(text) && isJson(text);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

function decoded(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  let from = 0;
  while (from < text.length) {
    const found = text.indexOf("\n", from);
    if (found < 0) {
      lines.push({ text: text.slice(from), end: "" });
      break;
    }
    const carriage = found > from && text[found - 1] === "\r";
    lines.push({ text: text.slice(from, carriage ? found - 1 : found), end: carriage ? "\r\n" : "\n" });
    from = found + 1;
  }
  return lines;
}

function lineEndsOf(lines: readonly Line[]): LineEnds {
  const ends = new Set(lines.map((line) => line.end));
  ends.delete("");
  if (ends.size === 0) return "none";
  return ends.size > 1 ? "mixed" : (([...ends][0] ?? "none") as LineEnds);
}

function frontMatterEnd(lines: readonly Line[]): number {
  if (lines[0]?.text.trimEnd() !== "---") return 0;
  const end = lines.findIndex((line, at) => at > 0 && /^(?:---|\.\.\.)\s*$/.test(line.text));
  return end < 0 ? 0 : end + 1;
}

/** Marks with 1 the lines of closed code fences, which begin no entry. An open fence is none. */
export function fencedLines(source: Source): Uint8Array {
  const { lines, headEnd } = source;
  const fenced = new Uint8Array(lines.length);
  // a fence that nothing closed, from there to the end: nothing closes a longer one further down either
  const open: Record<string, number> = { "`": Number.POSITIVE_INFINITY, "~": Number.POSITIVE_INFINITY };
  for (let at = headEnd; at < lines.length; at++) {
    const opening = /^ {0,3}(`{3,}|~{3,})/.exec(lines[at]?.text ?? "")?.[1];
    const mark = opening?.[0];
    if (opening === undefined || mark === undefined || opening.length >= (open[mark] ?? 0)) continue;
    const end = closingFence(lines, at + 1, opening);
    if (end < 0) open[mark] = opening.length;
    else {
      fenced.fill(1, at, end + 1);
      at = end;
    }
  }
  return fenced;
}

function closingFence(lines: readonly Line[], from: number, opening: string): number {
  for (let at = from; at < lines.length; at++) {
    const closing = /^ {0,3}(`{3,}|~{3,})[ \t]*$/.exec(lines[at]?.text ?? "")?.[1];
    if (closing !== undefined && closing[0] === opening[0] && closing.length >= opening.length) return at;
  }
  return -1;
}

export function isIndented(line: string): boolean {
  return line.startsWith(" ") || line.startsWith("\t");
}

export function isListItem(line: string): boolean {
  return /^(?:[-*+]|\d{1,9}[.)])[ \t]/.test(line) && !isRule(line);
}

/** A line between entries, without a letter or a digit (`---`, `***`, `====`). */
export function isRule(line: string): boolean {
  return line.length <= 200 && /^([-*_=~#])(?:[ \t]*\1){2,}[ \t]*$/.test(line);
}
