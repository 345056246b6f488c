// The merge by id: each kind of change on each side at each depth, and formatting to the byte.
import { describe, expect, test } from "bun:test";
import { uniteById } from "../lib/merge/by-id.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The united text, or `refused: why`. */
function unite(base: string | null, ours: string, theirs: string): string {
  const united = uniteById({ base: base === null ? null : bytes(base), ours: bytes(ours), theirs: bytes(theirs) });
  return "refused" in united ? `refused: ${united.refused}` : utf8.decode(united.content);
}

interface Entry {
  readonly id: string;
  readonly [field: string]: unknown;
}

type Change = (list: readonly Entry[]) => Entry[];

const LIST: readonly Entry[] = ["a", "b", "c"].map((id) => ({ id, title: id.toUpperCase(), tags: ["x"] }));
const edit =
  (id: string, fields: Record<string, unknown>): Change =>
  (list) =>
    list.map((entry) => (entry.id === id ? { ...entry, ...fields } : entry));
const add =
  (at: number, entry: Entry): Change =>
  (list) =>
    list.toSpliced(at, 0, entry);

/** What one machine does to the list a b c. */
const CHANGES: Readonly<Record<string, Change>> = {
  nothing: (list) => [...list],
  "b titled 1": edit("b", { title: "1" }),
  "b titled 2": edit("b", { title: "2" }),
  "b tagged": edit("b", { tags: ["x", "y"] }),
  "b tagged otherwise": edit("b", { tags: [] }),
  "b due": edit("b", { due: "today" }),
  "b due later": edit("b", { due: "later" }),
  "b without title": (list) => list.map(({ id, title, tags }) => (id === "b" ? { id, tags } : { id, title, tags })),
  "c titled 3": edit("c", { title: "3" }),
  "b deleted": (list) => list.filter(({ id }) => id !== "b"),
  "c deleted": (list) => list.filter(({ id }) => id !== "c"),
  "all deleted": () => [],
  "n added": add(3, { id: "n", title: "new" }),
  "n added otherwise": add(3, { id: "n", title: "other" }),
  "m added": add(3, { id: "m", title: "more" }),
  "m added first": add(0, { id: "m", title: "more" }),
  "n added after b": add(2, { id: "n", title: "new" }),
  "b first": ([a, b, c]) => [b, a, c].filter((one) => one !== undefined),
  "b last": ([a, b, c]) => [a, c, b].filter((one) => one !== undefined),
  "turned round": (list) => list.toReversed(),
};

/** Ours, theirs, and what becomes of it: entries with what differs from LIST, or the reason of a refusal. */
const CASES: readonly (readonly [ours: string, theirs: string, united: string])[] = [
  ["nothing", "nothing", "a b c"],
  ["b titled 1", "nothing", "a b:title=1 c"],
  ["b titled 1", "b titled 1", "a b:title=1 c"],
  ["b titled 1", "b titled 2", "refused: @[id=b].title was changed differently on both machines"],
  ["b titled 1", "b tagged", "a b:title=1:tags=x,y c"],
  ["b titled 1", "c titled 3", "a b:title=1 c:title=3"],
  ["b titled 1", "b due", "a b:title=1:due=today c"],
  ["b titled 1", "b without title", "refused: @[id=b].title was deleted on one machine and changed on the other"],
  ["b titled 1", "b deleted", "refused: @[id=b] was deleted on one machine and changed on the other"],
  ["b titled 1", "all deleted", "refused: @[id=b] was deleted on one machine and changed on the other"],
  ["b titled 1", "c deleted", "a b:title=1"],
  ["b titled 1", "b first", "b:title=1 a c"],
  ["b tagged", "nothing", "a b:tags=x,y c"],
  ["b tagged", "b tagged otherwise", "refused: @[id=b].tags was changed differently on both machines"],
  ["b tagged", "b without title", "a b:title=:tags=x,y c"],
  ["b due", "b due", "a b:due=today c"],
  ["b due", "b due later", "refused: @[id=b].due was added with different content on both machines"],
  ["b due", "b deleted", "refused: @[id=b] was deleted on one machine and changed on the other"],
  ["b without title", "nothing", "a b:title= c"],
  ["b without title", "b without title", "a b:title= c"],
  ["b deleted", "nothing", "a c"],
  ["b deleted", "b deleted", "a c"],
  ["b deleted", "c deleted", "a"],
  ["b deleted", "b first", "a c"],
  ["b deleted", "n added after b", "a n:title=new c"],
  ["b deleted", "turned round", "c a"],
  ["all deleted", "nothing", ""],
  ["all deleted", "all deleted", ""],
  ["all deleted", "n added", "n:title=new"],
  ["n added", "nothing", "a b c n:title=new"],
  ["n added", "n added", "a b c n:title=new"],
  ["n added", "n added otherwise", "refused: @[id=n] was added with different content on both machines"],
  ["n added", "m added", "a b c m:title=more n:title=new"],
  ["n added", "m added first", "m:title=more a b c n:title=new"],
  ["n added", "n added after b", "refused: @ was put in a different order on both machines"],
  ["n added after b", "b first", "b n:title=new a c"],
  ["b first", "nothing", "b a c"],
  ["b first", "b first", "b a c"],
  ["b first", "b last", "refused: @ was put in a different order on both machines"],
  ["turned round", "b titled 1", "c b:title=1 a"],
  ["turned round", "b first", "c b a"],
];

interface Depth {
  readonly path: string;
  readonly wrap: (list: readonly Entry[]) => unknown;
  readonly unwrap: (text: string) => Entry[];
}

/** The list at the top, in an object, in an entry of another list, and deep inside. */
const DEPTHS: Readonly<Record<string, Depth>> = {
  "at the top": { path: "", wrap: (list) => list, unwrap: (text) => JSON.parse(text) },
  "in an object": {
    path: "tasks",
    wrap: (list) => ({ version: 1, tasks: list }),
    unwrap: (text) => JSON.parse(text).tasks,
  },
  "in an entry": {
    path: "[uid=7].steps",
    wrap: (list) => [{ uid: 7, steps: list }, { uid: 8 }],
    unwrap: (text) => JSON.parse(text)[0].steps,
  },
  "deep inside": {
    path: '["a b"].x[key=k].y',
    wrap: (list) => ({ "a b": { x: [{ key: "k", y: list }] } }),
    unwrap: (text) => JSON.parse(text)["a b"].x[0].y,
  },
};

function told(list: readonly Entry[]): string {
  const tell = (entry: Entry): string => {
    const was = LIST.find(({ id }) => id === entry.id) ?? { id: entry.id };
    const fields = [...new Set([...Object.keys(was), ...Object.keys(entry)])];
    const differs = fields.filter((field) => String((was as Entry)[field]) !== String(entry[field]));
    return [entry.id, ...differs.map((field) => `${field}=${String(entry[field] ?? "")}`)].join(":");
  };
  return list.map(tell).join(" ");
}

for (const [depth, { path, wrap, unwrap }] of Object.entries(DEPTHS)) {
  describe(`a list ${depth}`, () => {
    test.each(CASES)("%s, and %s", (ours, theirs, expected) => {
      const file = (change: string | null): string =>
        JSON.stringify(wrap((change === null ? undefined : CHANGES[change])?.(LIST) ?? LIST), null, 2);
      const subject = path === "" ? expected.replace("@[", "[").replace("@", "the whole content") : expected;
      for (const [here, there] of [
        [ours, theirs],
        [theirs, ours],
      ] as const) {
        const united = unite(file(null), file(here), file(there));
        expect(united.startsWith("refused") ? united : told(unwrap(united))).toBe(subject.replace("@", path));
      }
    });
  });
}

test("the table names every change", () => {
  const named = new Set<string>(CASES.flatMap((one) => one.slice(0, 2)));
  expect(Object.keys(CHANGES).filter((change) => !named.has(change))).toEqual([]);
});

describe("what is written how is left alone", () => {
  const cases: readonly (readonly [what: string, base: string | null, ours: string, theirs: string, united: string])[] =
    [
      [
        "commas first, odd spaces, escapes and numbers as they were written",
        '[ {"id" :1.0e0, "n":1.50,"t":"\\u00e9\\/"}\r\n\t, { "id":2 ,"n":  1e2}\n , {"id":3}]  \n\n',
        '[ {"id" :1.0e0, "n":1.50,"t":"\\u00e9\\/"}\r\n\t, { "id":2 ,"n":  3}\n , {"id":3}]  \n\n',
        '[ {"id" :1.0e0, "n":1.50,"t":"\\u00e9\\/", "x" : [ ] }\r\n\t, { "id":2 ,"n":  1e2}\n , {"id":3}]  \n\n',
        '[ {"id" :1.0e0, "n":1.50,"t":"\\u00e9\\/", "x" : [ ] }\r\n\t, { "id":2 ,"n":  3}\n , {"id":3}]  \n\n',
      ],
      [
        "an added entry keeps its own text",
        '[\n  {"id": 1}\n]\n',
        '[\n  {"id": 1},\n  {"id":2,   "a":[1,\n2]}\n]\n',
        '[\n  {"id": 1, "b": 2}\n]\n',
        '[\n  {"id": 1, "b": 2},\n  {"id":2,   "a":[1,\n2]}\n]\n',
      ],
      [
        "an added entry is indented anew, with the line ends of a file that the other side rewrote",
        '{\n  "t": [\n    {\n      "id": 1\n    }\n  ]\n}\n',
        '{\n  "t": [\n    {\n      "id": 1\n    },\n    {\n      "id": 2,\n      "a": [\n        3\n      ]\n    }\n  ]\n}\n',
        '{\r\n\t"t": [\r\n\t\t{\r\n\t\t\t"id": 1\r\n\t\t}\r\n\t]\r\n}',
        '{\r\n\t"t": [\r\n\t\t{\r\n\t\t\t"id": 1\r\n\t\t},\r\n\t\t{\r\n\t\t\t"id": 2,\r\n\t\t\t"a": [\r\n\t\t\t\t3\r\n\t\t\t]\r\n\t\t}\r\n\t]\r\n}',
      ],
      [
        "all on one line, last one deleted",
        '[{"id":1},{"id":2}]',
        '[{"id":1}]',
        '[{"id":1,"a":0},{"id":2}]',
        '[{"id":1,"a":0}]',
      ],
      [
        "the first one deleted",
        '[ {"id":1}, {"id":2} ]',
        '[ {"id":2} ]',
        '[ {"id":1}, {"id":2,"a":0} ]',
        '[ {"id":2,"a":0} ]',
      ],
      [
        "all deleted from between",
        '{"t":[\n{"id":1},\n{"id":2}\n]}',
        '{"t":[\n{"id":1}\n]}',
        '{"t":[\n{"id":2}\n]}',
        '{"t":[]}',
      ],
      [
        "both begin an empty list",
        '{"t": [ ]}',
        '{"t": [ {"id":1} ]}',
        '{"t": [ {"id":2} ]}',
        '{"t": [ {"id":1}, {"id":2} ]}',
      ],
      [
        "only spelled differently on one side",
        '[{"id":1,"a":"é"}]',
        '[{"id":1,"a":"\\u00e9"}]',
        '[{"id":1,"a":"e"}]',
        '[{"id":1,"a":"e"}]',
      ],
      ["spelled differently and deleted", '[{"id":1,"a":1e1}]', '[{ "a":10, "id":1 }]', "[]", "[]"],
      ["keys in another order on one side", '{"a":1,"b":2}', '{"b":2,"a":1}', '{"a":1,"b":3}', '{"b":3,"a":1}'],
      [
        "keys in contradicting orders",
        '{"a":1,"b":2,"c":3}',
        '{"b":2,"a":1,"c":3}',
        '{"a":1,"c":3,"b":2}',
        '{"a":1,"c":3,"b":2}',
      ],
      [
        "__proto__ is a key like any other",
        '{"__proto__":{"a":1}}',
        '{"__proto__":{"a":2}}',
        '{"__proto__":{"a":1,"b":1},"constructor":1}',
        '{"__proto__":{"a":2,"b":1},"constructor":1}',
      ],
      [
        "an id that is __proto__",
        '[{"id":"__proto__"}]',
        '[{"id":"__proto__","a":1}]',
        '[{"id":"__proto__"},{"id":"toString"}]',
        '[{"id":"__proto__","a":1},{"id":"toString"}]',
      ],
      [
        "added on both machines",
        null,
        '{"t":[{"id":1},{"id":2}],"o":{"a":1}}',
        '{"t":[{"id":1},{"id":3}],"o":{"b":1}}',
        '{"t":[{"id":1},{"id":2},{"id":3}],"o":{"a":1,"b":1}}',
      ],
      [
        "a number too large to compare, where nobody has to",
        '[{"id":1,"n":9007199254740993,"m":1}]',
        '[{"id":1,"n":9007199254740993,"m":2}]',
        '[{"id":1,"n":9007199254740993,"m":1},{"id":2}]',
        '[{"id":1,"n":9007199254740993,"m":2},{"id":2}]',
      ],
      [
        "moved from one list to another, and left alone",
        '{"t":[{"id":1}],"d":[]}',
        '{"t":[],"d":[{"id":1}]}',
        '{"t":[{"id":1},{"id":2}],"d":[]}',
        '{"t":[{"id":2}],"d":[{"id":1}]}',
      ],
      [
        "steps that each task counts for itself",
        '[{"id":"a","s":[]},{"id":"b","s":[]}]',
        '[{"id":"a","s":[{"id":1}]},{"id":"b","s":[]}]',
        '[{"id":"a","s":[]},{"id":"b","s":[{"id":1}]}]',
        '[{"id":"a","s":[{"id":1}]},{"id":"b","s":[{"id":1}]}]',
      ],
      [
        "a list changed whole on one side",
        '{"l":[1,2],"a":1}',
        '{"l":[1,2,3],"a":1}',
        '{"l":[1,2],"a":2}',
        '{"l":[1,2,3],"a":2}',
      ],
      [
        "an id used twice from the beginning, in a list that is left alone",
        '{"l":[{"id":1},{"id":1}],"a":1}',
        '{"l":[{"id":1},{"id":1}],"a":2}',
        '{"l":[{"id":1},{"id":1}],"a":1,"b":1}',
        '{"l":[{"id":1},{"id":1}],"a":2,"b":1}',
      ],
      [
        "another key where an id is used twice",
        '[{"id":1,"uid":1},{"id":1,"uid":2}]',
        '[{"id":1,"uid":1,"a":1},{"id":1,"uid":2}]',
        '[{"id":1,"uid":1},{"id":1,"uid":2,"a":1}]',
        '[{"id":1,"uid":1,"a":1},{"id":1,"uid":2,"a":1}]',
      ],
      ["a scalar", "1", " 1\n", "2", " 2\n"],
    ];
  test.each(cases)("%s", (_what, base, ours, theirs, expected) => {
    expect(unite(base, ours, theirs)).toBe(expected);
    expect(unite(base, theirs, ours)).toBe(expected);
  });
});
