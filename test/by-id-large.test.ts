// Lists of 10,000 tasks and more, in every layout, run through with the right outcome; how long it takes is for the
// benchmark to say.
import { expect, test } from "bun:test";
import { uniteById } from "../lib/merge/by-id.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

interface Task {
  readonly id: string;
  readonly title: string;
  readonly steps: readonly { readonly id: number; readonly done: boolean }[];
}

const TASKS = 10_000;
const BASE: readonly Task[] = Array.from({ length: TASKS }, (_, at) => ({
  id: `t-${at}`,
  title: `Aufgabe ${at}: "größer" als \\ vorher`,
  steps: [
    { id: 1, done: false },
    { id: 2, done: at % 3 === 0 },
  ],
}));

const edited = (every: number, from: number, title: string): Task[] =>
  BASE.map((task, at) => (at % every === from ? { ...task, title } : task));

for (const indent of [undefined, "\t"]) {
  test(`10,000 tasks indented by ${JSON.stringify(indent)}: edited, added, deleted and moved on both sides`, () => {
    const ours = edited(10, 3, "ours");
    ours.splice(5000, 1);
    for (let at = 0; at < 100; at++) ours.splice(at * 90, 0, { id: `o-${at}`, title: "new", steps: [] });
    const theirs = edited(10, 7, "theirs");
    theirs.unshift(...theirs.splice(9000, 500));
    const print = (tasks: readonly Task[]): Uint8Array => bytes(JSON.stringify({ version: 1, tasks }, null, indent));
    const versions = { base: print(BASE), ours: print(ours), theirs: print(theirs) };
    const united = uniteById(versions);
    expect(uniteById({ ...versions, ours: versions.theirs, theirs: versions.ours })).toEqual(united);
    if ("refused" in united) throw new Error(united.refused);
    const text = new TextDecoder().decode(united.content);
    const { tasks }: { tasks: Task[] } = JSON.parse(text);
    expect(text).toBe(JSON.stringify({ version: 1, tasks }, null, indent));
    expect(tasks.length).toBe(10_099);
    expect(tasks.filter(({ title }) => title === "ours").length).toBe(1000);
    expect(tasks.filter(({ title }) => title === "theirs").length).toBe(1000);
    expect(tasks.some(({ id }) => id === "t-5000")).toBe(false);
    expect(tasks.findIndex(({ id }) => id === "t-9000")).toBeLessThan(2);
  });
}

test("a text that would be slow for a reader that looks back: backslashes, one long line, many lines", () => {
  const backslashes = "\\\\".repeat(500_000);
  const file = (inside: string): Uint8Array => bytes(`[{"id":1,"a":"${backslashes}","b":${inside}}]`);
  expect(uniteById({ base: file("1"), ours: file("2"), theirs: file("1") })).toEqual({ content: file("2") });
  const lines = "\n".repeat(500_000);
  const blank = (inside: string): Uint8Array => bytes(`[${lines}{"id":1},${lines}{"id":2}${inside}${lines}]`);
  expect(uniteById({ base: blank(""), ours: blank(',\n{"id":3}'), theirs: blank("") })).toEqual({
    content: blank(',\n{"id":3}'),
  });
});

test("20,000 lists whose last entry and bracket share a line, which is where nothing would be looked for", () => {
  const file = (inside: string): Uint8Array =>
    bytes(`[${Array.from({ length: 20_000 }, (_, id) => `{"id":${id},"s":[\n {"a":1}]}`).join(",\n")}${inside}]`);
  const versions = { base: file(""), ours: file(',\n{"id":"a"}'), theirs: file("") };
  expect(uniteById({ ...versions, ours: file(',\n{"id":-1}') })).toEqual({ content: file(',\n{"id":-1}') });
  expect(uniteById(versions)).toHaveProperty("refused");
});

test("4,000 empty lists that are begun on both sides, and as many that use an id twice, on one line", () => {
  const file = (steps: string, pairs: string): Uint8Array => {
    const task = (id: number): string => `{"id":${id},"s":[${steps}],"p":[${pairs}],"n":${id}}`;
    return bytes(`[${Array.from({ length: 4000 }, (_, id) => task(id)).join(",")}]`);
  };
  const twice = '{"id":1,"a":1},{"id":1,"a":2}';
  const versions = { base: file("", twice), ours: file('{"id":1}', twice), theirs: file('{"id":2}', twice) };
  expect(uniteById(versions)).toEqual({ content: file('{"id":1},{"id":2}', twice) });
});
