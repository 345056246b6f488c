// The product on a real terminal: steps are shown and erased, questions are asked in place, Ctrl-C ends a question.
import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTerminal, type Seen, visible } from "./support/on-terminal.ts";
import { gitText, machineEnvironment } from "./support/plain-git.ts";

interface Desk {
  readonly home: string;
  readonly [Symbol.dispose]: () => void;
  /** Runs the product on a terminal; each answer is typed when its question has appeared. */
  type(
    args: readonly string[],
    answers?: readonly (readonly [question: string, typed: string])[],
    environment?: Record<string, string>,
  ): Promise<Seen>;
}

function desk(): Desk {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "sync-terminal-")));
  const type: Desk["type"] = (args, answers = [], environment = {}) =>
    onTerminal({ cwd: home, environment: { ...machineEnvironment(home), ...environment } }, args, answers);
  return { home, type, [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }) };
}

async function setUp(at: Desk): Promise<void> {
  gitText(at.home, at.home, ["init", "--quiet", "--bare", "--initial-branch=main", "remote.git"]);
  mkdirSync(join(at.home, "brain"));
  writeFileSync(join(at.home, "brain", "a.md"), "one\n");
  const { exit } = await at.type(["init", "brain", "--role", "desktop", "--remote", "remote.git", "--yes"]);
  expect(exit).toBe(0);
}

test("init asks for what it needs, and does nothing when the answer is no", async () => {
  using at = desk();
  gitText(at.home, at.home, ["init", "--quiet", "--bare", "--initial-branch=main", "remote.git"]);
  mkdirSync(join(at.home, "brain"));
  const questions = [
    ["another name?", "desktop\n"],
    ["a path)?", "remote.git\n"],
  ] as const;
  const no = await at.type(["init", "brain"], [...questions, ["[Y/n]", "n\n"]]);
  expect([
    no.exit,
    visible(no.screen).includes("stopped: interrupted\n  nothing was set up, as you answered\n"),
  ]).toEqual([130, true]);
  const yes = await at.type(["init", "brain"], [...questions, ["[Y/n]", "\n"]]);
  expect(yes.exit).toBe(0);
  expect(visible(yes.screen)).toContain(`set up: ${join(at.home, "brain")} as desktop, branch main\n`);
});

test("steps are shown in colour and erased; nothing of them is left, and NO_COLOR leaves only the erasing", async () => {
  using at = desk();
  await setUp(at);
  const push = await at.type(["push"]);
  expect(push.exit).toBe(0);
  expect(push.screen).toContain("\u001b[Kpublish …");
  expect(push.screen).toContain("\u001b[1;32msynced\u001b[0m: 1 file published");
  expect(visible(push.screen)).toMatch(
    /^synced: 1 file published \(1 new\) as [0-9a-f]{7}; 1 file proven, as desktop attested\n {2}new {6}a\.md\n$/,
  );
  for (const [args, environment] of [
    [["status"], { NO_COLOR: "1" }],
    [["status", "--no-color"], {}],
    [["status"], { TERM: "dumb" }],
  ] as const) {
    expect((await at.type(args, [], environment)).screen).toStartWith("SAFE TO SWITCH\n");
  }
  const quiet = await at.type(["pull", "--quiet"]);
  expect(quiet).toEqual({ exit: 0, screen: "" });
});

test("rollback shows what would change and asks; no, the end of input and Ctrl-C leave everything as it is", async () => {
  using at = desk();
  await setUp(at);
  const file = join(at.home, "brain", "a.md");
  await at.type(["push"]);
  writeFileSync(file, "two\n");
  await at.type(["push"]);
  const copies = (): string[] => readdirSync(join(at.home, "brain", ".sync-snapshot"));
  const kept = copies();
  for (const typed of ["n\n", "\n", "\u0004", "\u0003"]) {
    const { exit, screen } = await at.type(["rollback"], [["[y/N]", typed]]);
    expect([typed, exit]).toEqual([typed, 130]);
    expect(visible(screen)).toContain(
      "the rollback would put back 1 file (1 changed):\n  changed  a.md\n--- a/a.md\n+++ b/a.md\n@@ -1 +1 @@\n-two\n+one\ngo ahead? [y/N] ",
    );
    expect(readFileSync(file, "utf8")).toBe("two\n");
    expect(copies()).toEqual(kept);
  }
  const { exit, screen } = await at.type(["rollback"], [["[y/N]", "y\n"]]);
  expect([exit, visible(screen).includes("rolled back: 1 file put back")]).toEqual([0, true]);
  expect(readFileSync(file, "utf8")).toBe("one\n");
});

test("a file's name cannot steer the terminal", async () => {
  using at = desk();
  await setUp(at);
  writeFileSync(join(at.home, "brain", "\u001b[2Jevil\u202e.md"), "x");
  const { exit, screen } = await at.type(["push"], [], { NO_COLOR: "1" });
  expect(exit).toBe(0);
  expect(screen).not.toContain("\u001b[2J");
  expect(screen).not.toContain("\u202e");
  expect(visible(screen)).toContain(String.raw`  new      \x1b[2Jevil\u{202e}.md`);
});
