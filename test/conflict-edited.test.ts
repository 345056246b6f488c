// What a person left in the editor: when it cannot be the answer, and why.
import { expect, test } from "bun:test";
import { whyNotUsable } from "../cmd/conflict-edited.ts";

const bytes = (text: string): Uint8Array => Buffer.from(text);
const LEFT = "a\n<<<<<<< desktop\nb\n=======\nc\n>>>>>>> laptop\n";

test.each([
  ["all markers", "a.md", LEFT, "still has a conflict marker on line 2: <<<<<<< desktop"],
  ["the first line only", "a.md", "<<<<<<< desktop\nb\n", "still has a conflict marker on line 1: <<<<<<< desktop"],
  ["the last line only", "a.md", "a\nb\n>>>>>>> laptop", "still has a conflict marker on line 3: >>>>>>> laptop"],
  ["the middle only", "a.md", "a\r\n=======\r\nb\r\n", "still has a conflict marker on line 2: ======="],
  ["git's base section", "a.md", "||||||| base\nb\n", "still has a conflict marker on line 1: ||||||| base"],
  [
    "a marker that steers",
    "a.md",
    "<<<<<<< \u001b[2J\n",
    String.raw`still has a conflict marker on line 1: <<<<<<< \x1b[2J`,
  ],
  ["markers in JSON", "a.json", "[\n<<<<<<< desktop\n1\n]\n", "still has a conflict marker on line 2: <<<<<<< desktop"],
  [
    "JSON with a comma too many",
    "a.json",
    "[1,\n2,]\n",
    'does not parse as JSON: it has an unexpected "]" at line 2, column 3',
  ],
  ["JSON that ends too early", "A.JSON", '{"a":\n', "does not parse as JSON: it ends too early, on line 2"],
  ["nothing", "a.md", "", "is empty, and none of its versions is"],
  ["blanks only", "a.md", " \n\n", "is empty, and none of its versions is"],
  ["empty JSON", "a.json", "", "is empty, and none of its versions is"],
])("%s: refused", (_name, path, text, why) => {
  expect(whyNotUsable(path, bytes(text), [bytes("[1]\n"), null])).toBe(why);
  expect(whyNotUsable(path, bytes(text))).toBe(why);
});

test.each([
  ["a text", "a.md", "done\n", []],
  ["JSON", "a.json", '{"a": [1, 2]}\n', []],
  ["what begins almost like a marker", "a.md", "<<<<<<<a\n======\n========\n>>>>>>>\n <<<<<<< b\n", []],
  ["a heading that one of the versions underlines so", "a.md", "Heading\n=======\nmore\n", ["Heading\n=======\n"]],
  ["markers that one of the versions holds", "a.md", `${LEFT}more\n`, [LEFT, "a\n"]],
  ["nothing, where one of the versions is empty", "a.md", "", ["", "a\n"]],
  ["JSON that never parsed", "tsconfig.json", "// new\n{}\n", ["// old\n{}\n", "// other\n{}\n"]],
])("%s: taken", (_name, path, text, versions) => {
  expect(whyNotUsable(path, bytes(text), versions.map(bytes))).toBeNull();
});

test("one conflict more than the versions hold is refused, even with their own lines", () => {
  expect(whyNotUsable("a.md", bytes(LEFT + LEFT), [bytes(LEFT)])).toBe("still has conflict markers");
});

test("JSON is asked for where one of the versions was JSON", () => {
  expect(whyNotUsable("a.json", bytes("{"), [bytes("//"), bytes("{}")])).toStartWith("does not parse as JSON");
});
