// The difference of two texts, line by line, as data: what is shown of it, and how, is decided elsewhere. Pure.
import { matchSequences } from "./diff-match.ts";

export interface DiffLine {
  /** In both texts, only in the first, only in the second; or a remark that is in neither. */
  readonly kind: "same" | "gone" | "come" | "note";
  /** With its line end, so that a text is exactly its lines put together; a remark has none. */
  readonly text: string;
  /** What of the text is changed: from, to (exclusive), in UTF-16 units, in order. None: nothing in particular. */
  readonly marks: readonly (readonly [from: number, to: number])[];
}

/** The lines of a text, each with its line end; the last may have none. */
export function splitLines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** All lines of both texts, in order; of a change, what is gone stands before what has come. */
export function diffLines(before: string, after: string): DiffLine[] {
  const [left, right] = [splitLines(before), splitLines(after)];
  const lines: DiffLine[] = [];
  let [at, to] = [0, 0];
  for (const { kind, count } of matchSequences(left, right)) {
    const from = kind === "come" ? right.slice(to, to + count) : left.slice(at, at + count);
    lines.push(...from.map((text) => ({ kind, text, marks: [] })));
    if (kind !== "come") at += count;
    if (kind !== "gone") to += count;
  }
  return lines;
}

/** A remark. */
export function noteLine(text: string): DiffLine {
  return { kind: "note", text, marks: [] };
}

/** How many lines are gone and have come. */
export function countChanges(lines: readonly DiffLine[]): { readonly gone: number; readonly come: number } {
  const of = (kind: DiffLine["kind"]): number => lines.filter((line) => line.kind === kind).length;
  return { gone: of("gone"), come: of("come") };
}

/** Puts a remark in the place of equal lines with more than so many lines between them and any change. */
export function foldSame(lines: readonly DiffLine[], context: number): DiffLine[] {
  const near = nearChanges(lines, context);
  const folded: DiffLine[] = [];
  let hidden: DiffLine[] = [];
  const flush = (): void => {
    // a remark in the place of a single line would save nothing
    if (hidden.length === 1) folded.push(...hidden);
    else if (hidden.length > 1) folded.push(noteLine(`… ${hidden.length} equal lines`));
    hidden = [];
  };
  for (const [at, line] of lines.entries()) {
    if (near[at]) {
      flush();
      folded.push(line);
    } else hidden.push(line);
  }
  flush();
  return folded;
}

function nearChanges(lines: readonly DiffLine[], context: number): boolean[] {
  const near = lines.map(({ kind }) => kind !== "same");
  for (const [at, { kind }] of lines.entries()) {
    if (kind === "same") continue;
    const last = Math.min(lines.length - 1, at + context);
    for (let other = Math.max(0, at - context); other <= last; other++) near[other] = true;
  }
  return near;
}
