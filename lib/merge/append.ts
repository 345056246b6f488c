// Unites lists of entries that both sides changed: completed tasks, logs, archives of mail. Pure.
//
// An entry is a dated line with the lines that continue it, a heading with what belongs to it, or, in a file without
// dates, a list item, a paragraph or a line. Every entry of either side is in the result once, in the order the file
// has; one that one side deleted and the other left alone is not. The result does not depend on which side is ours,
// uniting again changes nothing, and three machines come to the same in whatever order they meet. What cannot be
// decided so is refused, never guessed.
import { conserved } from "./entry-conservation.ts";
import { uniteEntry } from "./entry-lists.ts";
import { readEntries, surveyOf } from "./entry-reader.ts";
import { isJsonDocument, isMarkup, type Source, sourceOf } from "./entry-source.ts";
import { writeEntries } from "./entry-writer.ts";
import { Refused } from "./refused.ts";
import type { United, Versions } from "./united.ts";

/** Unites the entries of two sides, or says why a person must choose. */
export function uniteEntries(versions: Versions): United {
  const { base, ours, theirs } = versions;
  if (same(ours, theirs)) return { content: ours };
  if (base !== null && same(ours, base)) return { content: theirs };
  if (base !== null && same(theirs, base)) return { content: ours };
  const [before, one, other] = [base ?? new Uint8Array(), ours, theirs].map(sourceOf);
  if (!before || !one || !other) return { refused: "one of the versions is no text" };
  if (isDocument([before, one, other]))
    return { refused: "the content is a page or a JSON document, not a list of entries" };
  if (before.lines.length > 0 && (one.lines.length === 0 || other.lines.length === 0))
    return { refused: "the file was emptied on one side and changed on the other" };
  try {
    return uniteSources(versions, { base: base === null ? null : before, ours: one, theirs: other });
  } catch (error) {
    if (error instanceof Refused) return { refused: error.message };
    throw error;
  }
}

/** A page in any version; JSON in all of them, because a log of one line may be both. */
function isDocument(sources: readonly Source[]): boolean {
  const filled = sources.filter((source) => source.lines.length > 0);
  return filled.some(isMarkup) || (filled.length > 0 && filled.every(isJsonDocument));
}

function uniteSources(versions: Versions, sources: { base: Source | null; ours: Source; theirs: Source }): United {
  const given = [sources.base, sources.ours, sources.theirs].filter((source) => source !== null);
  const reading = surveyOf(given);
  const roots = given.map((source) => readEntries(source, reading));
  const [theirs, ours, base = null] = roots.toReversed();
  if (ours === undefined || theirs === undefined) throw new Error("two sides were read, and one is not there");
  const united = uniteEntry({ base, ours, theirs }, false);
  const content = writeEntries(united, sources, roots);
  const written = sourceOf(content);
  // the same entries side by side must not be read as others: a fence left open, a heading under a lower one
  if (written === null || readEntries(written, reading).whole !== united.whole)
    return { refused: "the entries of both sides would no longer be read apart" };
  const wrong = conserved(versions, content);
  return wrong === null ? { content } : { refused: wrong };
}

function same(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}
