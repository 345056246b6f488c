// Writes a JSON text out of pieces of others. A value copied to a place like the one it comes from keeps every byte; one
// that comes to stand at another depth, or among other line ends, is indented anew.
import { sourceOf } from "./json-text.ts";
import type { Placed } from "./json-values.ts";

/** How a line begins. */
export interface Line {
  readonly indent: string;
  /** The line end before it; null on the first line. */
  readonly end: "\n" | "\r\n" | null;
}

const FIRST_LINE: Line = { indent: "", end: null };

export class JsonWriter {
  private readonly pieces: string[] = [];
  private current = FIRST_LINE;

  /** The line that is being written. */
  get line(): Line {
    return this.current;
  }

  get text(): string {
    return this.pieces.join("");
  }

  write(piece: string): void {
    this.pieces.push(piece);
    if (piece.includes("\n")) this.current = lineBefore(piece, piece.length);
  }

  /** The source of a value as it has to read here, inside something that began on a line indented by `outer`. */
  fit(placed: Placed, outer: string): string {
    return this.fitter(placed, outer)(sourceOf(placed.json, placed.node));
  }

  /** What makes white space in a value that stands elsewhere read as it has to in one that begins here. */
  fitter(placed: Placed, outer: string): (text: string) => string {
    const to = this.current;
    let change: ((text: string) => string) | null = null;
    // in a text on one line the way back to its beginning is long: it is gone where it has to be
    return (text) => {
      if (!text.includes("\n")) return text;
      change ??= lineFitter(placed, to, outer);
      return change(text);
    };
  }
}

function lineFitter({ json, node, parent }: Placed, to: Line, outer: string): (text: string) => string {
  const from = lineBefore(json.text, node.start);
  const newEnd = from.end === null || to.end === null || from.end === to.end ? null : to.end;
  if (from.indent === to.indent && newEnd === null) return (text) => text;
  const step = stepOf(parent === null ? from.indent : lineBefore(json.text, parent.start).indent, from.indent);
  const newStep = stepOf(outer, to.indent);
  const fitLine = (_: string, end: string, white: string): string => {
    if (!white.startsWith(from.indent)) return `${newEnd ?? end}${white}`;
    return `${newEnd ?? end}${to.indent}${rescale(white.slice(from.indent.length), step, newStep)}`;
  };
  // white space after a line end: no string of JSON holds a raw one
  return (text) => text.replace(/(\r?\n)([ \t]*)/g, fitLine);
}

/** How the line of an offset begins. */
function lineBefore(text: string, offset: number): Line {
  const at = offset === 0 ? -1 : text.lastIndexOf("\n", offset - 1);
  if (at < 0) return FIRST_LINE;
  let end = at + 1;
  while (end < offset && (text[end] === " " || text[end] === "\t")) end++;
  return { indent: text.slice(at + 1, end), end: text[at - 1] === "\r" ? "\r\n" : "\n" };
}

function stepOf(outer: string, inner: string): string {
  return inner.startsWith(outer) ? inner.slice(outer.length) : "";
}

/** `white` made of whole steps becomes as many new ones; any other stays. */
function rescale(white: string, step: string, newStep: string): string {
  if (step === "" || newStep === "" || step === newStep || white.length % step.length !== 0) return white;
  const count = white.length / step.length;
  return white === step.repeat(count) ? newStep.repeat(count) : white;
}
