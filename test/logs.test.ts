// `logs`: lines read back as they were written, asked for by time and by run, and followed across a rotation.
import { describe, expect, test } from "bun:test";
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { formatLogLine, openLog } from "../lib/machine/log.ts";
import { LogFollower } from "../lib/machine/log-follow.ts";
import { isAskedFor, parseLogLine, parseSince } from "../lib/machine/log-line.ts";
import { redact } from "../lib/machine/redact.ts";
import { productCommand } from "./support/binary.ts";
import { machineEnvironment } from "./support/plain-git.ts";

const AT = new Date("2026-01-04T10:25:00Z");
const RUN = "20260104T102500Z-4f2a";

test("a line is read back as it was written", () => {
  const key = fc.stringMatching(/^[a-z]{1,8}$/);
  const fields = fc.dictionary(key, fc.string({ unit: "binary", maxLength: 40 }), { noNullPrototype: true });
  fc.assert(
    fc.property(fields, (given) => {
      const line = formatLogLine(AT, "warn", RUN, "event", given).trimEnd();
      const wanted = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, redact(value)]));
      expect(parseLogLine(line)).toEqual({
        ...{ at: "2026-01-04T10:25:00Z", level: "warn", run: RUN, event: "event" },
        ...{ fields: wanted, text: line },
      });
    }),
  );
});

test("a line of another tool is kept as it is, and belongs to no time and no run", () => {
  const entry = parseLogLine("[2026-01-03 10:00:00] Pushing to origin...");
  expect(entry).toMatchObject({ at: null, run: null, text: "[2026-01-03 10:00:00] Pushing to origin..." });
  expect(isAskedFor(entry, { since: null, run: null })).toBe(true);
  expect(isAskedFor(entry, { since: AT, run: null })).toBe(false);
  expect(isAskedFor(entry, { since: null, run: "2026" })).toBe(false);
});

const TIMES: readonly (readonly [string, string | null])[] = [
  ["30m", "2026-01-04T09:55:00.000Z"],
  ["2h", "2026-01-04T08:25:00.000Z"],
  ["3d", "2026-01-01T10:25:00.000Z"],
  ["1w", "2025-12-28T10:25:00.000Z"],
  ["2026-01-03", "2026-01-03T00:00:00.000Z"],
  ["2026-01-03T07:08", "2026-01-03T07:08:00.000Z"],
  ["2026-01-03 07:08:09", "2026-01-03T07:08:09.000Z"],
  ["2026-01-03T07:08:09Z", "2026-01-03T07:08:09.000Z"],
  ["yesterday", null],
  ["2026-13-40", null],
  ["3x", null],
  ["", null],
];

test.each(TIMES)("--since %s", (text, wanted) => expect(parseSince(text, AT)?.toISOString() ?? null).toBe(wanted));

function desk() {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "sync-logs-")));
  const log = openLog({ home, now: () => AT });
  const start = async (words: readonly string[]) =>
    Bun.spawn([...(await productCommand()), "logs", ...words], {
      ...{ cwd: home, env: machineEnvironment(home), stdin: "ignore", stdout: "pipe", stderr: "pipe" },
    });
  const run = async (...words: string[]) => {
    const child = await start(words);
    const [stdout, stderr, exit] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    return { stdout, stderr, exit };
  };
  return { home, log, start, run, [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }) };
}

describe("the command", () => {
  test("shows the newest lines of the log that is named, and says where nothing is", async () => {
    using at = desk();
    for (let n = 0; n < 60; n++) at.log.write("sync", "info", RUN, "event", { n });
    at.log.write("error", "error", "", "bug", { stack: "at a.ts" });
    const { stdout, exit } = await at.run();
    expect(exit).toBe(0);
    expect(stdout.trimEnd().split("\n")).toHaveLength(50);
    expect(stdout).toEndWith("n=59\n");
    expect((await at.run("error")).stdout).toContain('stack="at a.ts"');
    expect((await at.run("rollback")).stdout).toMatch(/^there is nothing in .*\.petesbrain-sync-rollback\.log$/m);
  });

  test("finds a run by the beginning of its name, and gives one object with --json", async () => {
    using at = desk();
    at.log.write("sync", "info", "20260103T102500Z-1111", "event", { n: 1 });
    at.log.write("sync", "info", RUN, "event", { n: 2 });
    const { stdout } = await at.run("--run", "20260104", "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      command: "logs",
      file: "sync",
      lines: [{ run: RUN, fields: { n: "2" } }],
    });
    expect((await at.run("--since", "2026-01-05")).stdout).toContain("there is nothing of that in");
  });

  test("answers a wrong time or log with a right one", async () => {
    using at = desk();
    const time = await at.run("--since", "tomorrow");
    expect(time.exit).toBe(2);
    expect(time.stderr).toContain("2026-01-04T10:25");
    expect((await at.run("errors")).stderr).toContain("did you mean error?");
    expect((await at.run("--limit", "0")).exit).toBe(2);
  });

  test("shows escapes of an older tool's lines as text", async () => {
    using at = desk();
    writeFileSync(at.log.pathOf("sync"), "\u001b[31mold line\u001b[0m\n");
    expect((await at.run()).stdout).toBe("\\x1b[31mold line\\x1b[0m\n");
  });
});

test("a log is followed across a rotation, a line an object, until Ctrl-C", async () => {
  using at = desk();
  at.log.write("rollback", "info", RUN, "before");
  const child = await at.start(["rollback", "-f", "--json"]);
  const reader = child.stdout.getReader();
  const decoder = new TextDecoder();
  let seen = "";
  const until = async (part: string): Promise<void> => {
    while (!seen.includes(part)) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`it ended after ${seen}`);
      seen += decoder.decode(value);
    }
  };
  await until('"before"');
  at.log.write("rollback", "info", RUN, "after", { n: 1 });
  await until('"after"');
  for (let n = 0; n < 700; n++)
    openLog({ home: at.home, now: () => AT }).write("rollback", "info", RUN, `event-${n}`, { fill: "x".repeat(90) });
  await until('"event-699"');
  child.kill("SIGINT");
  await until('"command":"logs"');
  expect(await child.exited).toBe(0);
  const events = seen
    .trimEnd()
    .split("\n")
    .slice(0, -1)
    .map((line) => (JSON.parse(line) as { event: string }).event);
  expect(new Set(events).size).toBe(events.length);
});

test("what a follower is told is every line once, whatever is dropped between its looks", () => {
  using at = desk();
  at.log.write("rollback", "info", RUN, "first");
  const follower = new LogFollower(at.log.pathOf("rollback"), null);
  const told = follower.news().map((line) => parseLogLine(line).event);
  for (let n = 0; n < 2000; n++) {
    openLog({ home: at.home, now: () => AT }).write("rollback", "info", RUN, `event-${n}`, { fill: "x".repeat(90) });
    if (n % 37 === 0) told.push(...follower.news().map((line) => parseLogLine(line).event));
  }
  told.push(...follower.news().map((line) => parseLogLine(line).event));
  expect(told).toEqual(["first", ...Array.from({ length: 2000 }, (_, n) => `event-${n}`)]);
  expect(follower.news()).toEqual([]);
});
