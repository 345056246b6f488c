// The difference of two texts as data: nothing is lost, nothing is invented, as much as possible is the same.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { countChanges, type DiffLine, diffLines, foldSame, splitLines } from "../cmd/diff-lines.ts";
import { matchSequences } from "../cmd/diff-match.ts";

const LINE = fc.constantFrom("a", "b", "c", "", "- x", "long line with words", "é", "\t", "\r");
const LINE_END = fc.constantFrom("\n", "\r\n", "\n\n");
const TEXT = fc.oneof(
  fc.array(fc.tuple(LINE, LINE_END), { maxLength: 30 }).map((rows) => rows.flat().join("")),
  fc.tuple(fc.array(LINE, { maxLength: 30 })).map(([rows]) => rows.join("\n")),
  fc.string({ unit: "binary" }),
);

function side(lines: readonly DiffLine[], kind: "gone" | "come"): string {
  return lines
    .filter((line) => line.kind === "same" || line.kind === kind)
    .map(({ text }) => text)
    .join("");
}

/** The length of the longest common subsequence, by the textbook's table. */
function longestCommon(left: readonly string[], right: readonly string[]): number {
  let row = new Array<number>(right.length + 1).fill(0);
  for (const one of left) {
    const next = [0];
    for (const [at, other] of right.entries()) {
      next.push(one === other ? (row[at] ?? 0) + 1 : Math.max(row[at + 1] ?? 0, next[at] ?? 0));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

describe("lines", () => {
  test("keep their ends, and together are the text", () => {
    expect(splitLines("a\r\nb\n\nc")).toEqual(["a\r\n", "b\n", "\n", "c"]);
    expect(splitLines("")).toEqual([]);
    fc.assert(fc.property(TEXT, (text) => splitLines(text).join("") === text));
  });

  test("same and gone are the old text, same and come the new one", () => {
    fc.assert(
      fc.property(TEXT, TEXT, (before, after) => {
        const lines = diffLines(before, after);
        expect([side(lines, "gone"), side(lines, "come")]).toEqual([before, after]);
      }),
      { numRuns: 500 },
    );
  });

  test("of a change, what is gone stands before what has come", () => {
    expect(diffLines("a\nb\nc\n", "a\nB\nB2\nc\n").map(({ kind, text }) => `${kind} ${text.trim()}`)).toEqual([
      "same a",
      "gone b",
      "come B",
      "come B2",
      "same c",
    ]);
    expect(countChanges(diffLines("a\nb\nc\n", "a\nB\nB2\nc\n"))).toEqual({ gone: 1, come: 2 });
  });

  test("as many are the same as can be", () => {
    const words = fc.array(fc.constantFrom(..."abcdefgh"), { maxLength: 25 });
    fc.assert(
      fc.property(words, words, (left, right) => {
        const same = matchSequences(left, right).filter(({ kind }) => kind === "same");
        expect(same.reduce((sum, { count }) => sum + count, 0)).toBe(longestCommon(left, right));
      }),
      { numRuns: 500 },
    );
  });
});

describe("texts that are too different to be searched", () => {
  const ordered = Array.from({ length: 6000 }, (_, at) => `${at}\n`);
  const shuffled = ordered.map((_, at) => ordered[(at * 1009) % ordered.length] ?? "");

  test("still give both texts, their common beginning and end included", () => {
    const before = ["first\n", ...ordered, "last\n"].join("");
    const after = ["first\n", ...shuffled, "last\n"].join("");
    const lines = diffLines(before, after);
    expect(side(lines, "gone") === before && side(lines, "come") === after).toBe(true);
    expect([lines[0]?.kind, lines.at(-1)?.kind]).toEqual(["same", "same"]);
  });

  test("are no such texts when their lines are merely other lines", () => {
    const before = ordered.map((line, at) => (at % 10 === 0 ? line : `old ${line}`)).join("");
    const after = ordered.map((line, at) => (at % 10 === 0 ? line : `new ${line}`)).join("");
    const lines = diffLines(before, after);
    expect(lines.filter(({ kind }) => kind === "same").length).toBe(600);
  });
});

describe("equal lines far from a change", () => {
  const lines = diffLines("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\n5\n6\n7\n8\nnine\n");

  test("are folded into a remark that counts them", () => {
    expect(foldSame(lines, 2).map(({ kind, text }) => `${kind} ${text.trim()}`)).toEqual([
      "note … 6 equal lines",
      "same 7",
      "same 8",
      "gone 9",
      "come nine",
    ]);
  });

  test("stay where the remark would save nothing", () => {
    expect(foldSame(lines, 7)).toEqual(lines);
    expect(foldSame([], 3)).toEqual([]);
  });

  test("and nothing else is folded: every change stays, and the counts add up", () => {
    fc.assert(
      fc.property(TEXT, TEXT, fc.nat(3), (before, after, context) => {
        const all = diffLines(before, after);
        const folded = foldSame(all, context);
        const changes = (some: readonly DiffLine[]): DiffLine[] =>
          some.filter(({ kind }) => kind === "gone" || kind === "come");
        expect(changes(folded)).toEqual(changes(all));
        const hidden = folded.filter(({ kind }) => kind === "note").map(({ text }) => Number(/\d+/.exec(text)?.[0]));
        expect(folded.length - hidden.length + hidden.reduce((sum, one) => sum + one, 0)).toBe(all.length);
      }),
    );
  });
});
