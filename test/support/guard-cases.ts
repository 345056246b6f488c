// What each guard stops and what it lets pass, as changes that a person makes in a folder. Each case stands for both
// directions: the same change leaves a machine, and arrives at one that knows nothing of it.
import { appendFileSync } from "node:fs";
import type { GuardName } from "../../lib/guard.ts";
import type { Machine } from "./machine.ts";
import type { Contents } from "./world.ts";

/** `hit` is just over the threshold, `below` just under it, `miss` is what looks alike and is meant well. */
export type Verdict = "hit" | "below" | "miss";

/** `push` and `sync` where the change was made, `pull` where it arrives. */
export type Way = "push" | "sync" | "pull";

export interface GuardCase {
  readonly guard: GuardName;
  readonly title: string;
  readonly verdict: Verdict;
  /** What both machines have; `BASE` unless said. */
  readonly start?: Contents;
  readonly change: (machine: Machine) => void;
  /** Made and published by plain git on the other machine; the change is then always made here. */
  readonly meanwhile?: (machine: Machine) => void;
  /** The change is committed by plain git before it leaves: a new file would be held back instead. */
  readonly committed?: boolean;
  /** The path that the hit names; null where it is about the whole folder. */
  readonly path?: string | null;
  /** What the hit says, with its numbers. */
  readonly says?: string;
}

export const TASKS = "clients/acme/tasks.json";
export const CONTEXT = "clients/acme/CONTEXT.md";
export const NOTES = Array.from({ length: 34 }, (_, n) => `notes/n${String(n).padStart(2, "0")}.md`);

const ENTRIES = Array.from({ length: 40 }, (_, n) => ({ id: n + 1, title: `task ${n + 1} of acme`, done: false }));

/** A task list as people keep it, an entry a line. */
function taskList(entries: readonly { id: number }[]): string {
  return `[\n${entries.map((entry) => `  ${JSON.stringify(entry)}`).join(",\n")}\n]\n`;
}

/** Forty files: two critical, a top-level folder of three, thirty-four notes, and one at the top. */
export const BASE: Contents = {
  [TASKS]: taskList(ENTRIES),
  [CONTEXT]: `# Acme\n${"x".repeat(1_992)}\n`,
  "top/a.md": "a of top\n",
  "top/b.md": "b of top\n",
  "top/c.md": "c of top\n",
  "README.md": "the folder\n",
  ...Object.fromEntries(NOTES.map((path) => [path, `this is ${path}\n`])),
};

/** A key of the right form that belongs to nobody; in parts, so that no scanner stumbles over this file. */
export const KEY = ["AKIA", "Q7XH2PLV4NWZ6TJD"].join("");
export const OTHER_KEY = ["AKIA", "M3RB5YCF7KUS2GEP"].join("");
const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${"4d7a".repeat(16)}\nsize 12345\n`;
const MARKERS = "<<<<<<< mine\none\n=======\ntwo\n>>>>>>> yours\n";
const SMALL_LIMIT = { ".petesbrain-sync.toml": "[guards]\nlargest_file_mb = 1\n" };

const numbered = (count: number): Contents =>
  Object.fromEntries(
    Array.from({ length: count }, (_, n) => [`many/f${String(n).padStart(3, "0")}.md`, `file ${n}\n`]),
  );

function edit(paths: readonly string[]): (machine: Machine) => void {
  return (machine) => {
    for (const path of paths) appendFileSync(machine.at(path), "and more\n");
  };
}

const remove =
  (...paths: string[]) =>
  (machine: Machine): void => {
    machine.remove(...paths);
  };
const write =
  (path: string, content: string | Uint8Array) =>
  (machine: Machine): void => {
    machine.write(path, content);
  };
const rename =
  (from: string, to: string) =>
  (machine: Machine): void => {
    machine.rename(from, to);
  };

const moveEntry = (from: number, to: number): string => {
  const entries = [...ENTRIES];
  entries.splice(to, 0, ...entries.splice(from, 1));
  return taskList(entries);
};

const CONTENT_CASES: readonly GuardCase[] = [
  {
    guard: "invalid-json",
    title: "a task list without its last bracket",
    verdict: "hit",
    change: write(TASKS, taskList(ENTRIES).slice(0, -2)),
    path: TASKS,
    says: "does not parse as JSON",
  },
  {
    guard: "invalid-json",
    title: "a task list with a byte order mark and other white space",
    verdict: "below",
    change: write(TASKS, `\ufeff${JSON.stringify(ENTRIES, null, 4)}`),
  },
  {
    guard: "invalid-json",
    title: "another file that is no JSON",
    verdict: "miss",
    start: { ...BASE, "notes/x.json": "{}\n" },
    change: write("notes/x.json", "{half"),
  },
  {
    guard: "emptied",
    title: "a note without a byte",
    verdict: "hit",
    change: write("notes/n03.md", ""),
    path: "notes/n03.md",
    says: "had 21 bytes and has none",
  },
  {
    guard: "emptied",
    title: "a critical file of white space",
    verdict: "hit",
    change: write(CONTEXT, " \n\n"),
    path: CONTEXT,
    says: "had 2,000 bytes and has nothing but white space (3 bytes)",
  },
  { guard: "emptied", title: "a note of one byte", verdict: "below", change: write("notes/n03.md", "\n") },
  { guard: "emptied", title: "a new empty file", verdict: "miss", change: write("notes/new.md", "") },
  {
    guard: "shrunk",
    title: "a critical file of a byte less than half",
    verdict: "hit",
    change: write(CONTEXT, "y".repeat(999)),
    path: CONTEXT,
    says: "had 2,000 bytes and has 999",
  },
  { guard: "shrunk", title: "a critical file of half", verdict: "below", change: write(CONTEXT, "y".repeat(1000)) },
  {
    guard: "shrunk",
    title: "a critical file that had 1,024 bytes",
    verdict: "below",
    start: { ...BASE, [CONTEXT]: "x".repeat(1024) },
    change: write(CONTEXT, "y"),
  },
  {
    guard: "shrunk",
    title: "a note of a byte",
    verdict: "miss",
    start: { ...BASE, "notes/long.md": "x".repeat(9_000) },
    change: write("notes/long.md", "y"),
  },
  {
    guard: "nul-bytes",
    title: "a note with a NUL byte",
    verdict: "hit",
    change: write("notes/n03.md", "this is\0notes"),
    path: "notes/n03.md",
    says: "is text with NUL bytes in it",
  },
  {
    guard: "nul-bytes",
    title: "a note of zeros",
    verdict: "hit",
    change: write("notes/n03.md", new Uint8Array(4096)),
    path: "notes/n03.md",
    says: "has 4,096 bytes, all of them zero",
  },
  {
    guard: "nul-bytes",
    title: "a note in UTF-16",
    verdict: "below",
    change: write("notes/n03.md", Buffer.from("\ufeffa note", "utf16le")),
  },
  {
    guard: "nul-bytes",
    title: "a picture",
    verdict: "miss",
    change: write("notes/p.png", new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 13])),
  },
  {
    guard: "conflict-markers",
    title: "a note with an unfinished merge",
    verdict: "hit",
    change: write("notes/n03.md", `this is\n${MARKERS}`),
    path: "notes/n03.md",
    says: "holds the markers of an unfinished merge",
  },
  {
    guard: "conflict-markers",
    title: "a second unfinished merge where one was before",
    verdict: "hit",
    start: { ...BASE, "notes/git.md": `how merges look:\n${MARKERS}` },
    change: write("notes/git.md", `how merges look:\n${MARKERS}${MARKERS}`),
    path: "notes/git.md",
    says: "holds the markers of 2 unfinished merges, and held 1 before",
  },
  {
    guard: "conflict-markers",
    title: "two of the three lines, and a heading",
    verdict: "below",
    change: write("notes/n03.md", "<<<<<<< mine\nheading\n=======\n"),
  },
  {
    guard: "conflict-markers",
    title: "a note that had markers before",
    verdict: "miss",
    start: { ...BASE, "notes/git.md": `how merges look:\n${MARKERS}` },
    change: write("notes/git.md", `so do merges look:\n${MARKERS}`),
  },
  {
    guard: "secret",
    title: "a key in a tracked note",
    verdict: "hit",
    change: write("notes/n03.md", `this is notes/n03.md\nthe key: ${KEY}\n`),
    path: "notes/n03.md",
    says: "holds an AWS access key (line 2)",
  },
  {
    guard: "secret",
    title: "a second key in a note that had one",
    verdict: "hit",
    start: { ...BASE, "notes/key.md": `${KEY}\n` },
    change: write("notes/key.md", `${KEY}\n\n${OTHER_KEY}\n`),
    path: "notes/key.md",
    says: "holds an AWS access key (line 3)",
  },
  {
    guard: "secret",
    title: "a key in a new file",
    verdict: "hit",
    committed: true,
    change: write("scripts/ads.py", `key = "${KEY}"\n`),
    path: "scripts/ads.py",
    says: "holds an AWS access key (line 1)",
  },
  {
    guard: "secret",
    title: "a new file of passwords",
    verdict: "hit",
    committed: true,
    change: write("scripts/.env", "PASSWORD=tulip\n"),
    path: "scripts/.env",
    says: "is by its name a file that is never synced",
  },
  {
    guard: "secret",
    title: "the key of the manual, and one that is a character short",
    verdict: "below",
    change: write("notes/n03.md", `${["AKIA", "IOSFODNN7EXAMPLE"].join("")}\n${KEY.slice(0, -1)}\n`),
  },
  {
    guard: "secret",
    title: "a note that had the key before",
    verdict: "miss",
    start: { ...BASE, "notes/key.md": `${KEY}\n` },
    change: write("notes/key.md", `it is\n${KEY}\n`),
  },
  {
    guard: "secret",
    title: "an example of a file of passwords",
    verdict: "miss",
    change: write("scripts/.env.example", "PASSWORD=\n"),
  },
  {
    guard: "lfs-pointer",
    title: "a note that became a pointer",
    verdict: "hit",
    change: write("notes/n03.md", POINTER),
    path: "notes/n03.md",
    says: "had 21 bytes of content and is a pointer of git LFS",
  },
  {
    guard: "lfs-pointer",
    title: "a note that holds a pointer and a line of its own",
    verdict: "below",
    change: write("notes/n03.md", `${POINTER}see above\n`),
  },
];

const FOLDER_CASES: readonly GuardCase[] = [
  {
    guard: "critical-delete",
    title: "a critical file",
    verdict: "hit",
    change: remove(CONTEXT),
    path: CONTEXT,
    says: "is critical and gone",
  },
  {
    guard: "critical-delete",
    title: "a critical file that is none under its new name",
    verdict: "hit",
    change: rename(CONTEXT, "clients/acme/context-old.md"),
    path: CONTEXT,
    says: "is critical and gone",
  },
  {
    guard: "critical-delete",
    title: "a critical file that is one under its new name",
    verdict: "below",
    change: rename(CONTEXT, "clients/acme-ltd/CONTEXT.md"),
  },
  { guard: "critical-delete", title: "a note", verdict: "miss", change: remove("notes/n03.md") },
  {
    guard: "mass-delete",
    title: "9 of 40 files",
    verdict: "hit",
    change: remove(...NOTES.slice(0, 9)),
    path: null,
    says: "9 of 40 files (22 %) are deleted: notes/n00.md, notes/n01.md, notes/n02.md and 6 more",
  },
  { guard: "mass-delete", title: "8 of 40 files", verdict: "below", change: remove(...NOTES.slice(0, 8)) },
  {
    guard: "mass-delete",
    title: "9 of 40 files that moved",
    verdict: "miss",
    change: (machine) => {
      for (const path of NOTES.slice(0, 9)) machine.rename(path, path.replace("notes/", "archive/"));
    },
  },
  {
    guard: "mass-delete",
    title: "2 of 4 files",
    verdict: "miss",
    start: { "a/1.md": "1\n", "a/2.md": "2\n", "a/3.md": "3\n", "b.md": "b\n" },
    change: remove("a/1.md", "a/2.md"),
  },
  {
    guard: "mass-delete",
    title: "all three files of a top-level folder",
    verdict: "hit",
    change: remove("top"),
    path: null,
    says: "nothing is left in top; 3 of 40 files (7 %) are deleted: top/a.md, top/b.md, top/c.md",
  },
  {
    guard: "mass-delete",
    title: "two of the three files of a top-level folder",
    verdict: "below",
    change: remove("top/a.md", "top/b.md"),
  },
  {
    guard: "mass-delete",
    title: "101 files where many may go",
    verdict: "hit",
    start: { ...numbered(120), ".petesbrain-sync.toml": "[guards]\nmass_delete_percent = 90\n" },
    change: remove(...Object.keys(numbered(101))),
    path: null,
    says: "101 of 121 files (83 %) are deleted",
  },
  {
    guard: "mass-delete",
    title: "100 files where many may go",
    verdict: "below",
    start: { ...numbered(120), ".petesbrain-sync.toml": "[guards]\nmass_delete_percent = 90\n" },
    change: remove(...Object.keys(numbered(100))),
  },
  {
    guard: "all-changed",
    title: "36 of 40 files",
    verdict: "hit",
    change: edit([...NOTES, "README.md", "top/a.md"]),
    path: null,
    says: "36 of 40 files (90 %) are changed at once",
  },
  { guard: "all-changed", title: "35 of 40 files", verdict: "below", change: edit([...NOTES, "README.md"]) },
  {
    guard: "all-changed",
    title: "all of 20 files",
    verdict: "hit",
    start: numbered(20),
    change: edit(Object.keys(numbered(20))),
    path: null,
    says: "20 of 20 files (100 %) are changed at once",
  },
  {
    guard: "all-changed",
    title: "all of 19 files",
    verdict: "miss",
    start: numbered(19),
    change: edit(Object.keys(numbered(19))),
  },
  {
    guard: "large-file",
    title: "a tracked file of a byte too much",
    verdict: "hit",
    start: { ...BASE, ...SMALL_LIMIT, "data.txt": "1\n" },
    change: write("data.txt", "d".repeat(1_000_001)),
    path: "data.txt",
    says: "has 1.1 MB, more than the 1 MB that may be published",
  },
  {
    guard: "large-file",
    title: "a new file that is too large",
    verdict: "hit",
    start: { ...BASE, ...SMALL_LIMIT },
    committed: true,
    change: write("new.txt", "d".repeat(1_000_001)),
    path: "new.txt",
    says: "has 1.1 MB, more than the 1 MB that may be published",
  },
  {
    guard: "large-file",
    title: "a file of exactly the limit",
    verdict: "below",
    start: { ...BASE, ...SMALL_LIMIT },
    change: write("new.txt", "d".repeat(1_000_000)),
  },
  {
    guard: "large-file",
    title: "a large file that was there, under another name",
    verdict: "miss",
    start: { ...BASE, ...SMALL_LIMIT, "data.txt": "d".repeat(1_000_001) },
    committed: true,
    change: rename("data.txt", "moved.txt"),
  },
  {
    guard: "name-clash",
    title: "a name that differs in case",
    verdict: "hit",
    change: write("notes/N03.md", "another\n"),
    path: "notes/N03.md",
    says: 'and "n03.md" beside it have the same name on a Mac (they differ in case)',
  },
  {
    guard: "name-clash",
    title: "a folder on the way that differs in case",
    verdict: "hit",
    change: write("Notes/new.md", "another\n"),
    path: "Notes",
    says: 'and "notes" beside it have the same name on a Mac (they differ in case)',
  },
  {
    guard: "name-clash",
    title: "a name that differs in Unicode form",
    verdict: "hit",
    start: { ...BASE, ["caf\u00e9.md"]: "one\n" },
    change: write("cafe\u0301.md", "two\n"),
    path: "cafe\u0301.md",
    says: "have the same name on a Mac (they differ in Unicode form)",
  },
  {
    guard: "name-clash",
    title: "a rename in case alone",
    verdict: "below",
    change: rename("notes/n03.md", "notes/N03.md"),
  },
  { guard: "name-clash", title: "the same name elsewhere", verdict: "miss", change: write("top/N03.md", "another\n") },
];

const BOARD = "boards/acme.json";
/** With a list of no class of its own, which is merged line by line. */
const WITH_BOARD: Contents = { ...BASE, [BOARD]: taskList(ENTRIES) };

/** What a merge of two edits makes of a list: nobody wrote it. */
const MERGE_CASES: readonly GuardCase[] = [
  {
    guard: "lost-ids",
    start: WITH_BOARD,
    title: "an entry that both moved, to different places",
    verdict: "hit",
    change: write(BOARD, moveEntry(2, 12)),
    meanwhile: write(BOARD, moveEntry(2, 30)),
    path: BOARD,
    says: "3 (2 times)",
  },
  {
    guard: "lost-ids",
    start: WITH_BOARD,
    title: "entries that each moved elsewhere",
    verdict: "below",
    change: write(BOARD, moveEntry(2, 8)),
    meanwhile: write(BOARD, moveEntry(20, 30)),
  },
  {
    guard: "lost-ids",
    start: WITH_BOARD,
    title: "entries that each deleted",
    verdict: "miss",
    change: write(BOARD, taskList(ENTRIES.toSpliced(2, 1))),
    meanwhile: write(BOARD, taskList(ENTRIES.toSpliced(30, 1))),
  },
];

export const GUARD_CASES = {
  contents: CONTENT_CASES,
  folder: FOLDER_CASES,
  merges: MERGE_CASES,
} as const;

/** The cases of one verdict as rows of a table; a halt is played each way, what passes goes all ways at once. */
export function titled(cases: readonly GuardCase[], verdict: Verdict): [title: string, way: Way, one: GuardCase][] {
  const wanted = cases.filter((one) => one.verdict === verdict);
  const ways: readonly Way[] = verdict === "hit" ? ["push", "sync", "pull"] : ["push"];
  return ways.flatMap((way) => wanted.map((one): [string, Way, GuardCase] => [`${one.guard}: ${one.title}`, way, one]));
}
