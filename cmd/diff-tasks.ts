// The difference of two task lists, task by task, as lines of a difference. Pure.

import { type DiffLine, noteLine } from "./diff-lines.ts";
import { markWords } from "./diff-words.ts";
import { count } from "./words.ts";

/** What became of one task. */
export interface TaskChange {
  /** The list the task is in. */
  readonly where: string;
  readonly id: string;
  readonly title: string | null;
  readonly kind: "added" | "removed" | "changed" | "moved";
  /** Values as text; null where the field is absent. */
  readonly fields: readonly { readonly field: string; readonly before: string | null; readonly after: string | null }[];
}

const KINDS = ["added", "changed", "moved", "removed"] as const;

/** `3 tasks added, 1 changed`; `no task changed` for none. */
export function countTasks(changes: readonly TaskChange[]): string {
  const counts = KINDS.map((kind) => [kind, changes.filter((change) => change.kind === kind).length] as const);
  const some = counts.filter(([, number]) => number > 0);
  if (some.length === 0) return "no task changed";
  return some.map(([kind, number], at) => `${at === 0 ? count(number, "task") : number} ${kind}`).join(", ");
}

/** A line for each task, and under a changed one its fields before and after. */
export function diffTasks(changes: readonly TaskChange[]): DiffLine[] {
  const several = new Set(changes.map(({ where }) => where)).size > 1;
  let where: string | null = null;
  return changes.flatMap((change) => {
    const heading =
      several && change.where !== where ? [noteLine(`in ${change.where === "" ? "the list" : change.where}`)] : [];
    where = change.where;
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
