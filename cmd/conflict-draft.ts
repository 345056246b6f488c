// What the editor begins with: the merged version, one version, or both with markers around what differs. Markers are
// in the editor only; a result that still has them is refused. Pure.
import { contentOf, shapeOf } from "./conflict-versions.ts";
import type { ConflictView } from "./conflict-view.ts";
import { shownText } from "./diff-cells.ts";
import { splitLines } from "./diff-lines.ts";
import { matchSequences } from "./diff-match.ts";
import { decodeText, encodeText } from "./diff-text.ts";

/** True where there is a text to edit, and nothing that is no text. */
export function canEdit({ ours, theirs }: ConflictView): boolean {
  const shapes = [shapeOf(ours), shapeOf(theirs)];
  return shapes.includes("text") && shapes.every((shape) => shape === "text" || shape === "absent");
}

export function draftOf(view: ConflictView): Uint8Array {
  const { path, base, ours, theirs, merged } = view;
  if (merged !== null) return merged;
  if (ours.content === null) return contentOf(theirs);
  // markers would make JSON unreadable to the editor's own checks
  if (theirs.content === null || path.toLowerCase().endsWith(".json")) return ours.content;
  const known = base !== null && shapeOf(base) === "text" ? decodeText(contentOf(base)) : null;
  const sides = { ours: decodeText(ours.content), theirs: decodeText(theirs.content) };
  return encodeText(withMarkers(known, sides, { ours: ours.role, theirs: theirs.role }));
}

interface Sides {
  readonly ours: string;
  readonly theirs: string;
}

/** Both texts as one; what only one side changed is merged, what both changed stands between markers. */
export function withMarkers(base: string | null, { ours, theirs }: Sides, roles: Sides): string {
  const lineEnd = /\r\n/.test(ours) && !/[^\r]\n/.test(ours) ? "\r\n" : "\n";
  const [left, right] = [splitLines(ours), splitLines(theirs)];
  const chunks = chunksOf(base === null ? sharedLines(left, right) : splitLines(base), left, right);
  const closed = (lines: readonly string[]): string => {
    const text = lines.join("");
    return text === "" || text.endsWith("\n") ? text : text + lineEnd;
  };
  const texts = chunks.map((chunk) => {
    const settled = settledLines(chunk, base !== null);
    if (settled !== null) return settled.join("");
    return [
      `<<<<<<< ${shownText(roles.ours)}${lineEnd}`,
      closed(chunk.ours),
      `=======${lineEnd}`,
      closed(chunk.theirs),
      `>>>>>>> ${shownText(roles.theirs)}${lineEnd}`,
    ].join("");
  });
  return texts.join("");
}

interface Chunk {
  readonly base: readonly string[];
  readonly ours: readonly string[];
  readonly theirs: readonly string[];
}

/** The lines of a chunk that need no person; null where both sides changed it. */
function settledLines({ base, ours, theirs }: Chunk, hasBase: boolean): readonly string[] | null {
  if (sameLines(ours, theirs)) return ours;
  if (!hasBase) return null;
  if (sameLines(base, ours)) return theirs;
  return sameLines(base, theirs) ? ours : null;
}

function sameLines(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((line, at) => line === right[at]);
}

function sharedLines(left: readonly string[], right: readonly string[]): string[] {
  let at = 0;
  return matchSequences(left, right).flatMap(({ kind, count }) => {
    if (kind === "come") return [];
    at += count;
    return kind === "same" ? left.slice(at - count, at) : [];
  });
}

/** Cuts three texts at the lines that all three have. */
function chunksOf(base: readonly string[], ours: readonly string[], theirs: readonly string[]): Chunk[] {
  const [inOurs, inTheirs] = [placesIn(base, ours), placesIn(base, theirs)];
  const chunks: Chunk[] = [];
  let [from, left, right] = [0, 0, 0];
  const cut = (to: number, leftTo: number, rightTo: number): void => {
    const chunk = { base: base.slice(from, to), ours: ours.slice(left, leftTo), theirs: theirs.slice(right, rightTo) };
    if (chunk.base.length + chunk.ours.length + chunk.theirs.length > 0) chunks.push(chunk);
    [from, left, right] = [to, leftTo, rightTo];
  };
  for (let at = 0; at < base.length; at++) {
    const [leftAt, rightAt] = [inOurs.get(at), inTheirs.get(at)];
    if (leftAt === undefined || rightAt === undefined) continue;
    cut(at, leftAt, rightAt);
    cut(at + 1, leftAt + 1, rightAt + 1);
  }
  cut(base.length, ours.length, theirs.length);
  return chunks;
}

/** Where each line of the base that a side still has stands in that side. */
function placesIn(base: readonly string[], side: readonly string[]): ReadonlyMap<number, number> {
  const places = new Map<number, number>();
  let [at, to] = [0, 0];
  for (const { kind, count } of matchSequences(base, side)) {
    for (let times = 0; times < count; times++) {
      if (kind === "same") places.set(at, to);
      if (kind !== "come") at++;
      if (kind !== "gone") to++;
    }
  }
  return places;
}
