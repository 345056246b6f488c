// The completion scripts in the shells they are for: what is offered after which words. The scripts are printed by the
// product; the shells are real.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { completionTables } from "../cmd/completion-tables.ts";
import { COMMANDS } from "../cmd/help.ts";
import { GUARDS } from "../lib/guard.ts";
import { productCommand } from "./support/binary.ts";
import { machineEnvironment } from "./support/plain-git.ts";
import { testUnless } from "./support/skip.ts";

const home = mkdtempSync(join(tmpdir(), "sync-completion-"));
const scriptOf = (shell: string): string => join(home, `completion.${shell}`);
const NAMES = COMMANDS.filter(({ hidden }) => !hidden).map(({ name }) => name);
const missing = (shell: string): string | null => (Bun.which(shell) === null ? `${shell} is not installed` : null);

beforeAll(async () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    const command = [...(await productCommand()), "completion", shell];
    const child = Bun.spawnSync(command, { cwd: home, env: machineEnvironment(home), stderr: "pipe" });
    expect([child.exitCode, child.stderr.toString()]).toEqual([0, ""]);
    writeFileSync(scriptOf(shell), child.stdout);
  }
  mkdirSync(join(home, "a folder"));
  writeFileSync(join(home, "a file"), "");
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Words before the cursor, the last of them unfinished, and what must be offered. */
const OFFERS: readonly (readonly [typed: readonly string[], offered: readonly string[]])[] = [
  [["pu"], ["pull", "push"].filter((name) => NAMES.includes(name))],
  [[""], NAMES],
  [
    ["config", ""],
    ["check", "path", "show"],
  ],
  [["config", "c"], ["check"]],
  [["--quiet", "config", "s"], ["show"]],
  [["--folder", "push", "config", "s"], ["show"]],
  [["help", "upg"], ["upgrade"]],
  [
    ["completion", ""],
    ["bash", "fish", "zsh"],
  ],
  [
    ["init", "--role", ""],
    ["desktop", "laptop"],
  ],
  [["push", "--allow", "lost"], ["lost-ids"]],
  [["push", "--allow", ""], Object.keys(GUARDS)],
  [["upgrade", "--ro"], ["--rollback"]],
  [["push", "--ro"], []],
];

test("every command and every option of the table is offered", () => {
  const tables = completionTables();
  expect(tables.map(({ name }) => name)).toEqual(NAMES);
  const allow = tables.find(({ name }) => name === "push")?.options.find(({ name }) => name === "allow");
  expect(allow?.value).toEqual({ words: Object.keys(GUARDS) });
});

describe("bash", () => {
  const inBash = (words: readonly string[]): string[] => {
    const text = [
      'source "$0"',
      'COMP_WORDS=(petesbrain-sync "$@"); COMP_CWORD=$#',
      "_petesbrain_sync",
      `printf "%s\\n" "\${COMPREPLY[@]}"`,
    ].join("\n");
    const ended = Bun.spawnSync(["bash", "--norc", "-c", text, scriptOf("bash"), ...words], { stderr: "pipe" });
    expect(ended.stderr.toString()).toBe("");
    return ended.stdout
      .toString()
      .split("\n")
      .filter((line) => line !== "");
  };

  for (const [typed, offered] of OFFERS) {
    testUnless(missing("bash"))(`offers what fits after ${JSON.stringify(typed)}`, () =>
      expect(inBash(typed).sort()).toEqual([...offered].sort()),
    );
  }

  testUnless(missing("bash"))("uses nothing that bash 3.2 has not", async () => {
    const text = await Bun.file(scriptOf("bash")).text();
    expect(text).not.toMatch(/mapfile|readarray|compopt|declare -A|local -n|\$\{\w+[,^]{1,2}\}|&>>|\|&|coproc/);
    expect(text).toContain("complete -o default -F _petesbrain_sync petesbrain-sync");
    expect(text).not.toContain("bunfs");
  });
});

describe("fish", () => {
  const inFish = (typed: readonly string[]): string[] => {
    const line = ["petesbrain-sync", ...typed].join(" ");
    const env = { ...machineEnvironment(home), LC_ALL: "C.UTF-8" };
    const words = ["fish", "--no-config", "-c", `source ${scriptOf("fish")}; complete -C '${line}'`];
    const ended = Bun.spawnSync(words, { cwd: home, env, stderr: "pipe" });
    expect(ended.stderr.toString()).toBe("");
    return ended.stdout
      .toString()
      .split("\n")
      .filter((row) => row !== "")
      .map((row) => row.split("\t")[0] ?? "");
  };

  for (const [typed, offered] of OFFERS) {
    testUnless(missing("fish"))(`offers what fits after ${JSON.stringify(typed)}`, () =>
      expect(inFish(typed).sort()).toEqual([...offered].sort()),
    );
  }

  testUnless(missing("fish"))("offers folders where a folder is wanted, and files where a file is", () => {
    expect(inFish(["push", "--folder", "a"])).toEqual(["a folder/"]);
    expect(inFish(["why", "a"])).toEqual(["a file", "a folder/"]);
  });
});

describe("zsh", () => {
  /** Types into an interactive zsh and presses the tabulator twice; returns the screen. */
  const inZsh = async (typed: readonly string[]): Promise<string> => {
    let screen = "";
    let step = 0;
    const decoder = new TextDecoder();
    const closed = Promise.withResolvers<void>();
    const set = `PS1='ready> '; autoload -U compinit; compinit -u -D; source ${scriptOf("zsh")}; setopt auto_list no_auto_menu no_list_beep; unsetopt list_ambiguous prompt_sp; zstyle ':completion:*' list-prompt ''\n`;
    const child = Bun.spawn(["zsh", "-f", "-i"], {
      cwd: home,
      env: { ...machineEnvironment(home), TERM: "dumb", PS1: "ready> ", LC_ALL: "C.UTF-8" },
      terminal: {
        cols: 160,
        rows: 100,
        data: (terminal, bytes) => {
          screen += decoder.decode(bytes, { stream: true });
          if (step === 0 && screen.includes("ready> ")) {
            step = 1;
            terminal.write(`${set}echo begin\n`);
          } else if (step === 1 && /\nbegin\r?\n.*ready> /s.test(screen)) {
            step = 2;
            screen = "";
            terminal.write(`petesbrain-sync ${typed.join(" ")}\t\t`);
            terminal.write("\u0015echo e''nd\n");
          } else if (step === 2 && /\nend\r?\n/.test(screen)) {
            step = 3;
            terminal.write("exit\n");
          }
        },
        exit: () => closed.resolve(),
      },
    });
    await child.exited;
    await closed.promise;
    return screen;
  };

  testUnless(missing("zsh"))("offers commands with what they do", async () => {
    const screen = await inZsh(["pu"]);
    expect(screen).toMatch(/pull +-- bring the remote's changes in/);
    expect(screen).toMatch(/push +-- publish this machine's changes/);
    expect(screen).not.toMatch(/status +--/);
  });

  testUnless(missing("zsh"))("offers the options of the command that is there", async () => {
    const screen = await inZsh(["upgrade", "--"]);
    expect(screen).toMatch(/--rollback +-- back to the executable before this one/);
    expect(screen).not.toContain("--allow");
  });

  testUnless(missing("zsh"))("completes a word that is the only one, also behind an option with a value", async () => {
    expect(await inZsh(["--folder", "push", "config", "sh"])).toContain("config show");
    expect(await inZsh(["push", "--allow", "lost"])).toContain("lost-ids");
  });

  testUnless(missing("zsh"))("offers folders where a folder is wanted", async () => {
    const screen = await inZsh(["push", "--folder", "a"]);
    expect(screen).toContain("a\\ folder/");
    expect(screen).not.toContain("file");
  });
});
