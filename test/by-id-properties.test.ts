// What holds for every merge by id, whatever was changed: told by made-up stories of two and of three machines, in which
// nobody has to decide anything, so that a refusal is a failure too.
import { expect, test } from "bun:test";
import fc from "fast-check";
import { uniteById } from "../lib/merge/by-id.ts";
import { type Brain, printed, type Story, stories, type Task } from "./support/task-lists.ts";

const RUNS = { numRuns: 300 };
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The base, then each side, as they stand in the file. */
function textsOf({ base, sides, styles }: Story): string[] {
  return [base, ...sides].map((one, at) => printed(one, styles[at] ?? NO_STYLE));
}

const NO_STYLE = { indent: "", lineEnd: "\n", colon: ":", endsWithLine: false, escapes: false } as const;

function unite(base: string, ours: string, theirs: string): string {
  const united = uniteById({ base: bytes(base), ours: bytes(ours), theirs: bytes(theirs) });
  if ("refused" in united) throw new Error(`refused: ${united.refused}`);
  return utf8.decode(united.content);
}

function brainOf(text: string): Brain {
  return JSON.parse(text);
}

/** Every task and subtask, by its way: the text of its fields, but not of what is in it. */
function entriesOf({ tasks }: Brain): Map<string, string> {
  return new Map(
    tasks.flatMap(({ subtasks, ...task }) => [
      [task.id, JSON.stringify(Object.entries(task).sort())] as const,
      ...subtasks.map((one) => [`${task.id}/${one.id}`, JSON.stringify(one)] as const),
    ]),
  );
}

function sorted(brain: Brain): Brain {
  const byId = <T extends { id: string }>(list: T[]): T[] => list.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return { ...brain, tasks: byId(brain.tasks.map((task): Task => ({ ...task, subtasks: byId(task.subtasks) }))) };
}

test("it does not matter which side is called ours, to the byte", () => {
  fc.assert(
    fc.property(stories(2, { restyle: true }), (story) => {
      const [base = "", ours = "", theirs = ""] = textsOf(story);
      expect(unite(base, ours, theirs)).toBe(unite(base, theirs, ours));
    }),
    RUNS,
  );
});

test("uniting again with either side, or with itself, changes no byte", () => {
  fc.assert(
    fc.property(stories(2, { restyle: true }), (story) => {
      const [base = "", ours = "", theirs = ""] = textsOf(story);
      const united = unite(base, ours, theirs);
      for (const side of [ours, theirs, united]) expect(unite(base, united, side)).toBe(united);
      for (const side of [ours, theirs]) expect(unite(side, united, side)).toBe(united);
    }),
    RUNS,
  );
});

test("three machines come to the same entries in whatever order they unite", () => {
  fc.assert(
    fc.property(stories(3, { restyle: true }), (story) => {
      const [base = "", a = "", b = "", c = ""] = textsOf(story);
      const [first, second, third] = [
        unite(base, unite(base, a, b), c),
        unite(base, a, unite(base, b, c)),
        unite(base, unite(base, a, c), b),
      ];
      expect(sorted(brainOf(second))).toEqual(sorted(brainOf(first)));
      expect(sorted(brainOf(third))).toEqual(sorted(brainOf(first)));
    }),
    RUNS,
  );
});

// Where an entry is deleted, a new one that followed it finds its place by what is left, which depends on the order.
test("three machines come to the same bytes in whatever order they unite, where nothing is deleted", () => {
  fc.assert(
    fc.property(stories(3, { restyle: true, deletes: false }), (story) => {
      const [base = "", a = "", b = "", c = ""] = textsOf(story);
      const first = unite(base, unite(base, a, b), c);
      expect(unite(base, a, unite(base, b, c))).toBe(first);
      expect(unite(base, unite(base, a, c), b)).toBe(first);
    }),
    RUNS,
  );
});

test("every entry of either side is there unless a side deleted it, with what the side that changed it says", () => {
  fc.assert(
    fc.property(stories(2, { restyle: true }), (story) => {
      const [base = new Map(), ours = new Map(), theirs = new Map()] = [story.base, ...story.sides].map(entriesOf);
      const [before = "", here = "", there = ""] = textsOf(story);
      const united = entriesOf(brainOf(unite(before, here, there)));
      for (const id of new Set([...base.keys(), ...ours.keys(), ...theirs.keys(), ...united.keys()])) {
        const deleted = base.has(id) && !(ours.has(id) && theirs.has(id));
        expect({ id, there: united.has(id) }).toEqual({ id, there: !deleted });
        if (deleted || (ours.get(id) !== base.get(id) && theirs.get(id) !== base.get(id))) continue;
        expect(united.get(id)).toBe(ours.get(id) === base.get(id) ? theirs.get(id) : ours.get(id));
      }
    }),
    RUNS,
  );
});

test("a file is written as it was: in one style, or in that of the one who rewrote it", () => {
  fc.assert(
    fc.property(stories(2, { restyle: false }), (story) => {
      const [base = "", ours = "", theirs = ""] = textsOf(story);
      const united = unite(base, ours, theirs);
      expect(united).toBe(printed(brainOf(united), story.styles[0] ?? NO_STYLE));
    }),
    RUNS,
  );
});

test("one who only rewrote the file leaves the other's content and gives it the new style where it was", () => {
  fc.assert(
    fc.property(stories(1, { restyle: true }), stories(1, { restyle: true }), (story, other) => {
      const [style = NO_STYLE, newStyle = NO_STYLE] = [story.styles[0], other.styles[0]];
      const [base, ours] = [printed(story.base, style), printed(story.base, newStyle)];
      expect(unite(base, ours, base)).toBe(ours);
      const theirs = printed(story.sides[0], style);
      expect(brainOf(unite(base, ours, theirs))).toEqual(story.sides[0] ?? story.base);
    }),
    RUNS,
  );
});
