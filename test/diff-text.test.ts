// Any bytes as a text and back.
import { expect, test } from "bun:test";
import fc from "fast-check";
import { countStray, decodeText, encodeText } from "../cmd/diff-text.ts";

const BYTES = fc.oneof(
  fc.uint8Array({ maxLength: 60 }),
  fc
    .array(fc.constantFrom(0x61, 0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80, 0xed, 0xa0, 0x80, 0xff, 0xb2))
    .map((some) => Uint8Array.from(some)),
  fc.string({ unit: "grapheme" }).map((text) => Uint8Array.from(Buffer.from(text))),
);

test("any bytes come back as they were", () => {
  fc.assert(
    fc.property(BYTES, (bytes) => expect([...encodeText(decodeText(bytes))]).toEqual([...bytes])),
    { numRuns: 1000 },
  );
});

test("what is UTF-8 is read as such, a byte order mark included, and has no stray bytes", () => {
  expect(decodeText(Buffer.from("\ufeffé 😀"))).toBe("\ufeffé 😀");
  expect(countStray("\ufeffé 😀 \u{1f4dc}")).toBe(0);
});

test("what is not is kept byte by byte, around characters that are", () => {
  const text = decodeText(Uint8Array.from([0x61, 0xe9, 0x62, 0xc3, 0xa9, 0xf0, 0x9f]));
  expect(text).toBe("a\udce9bé\udcf0\udc9f");
  expect(countStray(text)).toBe(3);
});
