// The editor is run on a private copy; whatever it does, nothing is left behind.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { editContent, editorOf } from "../cmd/conflict-editor.ts";

let home = "";
let scratch = "";
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "sync-editor-"));
  scratch = mkdtempSync(join(home, "scratch with blanks "));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** An editor: a shell script that gets the file as its last argument and may write to `$LOG`. */
function editor(script: string): string {
  const path = join(home, `editor-${readdirSync(home).length}`);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

interface Seen {
  readonly result: string | null;
  readonly said: readonly string[];
  readonly log: string;
}

async function edit(environment: Record<string, string>, path = "clients/acme/notes.md"): Promise<Seen> {
  const said: string[] = [];
  const log = join(home, "log");
  writeFileSync(log, "");
  const result = await editContent(path, Buffer.from("before\n"), {
    environment: { PATH: "/usr/bin:/bin", LOG: log, ...environment },
    scratch,
    complain: (line) => said.push(line),
  });
  expect(readdirSync(scratch)).toEqual([]);
  return { result: result === null ? null : Buffer.from(result).toString(), said, log: readFileSync(log, "utf8") };
}

test("what it leaves is the result; the copy is private and has the file's name", async () => {
  const look = editor(
    'ls -ld "$(dirname "$1")" "$1" | cut -c1-10 > "$LOG"; basename "$1" >> "$LOG"; cat "$1" >> "$LOG"; echo after > "$1"',
  );
  const { result, said, log } = await edit({ EDITOR: look });
  expect([result, said]).toEqual(["after\n", []]);
  expect(log).toBe("drwx------\n-rw-------\nnotes.md\nbefore\n");
});

test("its words may hold arguments, quotes and blanks; the file is one argument more", async () => {
  const show = editor('for word; do echo "[$word]" >> "$LOG"; done');
  const { log, result } = await edit({ VISUAL: `${show} --wait -c 'set a b'` });
  expect(log).toMatch(/^\[--wait\]\n\[-c\]\n\[set a b\]\n\[.*scratch with blanks .*notes\.md\]\n$/);
  expect(result).toBe("before\n");
});

test("an editor that replaces the file instead of writing into it serves as well", async () => {
  const replace = editor('echo new > "$1.tmp" && mv "$1.tmp" "$1"');
  expect((await edit({ EDITOR: replace })).result).toBe("new\n");
});

describe("without a result it is said why", () => {
  test("when it fails, whatever it wrote", async () => {
    const fails = editor('echo half > "$1"; exit 3');
    expect(await edit({ EDITOR: fails })).toEqual({
      result: null,
      said: [`the editor (${fails}) changed nothing: it ended with 3`],
      log: "",
    });
  });

  test("when it is not installed", async () => {
    expect((await edit({ EDITOR: "no-such-editor --wait" })).said).toEqual([
      "the editor (no-such-editor --wait) changed nothing: it is not installed: set VISUAL or EDITOR",
    ]);
  });

  test("when it leaves no file", async () => {
    expect(await edit({ EDITOR: editor('rm "$1"') })).toMatchObject({
      result: null,
      said: ["the editor changed nothing: ENOENT"],
    });
  });
});

test("a place that is not there is said", async () => {
  const said: string[] = [];
  const place = {
    environment: { EDITOR: "true" },
    scratch: join(home, "gone"),
    complain: (line: string) => said.push(line),
  };
  expect(await editContent("a.md", Buffer.from(""), place)).toBeNull();
  expect(said).toEqual(["the editor changed nothing: ENOENT"]);
});

test.each([
  ["clients/$(touch owned)/`id`;x.json", "_id__x.json"],
  ["-rf", "rf"],
  ["a/..", "conflict"],
  [".mcp.json", "mcp.json"],
  ["é\u001b[2J\n.md", "___2J_.md"],
  [`${"long".repeat(60)}.json`, `${"long".repeat(60)}.json`.slice(-80)],
])("the name of %p reaches the editor as %p", async (path, name) => {
  const { log } = await edit({ EDITOR: editor('printf %s "$(basename "$1")" > "$LOG"') }, path);
  expect(log).toBe(name);
  expect(readdirSync(home)).not.toContain("owned");
});

test("VISUAL comes before EDITOR, vi after both; empty words count as none", () => {
  expect(editorOf({ VISUAL: "code --wait", EDITOR: "nano" })).toBe("code --wait");
  expect(editorOf({ VISUAL: " ", EDITOR: "nano" })).toBe("nano");
  expect(editorOf({})).toBe("vi");
});
