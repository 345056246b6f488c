// Judges what a person made of a conflict in an editor. Pure.
import { ContentReader } from "../lib/integrity/content.ts";
import { lostIds } from "../lib/integrity/lost-ids.ts";
import { named } from "../lib/named.ts";
import type { ConflictView } from "./conflict-view.ts";
import { shownText } from "./diff-cells.ts";
import { decodeText } from "./diff-text.ts";

/** Lines that only an unfinished merge has; `=======` also underlines a heading, so it counts only where it is new. */
const MARKER = /^(?:<{7} .*|\|{7} .*|={7}|>{7} .*)$/;
const LONGEST_MARKER = 60;

/**
 * Why an edited content cannot be the answer, to stand after the file's name; null when it can. `versions` are the
 * contents it was made from: what all of them lack (valid JSON) is not asked for, what one of them has (a line that
 * looks like a marker) is not refused.
 */
export function whyNotUsable(
  path: string,
  bytes: Uint8Array,
  versions: readonly (Uint8Array | null)[] = [],
): string | null {
  const wants = { json: path.toLowerCase().endsWith(".json") };
  const facts = factsOf(bytes, wants);
  const before = versions
    .filter((version) => version !== null)
    .map((version) => ({ version, ...factsOf(version, wants) }));
  if (facts.blank && !before.some(({ blank }) => blank)) return "is empty, and none of its versions is";
  const marker = newMarker(
    bytes,
    before.map(({ version }) => version),
  );
  if (marker !== null) return marker;
  if (facts.conflicts > Math.max(0, ...before.map(({ conflicts }) => conflicts))) return "still has conflict markers";
  if (!wants.json || facts.json === null || facts.json === "valid") return null;
  const neverParsed = before.length > 0 && before.every(({ json }) => json !== "valid");
  return neverParsed ? null : `does not parse as JSON: it ${facts.json}`;
}

/** The same of a whole conflict: of a task list, also each entry of either machine that nobody deleted must be in it. */
export function whyNotAnswer({ path, base, ours, theirs, merged }: ConflictView, edited: Uint8Array): string | null {
  const wrong = whyNotUsable(path, edited, [base?.content ?? null, ours.content, theirs.content, merged]);
  if (wrong !== null || !path.toLowerCase().endsWith(".json") || ours.content === null || theirs.content === null)
    return wrong;
  const lost = lostIds({
    base: base?.content == null ? null : decodeText(base.content),
    ours: decodeText(ours.content),
    theirs: decodeText(theirs.content),
    merged: decodeText(edited),
  });
  if (lost.length === 0) return null;
  const entries = lost.length === 1 ? "the entry" : `${lost.length} entries`;
  return `lacks ${entries} that nobody deleted: ${named(lost, 5)}; put it in, or take one machine's version and delete it afterwards`;
}

function factsOf(bytes: Uint8Array, wants: { readonly json: boolean }) {
  const reader = new ContentReader(wants);
  reader.take(bytes);
  return reader.end();
}

function newMarker(bytes: Uint8Array, versions: readonly Uint8Array[]): string | null {
  const lines = linesOf(bytes);
  if (!lines.some((line) => MARKER.test(line))) return null;
  const known = new Set(versions.flatMap((version) => linesOf(version)));
  const at = lines.findIndex((line) => MARKER.test(line) && !known.has(line));
  const marker = shownText((lines[at] ?? "").slice(0, LONGEST_MARKER));
  return at === -1 ? null : `still has a conflict marker on line ${at + 1}: ${marker}`;
}

function linesOf(bytes: Uint8Array): string[] {
  return decodeText(bytes).split(/\r?\n/);
}
