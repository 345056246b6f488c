// Marks the changed words inside changed lines. The lines of one change are read as one text, so that a paragraph that
// was broken anew shows its new words only. Pure.
import type { DiffLine } from "./diff-lines.ts";
import { matchSequences, type Run } from "./diff-match.ts";

type Mark = readonly [from: number, to: number];

/** A change larger than this has its common beginning and end left unmarked, and no words looked for. */
const LARGEST_BLOCK = 20_000;
/** Below this share of common characters two texts are different texts, and marks would be confetti. */
const LEAST_SHARED = 0.3;
/** A line that does not fit on a few rows needs marks whatever it is written in: nobody finds the change otherwise. */
const OVERLONG = 400;

const CODE_WORDS = /[\p{L}\p{M}\p{N}_]+|\s+|./gsu;
const WORDS = new Intl.Segmenter("en", { granularity: "word" });

export interface WordOptions {
  /** Prose has its words marked; anything else only where a line is overlong. */
  readonly prose: boolean;
}

/** The same lines, those of each change with their changed words marked. */
export function markWords(lines: readonly DiffLine[], { prose }: WordOptions): DiffLine[] {
  const marked: DiffLine[] = [];
  for (let at = 0; at < lines.length; ) {
    const gone = blockAt(lines, at, "gone");
    const come = blockAt(lines, at + gone.length, "come");
    const block = [...gone, ...come];
    if (block.length === 0) marked.push(...lines.slice(at, at + 1));
    else if (gone.length === 0 || come.length === 0) marked.push(...block);
    else if (prose) marked.push(...markBlock(gone, come, proseWords));
    else if (block.some(({ text }) => text.length > OVERLONG)) marked.push(...markBlock(gone, come, codeWords));
    else marked.push(...block);
    at += Math.max(1, block.length);
  }
  return marked;
}

function blockAt(lines: readonly DiffLine[], from: number, kind: DiffLine["kind"]): DiffLine[] {
  let to = from;
  while (lines[to]?.kind === kind) to++;
  return lines.slice(from, to);
}

type WordsOf = (text: string) => string[];

function proseWords(text: string): string[] {
  return [...WORDS.segment(text)].map(({ segment }) => segment);
}

function codeWords(text: string): string[] {
  return text.match(CODE_WORDS) ?? [];
}

function markBlock(gone: readonly DiffLine[], come: readonly DiffLine[], wordsOf: WordsOf): DiffLine[] {
  const [before, after] = [textOf(gone), textOf(come)];
  const isLarge = before.length + after.length > LARGEST_BLOCK;
  const [left, right] = isLarge ? markMiddle(before, after) : markTexts(before, after, wordsOf);
  return [...spread(gone, left), ...spread(come, right)];
}

function textOf(lines: readonly DiffLine[]): string {
  return lines.map(({ text }) => text).join("");
}

/** The marks of two texts; none where they have too little in common. */
function markTexts(before: string, after: string, wordsOf: WordsOf): readonly [Mark[], Mark[]] {
  const [left, right] = [wordsOf(before), wordsOf(after)];
  // where a line was broken is no change of its words
  const runs = matchSequences(left.map(anyBlank), right.map(anyBlank));
  const pieces = joinChanges(piecesOf(runs, left, right));
  const shared = pieces.filter(({ kind }) => kind === "same").map(({ before: text }) => text.replace(/\s/gu, ""));
  const longer = Math.max(before.replace(/\s/gu, "").length, after.replace(/\s/gu, "").length);
  if (shared.join("").length < longer * LEAST_SHARED) return [[], []];
  return [marksOf(pieces, "before"), marksOf(pieces, "after")];
}

function anyBlank(word: string): string {
  return word.trim() === "" ? " " : word;
}

/** What stands in either text, nothing where the piece is only in the other. */
interface Piece {
  readonly kind: Run["kind"];
  readonly before: string;
  readonly after: string;
}

function piecesOf(runs: readonly Run[], left: readonly string[], right: readonly string[]): Piece[] {
  let [at, to] = [0, 0];
  return runs.map(({ kind, count }) => {
    const [from, begin] = [at, to];
    if (kind !== "come") at += count;
    if (kind !== "gone") to += count;
    return { kind, before: left.slice(from, at).join(""), after: right.slice(begin, to).join("") };
  });
}

/** White space between two changes belongs to the change: two new words in a row are one mark, not two. */
function joinChanges(pieces: readonly Piece[]): Piece[] {
  return pieces.flatMap((piece, at) => {
    const isBetween = piece.kind === "same" && at > 0 && at < pieces.length - 1 && piece.before.trim() === "";
    if (!isBetween) return [piece];
    return [
      { kind: "gone", before: piece.before, after: "" },
      { kind: "come", before: "", after: piece.after },
    ];
  });
}

function marksOf(pieces: readonly Piece[], side: "before" | "after"): Mark[] {
  const marks: [number, number][] = [];
  let at = 0;
  let text = "";
  for (const piece of pieces) {
    text += piece[side];
    const to = at + piece[side].length;
    const last = marks.at(-1);
    if (piece.kind !== "same" && last?.[1] === at) last[1] = to;
    else if (piece.kind !== "same" && to > at) marks.push([at, to]);
    at = to;
  }
  return marks.map((mark) => withoutBlanks(text, mark));
}

/** White space around changed words is not marked; white space alone stays. */
function withoutBlanks(text: string, [from, to]: Mark): Mark {
  const marked = text.slice(from, to);
  if (marked.trim() === "") return [from, to];
  return [to - marked.trimStart().length, from + marked.trimEnd().length];
}

/** One mark over what lies between the common beginning and the common end. */
function markMiddle(before: string, after: string): readonly [Mark[], Mark[]] {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < shorter - head && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
  if (head + tail < shorter * LEAST_SHARED) return [[], []];
  const middle = ({ length }: string): Mark[] => (head < length - tail ? [[head, length - tail]] : []);
  return [middle(before), middle(after)];
}

/** Cuts the marks of a text at the ends of its lines; line ends are never marked. */
function spread(lines: readonly DiffLine[], marks: readonly Mark[]): DiffLine[] {
  let begin = 0;
  return lines.map((line) => {
    const start = begin;
    const visible = line.text.replace(/\r?\n$/, "").length;
    begin += line.text.length;
    const own = marks
      .map(([from, to]): Mark => [Math.max(0, from - start), Math.min(visible, to - start)])
      .filter(([from, to]) => from < to);
    return { ...line, marks: own };
  });
}
