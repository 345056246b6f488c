// The guards over one file: every rule hit, missed, just below and just at its threshold; and the facts they judge by,
// which must not depend on how the bytes were cut.
import { expect, test } from "bun:test";
import fc from "fast-check";
import type { GuardName } from "../lib/guard.ts";
import { type ContentFacts, ContentReader } from "../lib/integrity/content.ts";
import { type Before, judgeContent, needsBefore, wantsJson } from "../lib/integrity/judge-content.ts";

const LIMITS = { shrunkPercent: 50, shrunkLeastBytes: 1024 };
const TOKEN = ["gh", "p_", "q7Rt2LmX9vKc4BnZ8wJd", "1HsF6yPg3AuE5oTi"].join("");
const OTHER = ["gh", "p_", "Zb3Yk8Qw1Nv6Xm4Lc9Rj", "2Df7Ht5Gs0PaUeIo"].join("");
const CONFLICT = "<<<<<<< ours\na\n=======\nb\n>>>>>>> theirs\n";
const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${"4d7a".repeat(16)}\nsize 12345\n`;

/** Gives the content in pieces of these sizes, the rest in one, always through the same memory; uncut, it is one piece. */
function factsOf(content: string | Uint8Array, cuts: readonly number[] = [], json = true): ContentFacts {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  const reader = new ContentReader({ json, sizeBytes: bytes.length });
  const memory = Buffer.alloc(bytes.length);
  let at = 0;
  for (const size of [...cuts, bytes.length]) {
    const piece = memory.subarray(0, Math.min(size, bytes.length - at));
    piece.set(bytes.subarray(at, at + piece.length));
    reader.take(piece);
    at += piece.length;
    memory.fill(0x7b);
  }
  return reader.end();
}

interface Case {
  readonly path?: string;
  readonly critical?: boolean;
  readonly lfs?: boolean;
  /** A number: only the size is known. */
  readonly before: string | Uint8Array | number | null;
  readonly after: string | Uint8Array;
}

const beforeOf = (before: Case["before"]): Before => {
  if (before === null) return null;
  return typeof before === "number" ? { sizeBytes: before } : factsOf(before);
};

function judge({ path = "notes/a.md", critical = false, lfs = false, before, after }: Case): GuardName[] {
  const change = { path, critical, lfs, before: beforeOf(before), after: factsOf(after) };
  return judgeContent(change, LIMITS).map(({ guard, path: named }) => {
    expect(named).toBe(path);
    return guard;
  });
}

const TASKS = { path: "clients/acme/tasks.json", critical: true } as const;
const text = (bytes: number): string => "a".repeat(bytes);
const zeros = (bytes: number): Uint8Array => new Uint8Array(bytes);
const utf16 = (content: string): Uint8Array => Buffer.from(`\ufeff${content}`, "utf16le");
/** PNG begins with a byte no text has, and holds NULs. */
const PICTURE = Buffer.from("\u0089PNG\r\n\u001a\n\0\0\0\rIHDR", "latin1");

const CASES: readonly (readonly [string, Case, readonly GuardName[]])[] = [
  // invalid-json
  ["a new critical JSON file that parses", { ...TASKS, before: null, after: "[1]" }, []],
  ["a byte order mark is allowed", { ...TASKS, before: null, after: "\ufeff[1]" }, []],
  ["a new one that does not parse", { ...TASKS, before: null, after: "[1" }, ["invalid-json"]],
  ["a changed one that does not parse", { ...TASKS, before: "[1]", after: "[1,]" }, ["invalid-json"]],
  ["one that did not parse before either", { ...TASKS, before: "[", after: "[1,]" }, ["invalid-json"]],
  ["a new empty one", { ...TASKS, before: null, after: "" }, ["invalid-json"]],
  ["in capitals", { ...TASKS, path: "A/TASKS.JSON", before: null, after: "{" }, ["invalid-json"]],
  ["in UTF-16", { ...TASKS, before: null, after: utf16("[1]") }, ["invalid-json"]],
  ["not critical", { path: "a.json", before: "[1]", after: "[1" }, []],
  ["critical, not JSON", { path: "a/CONTEXT.md", critical: true, before: "x", after: "[1" }, []],
  ["a pointer that attributes ask for", { ...TASKS, lfs: true, before: text(9000), after: POINTER }, []],
  // emptied
  ["emptied", { before: "a", after: "" }, ["emptied"]],
  ["emptied, only the size known", { before: 1, after: "" }, ["emptied"]],
  ["empty as before", { before: "", after: "" }, []],
  ["new and empty", { before: null, after: "" }, []],
  ["filled", { before: "", after: "a" }, []],
  ["white space left of a note", { before: "a", after: " \n" }, []],
  [
    "white space left of a critical file",
    { path: "x/CONTEXT.md", critical: true, before: "a", after: " \n" },
    ["emptied"],
  ],
  [
    "a mark left of a critical file",
    { path: "CONTEXT.md", critical: true, before: "a", after: "\ufeff\n" },
    ["emptied"],
  ],
  ["white space as before", { path: "x/CONTEXT.md", critical: true, before: " ", after: "\n\n" }, []],
  ["emptied and critical", { path: "CONTEXT.md", critical: true, before: text(5000), after: "" }, ["emptied"]],
  // shrunk
  ["below half", { path: "CONTEXT.md", critical: true, before: 2048, after: text(1023) }, ["shrunk"]],
  ["at half", { path: "CONTEXT.md", critical: true, before: 2048, after: text(1024) }, []],
  ["just over 1 KiB, below half", { path: "CONTEXT.md", critical: true, before: 1025, after: text(512) }, ["shrunk"]],
  ["just over 1 KiB, above half", { path: "CONTEXT.md", critical: true, before: 1025, after: text(513) }, []],
  ["at 1 KiB", { path: "CONTEXT.md", critical: true, before: 1024, after: "a" }, []],
  ["not critical", { before: 1_000_000, after: "a" }, []],
  ["new", { path: "CONTEXT.md", critical: true, before: null, after: "a" }, []],
  // nul-bytes
  ["NUL in what was text", { before: "abc", after: "a\0c" }, ["nul-bytes"]],
  ["NUL in text of unknown kind", { path: "Makefile", before: "abc", after: "a\0c" }, ["nul-bytes"]],
  ["NUL in new text by its name", { before: null, after: "a\0c" }, ["nul-bytes"]],
  ["NUL in what was empty, text by its name", { before: "", after: "a\0c" }, ["nul-bytes"]],
  ["NUL in a new file of unknown kind", { path: "data/blob", before: null, after: "a\0c" }, []],
  ["NUL where NUL was", { before: "a\0b", after: "a\0c" }, []],
  ["NUL where only the size is known", { before: 3, after: "a\0c" }, ["nul-bytes"]],
  ["a changed picture", { path: "a.png", before: PICTURE, after: Buffer.concat([PICTURE, PICTURE]) }, []],
  ["a picture for a text of that name", { path: "a.png", before: "abc", after: PICTURE }, []],
  [
    "a picture for binary content of unknown kind",
    { path: "a.xyz", before: PICTURE.subarray(0, 8), after: PICTURE },
    [],
  ],
  ["UTF-16 with its mark", { before: "abc", after: utf16("abc") }, []],
  ["zeros for a picture", { path: "a.png", before: PICTURE, after: zeros(9) }, ["nul-bytes"]],
  ["zeros for zeros", { path: "a.png", before: zeros(8), after: zeros(9) }, []],
  ["zeros in a new file of unknown kind", { path: "data/blob", before: null, after: zeros(9) }, []],
  ["zeros in new text", { before: null, after: zeros(200_000) }, ["nul-bytes"]],
  // conflict-markers
  ["a conflict", { before: "a\nb\n", after: `x\n${CONFLICT}` }, ["conflict-markers"]],
  ["a conflict in a new file", { before: null, after: CONFLICT }, ["conflict-markers"]],
  ["with its base", { before: "", after: CONFLICT.replace("===", "||||||| base\no\n===") }, ["conflict-markers"]],
  ["with CRLF", { before: null, after: CONFLICT.replaceAll("\n", "\r\n") }, ["conflict-markers"]],
  ["in UTF-16", { before: null, after: utf16(CONFLICT) }, ["conflict-markers"]],
  ["as many as before", { before: CONFLICT, after: `${CONFLICT}more` }, []],
  ["one more than before", { before: CONFLICT, after: CONFLICT + CONFLICT }, ["conflict-markers"]],
  ["fewer than before", { before: CONFLICT + CONFLICT, after: CONFLICT }, []],
  ["a heading", { before: null, after: "Title\n=======\n\ntext\n" }, []],
  ["markers within lines", { before: null, after: CONFLICT.replaceAll(/^(?=[<=>])/gm, "  ") }, []],
  ["in the wrong order", { before: null, after: ">>>>>>> a\n=======\n<<<<<<< b\n" }, []],
  ["without the middle", { before: null, after: "<<<<<<< a\n>>>>>>> b\n" }, []],
  ["without the end", { before: null, after: "<<<<<<< a\n=======\nb\n" }, []],
  ["a longer line in the middle", { before: null, after: "<<<<<<< a\n========\n>>>>>>> b\n" }, []],
  ["longer lines", { before: null, after: "<<<<<<<< a\n========\n>>>>>>>> b\n" }, []],
  // secret
  ["a secret in a new file", { before: null, after: `key: ${TOKEN}\n` }, ["secret"]],
  ["a secret more", { before: TOKEN, after: `${TOKEN} ${OTHER}` }, ["secret"]],
  ["a secret for another", { before: TOKEN, after: OTHER }, ["secret"]],
  ["the same secret", { before: `x\n${TOKEN}`, after: `${TOKEN}\nmore` }, []],
  ["a secret less", { before: `${TOKEN} ${OTHER}`, after: OTHER }, []],
  ["a secret where only the size is known", { before: 40, after: TOKEN }, ["secret"]],
  // lfs-pointer
  ["a pointer for content", { path: "a.psd", before: text(9000), after: POINTER }, ["lfs-pointer"]],
  ["a new pointer", { path: "a.psd", before: null, after: POINTER }, ["lfs-pointer"]],
  ["a pointer for a pointer", { path: "a.psd", before: POINTER, after: POINTER.replace("12345", "9") }, []],
  ["a pointer that attributes ask for", { path: "a.psd", lfs: true, before: text(9000), after: POINTER }, []],
  ["a text that mentions one", { before: null, after: `the pointer:\n${POINTER}` }, []],
  ["a pointer and more", { before: null, after: `${POINTER}${text(1024)}` }, []],
  // together
  [
    "a critical file that is now a pointer, which is no JSON",
    { ...TASKS, before: text(9000), after: POINTER },
    ["invalid-json", "shrunk", "lfs-pointer"],
  ],
  ["an emptied critical JSON file", { ...TASKS, before: "[1]", after: "" }, ["invalid-json", "emptied"]],
];

for (const [name, one, guards] of CASES)
  test(`${guards.join(", ") || "no guard"}: ${name}`, () => expect(judge(one)).toEqual([...guards]));

test("the facts of the earlier content make a difference only where they are asked for", () => {
  for (const [name, one, guards] of CASES) {
    const { path = "notes/a.md", critical = false, lfs = false, before, after } = one;
    const facts = factsOf(after);
    if (before === null || needsBefore(facts, critical, path)) continue;
    const sizeOnly = { sizeBytes: typeof before === "number" ? before : factsOf(before).sizeBytes };
    const hits = judgeContent({ path, critical, lfs, before: sizeOnly, after: facts }, LIMITS);
    expect({ name, guards: hits.map(({ guard }) => guard) }).toEqual({ name, guards: [...guards] });
    // and the path only spares readings
    expect(needsBefore(facts, critical) || !needsBefore(facts, critical, path)).toBe(true);
  }
});

test("what is said names the numbers and never a secret", () => {
  const says = (one: Case): string[] => {
    const { path = "notes/a.md", critical = false, before, after } = one;
    const change = { path, critical, lfs: false, before: beforeOf(before), after: factsOf(after) };
    return judgeContent(change, LIMITS).map((hit) => hit.says);
  };
  expect(says({ ...TASKS, before: 18_204, after: `[1,\n 2}` })).toEqual([
    'does not parse as JSON: it has an unexpected "}" at line 2, column 3',
    "had 18,204 bytes and has 7",
  ]);
  expect(says({ before: 1, after: "" })).toEqual(["had 1 byte and has none"]);
  expect(says({ ...TASKS, before: 1234, after: "\n\n" })).toEqual([
    "does not parse as JSON: it is empty",
    "had 1,234 bytes and has nothing but white space (2 bytes)",
  ]);
  expect(says({ path: "a.png", before: PICTURE, after: zeros(4096) })).toEqual(["has 4,096 bytes, all of them zero"]);
  expect(says({ before: CONFLICT, after: CONFLICT.repeat(3) })).toEqual([
    "holds the markers of 3 unfinished merges, and held 1 before",
  ]);
  const secret = says({ before: null, after: `a\n${TOKEN}\n` });
  expect(secret).toEqual(["holds a GitHub token (line 2)"]);
  expect(says({ before: 12_345, after: POINTER })).toEqual(["had 12,345 bytes of content and is a pointer of git LFS"]);
});

test("a critical JSON file that was not read as JSON is a mistake of the caller, never a pass", () => {
  const after = factsOf("[1", [], false);
  expect(() => judgeContent({ ...TASKS, lfs: false, before: null, after }, LIMITS)).toThrow("was not read as JSON");
  expect(wantsJson("a/TASKS.JSON", true)).toBe(true);
  expect(wantsJson("a/tasks.json", false)).toBe(false);
  expect(wantsJson("a/tasks.jsonl", true)).toBe(false);
});

test("a guard never passes content that it halts when the file is renamed within its class", () => {
  const names = [
    ["notes/a.md", "archive/2025/b.md"],
    ["clients/acme/tasks.json", "clients/zeta/tasks.json"],
    ["Makefile", "other/Rakefile"],
    ["a.png", "b.png"],
  ] as const;
  for (const [name, one, guards] of CASES) {
    for (const [from, to] of names) {
      const renamed = { ...one, path: to };
      expect({ name, to, guards: judge(renamed) }).toEqual({ name, to, guards: judge({ ...one, path: from }) });
    }
    // renamed and changed at once, git sees a new file: what is wrong with the content itself is still found
    const ofContent: readonly GuardName[] = ["invalid-json", "conflict-markers", "secret", "lfs-pointer"];
    const asNew = judge({ ...one, before: null });
    for (const guard of guards)
      if (ofContent.includes(guard)) expect({ name, asNew }).toEqual({ name, asNew: expect.arrayContaining([guard]) });
  }
});

test("a content that did not change is never halted, but for critical JSON that does not parse", () => {
  for (const [name, { path = "notes/a.md", critical = false, after }] of CASES) {
    const facts = factsOf(after);
    const hits = judgeContent({ path, critical, lfs: false, before: facts, after: facts }, LIMITS);
    const wrong = wantsJson(path, critical) && facts.json !== "valid" ? ["invalid-json"] : [];
    expect({ name, guards: hits.map(({ guard }) => guard as string) }).toEqual({ name, guards: wrong });
  }
});

const FRAGMENTS = [
  "\n",
  "\r\n",
  " ",
  "\0",
  "text ",
  CONFLICT,
  "<<<<<<< a\n",
  "=======\n",
  ">>>>>>> b",
  TOKEN,
  OTHER,
  "é",
  "£",
  "[",
  '{"a":',
  '"',
  "}",
  "1e5",
  "\\u00",
  POINTER,
];
const PARTS = fc.array(
  fc.oneof(
    fc.constantFrom(...FRAGMENTS),
    fc.nat(150_000).map((size) => "word\n".repeat(size / 5)),
  ),
  { maxLength: 8 },
);
const BEGINNINGS = fc.constantFrom("", "", "\ufeff", POINTER);

test("however the bytes are cut, the facts are the same", () => {
  const cuts = fc.array(fc.oneof(fc.nat(3), fc.nat(300), fc.nat(200_000)), { maxLength: 30 });
  fc.assert(
    fc.property(BEGINNINGS, PARTS, fc.constantFrom("utf8", "utf16le"), cuts, (beginning, parts, encoding, sizes) => {
      const content = Buffer.from(beginning + parts.join(""), encoding as BufferEncoding);
      expect(factsOf(content, sizes)).toEqual(factsOf(content));
    }),
    { numRuns: 200, examples: [["\ufeff", [CONFLICT], "utf16le", [1]]] },
  );
});

test("wherever in a large file they stand, secrets and conflicts are found once, by their line", () => {
  const tail = "end\n".repeat(3000);
  for (let before = 128 * 1024 - 4608 - 150; before < 128 * 1024 - 4608 + 60; before += 1) {
    const lines = Math.floor(before / 50);
    const filler = `${"n".repeat(49)}\n`.repeat(lines) + "n".repeat(before - lines * 50);
    const { secrets, conflicts } = factsOf(`${filler}\n${CONFLICT}${TOKEN}\nglued${OTHER}\n${tail}`, [], false);
    expect({ before, conflicts, lines: secrets.map(({ line }) => line) }).toEqual({
      before,
      conflicts: 1,
      lines: [lines + 7],
    });
  }
});

test("wherever in a large file it stands, a long private key is one secret", () => {
  const body = `${POINTER.slice(60, 100)}${TOKEN.slice(4)}`.replaceAll(/[^A-Za-z0-9]/g, "");
  const key = ["-----BEGIN PRIVATE", ` KEY-----\n${`${body}\n`.repeat(50)}-----END PRIVATE`, " KEY-----\n"].join("");
  const marks = new Set<string>();
  for (let before = 128 * 1024 - 10_000; before < 128 * 1024 + 1000; before += 97) {
    const { secrets } = factsOf(
      `${"word\n".repeat(before / 5)}${"n".repeat(before % 5)}\n${key}${"end\n".repeat(3000)}`,
      [],
      false,
    );
    expect(secrets.map(({ kind }) => kind)).toEqual(["a private key"]);
    for (const { mark } of secrets) marks.add(mark);
  }
  expect(marks.size).toBe(1);
});

test("text is told from other content", () => {
  const rows: readonly (readonly [string | Uint8Array, boolean])[] = [
    ["", false],
    ["a", true],
    ["naïve\r\n\t\f\u001b[0m", true],
    [Buffer.from("caf\u00e9", "latin1"), true],
    ["a\0", false],
    [utf16("a"), true],
    [Buffer.from(utf16("a")).swap16(), true],
    [Buffer.from([0x1f, 0x8b, 0x08]), false],
    [PICTURE, false],
  ];
  for (const [content, isText] of rows)
    expect({ content, text: factsOf(content).text }).toEqual({ content, text: isText });
});
