// The dialog on a terminal of its own: typed lines, colours, an editor that takes the terminal over and gives it back.
import { expect, test } from "bun:test";
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dialogIo } from "../cmd/conflict-io.ts";
import type { Surroundings } from "../cmd/surroundings.ts";

interface Seen {
  readonly screen: string;
  /** Private copies that are still there. */
  readonly left: readonly string[];
}

/** Runs the dialog in a process of its own on a terminal 60 columns wide; each answer is typed when its question has appeared. */
async function onTerminal(
  editor: string,
  answers: readonly (readonly [question: string, typed: string])[],
): Promise<Seen> {
  const home = mkdtempSync(join(tmpdir(), "sync-dialog-"));
  writeFileSync(join(home, "editor"), `#!/bin/sh\n${editor}\n`);
  chmodSync(join(home, "editor"), 0o755);
  const waiting = [...answers];
  const decoder = new TextDecoder();
  let [screen, read] = ["", 0];
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "support", "dialog-desk.ts"), home], {
    env: { PATH: "/usr/bin:/bin", TERM: "xterm", HOME: home, EDITOR: join(home, "editor") },
    terminal: {
      cols: 60,
      data: (terminal, bytes) => {
        screen += decoder.decode(bytes, { stream: true });
        const next = waiting[0];
        const at = next === undefined ? -1 : screen.indexOf(next[0], read);
        if (next === undefined || at < 0) return;
        read = at + next[0].length;
        waiting.shift();
        terminal.write(next[1]);
      },
    },
  });
  expect(await child.exited).toBe(0);
  const left = readdirSync(home).filter((name) => name.startsWith("petesbrain-sync-edit"));
  rmSync(home, { recursive: true, force: true });
  expect(waiting).toEqual([]);
  return { screen: screen.replaceAll("\r\n", "\n"), left };
}

test("is answered, edits in place, and takes answers again afterwards", async () => {
  const editor = 'printf "your text: "; read -r line </dev/tty; echo "$line" > "$1"';
  const { screen, left } = await onTerminal(editor, [
    ["answer (", "x\n"],
    ["answer (", "e\n"],
    ["your text: ", "typed in the editor\n"],
    ["go on with this answer?", "y\n"],
  ]);
  expect(screen).toContain("\u001b[31m- \u001b[31;7mTuesday\u001b[0m");
  expect(screen).toContain('"x" is no answer here');
  expect(screen).toContain("ANSWER typed in the editor\n");
  expect(left).toEqual([]);
});

test("an editor that fails is said, on rows that fit, and the question stands", async () => {
  const { screen } = await onTerminal("exit 7", [
    ["answer (", "e\n"],
    ["answer (", "q\n"],
  ]);
  expect(screen).toMatch(/changed\s+nothing: it ended with 7\n/);
  expect(screen).toContain("ANSWER none\n");
  const rows = screen.replaceAll(/\u001b\[[0-9;]*m/g, "").split("\n");
  expect(rows.filter((row) => Bun.stringWidth(row) > 60)).toEqual([]);
});

test("the end of the input stops", async () => {
  expect((await onTerminal("exit 0", [["answer (", "\u0004"]])).screen).toContain("ANSWER none\n");
});

test("where nobody can be asked, the input is at its end", async () => {
  const nobody = { readLine: null, err: { write: () => undefined, columns: 80 } } as unknown as Surroundings;
  const io = dialogIo(nobody, { color: false, scratch: "/", taskChanges: () => null });
  expect(await io.readLine("answer: ")).toBeNull();
});
