// The house keeps its rules: layers, doors, purity, exports, the top level. Every rule is also shown a text that breaks it.
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type Breach,
  cyclesIn,
  doorBreaches,
  exportBreaches,
  layerBreaches,
  MAY_USE,
  PROCESS_ALLOWED,
  processBreaches,
  purityBreaches,
  roomOf,
} from "./support/architecture.ts";
import { importsOf } from "./support/imports.ts";

const ROOT = join(import.meta.dir, "..");
const SOURCES = new Map(
  [...new Bun.Glob("{cmd,lib}/**/*.ts").scanSync({ cwd: ROOT })]
    .sort()
    .map((file) => [file, readFileSync(join(ROOT, file), "utf8")]),
);
const EVERY_TEXT = new Map(
  [...new Bun.Glob("{cmd,lib,test,.ci}/**/*.{ts,mjs}").scanSync({ cwd: ROOT, dot: true })]
    .sort()
    .map((file) => [file, readFileSync(join(ROOT, file), "utf8")]),
);

type Rule = (file: string, source: string) => Breach[];

function breachesOf(rule: Rule, sources: ReadonlyMap<string, string>): string[] {
  return [...sources].flatMap(([file, source]) =>
    rule(file, source).map((one) => `${one.file}:${one.line} ${one.why}`),
  );
}

describe("the sources", () => {
  test("are found", () => expect(SOURCES.size).toBeGreaterThan(20));

  test("use only rooms below their own", () => expect(breachesOf(layerBreaches, SOURCES)).toEqual([]));

  test("go to an outside package through its door", () => expect(breachesOf(doorBreaches, SOURCES)).toEqual([]));

  test("touch the process and the clock in cmd/main.ts only", () =>
    expect(breachesOf(processBreaches, SOURCES)).toEqual([]));

  test("have no effects where they decide", () => expect(breachesOf(purityBreaches, SOURCES)).toEqual([]));

  test("have no barrels, default exports or nameless files", () =>
    expect(breachesOf(exportBreaches, EVERY_TEXT)).toEqual([]));

  test("have no cycles", () => expect(cyclesIn(SOURCES).map((cycle) => cycle.join(" > "))).toEqual([]));

  test("live in a room of the table", () => {
    const rooms = new Set([...SOURCES.keys()].map(roomOf));
    expect([...rooms].filter((room) => room === null || !(room in MAY_USE))).toEqual([]);
  });

  test("begin with a comment that says what they are", () => {
    const silent = [...EVERY_TEXT].filter(([, source]) => !/^(?:#![^\n]*\n)?(?:\/\/|\/\*)/.test(source));
    expect(silent.map(([file]) => file)).toEqual([]);
  });

  test("name exceptions to the process rule that exist", () => {
    for (const file of Object.keys(PROCESS_ALLOWED)) expect(SOURCES.has(file), file).toBe(true);
  });
});

describe("a broken rule is seen", () => {
  const cases: readonly (readonly [name: string, rule: Rule, file: string, source: string])[] = [
    ["a room above", layerBreaches, "lib/git/a.ts", 'import { push } from "../sync/push.ts";'],
    ["a room beside", layerBreaches, "lib/merge/a.ts", 'import { take } from "../snapshot/take.ts";'],
    ["a type of a room above", layerBreaches, "lib/git/a.ts", 'import type { Report } from "../sync/report.ts";'],
    ["one type in braces", layerBreaches, "lib/git/a.ts", 'import { type Report } from "../sync/report.ts";'],
    ["an import over several lines", layerBreaches, "lib/git/a.ts", 'import {\n  a,\n  b,\n} from "../sync/push.ts";'],
    ["a dynamic import", layerBreaches, "lib/git/a.ts", 'const a = await import("../sync/push.ts");'],
    ["an import for its effect", layerBreaches, "lib/git/a.ts", 'import "../sync/push.ts";'],
    ["a type in place", layerBreaches, "lib/git/a.ts", 'type A = import("../sync/push.ts").A;'],
    ["cmd from lib", layerBreaches, "lib/sync/a.ts", 'import { say } from "../../cmd/terminal.ts";'],
    ["failure.ts using a room", layerBreaches, "lib/failure.ts", 'import { a } from "./git/shell.ts";'],
    ["test code in the product", layerBreaches, "lib/git/a.ts", 'import { a } from "../../test/support/world.ts";'],
    ["a room that is not in the table", layerBreaches, "lib/stuff/a.ts", ""],
    ["zx outside its door", doorBreaches, "lib/sync/push.ts", 'import { $ } from "zx";'],
    ["a part of a package", doorBreaches, "lib/merge/a.ts", 'import { sha256 } from "@noble/hashes/sha2.js";'],
    ["sqlite outside its room", doorBreaches, "lib/git/a.ts", 'import { Database } from "bun:sqlite";'],
    ["a package without a door", doorBreaches, "cmd/a.ts", 'import x from "left-pad";'],
    ["a lazy package", doorBreaches, "cmd/main.ts", 'await import("yargs");'],
    ["process.env", processBreaches, "lib/git/a.ts", "const a = process.env;"],
    ["process by key", processBreaches, "lib/git/a.ts", 'const a = process["env"];'],
    ["another word of the process than the one granted", processBreaches, "lib/git/watch-child.ts", "process.exit(1);"],
    ["the process handed on", processBreaches, "lib/git/a.ts", "const { env } = process;"],
    ["the process in a template", processBreaches, "lib/git/a.ts", "const a = `$\u007bprocess.pid}`;"],
    ["Bun.env", processBreaches, "cmd/cli.ts", "const a = Bun.env;"],
    ["node:process", processBreaches, "cmd/cli.ts", 'import { env } from "node:process";'],
    ["Date.now", processBreaches, "lib/sync/a.ts", "const a = Date.now();"],
    ["new Date()", processBreaches, "lib/sync/a.ts", "const a = new Date();"],
    ["the file system in a decision", purityBreaches, "lib/merge/reconcile.ts", 'import { statSync } from "node:fs";'],
    ["a process in a decision", purityBreaches, "lib/git/parse-index.ts", 'import "node:child_process";'],
    ["Bun in a decision", purityBreaches, "lib/snapshot/retention.ts", 'Bun.write("a", "b");'],
    ["a default export", exportBreaches, "lib/git/a.ts", "export default 1;"],
    ["a star barrel", exportBreaches, "lib/git/a.ts", 'export * from "./b.ts";'],
    ["a barrel", exportBreaches, "lib/git/a.ts", 'export { b, type C } from "./b.ts";'],
    ["a file called utils", exportBreaches, "lib/git/utils.ts", "export const a = 1;"],
  ];
  test.each(cases)("%s", (_name, rule, file, source) => expect(rule(file, source)).not.toEqual([]));

  test("a cycle of three", () => {
    const sources = new Map([
      ["lib/git/a.ts", 'import "./b.ts";'],
      ["lib/git/b.ts", 'import type { C } from "./c.ts";'],
      ["lib/git/c.ts", 'const a = import("./a.ts");'],
    ]);
    expect(cyclesIn(sources)).toEqual([["lib/git/a.ts", "lib/git/b.ts", "lib/git/c.ts", "lib/git/a.ts"]]);
  });
});

describe("what only looks like a breach is not", () => {
  const cases: readonly (readonly [name: string, rule: Rule, file: string, source: string])[] = [
    ["a room below", layerBreaches, "lib/sync/a.ts", 'import { Git } from "../git/shell.ts";'],
    ["its own room", layerBreaches, "lib/git/a.ts", 'import { Git } from "./shell.ts";'],
    ["an import in a comment", layerBreaches, "lib/git/a.ts", '// import { push } from "../sync/push.ts";'],
    ["the package by its door", doorBreaches, "lib/git/shell.ts", 'import { $ } from "zx";'],
    ["the word process in a text", processBreaches, "lib/git/a.ts", 'const a = "process.env"; // process.env'],
    ["the word in a template", processBreaches, "lib/git/a.ts", "const a = `process $\u007bpid} holds it`;"],
    ["the one word granted", processBreaches, "lib/git/watch-child.ts", "process.kill(1);"],
    ["a date of a given time", processBreaches, "lib/git/a.ts", "const a = new Date(0);"],
    ["a key called process", processBreaches, "lib/git/a.ts", "const a = { process: 1 }; a.process.toFixed();"],
    ["a list of exports", exportBreaches, "lib/git/a.ts", "const a = 1;\nexport { a };"],
  ];
  test.each(cases)("%s", (_name, rule, file, source) => expect(rule(file, source)).toEqual([]));

  test("imports are read with their lines", () => {
    const source = '// a "quote\nimport a from "a";\nimport {\n  b,\n} from "./b.ts";\nconst c = await import("c");\n';
    expect(importsOf(source)).toEqual([
      { specifier: "a", line: 2 },
      { specifier: "./b.ts", line: 5 },
      { specifier: "c", line: 6 },
    ]);
  });
});

test("the top level of the repository is exactly the house", () => {
  const allowed = [
    "LICENSE",
    "README.md",
    "bun.lock",
    "bunfig.toml",
    "cmd",
    "install.sh",
    "lib",
    "package.json",
    "test",
    "tsconfig.json",
  ];
  const made = ["dist", "node_modules"];
  const found = readdirSync(ROOT).filter((name) => !name.startsWith(".") && !made.includes(name));
  expect(found.sort()).toEqual(allowed.sort());
});

test("the lock file names no registry", () => {
  const lock = readFileSync(join(ROOT, "bun.lock"), "utf8");
  expect(lock.match(/\w+:\/\/[^"\s]+/g) ?? []).toEqual([]);
  expect(lock).toContain('"zx"');
});
