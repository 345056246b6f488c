// The difference of two task lists, task by task, as lines of a difference. Pure.
import { OUTSIDE, type TaskChange } from "../lib/merge/by-id-diff.ts";

import { type DiffLine, noteLine } from "./diff-lines.ts";
import { markWords } from "./diff-words.ts";
import { count } from "./words.ts";

const KINDS = ["added", "changed", "moved", "removed"] as const;

/** `3 tasks added, 1 changed`; `no task changed` for none. */
export function countTasks(changes: readonly TaskChange[]): string {
  const tasks = changes.filter(isTask);
  const counts = KINDS.map((kind) => [kind, tasks.filter((change) => change.kind === kind).length] as const);
  const some = counts.filter(([, number]) => number > 0);
  const said = some.map(([kind, number], at) => `${at === 0 ? count(number, "task") : number} ${kind}`).join(", ");
  const outside = tasks.length < changes.length ? ", and more outside the lists" : "";
  return `${said === "" ? "no task changed" : said}${outside}`;
}

/** False for the row that tells what changed outside the lists. */
function isTask({ id, where, title }: TaskChange): boolean {
  return !(id === OUTSIDE && where === "" && title === null);
}

/** A line for each task, and under a changed one its fields before and after. */
export function diffTasks(changes: readonly TaskChange[]): DiffLine[] {
  const several = new Set(changes.filter(isTask).map(({ where }) => where)).size > 1;
  let where: string | null = null;
  return changes.flatMap((change) => {
    const isNew = several && change.where !== where && isTask(change);
    where = change.where;
    const heading = isNew ? [noteLine(`in ${change.where === "" ? "the list" : change.where}`)] : [];
    return [...heading, ...linesOfTask(change)];
  });
}

function linesOfTask(change: TaskChange): DiffLine[] {
  const { id, title, kind } = change;
  const name = oneLine(title === null ? id : `${title}  (${id})`);
  switch (kind) {
    case "added":
      return [line("come", name)];
    case "removed":
      return [line("gone", name)];
    case "moved":
      return [line("same", `${name}, moved`), ...fieldLines(change)];
    case "changed":
      return [line("same", name), ...fieldLines(change)];
  }
}

function fieldLines({ fields }: TaskChange): DiffLine[] {
  return fields.flatMap(({ field, before, after }) => {
    const gone = before === null ? [] : [line("gone", oneLine(`  ${field}: ${before}`))];
    const come = after === null ? [] : [line("come", oneLine(`  ${field}: ${after}`))];
    return markWords([...gone, ...come], { prose: true });
  });
}

/** A value of several lines on one. */
function oneLine(text: string): string {
  return text.replaceAll(/\r?\n/g, " ↵ ");
}

function line(kind: "same" | "gone" | "come", text: string): DiffLine {
  return { kind, text: `${text}\n`, marks: [] };
}
