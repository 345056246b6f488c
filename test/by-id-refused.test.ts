// What a merge by id refuses: files that cannot be trusted, changes of which a person has to choose, and hostile input.
import { describe, expect, test } from "bun:test";
import { uniteById } from "../lib/merge/by-id.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The united text, or `refused: why`. */
function unite(base: string | null, ours: string, theirs: string): string {
  const united = uniteById({ base: base === null ? null : bytes(base), ours: bytes(ours), theirs: bytes(theirs) });
  return "refused" in united ? `refused: ${united.refused}` : utf8.decode(united.content);
}

const OURS = "this machine's version";
const THEIRS = "the other machine's version";
const BASE = "the version both machines began with";
const ONE = '[\n{"id":1}\n]';
const TWO = '[\n{"id":1,"a":1}\n]';

describe("refused", () => {
  const cases: readonly (readonly [base: string | null, ours: string, theirs: string, why: string])[] = [
    ["[", ONE, TWO, `${BASE} ends too early, on line 1`],
    [ONE, "", TWO, `${OURS} is empty`],
    [ONE, TWO, '[\n{"id":1,}]', `${THEIRS} has an unexpected "}" at line 2, column 9`],
    [ONE, '[\n// new\n{"id":1}]', TWO, `${OURS} has a comment or a stray "/" at line 2, column 1`],
    [ONE, "[{'id':1}]", TWO, `${OURS} has an unexpected "'" at line 1, column 3`],
    [ONE, "<<<<<<< desktop\n[]", TWO, `${OURS} has an unexpected "<" at line 1, column 1`],
    [ONE, "[NaN]", TWO, `${OURS} has an unexpected "N" at line 1, column 2`],
    [ONE, "[1] [2]", TWO, `${OURS} has an unexpected "[" at line 1, column 5`],
    [ONE, `\ufeff${ONE}`, TWO, `${OURS} begins with a byte order mark`],
    [ONE, TWO, '[\n\n{"id":1,"a":1,"a":1}]', `${THEIRS} has the key "a" twice in one object, on line 3`],
    [ONE, TWO, '[{"id":1,"a":1,"\\u0061":2}]', `${THEIRS} has the key "a" twice in one object, on line 1`],
    [
      ONE,
      TWO,
      '[{"id":1,"__proto__":1,"__proto__":2}]',
      `${THEIRS} has the key "__proto__" twice in one object, on line 1`,
    ],
    [ONE, TWO, '[{"id":1,"a":{"b":1},"a":null}]', `${THEIRS} has the key "a" twice in one object, on line 1`],
    [ONE, TWO, '[{"id":1,"a":[[{"b":1}]],"a":[{}]}]', `${THEIRS} has the key "a" twice in one object, on line 1`],
    [ONE, TWO, '[{"id":1},\n{"b":"\\ud800"}]', `${THEIRS} has half a surrogate pair, on line 2`],
    [ONE, TWO, '[{"id":1,"\\udc00\\ud800":1}]', `${THEIRS} has half a surrogate pair, on line 1`],
    [ONE, '[{"id":1},\n{"id":1}]', TWO, `the list has the id "1" twice, on line 2 of ${OURS}`],
    [null, ONE, '{"t":[{"key":"k"},\n\n{"key":"k"}]}', `t has the key "k" twice, on line 3 of ${THEIRS}`],
    [ONE, ONE, '[{"id":1,"s":[{"id":"x"},{"id":"x"}]}]', `[id=1].s has the id "x" twice, on line 1 of ${THEIRS}`],
    [ONE, '[{"id":1},{"id":"2"}]', TWO, `the list has both numbers and texts as id, on line 1 of ${OURS}`],
    [
      ONE,
      TWO,
      '[{"id":"1"}]',
      `the whole content was changed differently on both machines, and it has both numbers and texts as id, on line 1 of ${THEIRS}`,
    ],
    [
      ONE,
      '[{"id":1},{"id":9007199254740993}]',
      TWO,
      `the list has a number as id that is too large to be exact, on line 1 of ${OURS}`,
    ],
    [
      ONE,
      TWO,
      '[{"id":1},{"b":1}]',
      "the whole content was changed differently on both machines, and it has entries without an id",
    ],
    [
      '[{"id":1,"n":1}]',
      '[{"id":1,"n":9007199254740993}]',
      '[{"id":1,"n":9007199254740992}]',
      `${OURS} has the number 9007199254740993, which cannot be compared exactly, on line 1`,
    ],
    [
      '[{"id":1,"n":1}]',
      '[{"id":1,"n":0.1000000000000000000001}]',
      '[{"id":1,"n":0.1}]',
      `${OURS} has the number 0.1000000000000000000001, which cannot be compared exactly, on line 1`,
    ],
    ["1", "1e999", "2e999", `${OURS} has the number 1e999, which cannot be compared exactly, on line 1`],
    ["[]", "{}", "1", "the whole content was changed differently on both machines"],
    [null, "[1]", "[2]", "the whole content was added with different content on both machines"],
    ['{"t":[],"d":1}', '{"t":{},"d":1}', '{"t":[{"id":1}],"d":1}', "t was changed differently on both machines"],
    [
      '{"t":[],"d":[]}',
      '{"t":[{"id":1}],"d":[]}',
      '{"t":[],"d":[{"id":1}]}',
      'the entry "1" was put into different lists on both machines',
    ],
    [
      '{"t":[{"id":1}],"d":[],"e":[]}',
      '{"t":[],"d":[{"id":1}],"e":[]}',
      '{"t":[],"d":[],"e":[{"id":1}]}',
      'the entry "1" was put into different lists on both machines',
    ],
  ];
  test.each(cases)("%j, %j and %j", (base, ours, theirs, why) => {
    expect(unite(base, ours, theirs)).toBe(`refused: ${why}`);
  });

  test("bytes that are not UTF-8, half a pair in UTF-8 among them", () => {
    for (const bad of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0x80], [0xf5, 0x80, 0x80, 0x80]]) {
      const ours = new Uint8Array([...bytes('["'), ...bad, ...bytes('"]')]);
      const united = uniteById({ base: bytes("[]"), ours, theirs: bytes("[1]") });
      expect(united).toEqual({
        refused: `${OURS} has bytes that are not UTF-8 at line 1, column ${bad.length === 1 && bad[0] === 0xc3 ? 4 : 3}`,
      });
    }
  });

  test("deeper than 200 levels, and not 200", () => {
    const nested = (levels: number, inside: string): string => "[".repeat(levels) + inside + "]".repeat(levels);
    expect(unite(nested(200, "1"), nested(200, "2"), nested(200, "1"))).toBe(nested(200, "2"));
    const objects = (inside: number): string => `${'{"a":'.repeat(200)}${inside}${"}".repeat(200)}`;
    expect(unite(objects(1), objects(2), objects(1))).toBe(objects(2));
    expect(unite(null, `${objects(1)} `, objects(1))).toBe(objects(1));
    for (const levels of [201, 5000, 1_000_000]) {
      expect(unite("1", "2", nested(levels, ""))).toBe(
        `refused: ${THEIRS} is nested deeper than 200 levels, on line 1`,
      );
    }
    expect(unite("1", "2", "[".repeat(1_000_000))).toMatch(/nested deeper|ends too early/);
  });

  test("larger than 64 MB", () => {
    const large = new Uint8Array(64 * 1024 * 1024 + 1).fill(0x20);
    expect(uniteById({ base: null, ours: bytes("1"), theirs: large })).toEqual({
      refused: `${THEIRS} is larger than 64 MB`,
    });
  });

  test("the versions are called as they are said to be", () => {
    const versions = { base: null, ours: bytes("["), theirs: bytes("[]") };
    expect(
      uniteById(versions, { base: "before", ours: "the desktop's version", theirs: "the laptop's version" }),
    ).toEqual({ refused: "the desktop's version ends too early, on line 1" });
  });
});
