// What the editor begins with: nothing of either side is missing, and what only one side changed needs no one.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { canEdit, draftOf, withMarkers } from "../cmd/conflict-draft.ts";
import { whyNotUsable } from "../cmd/conflict-edited.ts";
import type { ConflictView, VersionView } from "../cmd/conflict-view.ts";

const ROLES = { ours: "desktop", theirs: "laptop" };
const LINES = fc.array(fc.constantFrom("a\n", "b\n", "c\n", "d\n", "\n", "long line\n"), { maxLength: 12 });
const TEXT = LINES.map((lines) => lines.join(""));

/** One side of a text with markers. */
function choose(text: string, side: "ours" | "theirs"): string {
  const blocks =
    /<<<<<<< desktop\n((?:(?!=======\n)[^\n]*\n)*)=======\n((?:(?!>>>>>>> laptop\n)[^\n]*\n)*)>>>>>>> laptop\n/g;
  return text.replaceAll(blocks, (_block, ours: string, theirs: string) => (side === "ours" ? ours : theirs));
}

describe("with a base", () => {
  test("changes in different places are merged, those in one place stand between markers", () => {
    expect(withMarkers("1\n2\n3\n4\n5\n", { ours: "one\n2\n3\nfour\n5\n", theirs: "1\n2\nthree\n4\n5\n" }, ROLES)).toBe(
      "one\n2\n<<<<<<< desktop\n3\nfour\n=======\nthree\n4\n>>>>>>> laptop\n5\n",
    );
    expect(withMarkers("1\n2\n3\n", { ours: "one\n2\n3\n", theirs: "1\n2\n3\n4\n" }, ROLES)).toBe("one\n2\n3\n4\n");
  });

  test("a side that changed nothing leaves the other as it is, and equal changes are one", () => {
    fc.assert(
      fc.property(TEXT, TEXT, (base, changed) => {
        expect(withMarkers(base, { ours: changed, theirs: base }, ROLES)).toBe(changed);
        expect(withMarkers(base, { ours: base, theirs: changed }, ROLES)).toBe(changed);
        expect(withMarkers(base, { ours: changed, theirs: changed }, ROLES)).toBe(changed);
      }),
      { numRuns: 300 },
    );
  });

  test("every line that a side added is there", () => {
    fc.assert(
      fc.property(TEXT, LINES, LINES, (base, left, right) => {
        const ours = base + left.map((line, at) => `ours ${at} ${line}`).join("");
        const theirs = right.map((line, at) => `theirs ${at} ${line}`).join("") + base;
        const draft = withMarkers(base, { ours, theirs }, ROLES).split("\n");
        for (const line of [...ours.split("\n"), ...theirs.split("\n")]) expect(draft).toContain(line);
      }),
    );
  });
});

describe("without a base", () => {
  test("every difference stands between markers, and either side can be chosen whole", () => {
    fc.assert(
      fc.property(TEXT, TEXT, (ours, theirs) => {
        const draft = withMarkers(null, { ours, theirs }, ROLES);
        expect([choose(draft, "ours"), choose(draft, "theirs")]).toEqual([ours, theirs]);
        expect(draft.includes("<<<<<<<")).toBe(ours !== theirs);
      }),
      { numRuns: 500 },
    );
  });

  test("a last line without an end gets one before a marker; line ends follow the file", () => {
    expect(withMarkers(null, { ours: "a", theirs: "b" }, ROLES)).toBe(
      "<<<<<<< desktop\na\n=======\nb\n>>>>>>> laptop\n",
    );
    expect(withMarkers(null, { ours: "a\r\n", theirs: "b\r\n" }, ROLES)).toBe(
      "<<<<<<< desktop\r\na\r\n=======\r\nb\r\n>>>>>>> laptop\r\n",
    );
  });
});

describe("a draft", () => {
  const version = (role: string, content: string | Uint8Array | null, mode = "100644"): VersionView => ({
    role,
    mode: content === null ? null : mode,
    content: typeof content === "string" ? Buffer.from(content) : content,
  });
  const view = (more: Partial<ConflictView>): ConflictView => ({
    path: "a.md",
    className: "other",
    reason: "",
    base: version("base", "base\n"),
    ours: version("desktop", "ours\n"),
    theirs: version("laptop", "theirs\n"),
    merged: null,
    bothName: null,
    choices: ["ours", "theirs"],
    ...more,
  });
  const text = (more: Partial<ConflictView>): string => Buffer.from(draftOf(view(more))).toString("latin1");

  test("is the merged version where there is one, of JSON this machine's, of a deletion what is left", () => {
    expect(text({ merged: Buffer.from("merged\n") })).toBe("merged\n");
    expect(text({ path: "A.JSON" })).toBe("ours\n");
    expect(text({ ours: version("desktop", null) })).toBe("theirs\n");
    expect(text({ theirs: version("laptop", null) })).toBe("ours\n");
    expect(text({ path: "a.json", ours: version("desktop", null) })).toBe("theirs\n");
  });

  test("keeps bytes that are not UTF-8", () => {
    const [ours, theirs] = [version("desktop", Uint8Array.of(0xe9, 10)), version("laptop", Uint8Array.of(0xe8, 10))];
    expect(text({ ours, theirs })).toBe("<<<<<<< desktop\n\u00e9\n=======\n\u00e8\n>>>>>>> laptop\n");
  });

  test("with markers is no answer", () => expect(whyNotUsable("a.md", draftOf(view({})))).toContain("conflict marker"));

  test("is made of texts only", () => {
    expect(canEdit(view({}))).toBe(true);
    expect(canEdit(view({ ours: version("desktop", null) }))).toBe(true);
    expect(canEdit(view({ ours: version("desktop", "../a", "120000") }))).toBe(false);
    expect(canEdit(view({ theirs: version("laptop", Uint8Array.of(0)) }))).toBe(false);
    expect(canEdit(view({ ours: version("desktop", null), theirs: version("laptop", null) }))).toBe(false);
  });
});
