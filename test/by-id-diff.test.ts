// What became of each task between two versions, as a person is shown it.
import { describe, expect, test } from "bun:test";
import { type TaskChange, taskChanges } from "../lib/merge/by-id-diff.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** `kind where#id (title) field: before > after`, one line for each task. */
function told(before: string, after: string): string[] | null {
  const changes = taskChanges(bytes(before), bytes(after));
  const tell = ({ where, id, title, kind, fields }: TaskChange): string =>
    [
      `${kind} ${where}#${id}`,
      ...(title === null ? [] : [`(${title})`]),
      ...fields.map((one) => `${one.field}: ${one.before ?? "-"} > ${one.after ?? "-"}`),
    ].join(" ");
  return changes === null ? null : changes.map(tell);
}

describe("what became of tasks", () => {
  const cases: readonly (readonly [what: string, before: string, after: string, told: string[] | null])[] = [
    ["nothing", '[{"id":1}]', '[ {"id": 1} ]', []],
    ["added", "[]", '[{"id":"t-1","title":"call"}]', ["added #t-1 (call) id: - > t-1 title: - > call"]],
    [
      "removed",
      '{"tasks":[{"id":1,"name":"n","n":1.50}]}',
      '{"tasks":[]}',
      ["removed tasks#1 (n) id: 1 > - name: n > - n: 1.50 > -"],
    ],
    [
      "changed, with the title it has now",
      '[{"id":1,"title":"old","due":"today","tags":["a"]}]',
      '[{"id":1,"title":"new","tags":[\n  "a",\n  "b\\n"\n],"x":null}]',
      ['changed #1 (new) title: old > new tags: ["a"] > [ "a", "b\\n" ] x: - > null due: today > -'],
    ],
    [
      "the one that was moved, not those it passed",
      '[{"id":1},{"id":2},{"id":3},{"id":4}]',
      '[{"id":4},{"id":1},{"id":2},{"id":3}]',
      ["moved #4"],
    ],
    [
      "changed and moved is changed",
      '[{"id":1},{"id":2},{"id":3}]',
      '[{"id":2},{"id":3},{"id":1,"a":1}]',
      ["changed #1 a: - > 1"],
    ],
    [
      "written otherwise is not changed",
      '[{"id":1,"a":"é","n":1e1,"o":{"x":1,"y":2}}]',
      '[{"o":{"y":2,"x":1},"n":10,"a":"\\u00e9","id":1}]',
      [],
    ],
    [
      "a number that cannot be compared",
      '[{"id":1,"n":9007199254740993}]',
      '[{"id":1,"n":9007199254740992}]',
      ["changed #1 n: 9007199254740993 > 9007199254740992"],
    ],
    ["inside an object", '[{"id":1,"o":{"x":{"y":1}}}]', '[{"id":1,"o":{"x":{"y":2}}}]', ["changed #1 o.x.y: 1 > 2"]],
    [
      "tasks inside tasks, after the task they are in",
      '{"t":[{"id":1,"a":1,"s":[{"id":1,"summary":"s"}]},{"id":2,"s":[]}]}',
      '{"t":[{"id":1,"a":2,"s":[{"id":1,"summary":"s","done":true},{"id":2}]},{"id":2,"s":[{"id":1}]}]}',
      [
        "changed t#1 a: 1 > 2",
        "changed t[id=1].s#1 (s) done: - > true",
        "added t[id=1].s#2 id: - > 2",
        "added t[id=2].s#1 id: - > 1",
      ],
    ],
    [
      "a task with its steps is added whole",
      "[]",
      '[{"id":1,"s":[{"id":2}]}]',
      ['added #1 id: - > 1 s: - > [{"id":2}]'],
    ],
    [
      "what is outside the lists",
      '{"v":1,"t":[{"id":1}],"m":{"x":1}}',
      '{"v":2,"t":[],"m":{"x":2}}',
      ["removed t#1 id: 1 > -", "changed #outside the lists v: 1 > 2 m.x: 1 > 2"],
    ],
    ["only what is outside the lists", '{"v":1,"t":[{"id":1}]}', '{"v":2,"t":[{"id":1}]}', null],
    ["no list", '{"a":1}', '{"a":2}', null],
    ["a list without ids", '[{"a":1}]', '[{"a":2}]', null],
    ["an id used twice", '[{"id":1},{"id":1}]', '[{"id":1}]', null],
    ["a list that became something else", '[{"id":1}]', '{"id":1}', null],
    ["no JSON", "[", "[]", null],
    ["a key used twice", '[{"id":1,"a":1,"a":2}]', '[{"id":1}]', null],
    [
      "__proto__",
      '[{"id":"__proto__"}]',
      '[{"id":"__proto__","__proto__":1}]',
      ["changed #__proto__ __proto__: - > 1"],
    ],
  ];
  test.each(cases)("%s", (_what, before, after, expected) => expect(told(before, after)).toEqual(expected));
});

test("10,000 tasks turned round: all but one are moved", () => {
  const ids = Array.from({ length: 10_000 }, (_, id) => ({ id }));
  const changes = taskChanges(bytes(JSON.stringify(ids)), bytes(JSON.stringify(ids.toReversed())));
  expect(changes?.length).toBe(9999);
  expect(new Set(changes?.map(({ kind }) => kind))).toEqual(new Set(["moved"]));
});
