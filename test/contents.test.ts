// What was learned of a content is told again as it was learned, however little of it is kept.
import { expect, test } from "bun:test";
import { ContentReader } from "../lib/integrity/content.ts";
import { Contents } from "../lib/integrity/contents.ts";

const CRITICAL = ["clients/*/tasks.json"];
const OID = "a".repeat(40);

const cases: [what: string, path: string, content: string | Uint8Array][] = [
  ["a text", "notes.md", "# Notes\n\nnothing special\n"],
  ["an empty file", "notes.md", ""],
  ["white space", "notes.md", " \n\t\n"],
  ["critical JSON", "clients/acme/tasks.json", '[{"id": "1"}]'],
  ["critical JSON that does not parse", "clients/acme/tasks.json", '[{"id": '],
  ["JSON that is not critical", "data.json", '[{"id": '],
  ["a picture", "logo.png", new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 3])],
  ["nothing but zeros", "notes.md", new Uint8Array(100)],
  ["an unfinished merge", "notes.md", "a\n<<<<<<< x\nb\n=======\nc\n>>>>>>> y\n"],
  ["a key", "notes.md", `AKIA${"Q7RX2MZP4KWN6TYB"}\n`],
  [
    "a pointer of git LFS",
    "big.bin",
    `version https://git-lfs.github.com/spec/v1\noid sha256:${"0".repeat(64)}\nsize 12345\n`,
  ],
];

test.each(cases)("%s", (_, path, content) => {
  const contents = new Contents(CRITICAL);
  const json = contents.wantsJson(path);
  const reader = new ContentReader({ json });
  reader.take(Buffer.from(content));
  const facts = reader.end();
  expect(contents.knows(path, OID)).toBe(false);
  expect(contents.of(path, OID)).toBeUndefined();
  contents.put({ oid: OID, json }, facts);
  expect(contents.knows(path, OID)).toBe(true);
  expect(contents.of(path, OID)).toEqual(facts);
});

test("a content read as JSON is not one that was not", () => {
  const contents = new Contents(CRITICAL);
  const reader = new ContentReader({ json: false });
  reader.take(Buffer.from("[]"));
  contents.put({ oid: OID, json: false }, reader.end());
  expect(contents.knows("data.json", OID)).toBe(true);
  expect(contents.knows("clients/acme/tasks.json", OID)).toBe(false);
});

test("control characters near the beginning make it no text, but those of logs, and those further on, do not", () => {
  const isText = (content: Buffer): boolean => {
    const reader = new ContentReader({ json: false });
    reader.take(content);
    return reader.end().text;
  };
  const allowed = [8, 9, 10, 11, 12, 13, 27];
  for (let code = 0; code < 256; code++) {
    const content = Buffer.concat([Buffer.from("words "), Buffer.from([code])]);
    expect([code, isText(content)]).toEqual([code, code >= 32 || allowed.includes(code)]);
  }
  expect(isText(Buffer.concat([Buffer.alloc(1024, "a"), Buffer.from([1])]))).toBe(true);
  expect(isText(Buffer.concat([Buffer.alloc(1023, "a"), Buffer.from([1])]))).toBe(false);
});
