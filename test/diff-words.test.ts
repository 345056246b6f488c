// Changed words inside changed lines: what is not marked is the same on both sides, and marks help rather than litter.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type DiffLine, diffLines } from "../cmd/diff-lines.ts";
import { markWords } from "../cmd/diff-words.ts";

/** Each changed line with its marks in brackets. */
function marked(before: string, after: string, prose = true): string[] {
  return markWords(diffLines(before, after), { prose })
    .filter(({ kind }) => kind !== "same")
    .map(({ kind, text, marks }) => {
      let [shown, at] = [kind === "gone" ? "- " : "+ ", 0];
      for (const [from, to] of marks) {
        shown += `${text.slice(at, from)}[${text.slice(from, to)}]`;
        at = to;
      }
      return shown + text.slice(at).trimEnd();
    });
}

/** What is left of the lines of one kind without what is marked. */
function unmarked(lines: readonly DiffLine[], kind: DiffLine["kind"]): string {
  return lines
    .filter((line) => line.kind === kind)
    .map(({ text, marks }) => ([...text].length === 0 ? "" : cutOut(text, marks)))
    .join("");
}

function cutOut(text: string, marks: DiffLine["marks"]): string {
  return marks.reduceRight((rest, [from, to]) => rest.slice(0, from) + rest.slice(to), text);
}

describe("in prose", () => {
  test("only the words that changed are marked", () => {
    expect(marked("The review is on Tuesday at ten.\n", "The review is on Friday at ten.\n")).toEqual([
      "- The review is on [Tuesday] at ten.",
      "+ The review is on [Friday] at ten.",
    ]);
  });

  test("two new words in a row are one mark", () => {
    expect(marked("We meet at the old house.\n", "We meet in a small new house.\n")).toEqual([
      "- We meet [at the old] house.",
      "+ We meet [in a small new] house.",
    ]);
  });

  test("a paragraph that was broken anew shows its new words only", () => {
    const before = "The quarterly review is planned\nfor Tuesday, with all of the figures\nof the last three months.\n";
    const after = "The quarterly review is\nplanned for Friday, with all of the\nfigures of the last three months.\n";
    const lines = marked(before, after);
    expect(lines.filter((line) => line.includes("["))).toEqual([
      expect.stringContaining("[Tuesday]"),
      expect.stringContaining("[Friday]"),
    ]);
  });

  test("texts with little in common have no marks", () => {
    expect(marked("Completely different.\n", "Nothing stayed as it was here\n")).toEqual([
      "- Completely different.",
      "+ Nothing stayed as it was here",
    ]);
  });

  test("words are words in every script, and emoji stay whole", () => {
    expect(marked("Café in Köln 👩‍👩‍👧 ja\n", "Café in Kölle 👩‍👩‍👦 ja\n")).toEqual([
      "- Café in [Köln 👩‍👩‍👧] ja",
      "+ Café in [Kölle 👩‍👩‍👦] ja",
    ]);
  });

  test("lines that are only new, or only gone, have no marks", () => {
    expect(marked("a\n", "a\nb c\n")).toEqual(["+ b c"]);
  });
});

describe("in code", () => {
  test("lines are lines", () => expect(marked('"a": 1,\n', '"a": 2,\n', false)).toEqual(['- "a": 1,', '+ "a": 2,']));

  test("a line that is too long to be read has its change marked all the same", () => {
    const long = (id: number): string =>
      `[${Array.from({ length: 200 }, (_, at) => (at === 77 ? id : at)).join(",")}]\n`;
    const [gone = "", come = ""] = marked(long(5000), long(6000), false);
    expect([gone.includes(",76,[5000],78,"), come.includes(",76,[6000],78,")]).toEqual([true, true]);
  });

  test("so has one of a megabyte", () => {
    const long = (word: string): string => `${"x".repeat(500_000)}${word}${"y".repeat(500_000)}\n`;
    const lines = markWords(diffLines(long("before"), long("now")), { prose: false });
    expect(lines.map(({ text, marks }) => marks.map(([from, to]) => text.slice(from, to)))).toEqual([
      ["before"],
      ["now"],
    ]);
  });
});

test("what is not marked is the same on both sides; marks lie in order inside their lines and never on line ends", () => {
  const word = fc.constantFrom("one", "two", "three", " ", "  ", "\n", "\r\n", ",", "é", "👩‍👧", "\u202e", "1.5");
  const text = fc.array(word, { maxLength: 40 }).map((words) => words.join(""));
  fc.assert(
    fc.property(text, text, (before, after) => {
      const lines = markWords(diffLines(before, after), { prose: true });
      expect(lines.map(({ kind, text: own }) => [kind, own])).toEqual(
        diffLines(before, after).map(({ kind, text: own }) => [kind, own]),
      );
      for (const { text: own, marks } of lines) {
        const edges = marks.flat();
        expect(edges).toEqual([...edges].sort((left, right) => left - right));
        expect(marks.every(([from, to]) => from < to && to <= own.replace(/\r?\n$/, "").length)).toBe(true);
      }
      for (const block of blocksOf(lines)) {
        if (block.every(({ marks }) => marks.length === 0)) continue;
        const squeezed = (kind: DiffLine["kind"]): string => unmarked(block, kind).replace(/\s/gu, "");
        expect(squeezed("gone")).toBe(squeezed("come"));
      }
    }),
    { numRuns: 500 },
  );
});

function blocksOf(lines: readonly DiffLine[]): DiffLine[][] {
  const blocks: DiffLine[][] = [[]];
  for (const line of lines) {
    if (line.kind === "same") blocks.push([]);
    else blocks.at(-1)?.push(line);
  }
  return blocks.filter((block) => block.length > 0);
}
