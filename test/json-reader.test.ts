// The JSON that goes by: the reader agrees with JSON.parse on every text, in whatever pieces it comes.
import { expect, test } from "bun:test";
import fc from "fast-check";
import { JsonReader } from "../lib/integrity/json-reader.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true });

function parses(bytes: Uint8Array): boolean {
  try {
    JSON.parse(utf8.decode(bytes));
    return true;
  } catch {
    return false;
  }
}

function read(bytes: Uint8Array, pieceSize = bytes.length): string {
  const reader = new JsonReader();
  for (let at = 0; at < bytes.length; at += pieceSize) reader.take(bytes.slice(at, at + pieceSize));
  return reader.end();
}

const TEXTS = [
  ..."[] {} 0 -0 1 -1 10 01 1. .5 1.5 1e5 1E+5 1e-05 1e 1e+ - + NaN Infinity true false null nul tru fals truefalse".split(
    " ",
  ),
  ...'[1,2] [1,] [,1] [1 2] [[[]]] [[] {"a":1} {"a" 1} {"a":} {"a":1,} {,} {a:1} {\'a\':1} {"a":1,"b":[{}]}'.split(" "),
  ...[
    '"a"',
    '"',
    '"\\',
    '"\\n\\u00e9"',
    '"\\u00g0"',
    '"\\x"',
    '"\n"',
    '"\t"',
    '"\u007f"',
    '"\0"',
    " \t\r\n1 \n",
    "1 2",
    "",
    " ",
    "]",
    "}",
    "[}",
    "{]",
  ],
  ...[
    "\ufeff1",
    "\ufeff",
    "1\ufeff",
    "\u00a01",
    "// a\n1",
    '"\\ud800"',
    "[1]x",
    "1\n",
    "1,",
    "1]",
    '{"a":"b"}"',
    '{"a":"b","a":1}',
  ],
];

const BYTES = [
  [0x22, 0xc3, 0xa9, 0x22],
  [0x22, 0xc3, 0x22],
  [0x22, 0xc0, 0x80, 0x22],
  [0x22, 0xc1, 0xbf, 0x22],
  [0x22, 0x80, 0x22],
  [0x22, 0xe0, 0x9f, 0x80, 0x22],
  [0x22, 0xe0, 0xa0, 0x80, 0x22],
  [0x22, 0xed, 0x9f, 0xbf, 0x22],
  [0x22, 0xed, 0xa0, 0x80, 0x22],
  [0x22, 0xef, 0xbf, 0xbf, 0x22],
  [0x22, 0xf0, 0x8f, 0xbf, 0xbf, 0x22],
  [0x22, 0xf0, 0x90, 0x80, 0x80, 0x22],
  [0x22, 0xf4, 0x8f, 0xbf, 0xbf, 0x22],
  [0x22, 0xf4, 0x90, 0x80, 0x80, 0x22],
  [0x22, 0xf5, 0x80, 0x80, 0x80, 0x22],
  [0xef, 0xbb],
  [0xef, 0xbb, 0xbf],
  [0xef, 0xbb, 0xbf, 0x31],
  [0xff, 0xfe, 0x31, 0x00],
  [0xc3, 0xa9],
] as const;

test("each form of each part is taken or refused as JSON.parse does", () => {
  for (const bytes of [...TEXTS.map((text) => Buffer.from(text)), ...BYTES.map((list) => Buffer.from(list))]) {
    const text = bytes.toString("latin1");
    expect({ text, valid: read(bytes) === "valid" }).toEqual({ text, valid: parses(bytes) });
    if (bytes.length > 0) expect({ text, said: read(bytes, 1) }).toEqual({ text, said: read(bytes) });
  }
});

test("whatever is written, cut or overwritten in a JSON text, the reader agrees with JSON.parse", () => {
  const texts = fc.oneof(
    fc.json({ stringUnit: "grapheme" }),
    fc.jsonValue().map((value) => JSON.stringify(value, null, 2)),
  );
  const strike = fc.record({
    at: fc.nat(),
    cut: fc.nat(3),
    put: fc.oneof(fc.constantFrom(...'[]{}",:\\ue0-1 \n.tn\0'), fc.constant("")),
  });
  fc.assert(
    fc.property(
      texts,
      fc.array(strike, { maxLength: 3 }),
      fc.integer({ min: 1, max: 9 }),
      (text, strikes, pieceSize) => {
        let bytes: Uint8Array = Buffer.from(text);
        for (const { at, cut, put } of strikes) {
          const place = at % (bytes.length + 1);
          bytes = Buffer.concat([bytes.subarray(0, place), Buffer.from(put), bytes.subarray(place + cut)]);
        }
        expect(read(bytes) === "valid").toBe(parses(bytes));
        expect(read(bytes, pieceSize)).toBe(read(bytes));
      },
    ),
    { numRuns: 3000 },
  );
});

test("what is wrong is named with its place", () => {
  const rows: readonly (readonly [string | Uint8Array, string])[] = [
    ["", "is empty"],
    [" \n", "is empty"],
    ["\ufeff", "is empty"],
    ['{\n  "a": 1,\n}', 'has an unexpected "}" at line 3, column 1'],
    ['["é£",,]', 'has an unexpected "," at line 1, column 7'],
    ['["a\nb"]', "has an unexpected line end inside a string at line 1, column 4"],
    ["[1\0]", "has an unexpected byte 0x00 at line 1, column 3"],
    [Buffer.from([0x22, 0xe9, 0x22]), "has bytes that are not UTF-8 at line 1, column 3"],
    [Buffer.from([0x22, 0x80]), "has bytes that are not UTF-8 at line 1, column 1"],
    ['[\n"a', "ends too early, on line 2"],
    ["tru", "ends too early, on line 1"],
    ["[".repeat(10_001), "is nested deeper than 10000 levels"],
  ];
  for (const [content, said] of rows) expect(read(Buffer.from(content))).toBe(said);
  expect(read(Buffer.from("[".repeat(10_000) + "]".repeat(10_000)))).toBe("valid");
});
