// What each side did to a conflicting path, as headings and differences: against the base where there is one, else
// against each other. Pure.

import type { TaskChange } from "../lib/merge/by-id-diff.ts";
import { contentOf, isThere, sameContent, shapeOf } from "./conflict-versions.ts";
import type { ConflictView, VersionView } from "./conflict-view.ts";
import { countChanges, type DiffLine, diffLines, foldSame, noteLine } from "./diff-lines.ts";
import { countTasks, diffTasks } from "./diff-tasks.ts";
import { decodeText } from "./diff-text.ts";
import { markWords } from "./diff-words.ts";
import { count } from "./words.ts";

export interface Change {
  /** `laptop changed it: 3 lines gone, 4 come`. */
  readonly heading: string;
  readonly lines: readonly DiffLine[];
}

/** The changes between two contents, task by task; null where they are no task lists. */
export type TaskChangesOf = (before: Uint8Array, after: Uint8Array) => readonly TaskChange[] | null;

export interface Depth {
  readonly taskChanges: TaskChangesOf;
  /** Everything there is to show, for who asks for it. */
  readonly full: boolean;
}

/** Equal lines shown on each side of a change. */
const CONTEXT = { full: 3, short: 1 };
/** Lines in which words are looked for: more than are shown, and not all of a huge file. */
const MARKED = { full: 5000, short: 60 };
const PROSE = /(?:\.(?:md|markdown|mdx|txt|rst|adoc|org|tex|eml|html?)|(?:^|\/)[^./]+)$/i;
const JSON_FILE = /\.json$/i;

export function changesOf(view: ConflictView, depth: Depth): Change[] {
  const { path, base, ours, theirs } = view;
  if (base !== null && isThere(base)) return [ours, theirs].map((side) => changeOf(path, base, side, depth));
  const { said, lines } = compare(path, ours, theirs, depth);
  const heading = `from ${ours.role}'s (-) to ${theirs.role}'s (+)${said === null ? "" : `: ${said}`}`;
  return lines.length === 0 ? [] : [{ heading, lines }];
}

function changeOf(path: string, base: VersionView, side: VersionView, depth: Depth): Change {
  const { role } = side;
  // the lines of a deleted file say less than the one word
  if (!isThere(side)) return { heading: `${role} deleted it`, lines: [] };
  const mode = modeWords(base, side);
  if (sameContent(base, side)) return { heading: `${role} ${mode ?? "left it as it was"}`, lines: [] };
  const { said, lines } = compare(path, base, side, depth);
  const heading = `${role} changed it${said === null ? "" : `: ${said}`}${mode === null ? "" : `, and ${mode}`}`;
  return { heading, lines };
}

/** What became of the mode; null where nothing did. */
function modeWords(before: VersionView, after: VersionView): string | null {
  if (before.mode === after.mode) return null;
  if (after.mode === "120000") return "made it a link";
  if (before.mode === "120000") return "made the link a file";
  if (after.mode === "100755") return "made it executable";
  return before.mode === "100755" ? "made it not executable" : `changed its mode to ${after.mode}`;
}

export interface Comparison {
  /** `3 tasks added, 1 changed`; `3 lines gone, 4 come`; null where versions differ in something else, or not at all. */
  readonly said: string | null;
  /** Empty for what is no text. */
  readonly lines: readonly DiffLine[];
}

/** The difference of two versions, by task where both are task lists that differ in their tasks, else by line. */
export function compare(path: string, before: VersionView, after: VersionView, depth: Depth): Comparison {
  const [texts, others] = [[before, after].filter(isText), [before, after].filter(isOther)];
  if (others.length > 0) {
    // of a text that takes the place of a link, or the other way round, all lines are the change
    if (texts.length === 0) return { said: null, lines: [] };
    const [left, right] = [before, after].map((version) => (isText(version) ? version : { ...version, content: null }));
    return { said: null, lines: compareLines(path, left ?? before, right ?? after, depth).lines };
  }
  const tasks = tasksBetween(path, before, after, depth.taskChanges);
  if (tasks === null) return compareLines(path, before, after, depth);
  const { lines } = depth.full ? compareLines(path, before, after, depth) : { lines: [] };
  const byLine = lines.length === 0 ? [] : [noteLine("line by line:"), ...lines];
  return { said: countTasks(tasks), lines: [...diffTasks(tasks), ...byLine] };
}

function isText(version: VersionView): boolean {
  return shapeOf(version) === "text";
}

function isOther(version: VersionView): boolean {
  return !["text", "absent"].includes(shapeOf(version));
}

function tasksBetween(path: string, before: VersionView, after: VersionView, taskChanges: TaskChangesOf) {
  if (!JSON_FILE.test(path) || before.content === null || after.content === null) return null;
  const changes = taskChanges(before.content, after.content);
  return changes === null || changes.length === 0 ? null : changes;
}

function compareLines(path: string, before: VersionView, after: VersionView, { full }: Depth): Comparison {
  const lines = diffLines(decodeText(contentOf(before)), decodeText(contentOf(after)));
  const said = lineWords(lines);
  if (said === null) return { said, lines: [] };
  const folded = foldSame(lines, full ? CONTEXT.full : CONTEXT.short);
  const marked = full ? MARKED.full : MARKED.short;
  const words = markWords(folded.slice(0, marked), { prose: PROSE.test(path) });
  return { said, lines: [...words, ...folded.slice(marked)] };
}

/** `2 new lines`; `1 line gone`; `3 lines gone, 4 come`; null for no change. */
function lineWords(lines: readonly DiffLine[]): string | null {
  const { gone, come } = countChanges(lines);
  if (gone === 0) return come === 0 ? null : count(come, "new line");
  return come === 0 ? `${count(gone, "line")} gone` : `${count(gone, "line")} gone, ${come} come`;
}
