// A run that is told to end while git moves refs: a git that is ended there can leave its locks, in every later run's way.
import { expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Git } from "../lib/git/shell.ts";

/** Aborts a command once it runs, and lets it go on only then. */
async function abortedIn(command: readonly string[]): Promise<{ answer: unknown; folder: string; told: boolean }> {
  const folder = mkdtempSync(join(tmpdir(), "refs-ending-"));
  const [started, go, told] = ["started", "go", "told"].map((name) => join(folder, name)) as [string, string, string];
  const path = process.env["PATH"] ?? "";
  const plain = { PATH: path, HOME: folder, GIT_CONFIG_NOSYSTEM: "1" };
  Bun.spawnSync(["git", "init", "-q", folder], { env: plain });
  mkdirSync(join(folder, "bin"));
  const trapped = `trap "echo > '${told}'; exit 1" TERM; echo > '${started}'; until [ -e '${go}' ]; do :; done`;
  const program = `#!/bin/sh\n${trapped}\nPATH='${path}' exec git "$@"\n`;
  writeFileSync(join(folder, "bin", "git"), program, { mode: 0o755 });
  const controller = new AbortController();
  const environment = { ...plain, PATH: `${join(folder, "bin")}:${path}` };
  const git = new Git({ folder, environment, signal: controller.signal });
  const run = git.run(command).catch((error: unknown) => error);
  while (!existsSync(started)) await new Promise((resolve) => setImmediate(resolve));
  controller.abort(new Error("the run was told to end"));
  // one that was told needs no leave
  setImmediate(() => writeFileSync(go, ""));
  return { answer: await run, folder, told: existsSync(told) };
}

test("the command that moves refs is carried through; the run ends after it", async () => {
  const { answer, folder, told } = await abortedIn(["update-ref", "--stdin"]);
  expect(answer).toEqual(new Error("the run was told to end"));
  expect(told).toBe(false);
  rmSync(folder, { recursive: true });
});

test("any other is told at once", async () => {
  const { answer, folder, told } = await abortedIn(["rev-parse", "--git-dir"]);
  expect(answer).toEqual(new Error("the run was told to end"));
  expect(told).toBe(true);
  rmSync(folder, { recursive: true });
});
