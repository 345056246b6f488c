// What an answer would leave, in a few rows, and all answers in one list. Pure.
import { compare } from "./conflict-changes.ts";
import { diffRows, plainRows, type ScreenStyle } from "./conflict-screen.ts";
import { describeVersion, isThere, sameContent } from "./conflict-versions.ts";
import type { Answer, ConflictView, VersionView } from "./conflict-view.ts";
import type { DiffLine } from "./diff-lines.ts";

/** Rows shown of what an answer changes: in passing, and when asked for. */
const ROWS_SHOWN = { passing: 6, asked: 24 };

export interface PreviewStyle extends ScreenStyle {
  readonly when: keyof typeof ROWS_SHOWN;
}

/** The version that an answer leaves under the path itself; null for `both`, whose order is not decided here. */
function resultOf(view: ConflictView, answer: Answer): VersionView | null {
  const { base, ours, theirs, merged } = view;
  const made = (content: Uint8Array | null): VersionView => ({
    role: "result",
    mode: content === null ? null : (ours.mode ?? theirs.mode),
    content,
  });
  if ("edited" in answer) return made(answer.edited);
  switch (answer.choice) {
    case "ours":
      return ours;
    case "theirs":
      return theirs;
    case "merged":
      return made(merged);
    case "base":
      return base ?? made(null);
    case "both":
      return null;
  }
}

/** What the answer leaves, what that changes on either machine, and the first rows of it. */
export function previewRows(view: ConflictView, answer: Answer, style: PreviewStyle): string[] {
  const { ours, theirs } = view;
  const result = resultOf(view, answer);
  const title = `result: ${answerWords(view, answer)}`;
  if (result === null) return plainRows(title, style);
  const isDescribed = !isThere(result) || "edited" in answer;
  const effects = [ours, theirs].map((side) => ({ side, ...effectOn(view, side, result, style) }));
  // the machine that something happens to, this one first
  const { lines } = effects.find((effect) => effect.lines.length > 0) ?? { lines: [] };
  return [
    ...plainRows(isDescribed ? title : `${title} (${describeVersion(result)})`, style),
    ...effects.flatMap(({ side, said }) => plainRows(`  on ${side.role}: ${said}`, style)),
    ...diffRows(lines, style, { mostRows: ROWS_SHOWN[style.when], hint: "" }),
  ];
}

interface Effect {
  readonly said: string;
  readonly lines: readonly DiffLine[];
}

function effectOn(view: ConflictView, side: VersionView, result: VersionView, style: ScreenStyle): Effect {
  const only = (said: string): Effect => ({ said, lines: [] });
  if (!isThere(result)) return only(isThere(side) ? "it is deleted" : "it stays deleted");
  if (sameContent(side, result)) return only(side.mode === result.mode ? "nothing changes" : "only its mode changes");
  const { said, lines } = compare(view.path, side, result, { taskChanges: style.taskChanges, full: false });
  if (isThere(side)) return { said: said ?? "it is replaced", lines };
  return { said: isThere(view.base) ? "it comes back" : "it comes", lines };
}

/** An answer in a few words. */
function answerWords(view: ConflictView, answer: Answer): string {
  const { ours, theirs, base, bothName } = view;
  if ("edited" in answer) {
    return `as edited (${describeVersion({ role: "result", mode: "100644", content: answer.edited })})`;
  }
  switch (answer.choice) {
    case "ours":
      return isThere(ours) ? `${ours.role}'s` : `deleted, as on ${ours.role}`;
    case "theirs":
      return isThere(theirs) ? `${theirs.role}'s` : `deleted, as on ${theirs.role}`;
    case "merged":
      return "the merged one";
    case "both":
      return bothName === null ? "both" : `both, the second as ${bothName}`;
    case "base":
      return isThere(base) ? "as it was before both" : "no such file, as before both";
  }
}

/** All answers, a row each. */
export function summaryRows(views: readonly ConflictView[], answers: readonly Answer[], style: ScreenStyle): string[] {
  return views.flatMap((view, at) => {
    const answer = answers[at];
    return answer === undefined ? [] : plainRows(`  ${view.path}: ${answerWords(view, answer)}`, style);
  });
}
