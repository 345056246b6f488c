// The letters of roles, and what a typed line means.
import { expect, test } from "bun:test";
import fc from "fast-check";
import { lettersOf, menuOf, readAnswer, roleLetters } from "../cmd/conflict-menu.ts";
import type { ConflictView, VersionView } from "../cmd/conflict-view.ts";

function view(ours: string, theirs: string): ConflictView {
  const version = (role: string): VersionView => ({ role, mode: "100644", content: Buffer.from(role) });
  return {
    path: "a.md",
    className: "other",
    reason: "",
    base: version("base"),
    ours: version(ours),
    theirs: version(theirs),
    merged: Buffer.from(""),
    bothName: null,
    choices: ["ours", "theirs", "merged", "both", "base"],
  };
}

const OPTIONS = { canEdit: true, canUndo: true, mergedOf: null };
const ROLE = fc.oneof(
  fc.constantFrom("desktop", "laptop", "mini", "mac", "mac-studio", "e", "edit", "quit", "base", "Q", "漢字", "2", ""),
  fc.string({ maxLength: 8 }),
);

test.each([
  ["desktop", "laptop", "d", "l"],
  ["laptop", "desktop", "l", "d"],
  ["laptop", "left", "l", "f"],
  ["mini", "mac", "i", "a"],
  ["mbp", "bench", "a", "c"],
  ["漢字", "laptop", "a", "l"],
] as const)("%s and %s are %s and %s", (ours, theirs, first, second) => {
  expect(roleLetters(ours, theirs)).toEqual({ ours: first, theirs: second });
});

test("a role has the same letter on both machines, whatever the roles are called", () => {
  fc.assert(
    fc.property(ROLE, ROLE, (ours, theirs) => {
      fc.pre(ours !== theirs);
      const [here, there] = [roleLetters(ours, theirs), roleLetters(theirs, ours)];
      expect([there.theirs, there.ours]).toEqual([here.ours, here.theirs]);
    }),
  );
});

test("every letter and every word means one thing, and the letter itself is among what it means", () => {
  fc.assert(
    fc.property(ROLE, ROLE, (ours, theirs) => {
      const menu = menuOf(view(ours, theirs), OPTIONS);
      const names = menu.flatMap(({ letter, words }) => [letter, ...words]);
      expect(new Set(names).size).toBe(names.length);
      for (const { letter, words, deed } of menu) {
        expect(letter).toMatch(/^[a-z0-9]$/);
        for (const word of [letter, ...words.filter((one) => !/\s/.test(one))])
          expect(readAnswer(word, menu)).toEqual(deed);
      }
    }),
  );
});

test("what cannot be done is not offered", () => {
  const menu = menuOf(
    { ...view("desktop", "laptop"), choices: ["theirs"] },
    { ...OPTIONS, canEdit: false, canUndo: false },
  );
  expect(menu.map(({ letter }) => letter)).toEqual(["l", "s", "p", "q"]);
  expect(lettersOf(menu)).toBe("l, s, p or q");
  expect(["d", "desktop", "e", "u", "m", "p d"].map((typed) => readAnswer(typed, menu))).toEqual(
    new Array(6).fill(null),
  );
});

test("a line that no one could have meant is no answer", () => {
  const menu = menuOf(view("desktop", "laptop"), OPTIONS);
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (typed) => {
      const names = menu.flatMap(({ letter, words }) => [letter, ...words]);
      fc.pre(!names.includes(typed.trim().toLowerCase().split(/\s+/)[0] ?? "") && typed.trim() !== "?");
      expect(readAnswer(typed, menu)).toBeNull();
    }),
  );
});
