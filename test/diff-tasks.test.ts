// The difference of two task lists as lines.
import { expect, test } from "bun:test";
import { countTasks, diffTasks } from "../cmd/diff-tasks.ts";
import { type TaskChange, taskChanges } from "../lib/merge/by-id-diff.ts";

function change(kind: TaskChange["kind"], id: string, more: Partial<TaskChange> = {}): TaskChange {
  return { where: "tasks", id, title: `Task ${id}`, kind, fields: [], ...more };
}

function shown(changes: readonly TaskChange[]): string[] {
  return diffTasks(changes).map(({ kind, text }) => `${kind} ${text.trimEnd()}`);
}

test("a task that is new, gone or moved is one line", () => {
  expect(shown([change("added", "t-1"), change("removed", "t-2"), change("moved", "t-3")])).toEqual([
    "come Task t-1  (t-1)",
    "gone Task t-2  (t-2)",
    "same Task t-3  (t-3), moved",
  ]);
});

test("a changed one has its fields before and after, with their words marked", () => {
  const fields = [
    { field: "status", before: "open", after: "done" },
    { field: "due", before: null, after: "2026-01-05" },
    { field: "notes", before: "call him on\nTuesday", after: "call him on\nFriday" },
    { field: "owner", before: "Peter", after: null },
  ];
  const lines = diffTasks([change("changed", "t-1", { title: null, fields })]);
  expect(
    lines.map(({ kind, text, marks }) => [kind, text.trimEnd(), marks.map(([from, to]) => text.slice(from, to))]),
  ).toEqual([
    ["same", "t-1", []],
    ["gone", "  status: open", ["open"]],
    ["come", "  status: done", ["done"]],
    ["come", "  due: 2026-01-05", []],
    ["gone", "  notes: call him on ↵ Tuesday", ["Tuesday"]],
    ["come", "  notes: call him on ↵ Friday", ["Friday"]],
    ["gone", "  owner: Peter", []],
  ]);
});

test("lists are named where there are several", () => {
  expect(shown([change("added", "a"), change("added", "b"), change("added", "c", { where: "archive" })])).toEqual([
    "note in tasks",
    "come Task a  (a)",
    "come Task b  (b)",
    "note in archive",
    "come Task c  (c)",
  ]);
});

test("what changed outside the lists is told last, and is no task", () => {
  const before = '{"version": 1, "tasks": [{"id": "t-1", "title": "Call"}], "done": [{"id": "t-0", "title": "Old"}]}';
  const after = '{"version": 2, "tasks": [{"id": "t-1", "title": "Call him"}], "done": []}';
  const changes = taskChanges(Buffer.from(before), Buffer.from(after)) ?? [];
  expect(countTasks(changes)).toBe("1 task changed, 1 removed, and more outside the lists");
  expect(shown(changes)).toEqual([
    "note in tasks",
    "same Call him  (t-1)",
    "gone   title: Call",
    "come   title: Call him",
    "note in done",
    "gone Old  (t-0)",
    "same outside the lists",
    "gone   version: 1",
    "come   version: 2",
  ]);
});

test("counts name each kind once", () => {
  expect(countTasks([])).toBe("no task changed");
  expect(countTasks([change("added", "a")])).toBe("1 task added");
  expect(countTasks([change("removed", "a"), change("added", "b"), change("added", "c"), change("changed", "d")])).toBe(
    "2 tasks added, 1 changed, 1 removed",
  );
});
