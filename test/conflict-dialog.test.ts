// The dialog about conflicts: exactly these screens, every answer, undo, stop, and what is typed by mistake.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { askConflicts, type DialogIo } from "../cmd/conflict-dialog.ts";
import type { Answer, ConflictView, VersionView } from "../cmd/conflict-view.ts";
import type { TaskChange } from "../lib/merge/by-id-diff.ts";

function version(role: string, content: string | Uint8Array | null, mode = "100644"): VersionView {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  return { role, mode: bytes === null ? null : mode, content: bytes };
}

function conflict(more: Partial<ConflictView> = {}): ConflictView {
  return {
    path: "notes.md",
    className: "other",
    reason: "both machines changed the same lines",
    base: version("base", "# Notes\n\n- one\nThe review is on Tuesday.\n"),
    ours: version("desktop", "# Notes\n\n- one\nThe review is on Wednesday.\n"),
    theirs: version("laptop", "# Notes\n\n- one\nThe review is on Friday.\n"),
    merged: null,
    bothName: null,
    choices: ["ours", "theirs"],
    ...more,
  };
}

interface Talk {
  readonly answers: ReadonlyMap<string, Answer> | null;
  /** Everything that was printed; what was typed stands behind its prompt. */
  readonly screen: string;
  /** What the editor was given, in order. */
  readonly edits: readonly string[];
}

interface Script {
  readonly typed: readonly string[];
  /** What the editor leaves, edit by edit; null: it failed. */
  readonly edits?: readonly (string | null)[];
  readonly color?: boolean;
  readonly width?: number;
  readonly taskChanges?: DialogIo["taskChanges"];
}

async function talk(conflicts: readonly ConflictView[], script: Script): Promise<Talk> {
  const rows: string[] = [];
  const [typed, left] = [[...script.typed], [...(script.edits ?? [])]];
  const edits: string[] = [];
  const io: DialogIo = {
    color: script.color ?? false,
    width: script.width ?? 80,
    taskChanges: script.taskChanges ?? (() => null),
    write: (row) => rows.push(row),
    readLine: (prompt) => {
      const line = typed.shift() ?? null;
      rows.push(`${prompt}${line ?? "(end)"}`);
      return Promise.resolve(line);
    },
    edit: (_path, initial) => {
      edits.push(Buffer.from(initial).toString());
      const result = left.shift() ?? null;
      return Promise.resolve(result === null ? null : Buffer.from(result));
    },
  };
  const answers = await askConflicts(conflicts, io);
  expect([typed, left]).toEqual([[], []]);
  return { answers, screen: rows.join("\n"), edits };
}

function plainAnswers({ answers }: Talk): Record<string, string> | null {
  if (answers === null) return null;
  return Object.fromEntries(
    [...answers].map(([path, answer]) => [
      path,
      "edited" in answer ? Buffer.from(answer.edited).toString() : answer.choice,
    ]),
  );
}

const TASKS: readonly TaskChange[] = [
  { where: "", id: "t-3", title: "Book flights", kind: "added", fields: [] },
  {
    where: "",
    id: "t-1",
    title: "Call Acme",
    kind: "changed",
    fields: [{ field: "status", before: "open", after: "done" }],
  },
];

describe("the screen", () => {
  test("of a conflict in prose, its answer and the summary", async () => {
    const { screen, answers } = await talk([conflict()], { typed: ["l", "y"] });
    expect(answers).toEqual(new Map([["notes.md", { choice: "theirs" }]]));
    expect(screen).toBe(`1 of 1  notes.md  (other)
both machines changed the same lines

desktop changed it: 1 line gone, 1 come
  … 2 equal lines
  - one
- The review is on [-Tuesday-].
+ The review is on {+Wednesday+}.

laptop changed it: 1 line gone, 1 come
  … 2 equal lines
  - one
- The review is on [-Tuesday-].
+ The review is on {+Friday+}.

  d  keep desktop's (this machine)
  l  take laptop's
  e  edit
  s  show again, in full
  p  preview the result: p d, p l
  q  stop, nothing is changed
answer (d l e s p q): l
result: laptop's (4 lines, 40 bytes)
  on desktop: 1 line gone, 1 come
  on laptop: nothing changes
  … 2 equal lines
  - one
- The review is on [-Wednesday-].
+ The review is on {+Friday+}.

1 answer:
  notes.md: laptop's
go on with this answer? (y: go on, u: undo the last one, q: stop) y`);
  });

  test("with colour", async () => {
    const { screen } = await talk([conflict({ base: null })], { typed: ["q"], color: true });
    const [bold, red, green, dim, off] = ["\u001b[1m", "\u001b[31m", "\u001b[32m", "\u001b[2m", "\u001b[0m"];
    expect(screen).toStartWith(`${bold}1 of 1  notes.md  (other)${off}
both machines changed the same lines

${bold}from desktop's (-) to laptop's (+): 1 line gone, 1 come${off}
${dim}  … 2 equal lines${off}
  - one
${red}- The review is on \u001b[31;7mWednesday${off}${red}.${off}
${green}+ The review is on \u001b[32;7mFriday${off}${green}.${off}

  d  keep desktop's (this machine)
`);
  });

  test("of task lists, with a merged version and every choice there is", async () => {
    const list = (text: string): string => `[{"id": "t-1", "title": "${text}"}]\n`;
    const view = conflict({
      path: "clients/acme/tasks.json",
      className: "tasks",
      reason: "task lists are merged only when a person says so",
      base: version("base", list("a")),
      ours: version("desktop", list("b")),
      theirs: version("laptop", list("c")),
      merged: Buffer.from(list("d")),
      bothName: "clients/acme/tasks.laptop.json",
      choices: ["ours", "theirs", "merged", "both", "base"],
    });
    const taskChanges: DialogIo["taskChanges"] = (_before, after) =>
      Buffer.from(after).includes('"b"') ? TASKS.slice(1) : TASKS.slice(0, 1);
    const { screen, answers } = await talk([view], { typed: ["p m", "m", "y"], taskChanges });
    expect(answers).toEqual(new Map([["clients/acme/tasks.json", { choice: "merged" }]]));
    expect(screen).toBe(`1 of 1  clients/acme/tasks.json  (tasks)
task lists are merged only when a person says so

desktop changed it: 1 task changed
  Call Acme  (t-1)
-   status: [-open-]
+   status: {+done+}

laptop changed it: 1 task added
+ Book flights  (t-3)

  d  keep desktop's (this machine)
  l  take laptop's
  m  take the merged one: 1 task added by laptop; 1 task changed by desktop
  b  keep both, the second as clients/acme/tasks.laptop.json
  o  base: as it was before both
  e  edit
  s  show again, in full
  p  preview the result: p d, p l, p m, p b, p o
  q  stop, nothing is changed
answer (d l m b o e s p q): p m
result: the merged one (1 line, 30 bytes)
  on desktop: 1 task added
  on laptop: 1 task added
+ Book flights  (t-3)
answer (d l m b o e s p q): m
result: the merged one (1 line, 30 bytes)
  on desktop: 1 task added
  on laptop: 1 task added
+ Book flights  (t-3)

1 answer:
  clients/acme/tasks.json: the merged one
go on with this answer? (y: go on, u: undo the last one, q: stop) y`);
  });

  test("of a deletion against a change", async () => {
    const view = conflict({ ours: version("desktop", null) });
    const { screen } = await talk([view], { typed: ["d", "y"] });
    expect(screen).toContain(`
  before both  4 lines, 41 bytes
  desktop      not there
  laptop       4 lines, 40 bytes

desktop deleted it

laptop changed it: 1 line gone, 1 come
`);
    expect(screen).toContain("  d  delete it, as desktop did (this machine)\n  l  take laptop's\n  e  edit\n");
    expect(screen).toContain(`result: deleted, as on desktop
  on desktop: it stays deleted
  on laptop: it is deleted

1 answer:
  notes.md: deleted, as on desktop
`);
  });

  test("of a change against a deletion, taken back", async () => {
    const view = conflict({ theirs: version("laptop", null), choices: ["ours", "theirs", "base"] });
    const { screen } = await talk([view], { typed: ["p l", "d", "y"] });
    expect(screen).toContain("  l  delete it, as laptop did\n");
    expect(screen).toContain("on desktop: it is deleted\n  on laptop: it stays deleted\n");
    expect(screen).toContain("on desktop: nothing changes\n  on laptop: it comes back\n");
  });

  test("of a link against a file: the target, and the file's lines", async () => {
    const [ours, theirs] = [
      version("desktop", "../tool\u001b[2J", "120000"),
      version("laptop", "#!/bin/sh\n", "100755"),
    ];
    const { screen } = await talk([conflict({ path: "run", base: null, ours, theirs })], { typed: ["q"] });
    expect(screen).toContain(String.raw`
  desktop  a link to ../tool\x1b[2J
  laptop   1 line, 10 bytes, executable

from desktop's (-) to laptop's (+)
+ #!/bin/sh

  d  keep desktop's (this machine)
  l  take laptop's
  s  show again, in full
`);
  });

  test("of a mode against a change", async () => {
    const ours = version("desktop", "# Notes\n\n- one\nThe review is on Tuesday.\n", "100755");
    const { screen } = await talk([conflict({ ours })], { typed: ["d", "y"] });
    expect(screen).toContain("\ndesktop made it executable\n\nlaptop changed it: 1 line gone, 1 come\n");
    expect(screen).toContain("result: desktop's (4 lines, 41 bytes, executable)\n");
  });

  test("of binary versions: sizes and digests, none of their bytes", async () => {
    const view = conflict({
      path: "logo.png",
      base: version("base", Uint8Array.of(0, 1)),
      ours: version("desktop", new Uint8Array(3000)),
      theirs: version("laptop", new Uint8Array(3_000_000)),
      bothName: "logo.laptop.png",
      choices: ["ours", "theirs", "both"],
    });
    const { screen } = await talk([view], { typed: ["e", "b", "y"] });
    expect(screen).toContain(`
  before both  binary, 2 bytes, SHA-256 b413f47d13ee2fe6…
  desktop      binary, 2.9 KiB, SHA-256 ${digestOf(3000)}…
  laptop       binary, 2.9 MiB, SHA-256 ${digestOf(3_000_000)}…

desktop changed it
laptop changed it

  d  keep desktop's (this machine)
`);
    expect(screen).toContain('"e" is no answer here: type d, l, b, s, p or q; ? shows them again\n');
    expect(screen).toContain("result: both, the second as logo.laptop.png\n");
  });

  test("of a text in an old encoding: the bytes that are not UTF-8 are written out; of noise nothing is", async () => {
    const old = Buffer.from("caf\u00e9, and a few more words\n", "latin1");
    const view = conflict({ base: null, ours: version("desktop", old), theirs: version("laptop", "cafe\n") });
    expect((await talk([view], { typed: ["q"] })).screen).toContain(String.raw`- caf\xe9, and a few more words`);
    const noise = conflict({
      ...view,
      ours: version(
        "desktop",
        Uint8Array.from({ length: 200 }, (_, at) => 255 - (at % 99)),
      ),
    });
    expect((await talk([noise], { typed: ["q"] })).screen).toContain("  desktop  binary, 200 bytes, SHA-256 ");
  });

  test("of a repository inside the folder, of which nothing is known: it is no deletion", async () => {
    const inside = (role: string): VersionView => ({ role, mode: "160000", content: null });
    const view = conflict({ base: inside("base"), ours: inside("desktop"), theirs: inside("laptop") });
    const { screen } = await talk([view], { typed: ["d", "y"] });
    expect(screen).toContain(
      "\ndesktop changed it\nlaptop changed it\n\n  d  keep desktop's (this machine)\n  l  take laptop's\n  s  ",
    );
    expect(screen).toContain(
      "result: desktop's (a repository of its own)\n  on desktop: nothing changes\n  on laptop: it is replaced\n",
    );
  });

  test("of a huge difference is cut, says how much, and s shows all of it", async () => {
    const lines = (word: string): string => Array.from({ length: 400 }, (_, at) => `${word} ${at}\n`).join("");
    const view = conflict({
      base: null,
      ours: version("desktop", lines("old")),
      theirs: version("laptop", lines("new")),
    });
    const { screen } = await talk([view], { typed: ["s", "q"] });
    const [short = "", full = ""] = screen.split("answer (");
    expect(short).toContain("\n- old 11\n  … 788 more lines: s shows all\n");
    expect(full.split("\n").filter((row) => /^[-+] /.test(row))).toHaveLength(800);
    expect(full).not.toContain("more lines");
  });

  test("of a difference that is hardly too long is not cut", async () => {
    const lines = (many: number): string => Array.from({ length: many }, (_, at) => `${at}\n`).join("");
    const screenOf = async (many: number): Promise<string> => {
      const view = conflict({
        base: null,
        ours: version("desktop", "x\n"),
        theirs: version("laptop", `x\n${lines(many)}`),
      });
      return (await talk([view], { typed: ["q"] })).screen;
    };
    expect(await screenOf(13)).toContain("\n+ 11\n+ 12\n\n");
    expect(await screenOf(14)).toContain("\n+ 10\n  … 3 more lines: s shows all\n");
  });

  test("holds nothing that steers the terminal, whatever names and contents hold", async () => {
    const evil = "\u001b]0;x\u0007\u202e\u009b2J\r";
    const view = conflict({
      path: `${evil}.md`,
      className: evil,
      reason: evil,
      base: version("base", `${evil}\n`),
      ours: version(`desk${evil}`, `${evil}a\n`),
      theirs: version("laptop", `${evil}b\n`),
      bothName: `${evil}.2.md`,
      choices: ["ours", "theirs", "both"],
    });
    const { screen } = await talk([view], { typed: ["s", "p b", evil, "e", "b", "y"], edits: ["<<<<<<< \u001b[2J\n"] });
    const shown = screen.replaceAll(evil, "").split("\n");
    expect(shown.filter((row) => /[\u0000-\u001f\u007f-\u009f\u202e]/.test(row))).toEqual([]);
  });

  test("fits a narrow terminal", async () => {
    const view = conflict({
      path: `clients/${"long-name-".repeat(9)}/notes.md`,
      bothName: "x".repeat(90),
      choices: ["ours", "both"],
    });
    const { screen } = await talk([view], { typed: ["s", "b", "y"], width: 30 });
    const rows = screen.split("\n").filter((row) => !/^(answer|go on)/.test(row));
    expect(rows.filter((row) => Bun.stringWidth(row) > 30)).toEqual([]);
  });
});

function digestOf(zeros: number): string {
  return new Bun.CryptoHasher("sha256").update(new Uint8Array(zeros)).digest("hex").slice(0, 16);
}

describe("what is typed", () => {
  const all = conflict({ merged: Buffer.from("m\n"), choices: ["ours", "theirs", "merged", "both", "base"] });

  test.each([
    ["d", "ours"],
    ["l", "theirs"],
    ["m", "merged"],
    ["b", "both"],
    ["o", "base"],
    [" D ", "ours"],
    ["laptop", "theirs"],
    ["Merged", "merged"],
    ["both", "both"],
    ["base", "base"],
  ] as const)("%p is an answer", async (typed, choice) => {
    expect(plainAnswers(await talk([all], { typed: [typed, "y"] }))).toEqual({ "notes.md": choice });
  });

  test.each([
    ["", "an empty line is no answer: type d, l, m, b, o, e, s, p or q; ? shows them again"],
    ["   ", "an empty line is no answer"],
    ["x", '"x" is no answer here: type d, l, m, b, o, e, s, p or q; ? shows them again'],
    ["u", '"u" is no answer here'],
    ["y", '"y" is no answer here'],
    ["d l", '"d l" is no answer here'],
    ["p x", '"p x" is no answer here'],
    ["p p", '"p p" is no answer here'],
    ["p", "which result? type p d, p l, p m, p b or p o"],
    ["x".repeat(500), `"${"x".repeat(40)}…" is no answer here`],
  ])("%p is answered with what is possible, and the question stands", async (typed, said) => {
    const { screen, answers } = await talk([all], { typed: [typed, "q"], width: 200 });
    expect([screen.includes(`\n${said}`), answers]).toEqual([true, null]);
  });

  test("? shows the answers again, s the conflict, p what an answer would leave", async () => {
    const { screen, answers } = await talk([all], { typed: ["?", "s", "p d", "q"] });
    expect(screen.split("  q  stop, nothing is changed").length - 1).toBe(3);
    expect(screen.split("1 of 1  notes.md").length - 1).toBe(2);
    expect(screen).toContain("answer (d l m b o e s p q): p d\nresult: desktop's (4 lines, 43 bytes)\n");
    expect(answers).toBeNull();
  });

  test.each(["q", "quit", "stop"])("%p stops, and nothing is to be done", async (typed) => {
    const { screen, answers } = await talk([conflict(), all], { typed: ["d", typed] });
    expect([answers, screen.endsWith("\nstopped: nothing is changed")]).toEqual([null, true]);
  });

  test("so does the end of the input, at any question", async () => {
    expect((await talk([conflict(), all], { typed: [] })).answers).toBeNull();
    expect((await talk([conflict(), all], { typed: ["d"] })).answers).toBeNull();
    expect((await talk([conflict(), all], { typed: ["d", "l"] })).answers).toBeNull();
  });
});

describe("several conflicts", () => {
  const three = ["a.md", "b.md", "c.md"].map((path) => conflict({ path }));

  test("come one after the other, and the summary lists every answer", async () => {
    const said = await talk(three, { typed: ["d", "l", "d", "yes"] });
    expect(plainAnswers(said)).toEqual({ "a.md": "ours", "b.md": "theirs", "c.md": "ours" });
    expect(said.screen).toContain("2 of 3  b.md");
    expect(said.screen).toEndWith(`3 answers:
  a.md: desktop's
  b.md: laptop's
  c.md: desktop's
go on with these 3 answers? (y: go on, u: undo the last one, q: stop) yes`);
  });

  test("the last answer can be taken back, and the one before, and at the end", async () => {
    const said = await talk(three, { typed: ["d", "d", "u", "undo", "l", "l", "l", "u", "d", "y"] });
    expect(plainAnswers(said)).toEqual({ "a.md": "theirs", "b.md": "theirs", "c.md": "ours" });
    expect(said.screen.split("1 of 3  a.md").length - 1).toBe(2);
  });

  test("nothing is done before the last question is answered with yes", async () => {
    for (const last of ["n", "no", "q", "stop"]) {
      expect((await talk(three, { typed: ["d", "d", "d", last] })).answers).toBeNull();
    }
    const { screen, answers } = await talk(three, { typed: ["d", "d", "d", "", "what", "y"] });
    expect(answers?.size).toBe(3);
    expect(screen.split("type y to go on, u to undo the last answer").length - 1).toBe(2);
  });

  test("none at all ask nothing", async () => {
    expect(await talk([], { typed: [] })).toEqual({ answers: new Map(), screen: "", edits: [] });
  });
});

test("two machines of one role are told apart", async () => {
  const view = conflict({ ours: version("laptop", "a\n"), theirs: version("laptop", "b\n"), base: null });
  const { screen, answers } = await talk([view], { typed: ["l", "y"] });
  expect(screen).toContain("from laptop's (-) to other laptop's (+): 1 line gone, 1 come\n");
  expect(screen).toContain("  l  keep laptop's (this machine)\n  t  take other laptop's\n");
  expect(answers).toEqual(new Map([["notes.md", { choice: "ours" }]]));
});

test("a version that is not there is not offered", async () => {
  const view = conflict({ base: null, choices: ["ours", "theirs", "merged", "base"] });
  expect((await talk([view], { typed: ["m", "o", "q"] })).screen).toContain(
    '"o" is no answer here: type d, l, e, s, p or q',
  );
});

describe("editing", () => {
  test("begins with both versions between markers, and what is left is the answer", async () => {
    const said = await talk([conflict()], {
      typed: ["e", "y"],
      edits: ["# Notes\n\n- one\nThe review is on Saturday.\n"],
    });
    expect(said.edits).toEqual([
      "# Notes\n\n- one\n<<<<<<< desktop\nThe review is on Wednesday.\n=======\nThe review is on Friday.\n>>>>>>> laptop\n",
    ]);
    expect(plainAnswers(said)).toEqual({ "notes.md": "# Notes\n\n- one\nThe review is on Saturday.\n" });
    expect(said.screen).toContain("result: as edited (4 lines, 42 bytes)\n  on desktop: 1 line gone, 1 come\n");
    expect(said.screen).toContain("\n  notes.md: as edited (4 lines, 42 bytes)\n");
  });

  test("is refused while markers remain, and goes on from what was written", async () => {
    const half = "# Notes\n\n- one\n<<<<<<< desktop\nThe review is on Sunday.\n";
    const said = await talk([conflict()], { typed: ["e", "e", "y"], edits: [half, "done\n"] });
    expect(said.edits[1]).toBe(half);
    expect(said.screen).toContain(
      "notes.md still has a conflict marker on line 4: <<<<<<< desktop\nwhat was edited is kept: e goes on with it\n",
    );
    expect(plainAnswers(said)).toEqual({ "notes.md": "done\n" });
  });

  test("what does not parse as JSON is refused, with its place", async () => {
    const json = { path: "a.json", base: null, ours: version("desktop", "[1]\n"), theirs: version("laptop", "[2]\n") };
    const said = await talk([conflict(json)], { typed: ["e", "e", "y"], edits: ["[1,\n2,]\n", "[1, 2]\n"] });
    expect(said.edits[0]).toBe("[1]\n");
    expect(said.screen).toContain(
      'a.json does not parse as JSON: it has an unexpected "]" at line 2, column 3\nwhat was edited is kept',
    );
    expect(plainAnswers(said)).toEqual({ "a.json": "[1, 2]\n" });
  });

  test("that lacks an entry of the other machine is refused, with its id", async () => {
    const list = (...ids: string[]): string => `${JSON.stringify(ids.map((id) => ({ id })))}\n`;
    const json = {
      ...{
        path: "tasks.json",
        base: version("base", list("a", "b")),
        ours: version("desktop", list("a", "b", "mine")),
      },
      theirs: version("laptop", list("a", "theirs")),
    };
    const edits = [list("a", "mine"), list("a", "mine", "theirs")];
    const said = await talk([conflict(json)], { typed: ["e", "e", "y"], edits });
    expect(said.screen).toContain("tasks.json lacks the entry that nobody deleted: theirs; put it in, or take");
    expect(plainAnswers(said)).toEqual({ "tasks.json": edits[1] ?? "" });
  });

  test("is not lost by undoing, nor by stopping without being asked", async () => {
    const typed = ["e", "u", "e", "q", "", "q", "n", "q", "y"];
    const said = await talk([conflict(), conflict({ path: "b.md" })], { typed, edits: ["mine\n", "mine\n"] });
    expect(said.edits[1]).toBe("mine\n");
    expect(said.answers).toBeNull();
    expect(said.screen.split("what was edited (1 file) would be lost; stop? (y: stop) ").length - 1).toBe(3);
  });

  test("that went back to where it began leaves nothing to lose", async () => {
    const merged = Buffer.from("both\n");
    const said = await talk([conflict({ merged })], { typed: ["e", "e", "q"], edits: ["<<<<<<< a\n", "both\n"] });
    expect([said.answers, said.screen.includes("would be lost")]).toEqual([null, false]);
  });

  test("without a change, or with an editor that failed, is no answer", async () => {
    const merged = Buffer.from("both\n");
    const said = await talk([conflict({ merged })], { typed: ["e", "e", "q"], edits: ["both\n", null] });
    expect(said.edits).toEqual(["both\n", "both\n"]);
    expect(said.screen).toContain("nothing was changed in the editor: this is no answer yet\n");
    expect(said.answers).toBeNull();
  });
});

test("whatever is typed, it ends with an answer for every path or with none at all", async () => {
  const line = fc.constantFrom(
    "d",
    "l",
    "m",
    "b",
    "o",
    "e",
    "s",
    "p",
    "p m",
    "u",
    "q",
    "y",
    "y",
    "n",
    "",
    "?",
    "x",
    "\u001b[2J",
  );
  const content = fc.option(
    fc.oneof(fc.string({ maxLength: 20 }), fc.constantFrom("[1]\n", "\0", "<<<<<<< a\n").map(String)),
  );
  const mode = fc.constantFrom("100644", "100755", "120000");
  const side = (role: string) => fc.tuple(content, mode).map(([text, bits]) => version(role, text, bits));
  const one = fc.record({
    base: fc.option(side("base")),
    ours: side("desktop"),
    theirs: side("laptop"),
    merged: fc.option(fc.string().map((text) => Buffer.from(text))),
    path: fc.constantFrom("a.md", "a.json", "run"),
    bothName: fc.option(fc.string()),
  });
  const all = ["ours", "theirs", "merged", "both", "base"] as const;
  await fc.assert(
    fc.asyncProperty(fc.array(one, { maxLength: 3 }), fc.array(line, { maxLength: 30 }), async (some, typed) => {
      const views = some.map((more, at) => conflict({ ...more, path: `${at}/${more.path}`, choices: all }));
      const waiting = [...typed];
      const rows: string[] = [];
      const answers = await askConflicts(views, {
        color: false,
        width: 60,
        taskChanges: () => null,
        write: (row) => rows.push(row),
        readLine: () => Promise.resolve(waiting.shift() ?? null),
        edit: (_path, initial) => Promise.resolve(Buffer.concat([initial, Buffer.from("more\n")])),
      });
      if (answers !== null) expect([...answers.keys()]).toEqual(views.map(({ path }) => path));
      for (const answer of answers?.values() ?? [])
        expect("edited" in answer || all.includes(answer.choice)).toBe(true);
      expect(rows.filter((row) => /[\u0000-\u001f]/.test(row) || Bun.stringWidth(row) > 60)).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test("what the io is made of does not matter: an object of a class serves", async () => {
  class Io implements DialogIo {
    private readonly typed = ["d", "y"];
    readonly rows: string[] = [];
    get color() {
      return false;
    }
    get width() {
      return 80;
    }
    write(row: string): void {
      this.rows.push(row);
    }
    taskChanges(): null {
      expect(this.rows.length).toBeGreaterThan(-1);
      return null;
    }
    readLine(): Promise<string | null> {
      return Promise.resolve(this.typed.shift() ?? null);
    }
    edit(): Promise<null> {
      return Promise.resolve(null);
    }
  }
  const view = conflict({ path: "a.json" });
  expect(await askConflicts([view], new Io())).toEqual(new Map([["a.json", { choice: "ours" }]]));
});
