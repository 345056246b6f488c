// Turns a difference into rows for a terminal: signs, colours, marks, wrapping at the width, cuts. Everything in it is
// taken for hostile. Pure.

import { printable } from "../lib/printable.ts";
import { type Cell, cellsOf } from "./diff-cells.ts";
import type { DiffLine } from "./diff-lines.ts";

export interface DiffStyle {
  readonly color: boolean;
  /** Columns of the terminal. */
  readonly width: number;
  /** UTF-16 units of one line that are shown at most; what is marked is shown first. */
  readonly longestLine: number;
}

export interface TextStyle {
  readonly width: number;
  readonly indent: number;
  readonly sgr: string;
}

const SIGNS = { same: "  ", gone: "- ", come: "+ ", note: "  " } as const;
/** SGR parameters (ECMA-48): red, green, dim; marks are reversed. */
const COLORS = { same: "", gone: "31", come: "32", note: "2" } as const;
const BRACKETS = { same: ["", ""], gone: ["[-", "-]"], come: ["{+", "+}"], note: ["", ""] } as const;
const REVERSED = "7";
/** Units shown on each side of a mark in a line that is too long to be shown whole. */
const AROUND_MARK = 40;
const NARROWEST = 20;

/** The rows of a difference, none wider than the terminal. */
export function formatDiff(lines: readonly DiffLine[], style: DiffStyle): string[] {
  return formatFirst(lines, style, Number.POSITIVE_INFINITY).rows;
}

/** The first rows of a difference, so many at most, and how many of its lines are not wholly among them. */
export function formatFirst(
  lines: readonly DiffLine[],
  style: DiffStyle,
  mostRows: number,
): { readonly rows: string[]; readonly hiddenLines: number } {
  const shows = { showReturns: hasBothLineEnds(lines), showParts: hasBothForms(lines) };
  const rows: string[] = [];
  for (const [at, line] of lines.entries()) {
    rows.push(...formatLine(line, { ...style, ...shows }));
    const rest = lines.length - at - 1;
    if (rows.length > mostRows) return { rows: rows.slice(0, mostRows), hiddenLines: rest + 1 };
    if (rows.length === mostRows) return { rows, hiddenLines: rest };
  }
  return { rows, hiddenLines: 0 };
}

/** A sentence as rows, the later ones indented; `sgr` are the parameters of its colour, empty for none. */
export function formatText(text: string, { width, indent, sgr: color }: TextStyle): string[] {
  const escaped = text.replace(/[\n\r\t]/g, (blank) => printable(blank));
  const cells = cellsOf(escaped, { showBlanks: false }).map((cell) => ({ ...cell, marked: false }));
  const rows = wrap(cells, Math.max(NARROWEST, width), indent);
  return rows.map((row, at) => paint(at === 0 ? "" : " ".repeat(indent), row, color === "" ? null : color));
}

/** A changed line's CR is shown where others have none: only then is it a difference. */
function hasBothLineEnds(lines: readonly DiffLine[]): boolean {
  const changed = lines.filter(({ kind, text }) => (kind === "gone" || kind === "come") && text.endsWith("\n"));
  const returns = changed.filter(({ text }) => text.endsWith("\r\n")).length;
  return returns > 0 && returns < changed.length;
}

/** True where a line that is gone and one that has come look the same and differ in how their letters are composed. */
function hasBothForms(lines: readonly DiffLine[]): boolean {
  const of = (kind: DiffLine["kind"]): string[] => lines.filter((line) => line.kind === kind).map(({ text }) => text);
  const composed = (text: string): string => text.trimEnd().normalize("NFC");
  const [gone, come] = [of("gone").filter(hasLetters), of("come").filter(hasLetters)];
  const [exact, forms] = [new Set(gone.map((text) => text.trimEnd())), new Set(gone.map(composed))];
  return come.some((text) => !exact.has(text.trimEnd()) && forms.has(composed(text)));
}

/** True for a text in which letters can be composed in two ways: not for ASCII. */
function hasLetters(text: string): boolean {
  return /[^\x00-\x7f]/.test(text);
}

interface LineStyle extends DiffStyle {
  readonly showReturns: boolean;
  readonly showParts: boolean;
}

function formatLine(line: DiffLine, style: LineStyle): string[] {
  const { kind } = line;
  const changed = kind === "gone" || kind === "come";
  const body = line.text.replace(style.showReturns && changed ? /\n$/ : /\r?\n$/, "");
  const cells = markedCells({ ...line, text: body }, style);
  const open = changed && !line.text.endsWith("\n") ? ownCells(" (no line end)") : [];
  const width = Math.max(NARROWEST, style.width) - SIGNS[kind].length;
  return wrap([...cells, ...open], width).map((row, at) =>
    paint(at === 0 ? SIGNS[kind] : "  ", row, style.color ? COLORS[kind] : null),
  );
}

interface MarkedCell extends Cell {
  readonly marked: boolean;
}

function ownCells(text: string): MarkedCell[] {
  return Array.from(text, (one) => ({ text: one, columns: 1, at: 0, marked: false }));
}

function markedCells(line: DiffLine, { color, longestLine, showParts }: LineStyle): MarkedCell[] {
  const { kind, text } = line;
  const changed = kind === "gone" || kind === "come";
  const shows = { showBlanks: changed, showParts: changed && showParts };
  const pieces = kind === "note" ? [[0, text.length] as const] : excerpts(line, longestLine);
  const cells = pieces.flatMap(([from, to], at): MarkedCell[] => {
    const own = cellsOf(text.slice(from, to), { ...shows, showEnd: changed && to === text.length });
    const marked = own.map((cell) => ({ ...cell, marked: isMarked(line, from + cell.at) }));
    return at === 0 && from === 0 ? marked : [...ownCells("… "), ...marked];
  });
  const end = pieces.at(-1)?.[1] ?? 0;
  const shown = pieces.reduce((sum, [from, to]) => sum + to - from, 0);
  const hidden = text.length - shown;
  const tail = hidden === 0 ? [] : ownCells(`${end < text.length ? " … " : " "}(${hidden} more characters)`);
  return [...(color ? cells : bracketed(cells, BRACKETS[kind])), ...tail];
}

function isMarked({ marks }: DiffLine, at: number): boolean {
  return marks.some(([from, to]) => at >= from && at < to);
}

/** The parts of a line that are shown: all of it, or what is marked with a little around it, or its beginning. */
function excerpts({ text, marks }: DiffLine, longest: number): (readonly [number, number])[] {
  if (text.length <= longest) return [[0, text.length]];
  if (marks.length === 0) return [[0, wholeCharacter(text, longest)]];
  const pieces: [number, number][] = [];
  let left = longest;
  for (const [from, to] of marks) {
    const last = pieces.at(-1);
    const begin = Math.max(last?.[1] ?? 0, from - AROUND_MARK);
    const end = Math.min(text.length, to + AROUND_MARK, begin + left);
    if (end <= begin) break;
    left -= end - begin;
    if (last !== undefined && last[1] === begin) last[1] = end;
    else pieces.push([begin, end]);
  }
  return pieces.map(([from, to]) => [wholeCharacter(text, from), wholeCharacter(text, to)]);
}

/** The place, or the one before it where it would part the two halves of a character. */
function wholeCharacter(text: string, at: number): number {
  return at > 0 &&
    at < text.length &&
    /[\ud800-\udbff]/.test(text[at - 1] ?? "") &&
    /[\udc00-\udfff]/.test(text[at] ?? "")
    ? at - 1
    : at;
}

function bracketed(cells: readonly MarkedCell[], [open, close]: readonly [string, string]): MarkedCell[] {
  return cells.flatMap((cell, at) => {
    const begins = cell.marked && cells[at - 1]?.marked !== true;
    const ends = cell.marked && cells[at + 1]?.marked !== true;
    return [...(begins ? ownCells(open) : []), cell, ...(ends ? ownCells(close) : [])];
  });
}

/** Rows of at most so many columns, the later ones less the indent, broken after white space where there is some in the second half. */
function wrap<One extends Cell>(cells: readonly One[], width: number, indent = 0): One[][] {
  const rows: One[][] = [];
  let row: One[] = [];
  let columns = 0;
  for (const cell of cells) {
    // more than once where what follows the blank leaves no room for a long escape either
    while (columns + cell.columns > width - (rows.length === 0 ? 0 : indent) && row.length > 0) {
      const rest = restAfterBlank(row);
      rows.push(row.slice(0, row.length - rest));
      row = rest === 0 ? [] : row.slice(-rest);
      columns = row.reduce((sum, one) => sum + one.columns, 0);
    }
    row.push(cell);
    columns += cell.columns;
  }
  return [...rows, row];
}

/** How many cells of a full row go to the next one. */
function restAfterBlank(row: readonly Cell[]): number {
  const blank = row.findLastIndex(({ text }) => text === " ");
  return blank >= row.length / 2 ? row.length - 1 - blank : 0;
}

function paint(sign: string, row: readonly MarkedCell[], color: string | null): string {
  if (color === null) return `${sign}${row.map(({ text }) => text).join("")}`.trimEnd();
  let painted = sgr(color) + sign;
  let marked = false;
  for (const cell of row) {
    if (cell.marked !== marked) painted += cell.marked ? sgr(`${color};${REVERSED}`) : `${sgr("0")}${sgr(color)}`;
    marked = cell.marked;
    painted += cell.text;
  }
  return marked || color !== "" ? `${painted}${sgr("0")}` : painted.trimEnd();
}

function sgr(parameters: string): string {
  return parameters === "" ? "" : `\u001b[${parameters}m`;
}
