// The log in the user's home: its lines, its bounds, and that it is private and never follows a link.
import { expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { formatLogLine, type LogFile, openLog } from "../lib/machine/log.ts";
import { redact } from "../lib/machine/redact.ts";

const AT = new Date("2026-01-04T10:25:00.123Z");
const RUN = "20260104T102500Z-4f2a";

function homeFor(): { home: string; [Symbol.dispose]: () => void } {
  const home = mkdtempSync(join(tmpdir(), "sync-log-"));
  return { home, [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }) };
}

const LINES: readonly (readonly [title: string, fields: Record<string, string | number | boolean>, line: string])[] = [
  ["no field", {}, ""],
  ["a word, a number, a yes", { branch: "main", files: 3, dry: true }, " branch=main files=3 dry=true"],
  ["a space", { cause: "no network" }, ' cause="no network"'],
  ["nothing", { cause: "" }, ' cause=""'],
  ["quotes and a backslash", { path: String.raw`a"b\c` }, String.raw` path="a\"b\\c"`],
  ["an equals sign", { word: "a=b" }, ' word="a=b"'],
  ["line breaks", { path: "a\nERROR b\r" }, String.raw` path="a\nERROR b\r"`],
  ["an escape sequence", { path: "\u001b[31mred\u009b0m" }, String.raw` path="\u001b[31mred\u009b0m"`],
  ["turned around text", { path: "a\u202etxt.exe" }, String.raw` path="a\u202etxt.exe"`],
  ["accents and emoji", { path: "clients/Søren/🎉.md" }, " path=clients/Søren/🎉.md"],
  ["credentials", { url: "https://me:secret@example.com/x.git" }, " url=https://***@example.com/x.git"],
];

test.each(LINES)("a line with %s", (_, fields, tail) => {
  expect(formatLogLine(AT, "info", RUN, "event", fields)).toBe(`2026-01-04T10:25:00Z INFO ${RUN} event${tail}\n`);
});

test("no value can begin a line of its own, steer a terminal, or leave its field", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 60 }), (value) => {
      const line = formatLogLine(AT, "warn", RUN, "event", { value });
      expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cf}]/u);
      const shown = line.slice(line.indexOf("value=") + "value=".length, -1);
      const read: unknown = shown.startsWith('"') ? JSON.parse(shown) : shown;
      expect(read).toBe(redact(value));
    }),
  );
});

test("an address without a password stays as it is", () => {
  expect(redact("git@example.com:me/x.git and https://example.com/a@b")).toBe(
    "git@example.com:me/x.git and https://example.com/a@b",
  );
});

const FILES: readonly (readonly [LogFile, string, number])[] = [
  ["sync", ".petesbrain-sync-v2.log", 1000],
  ["error", ".petesbrain-sync-v2-error.log", 500],
  ["rollback", ".petesbrain-sync-rollback.log", 500],
];

test.each(FILES)("the %s log has its name, is private, and keeps its newest lines", (file, name, kept) => {
  using place = homeFor();
  const log = openLog({ home: place.home, now: () => AT });
  const path = join(place.home, name);
  expect(log.pathOf(file)).toBe(path);
  log.write(file, "info", RUN, "first");
  expect(statSync(path).mode & 0o777).toBe(0o600);

  const old = Array.from({ length: kept * 2 }, (_, at) =>
    formatLogLine(AT, "info", RUN, "event", { at, note: "x".repeat(60) }),
  );
  writeFileSync(path, old.join(""));
  chmodSync(path, 0o644);
  openLog({ home: place.home, now: () => AT }).write(file, "info", RUN, "last");

  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  expect(lines).toHaveLength(kept);
  expect(lines.at(-1)).toContain(" last");
  expect(lines.at(-2)).toContain(`at=${kept * 2 - 1} `);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("a log that is only a little too long is left alone", () => {
  using place = homeFor();
  const path = join(place.home, ".petesbrain-sync-v2.log");
  writeFileSync(path, "x".repeat(99).concat("\n").repeat(1050));
  openLog({ home: place.home, now: () => AT }).write("sync", "info", RUN, "last");
  expect(readFileSync(path, "utf8").trimEnd().split("\n")).toHaveLength(1051);
});

test("a rotation that was killed does not stop the next one", () => {
  using place = homeFor();
  const path = join(place.home, ".petesbrain-sync-rollback.log");
  writeFileSync(`${path}.new`, "half");
  utimesSync(`${path}.new`, 1, 1);
  writeFileSync(path, "x".repeat(99).concat("\n").repeat(2000));
  openLog({ home: place.home, now: () => AT }).write("rollback", "info", RUN, "last");
  expect(readFileSync(path, "utf8").trimEnd().split("\n")).toHaveLength(500);
  expect(existsSync(`${path}.new`)).toBe(false);
});

test("a link in the log's place is not followed, and nothing is thrown", () => {
  using place = homeFor();
  const target = join(place.home, "precious");
  writeFileSync(target, "mine");
  symlinkSync(target, join(place.home, ".petesbrain-sync-v2.log"));
  openLog({ home: place.home, now: () => AT }).write("sync", "error", RUN, "event");
  expect(readFileSync(target, "utf8")).toBe("mine");
});

test("a folder in the log's place, and a home that is not there, are no failure", () => {
  using place = homeFor();
  mkdirSync(join(place.home, ".petesbrain-sync-v2.log"));
  expect(() => openLog({ home: place.home, now: () => AT }).write("sync", "error", RUN, "event")).not.toThrow();
  expect(() =>
    openLog({ home: join(place.home, "no"), now: () => AT }).write("sync", "error", RUN, "event"),
  ).not.toThrow();
});

test("a rotation that another process is at is left to it", () => {
  using place = homeFor();
  const path = join(place.home, ".petesbrain-sync-rollback.log");
  writeFileSync(`${path}.new`, "half");
  writeFileSync(path, "x".repeat(99).concat("\n").repeat(2000));
  openLog({ home: place.home, now: () => AT }).write("rollback", "info", RUN, "last");
  expect(readFileSync(path, "utf8").trimEnd().split("\n")).toHaveLength(2001);
  expect(readFileSync(`${path}.new`, "utf8")).toBe("half");
});

const WRITER = `
import { openLog } from ${JSON.stringify(join(import.meta.dir, "..", "lib", "machine", "log.ts"))};
const [home, name, count] = process.argv.slice(2);
for (let n = 0; n < Number(count); n++)
  openLog({ home, now: () => new Date(0) }).write("error", "info", name, "line", { n, fill: "x".repeat(80) });
`;

/** Together fewer than are kept: whatever is dropped was there before, also where a line is carried over late. */
const LINES_EACH = 160;

test.each([1, 2, 3, 4])("processes that write and rotate at the same time lose no line, round %d", async () => {
  using place = homeFor();
  const script = join(place.home, "writer.ts");
  writeFileSync(script, WRITER);
  const log = join(place.home, ".petesbrain-sync-v2-error.log");
  writeFileSync(log, `an earlier line ${"x".repeat(80)}\n`.repeat(540));
  const names = ["a", "b", "c"];
  const children = names.map((name) =>
    Bun.spawn([process.execPath, script, place.home, name, `${LINES_EACH}`], { stdout: "inherit", stderr: "inherit" }),
  );
  expect(await Promise.all(children.map((child) => child.exited))).toEqual([0, 0, 0]);
  // whoever writes while another is at it goes beyond; the next one cuts that off
  openLog({ home: place.home, now: () => AT }).write("error", "info", RUN, "last");
  const lines = readFileSync(log, "utf8").trimEnd().split("\n");
  expect(lines.length).toBeLessThanOrEqual(550);
  for (const name of names) {
    const numbers = lines.flatMap((line) =>
      line.includes(` ${name} line `) ? [Number(/ n=(\d+) /.exec(line)?.[1])] : [],
    );
    expect([...new Set(numbers)].sort((x, y) => x - y)).toEqual(Array.from({ length: LINES_EACH }, (_, n) => n));
  }
});

const SECRET: readonly (readonly [title: string, text: string, shown: string])[] = [
  ["a header", "authorization: Bearer abcdef123456", "authorization: Bearer ***"],
  ["a parameter", "https://x.example/?access_token=abc123def&x=1", "https://x.example/?access_token=***&x=1"],
  ["JSON", '{"password":"hunter22"}', '{"password":"***"}'],
  ["a key by its form", `key ${"AKIA"}QYLPMN5HHHFPZAM2 used`, "key *** used"],
  [
    "a webhook",
    `https://hooks.slack${".com/services/"}T04KD83HF/B05LE94JG/q8Zs5vXw2Rt7Yb4Nc9Mf3Kd1`,
    "https://hooks.slack.com/services/***",
  ],
  ["prose", "no password: terminal prompts disabled", "no password: terminal prompts disabled"],
  ["a commit", "9c1185a5c5e9fc54612808977ee8f548b2258d31", "9c1185a5c5e9fc54612808977ee8f548b2258d31"],
];

test.each(SECRET)("what is taken out of %s", (_, text, shown) => expect(redact(text)).toBe(shown));

test("what a machine knows to be secret is taken out whatever its form", () => {
  expect(redact("535 bad: four horses here, not horses", ["four horses"])).toBe("535 bad: *** here, not horses");
});
