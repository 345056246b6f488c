// A difference as rows of a terminal: exactly these rows, never wider than the terminal, and nothing in them steers it.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { shownText } from "../cmd/diff-cells.ts";
import { type DiffStyle, formatDiff, formatFirst, formatText } from "../cmd/diff-format.ts";
import { type DiffLine, diffLines, foldSame, noteLine } from "../cmd/diff-lines.ts";
import { markWords } from "../cmd/diff-words.ts";

const PLAIN: DiffStyle = { color: false, width: 40, longestLine: 400 };
const COLOR: DiffStyle = { ...PLAIN, color: true };
const SGR = /\u001b\[[0-9;]*m/g;

function rows(before: string, after: string, style: DiffStyle = PLAIN): string[] {
  return formatDiff(markWords(foldSame(diffLines(before, after), 1), { prose: true }), style);
}

const [BEFORE, AFTER] = [
  "# Acme\none\ntwo\nthree\nthe review is on Tuesday\n",
  "# Acme\none\ntwo\nthree\nthe review is on Friday\n",
];

test("without colour, words are marked by brackets", () => {
  expect(rows(BEFORE, AFTER)).toEqual([
    "  … 3 equal lines",
    "  three",
    "- the review is on [-Tuesday-]",
    "+ the review is on {+Friday+}",
  ]);
});

test("with colour, by reversing them; every row ends without colour", () => {
  expect(rows(BEFORE, AFTER, COLOR)).toEqual([
    "\u001b[2m  … 3 equal lines\u001b[0m",
    "  three",
    "\u001b[31m- the review is on \u001b[31;7mTuesday\u001b[0m",
    "\u001b[32m+ the review is on \u001b[32;7mFriday\u001b[0m",
  ]);
});

test("long lines break at blanks, and a mark that is broken is reversed on both rows", () => {
  const text = "the figures of the last three months and all open invoices\n";
  const line: DiffLine = { kind: "come", text, marks: [[4, 30]] };
  expect(formatDiff([line], { ...COLOR, width: 28 })).toEqual([
    "\u001b[32m+ the \u001b[32;7mfigures of the last \u001b[0m",
    "\u001b[32m  \u001b[32;7mthree \u001b[0m\u001b[32mmonths and all open \u001b[0m",
    "\u001b[32m  invoices\u001b[0m",
  ]);
});

test("wide characters and emoji count as what they take", () => {
  expect(formatDiff(diffLines("", `${"漢字".repeat(12)}\n👩‍👩‍👧${"é".repeat(37)}x\n`), PLAIN)).toEqual([
    `+ ${"漢字".repeat(9)}漢`,
    "  字漢字漢字",
    `+ 👩‍👩‍👧${"é".repeat(36)}`,
    "  éx",
  ]);
});

describe("hostile text", () => {
  const cases: readonly (readonly [name: string, text: string, shown: string])[] = [
    ["escape sequences", "a\u001b[2Jb\u009b1m", String.raw`a\x1b[2Jb\x9b1m`],
    ["bells, backspaces and returns", "a\u0007\b\rb", String.raw`a\x07\x08\rb`],
    ["bidi overrides and isolates", "a\u202eb\u2066c\u200f", String.raw`a\u{202e}b\u{2066}c\u{200f}`],
    [
      "what cannot be seen",
      "a\u200bb\u00adc\ufeff\u3164\u{e0041}",
      String.raw`a\u{200b}b\u{ad}c\u{feff}\u{3164}\u{e0041}`,
    ],
    ["joiners outside of what needs them", "a\u200db", String.raw`a\u{200d}b`],
    ["blanks of another kind", "a\u00a0b\u2003c", String.raw`a\u{a0}b\u{2003}c`],
    ["bytes that are not UTF-8", "caf\udce9", String.raw`caf\xe9`],
    ["lone halves of characters", "a\ud83d", String.raw`a\u{d83d}`],
    ["characters of private use", "a\ue000", String.raw`a\u{e000}`],
    ["tabs and blanks at the end", "a\tb  ", "a→  b··"],
  ];
  test.each(cases)("%s", (_name, text, shown) => {
    expect(formatDiff([{ kind: "come", text: `${text}\n`, marks: [] }], { ...PLAIN, width: 80 })).toEqual([
      `+ ${shown}`,
    ]);
    expect(formatText(text, { width: 80, indent: 2, sgr: "" }).join("")).not.toMatch(/[^\P{C}\u200d]|\u202e/u);
  });

  test("emoji and scripts that join their letters stay as they are", () => {
    const text = "👩‍👩‍👧 ❤️ 1️⃣ می‌خواهم नमस्ते 🇩🇪";
    expect(formatText(text, { width: 80, indent: 2, sgr: "" })).toEqual([text]);
  });

  test("a stack of marks is written out and broken at the width", () => {
    const shown = formatDiff([{ kind: "come", text: `a${"\u0301".repeat(50)}\n`, marks: [] }], PLAIN);
    expect(shown.every((row) => Bun.stringWidth(row) <= 40)).toBe(true);
    expect(shown.map((row) => row.slice(2)).join("")).toBe(`a${String.raw`\u{301}`.repeat(50)}`);
  });

  test("long escapes after a blank are broken once more", () => {
    const text = "    \0\ue000\u{f0000}\n";
    const shown = formatDiff([{ kind: "come", text, marks: [] }], { ...PLAIN, width: 20 });
    expect(shown).toEqual(["+", String.raw`  \x00\u{e000}`, String.raw`  \u{f0000}`]);
  });

  test("a name with a line end stays on its line", () => {
    expect(formatText("a\nb\tc", { width: 80, indent: 2, sgr: "" })).toEqual([String.raw`a\nb\tc`]);
    expect(shownText("a\nb\tc\u202e")).toBe(String.raw`a\nb\tc\u{202e}`);
  });
});

describe("differences that are hard to see", () => {
  test("another line end", () => {
    expect(rows("a\r\nb\r\n", "a\nb\r\n")).toEqual([String.raw`- a\r`, "+ a", "  b"]);
    expect(rows("a\r\nb\r\n", "c\r\nb\r\n")).toEqual(["- a", "+ c", "  b"]);
  });

  test("no line end", () => expect(rows("a\nb\n", "a\nb")).toEqual(["  a", "- b", "+ b (no line end)"]));

  test("letters that are composed in another way", () => {
    expect(rows("caf\u00e9\n", "cafe\u0301\n")).toEqual(["- caf\u00e9", String.raw`+ cafe\u{301}`]);
    expect(rows("cafe\u0301\n", "cafe\u0301s etc\n")).toEqual(["- cafe\u0301", "+ cafe\u0301s etc"]);
  });

  test("a tab in the place of blanks", () => expect(rows("\ta\n", "    a\n")).toEqual(["- →   a", "+     a"]));
});

describe("what is too long", () => {
  const long = `${"a ".repeat(500)}needle ${"b ".repeat(500)}\n`;

  test("is cut, and how much is hidden is said", () => {
    const shown = formatDiff([{ kind: "gone", text: long, marks: [] }], { ...PLAIN, longestLine: 60 });
    expect(shown).toEqual([`- ${"a ".repeat(18)}a`, `  ${"a ".repeat(11)} … (1947 more`, "  characters)"]);
  });

  test("is shown around its marks", () => {
    const at = long.indexOf("needle");
    const shown = formatDiff([{ kind: "gone", text: long, marks: [[at, at + 6]] }], { ...PLAIN, longestLine: 100 });
    expect(shown.join(" ")).toContain("a [-needle-] b");
    expect(shown.join("").replaceAll("  ", " ")).toEndWith(" … (1921 more characters)");
  });

  test("is shown once where two marks are close, and with a sign between parts", () => {
    const text = `${"x".repeat(200)}one two${"y".repeat(200)}three${"z".repeat(200)}\n`;
    const marks = [text.indexOf("one"), text.indexOf("two"), text.indexOf("three")].map((at) => [at, at + 3] as const);
    const [row = ""] = formatDiff([{ kind: "gone", text, marks }], { ...PLAIN, width: 400, longestLine: 400 });
    const [x, y, z] = ["x".repeat(40), "y".repeat(40), "z".repeat(38)];
    expect(row).toBe(`- … ${x}[-one-] [-two-]${y}… ${y}[-thr-]ee${z} … (442 more characters)`);
  });

  test("is never cut through a character", () => {
    const text = "😀".repeat(100);
    const [first = ""] = formatDiff([{ kind: "gone", text: `${text}\n`, marks: [] }], {
      ...PLAIN,
      width: 80,
      longestLine: 7,
    });
    expect(first).toBe("- 😀😀😀 … (194 more characters)");
  });

  test("only the first rows, and how many lines are left", () => {
    const lines = diffLines("", "1\n2\n3\n4\n");
    expect(formatFirst(lines, PLAIN, 3)).toEqual({ rows: ["+ 1", "+ 2", "+ 3"], hiddenLines: 1 });
    expect(formatFirst(lines, PLAIN, 4)).toEqual({ rows: ["+ 1", "+ 2", "+ 3", "+ 4"], hiddenLines: 0 });
    const wide = diffLines("", `${"x".repeat(90)}\n2\n`);
    expect(formatFirst(wide, PLAIN, 2).hiddenLines).toBe(2);
  });
});

test("no row is wider than the terminal or steers it; with colour it reads the same, and nothing stays switched on", () => {
  const word = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 6 }),
    fc.string({ unit: "binary", maxLength: 4 }),
    fc.constantFrom("\n", "\n", " ", "word", "漢字", "👩‍👩‍👧", "\u001b[31m", "\u202e", "e\u0301", "\t", "\r\n"),
  );
  const text = fc.array(word, { maxLength: 40 }).map((words) => words.join(""));
  fc.assert(
    fc.property(
      text,
      text,
      fc.integer({ min: 20, max: 100 }),
      fc.integer({ min: 5, max: 500 }),
      (before, after, width, longestLine) => {
        const lines = [...markWords(diffLines(before, after), { prose: true }), noteLine("… 2 equal lines")];
        for (const row of formatDiff(lines, { color: false, width, longestLine })) {
          expect(Bun.stringWidth(row)).toBeLessThanOrEqual(width);
          expect(row).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
        }
        for (const row of formatDiff(lines, { color: true, width, longestLine })) {
          const bare = row.replace(SGR, "");
          expect(Bun.stringWidth(bare)).toBeLessThanOrEqual(width);
          expect(bare).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
          if (row.includes("\u001b")) expect(row).toEndWith("\u001b[0m");
        }
      },
    ),
    { numRuns: 300 },
  );
});
