// A few names of many, as they stand in a sentence.
import { expect, test } from "bun:test";
import { named } from "../lib/named.ts";

test.each([
  [[], undefined, ""],
  [["a"], undefined, "a"],
  [["a", "b", "c"], undefined, "a, b, c"],
  [["a", "b", "c", "d"], undefined, "a, b, c and 1 more"],
  [["a", "b", "c", "d"], 1, "a and 3 more"],
])("the names %j, at most %p, are said as %p", (names, most, said) => {
  expect(named(names, most)).toBe(said);
});
