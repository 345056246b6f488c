// The runner for programs of the system: words arrive as they are, a failure is an answer, nothing outlives its deadline.
import { expect, test } from "bun:test";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ProgramCall, runProgram } from "../lib/machine/command.ts";

const CALL: ProgramCall = {
  environment: { PATH: "/usr/bin:/bin" },
  timeoutMs: 30_000,
  signal: new AbortController().signal,
};

/** Says whether any process of the group is still at work; one that has ended and is not yet taken note of is not. */
function groupLives(pid: number): boolean {
  const rows = Bun.spawnSync(["ps", "-A", "-o", "pgid=,stat="]).stdout.toString().split("\n");
  return rows.some((row) => new RegExp(`^\\s*${pid}\\s+[^Z]`).test(row));
}

const MOST_LOOKS = 100;

/** A process that was killed is there until the system gets to it: what is not, ends within these looks. */
function groupEnds(pid: number): boolean {
  for (let look = 0; look < MOST_LOOKS; look++) if (!groupLives(pid)) return true;
  return false;
}

test("words and input arrive as they are, and the answer comes back", async () => {
  const words = ["-n", "a b", "$HOME", "`id`", "'", '"', "ü\n"];
  const said = await runProgram(["/bin/sh", "-c", 'cat; printf "[%s]" "$@"; echo bad >&2; exit 7', "sh", ...words], {
    ...CALL,
    input: "in ",
  });
  expect(said).toEqual({
    exit: 7,
    stdout: `in ${words.map((word) => `[${word}]`).join("")}`,
    stderr: "bad\n",
    timedOut: false,
  });
});

test("the environment is exactly the one given", async () => {
  const said = await runProgram(["/usr/bin/env"], { ...CALL, environment: { ONLY: "this" } });
  expect(said.stdout).toBe("ONLY=this\n");
});

test("a program that is not there is an answer", async () => {
  const said = await runProgram(["/nowhere/launchctl", "print"], CALL);
  expect(said).toMatchObject({ exit: 127, stdout: "", timedOut: false });
  expect(said.stderr).toStartWith("/nowhere/launchctl cannot be started");
});

test("input that nobody reads, and no input at all, hold nothing up", async () => {
  expect((await runProgram(["/bin/sh", "-c", "exit 0"], { ...CALL, input: "x".repeat(1_000_000) })).exit).toBe(0);
  expect((await runProgram(["/bin/cat"], CALL)).stdout).toBe("");
});

const STUBBORN = 'trap "" TERM; echo $$; (trap "" TERM; while :; do sleep 600; done) & while :; do sleep 600; done';

test("a deadline ends the whole group, also one that ignores TERM", async () => {
  const said = await runProgram(["/bin/sh", "-c", STUBBORN], { ...CALL, timeoutMs: 300, graceMs: 50 });
  expect(said).toMatchObject({ exit: 137, timedOut: true });
  expect(Number(said.stdout)).toBeGreaterThan(1);
  expect(groupEnds(Number(said.stdout))).toBe(true);
});

test("a deadline ends what ignores TERM and outlives its parent", async () => {
  const program = '(trap "" TERM; exec sleep 600 >/dev/null 2>&1) & echo $$; exec sleep 600';
  const said = await runProgram(["/bin/sh", "-c", program], { ...CALL, timeoutMs: 1_000 });
  expect(said).toMatchObject({ exit: 143, timedOut: true });
  expect(Number(said.stdout)).toBeGreaterThan(1);
  expect(groupEnds(Number(said.stdout))).toBe(true);
});

test("a run that is told to end ends its program", async () => {
  const place = realpathSync(mkdtempSync(join(tmpdir(), "command-")));
  const control = new AbortController();
  const note = join(place, "pid");
  expect(Bun.spawnSync(["mkfifo", note]).exitCode).toBe(0);
  const program = ["/bin/sh", "-c", 'echo $$ > "$1"; while :; do sleep 600; done', "sh", note];
  const run = runProgram(program, { ...CALL, signal: control.signal, graceMs: 50 });
  // the pipe ends when the program has written to it: it is at work, however long that took
  const pid = Number(await Bun.spawn(["cat", note], { stdout: "pipe" }).stdout.text());
  rmSync(place, { recursive: true });
  control.abort(new Error("told to end"));
  await expect(run).rejects.toThrow("told to end");
  expect(groupEnds(pid)).toBe(true);
  await expect(runProgram(["/bin/true"], { ...CALL, signal: control.signal })).rejects.toThrow("told to end");
});
