// A text as the cells of a terminal: what a person sees as one character, its width in columns, and nothing that could
// steer the terminal, reverse the line or hide. Pure.

import { printable } from "../lib/printable.ts";
import { strayByte } from "./diff-text.ts";

export interface Cell {
  readonly text: string;
  readonly columns: number;
  /** Where the cell begins in the text it comes from. */
  readonly at: number;
}

const TAB_STOP = 4;
/** A character with more code units than this is no character but a stack of marks that would cover other rows. */
const LONGEST_CLUSTER = 32;
const LONGEST_ESCAPE = 10;

const CLUSTERS = new Intl.Segmenter("en", { granularity: "grapheme" });
const PLAIN = /^[\x20-\x7e]*$/;
/** Joiners and variation selectors, which emoji and the scripts that join their letters need. */
const JOINER = /\u200c|\u200d|\ufe0e|\ufe0f/u;
const JOINED = /\p{Extended_Pictographic}|\u20e3|[\u0600-\u1fff]/u;
/** What a terminal shows as nothing, or as something of its own. */
const HIDDEN = /[\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
/** Blanks that look like a space; the ideographic one does not. */
const OTHER_BLANK = /^[^\P{Zs}\u3000]$/u;

export interface CellOptions {
  /** Tabs and blanks of another kind are shown by a sign: in a changed line they may be the change. */
  readonly showBlanks: boolean;
  /** So is white space at the end. */
  readonly showEnd?: boolean;
  /** Letters that are put together of several characters are shown in their parts. */
  readonly showParts?: boolean;
}

/** The cells of one line without its line end. */
export function cellsOf(text: string, { showBlanks, showEnd = false, showParts = false }: CellOptions): Cell[] {
  const cells: Cell[] = [];
  const clusters = PLAIN.test(text) ? plainClusters(text) : CLUSTERS.segment(text);
  const solid = showEnd ? text.trimEnd().length : text.length;
  let column = 0;
  for (const { segment, index } of clusters) {
    const shown = shownCluster(segment, { column, showBlanks, showParts, trailing: index >= solid });
    // a long escape is many cells, so that it can be broken where the row ends
    const pieces = PLAIN.test(shown) && shown.length > LONGEST_ESCAPE ? [...shown] : [shown];
    for (const piece of pieces) {
      const columns = PLAIN.test(piece) ? piece.length : Bun.stringWidth(piece);
      cells.push({ text: piece, columns, at: index });
      column += columns;
    }
  }
  return cells;
}

function plainClusters(text: string): { segment: string; index: number }[] {
  return Array.from(text, (segment, index) => ({ segment, index }));
}

interface Place {
  readonly column: number;
  readonly showBlanks: boolean;
  readonly showParts: boolean;
  readonly trailing: boolean;
}

function shownCluster(cluster: string, { column, showBlanks, showParts, trailing }: Place): string {
  if (cluster === "\t") return (showBlanks ? "→" : " ").padEnd(TAB_STOP - (column % TAB_STOP));
  if (cluster === " ") return trailing ? "·" : " ";
  if (PLAIN.test(cluster)) return cluster;
  if (showBlanks && OTHER_BLANK.test(cluster)) return escapeOf(cluster);
  if (showParts && cluster !== cluster.normalize("NFC")) return cluster.replace(/\p{M}/gu, escapeOf);
  const shown = printable(cluster).replace(HIDDEN, (hidden) => {
    if (JOINER.test(hidden) && JOINED.test(cluster)) return hidden;
    return escapeOf(hidden);
  });
  if (shown.length <= LONGEST_CLUSTER || PLAIN.test(shown)) return shown;
  return Array.from(cluster, (one) => (PLAIN.test(one) ? one : escapeOf(one))).join("");
}

function escapeOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const byte = strayByte(code);
  return byte === null ? `\\u{${code.toString(16)}}` : `\\x${byte.toString(16)}`;
}

/** A name or a title on one line, safe to print. */
export function shownText(text: string): string {
  const escaped = text.replace(/[\n\r\t]/g, (blank) => printable(blank));
  return cellsOf(escaped, { showBlanks: false })
    .map((cell) => cell.text)
    .join("");
}
