// The README does not drift from the product: its commands, its exit codes and its npm scripts are the ones there are.
import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { COMMANDS } from "../cmd/help.ts";
import { FAILURES } from "../lib/failure.ts";
import { GUARDS } from "../lib/guard.ts";
import { builtInThreshold, THRESHOLDS, type Threshold } from "../lib/machine/settings-guards.ts";
import { KEYS } from "../lib/machine/settings-keys.ts";
import packageJson from "../package.json" with { type: "json" };

const ROOT = join(import.meta.dir, "..");
const README = readFileSync(join(ROOT, "README.md"), "utf8");

function tableUnder(heading: string): string[][] {
  const [, after = ""] = README.split(`## ${heading}\n`);
  const [section = ""] = after.split("\n## ");
  const rows = section.split("\n").filter((line) => line.startsWith("| "));
  return rows.slice(1).map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()));
}

test("the command table has every command and no other", () => {
  const named = tableUnder("Commands").map(([, command = ""]) => /`([a-z-]+)/.exec(command)?.[1]);
  expect(named).toEqual(COMMANDS.filter(({ hidden }) => !hidden).map(({ name }) => name));
});

test("the exit code table has every kind with its code", () => {
  const found = tableUnder("Exit codes").flatMap(([, codes = "", kinds = ""]) => {
    const names = kinds.match(/[a-z-]+/g) ?? [];
    return codes.split(", ").flatMap((code, at) => (names[at] === undefined ? [] : [[names[at], Number(code)]]));
  });
  const wanted = Object.entries(FAILURES).map(([kind, { exit }]) => [kind, exit]);
  expect(found).toEqual(wanted);
});

test("the guard table has every guard with its own words", () => {
  const wanted = Object.entries(GUARDS).map(([name, stops]) => [`\`${name}\``, stops]);
  expect(tableUnder("Guards").map((row) => row.slice(1, 3))).toEqual(wanted);
});

test("the settings table has every key that may stand in either file, with its built-in value", () => {
  const rows = tableUnder("Settings");
  const keys = rows.map(([, key = ""]) => /`\[(\w+)\] (\w+)`/.exec(key)?.slice(1).join("."));
  expect(keys).toEqual(Object.keys(KEYS).filter((key) => KEYS[key]?.file === "either"));
  const thresholds = new Map(rows.map(([, key = "", value = ""]) => [/ (\w+)`/.exec(key)?.[1], value]));
  for (const name of Object.keys(THRESHOLDS) as Threshold[])
    expect(thresholds.get(name)).toBe(String(builtInThreshold(name)));
});

test("the npm scripts named exist, and so do the files they run", () => {
  const named = [...README.matchAll(/(?:npm|bun) run ([a-z:]+)/g)].map(([, name = ""]) => name);
  expect(named.length).toBeGreaterThan(4);
  expect(named.filter((name) => !Object.hasOwn(packageJson.scripts, name))).toEqual([]);
  const files = Object.values(packageJson.scripts).flatMap((script) => script.split(" ").slice(1));
  expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
});

test("the two commands stand at the top", () => {
  const top = README.split("\n## ")[0] ?? "";
  expect(top).toContain("npm run demo");
  expect(top).toContain("npm test");
});
