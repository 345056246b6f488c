// What the product prints with `--json` against the schema it publishes. Every object is taken as closed, so that a key
// nobody wrote down is noticed, and the small validator is itself shown to see each kind of fault.
import { describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { COMMANDS } from "../cmd/help.ts";
import { SCHEMAS, schemaOf } from "../cmd/schema.ts";
import type { JsonSchema } from "../cmd/schema-form.ts";
import { KEYS } from "../lib/machine/settings-keys.ts";
import { productCommand } from "./support/binary.ts";
import { pretendProduct, publish, startReleaseServer } from "./support/installer.ts";
import { gitText, machineEnvironment } from "./support/plain-git.ts";

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return Number.isInteger(value) ? "integer" : typeof value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeOf(value) === "object";
}

function faultsOfObject(schema: JsonSchema, value: Record<string, unknown>, at: string): string[] {
  const { properties, required = [] } = schema;
  const missing = required.filter((key) => !Object.hasOwn(value, key)).map((key) => `${at}.${key} is missing`);
  if (properties === undefined) return missing;
  const inside = Object.entries(value).flatMap(([key, part]) => {
    const known = Object.hasOwn(properties, key) ? properties[key] : undefined;
    return known === undefined ? [`${at}.${key} is not in the schema`] : faultsOf(known, part, `${at}.${key}`);
  });
  return [...missing, ...inside];
}

/** Checks a value against the keywords our schemas use; an unknown keyword is a fault, not passed over. */
function faultsOf(schema: JsonSchema, value: unknown, at = "$"): string[] {
  const known = new Set([
    "$schema",
    "title",
    "type",
    "const",
    "enum",
    "pattern",
    "minimum",
    "properties",
    "required",
    "items",
    "anyOf",
  ]);
  const faults = Object.keys(schema)
    .filter((keyword) => !known.has(keyword))
    .map((keyword) => `${at}: unknown keyword ${keyword}`);
  const { type, enum: allowed, pattern, minimum, items, anyOf } = schema;
  const types = typeof type === "string" ? [type] : (type ?? null);
  const actual = typeOf(value);
  const fits = types === null || types.includes(actual) || (actual === "integer" && types.includes("number"));
  if (!fits) return [...faults, `${at} is ${actual}, not ${types.join(" or ")}`];
  if ("const" in schema && schema.const !== value) faults.push(`${at} is not ${schema.const}`);
  if (allowed !== undefined && !allowed.some((one) => one === value))
    faults.push(`${at} is ${String(value)}, none of ${allowed.join(", ")}`);
  if (pattern !== undefined && typeof value === "string" && !new RegExp(pattern, "u").test(value))
    faults.push(`${at} does not match ${pattern}`);
  if (minimum !== undefined && typeof value === "number" && value < minimum) faults.push(`${at} is below ${minimum}`);
  if (isObject(value)) faults.push(...faultsOfObject(schema, value, at));
  if (items !== undefined && Array.isArray(value))
    faults.push(...value.flatMap((one, index) => faultsOf(items, one, `${at}[${index}]`)));
  if (anyOf === undefined) return faults;
  const tries = anyOf.map((one) => faultsOf(one, value, at)).sort((left, right) => left.length - right.length);
  return [...faults, ...(tries[0] ?? [])];
}

const SEEN: readonly (readonly [title: string, schema: JsonSchema, value: unknown, fault: string | null])[] = [
  ["a right value", { type: "string" }, "a", null],
  ["a whole number where any will do", { type: "number" }, 3, null],
  ["a wrong type", { type: "integer" }, 1.5, "$ is number, not integer"],
  ["a wrong constant", { const: 1 }, 2, "$ is not 1"],
  ["a value outside of a list", { enum: [0, 2] }, 1, "$ is 1, none of 0, 2"],
  ["a pattern", { type: "string", pattern: "^a$" }, "b", "$ does not match ^a$"],
  ["a number that is too low", { type: "number", minimum: 0 }, -1, "$ is below 0"],
  ["a missing key", { type: "object", required: ["a"] }, {}, "$.a is missing"],
  ["a key nobody wrote down", { type: "object", properties: {} }, { a: 1 }, "$.a is not in the schema"],
  ["an inherited name", { type: "object", properties: {} }, { toString: 1 }, "$.toString is not in the schema"],
  ["an item", { type: "array", items: { type: "string" } }, ["a", 1], "$[1] is integer, not string"],
  ["no alternative", { anyOf: [{ type: "string" }, { type: "null" }] }, 1, "$ is integer, not string"],
];

test.each(SEEN)("the validator sees %s", (_, schema, value, fault) => {
  expect(faultsOf(schema, value)).toEqual(fault === null ? [] : [fault]);
});

test("every command has a schema, and no schema is without a command", () => {
  expect(Object.keys(SCHEMAS).sort()).toEqual(COMMANDS.map(({ name }) => name).sort());
});

interface Desk {
  readonly home: string;
  readonly [Symbol.dispose]: () => void;
  /** Runs one command with `--json` and checks its one object against the schema of `name`. */
  json(name: string, args: readonly string[], cwd?: string): Promise<Record<string, unknown>>;
}

function desk(): Desk {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "sync-schema-")));
  const json: Desk["json"] = async (name, args, cwd = home) => {
    const words = [...(await productCommand()), ...args, "--json"];
    const child = Bun.spawn(words, {
      cwd,
      env: machineEnvironment(home),
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const [out, exit] = await Promise.all([child.stdout.text(), child.exited]);
    expect(out.endsWith("}\n") && out.indexOf("\n") === out.length - 1).toBe(true);
    const value: unknown = JSON.parse(out);
    expect(faultsOf(schemaOf(name), value)).toEqual([]);
    if (!isObject(value)) throw new Error("not an object");
    expect(value["exit"]).toBe(exit);
    return value;
  };
  return { home, json, [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }) };
}

describe("real output", () => {
  test("of a folder's first day", async () => {
    using at = desk();
    gitText(at.home, at.home, ["init", "--quiet", "--bare", "--initial-branch=main", "remote.git"]);
    const brain = join(at.home, "brain");
    mkdirSync(join(brain, "clients", "acme"), { recursive: true });
    writeFileSync(join(brain, "clients", "acme", "tasks.json"), "[1]\n");
    writeFileSync(join(brain, "notes.md"), "one\n");
    expect(await at.json("init", ["init", "brain", "--role", "desktop", "--remote", "remote.git"])).toMatchObject({
      outcome: "synced",
      exit: 0,
    });
    expect(await at.json("status", ["status"])).toMatchObject({ verdict: "NOT YET" });
    expect(await at.json("push", ["push", "--dry-run"])).toMatchObject({
      outcome: "planned",
      files: { added: ["clients/acme/tasks.json", "notes.md"] },
    });
    expect(await at.json("push", ["push"])).toMatchObject({ outcome: "synced", exit: 0, failure: null });
    expect(await at.json("pull", ["pull"])).toMatchObject({ outcome: "up-to-date" });
    writeFileSync(join(brain, "notes.md"), "two\n");
    expect(await at.json("sync", ["sync"], brain)).toMatchObject({
      outcome: "synced",
      files: { modified: ["notes.md"] },
    });
    expect(await at.json("status", ["status"])).toMatchObject({ verdict: "SAFE TO SWITCH", reasons: [] });
    expect(await at.json("why", ["why", "clients/acme/tasks.json"], brain)).toMatchObject({ standing: "tracked" });
    writeFileSync(join(brain, "new.tmp"), "x");
    expect(await at.json("why", ["why", "new.tmp"], brain)).toMatchObject({ standing: "new", lastChange: null });
    writeFileSync(join(brain, ".gitignore"), "*.tmp\n");
    expect(await at.json("why", ["why", "new.tmp"], brain)).toMatchObject({ standing: "ignored" });
    rmSync(join(brain, ".gitignore"));
    rmSync(join(brain, "new.tmp"));
    expect(await at.json("why", ["why", "nothing.md"], brain)).toMatchObject({ exit: 2, failure: { kind: "usage" } });
    for (const words of [[], ["pre-sync"], ["post-sync"], ["--all"], ["--subset", "next/2", "--repair"]])
      expect(await at.json("verify", ["verify", ...words])).toMatchObject({ exit: 0, integrity: { rotten: [] } });
    expect(await at.json("rollback", ["rollback", "--dry-run"])).toMatchObject({ outcome: "planned" });
    expect(await at.json("rollback", ["rollback", "--force"])).toMatchObject({ outcome: "rolled-back", exit: 0 });
    const { snapshots } = await at.json("rollback", ["rollback", "list"]);
    expect(Array.isArray(snapshots) && snapshots.length).toBe(3);
    const { entries } = await at.json("history", ["history", "--limit", "3"]);
    expect(Array.isArray(entries) && entries.length).toBe(3);
    expect(await at.json("agents", ["agents", "print"])).toMatchObject({ exit: 0, agents: [], paused: null });
    expect(await at.json("agents", ["agents", "status"])).toMatchObject({
      agents: [{ command: "push" }, {}],
      files: [],
    });
    expect(await at.json("agents", ["agents", "resume"])).toMatchObject({ action: "resume" });
    expect(await at.json("doctor", ["doctor", "--fix"])).toMatchObject({ command: "doctor" });
    expect(await at.json("probe", ["probe", "near"])).toMatchObject({ probes: { length: 3 } });
    expect(await at.json("shims", ["shims", "install"])).toMatchObject({ exit: 0, files: { length: 3 } });
    expect(await at.json("logs", ["logs"])).toMatchObject({ file: "sync", lines: expect.any(Array) });
    expect(await at.json("alerts", ["alerts", "--read"])).toMatchObject({ alerts: [], marked: 0 });
    expect(await at.json("watchdog", ["watchdog"])).toMatchObject({ reached: true, findings: [], exit: 0 });
    expect(await at.json("report", ["report"])).toMatchObject({ opened: false, missing: [], exit: 0 });
    const { settings } = await at.json("config", ["config", "show"]);
    const shown = Array.isArray(settings) ? settings.map((entry) => (isObject(entry) ? entry["key"] : null)) : [];
    const shared = Object.keys(KEYS).filter((key) => KEYS[key]?.file !== "machine" && !key.startsWith("class[]."));
    expect(shown).toEqual(expect.arrayContaining(shared));
    expect(await at.json("config", ["config", "path"])).toMatchObject({ settings: null });
  });

  test("of commands that cannot begin", async () => {
    using at = desk();
    const none = { exit: 10, failure: { kind: "not-a-repository" } };
    for (const name of ["push", "pull", "sync", "status", "history", "verify", "doctor", "probe"])
      expect(await at.json(name, [name])).toMatchObject(none);
    expect(await at.json("rollback", ["rollback"])).toMatchObject({ exit: 2 });
    expect(await at.json("agents", ["agents", "install"])).toMatchObject(none);
    expect(await at.json("agents", ["agents"])).toMatchObject({ exit: 2 });
    expect(await at.json("init", ["init", "x"])).toMatchObject({ exit: 2, failure: { kind: "usage" } });
    expect(await at.json("", ["psuh"])).toMatchObject({ command: "", exit: 2 });
    expect(await at.json("history", ["history", "--limit", "many"])).toMatchObject({ exit: 2 });
  });

  test("of a run that fails", async () => {
    using at = desk();
    mkdirSync(join(at.home, "brain"));
    gitText(join(at.home, "brain"), at.home, ["init", "--quiet", "--initial-branch=main"]);
    gitText(join(at.home, "brain"), at.home, ["remote", "add", "origin", join(at.home, "gone.git")]);
    for (const name of ["push", "pull", "sync"]) {
      const said = await at.json(name, [name, "--folder", "brain"]);
      expect(said).toMatchObject({
        outcome: "failed",
        failure: { kind: expect.any(String), remedy: [`cd ${join(at.home, "brain")}`, expect.any(String)] },
      });
    }
    expect(await at.json("status", ["status", "--folder", "brain"])).toMatchObject({ command: "status" });
  });

  test("of what is about the program itself", async () => {
    using at = desk();
    await using release = startReleaseServer();
    publish(release.folder, () => pretendProduct("99.0.0"), { version: "99.0.0" });
    const upgrade = ["upgrade", "--base-url", release.url];
    expect(await at.json("upgrade", [...upgrade, "--dry-run"])).toMatchObject({ outcome: "planned", exit: 0 });
    expect(await at.json("upgrade", ["upgrade", "--rollback", "--to", "1.0.0"])).toMatchObject({ exit: 2 });
    expect(await at.json("uninstall", ["uninstall", "--purge", "--dry-run"])).toMatchObject({ outcome: "planned" });
    expect(await at.json("completion", ["completion", "fish"])).toMatchObject({ command: "completion" });
  });

  test("of help, version and the schemas themselves", async () => {
    using at = desk();
    expect(await at.json("version", ["version"])).toMatchObject({ command: "version", exit: 0 });
    expect(await at.json("version", ["--version"])).toMatchObject({ command: "version" });
    expect(await at.json("version", ["--json", "--version"])).toMatchObject({ command: "version" });
    expect(await at.json("help", ["push", "--help"])).toMatchObject({ command: "help" });
    expect(await at.json("schema", ["schema", "push"])).toMatchObject({
      schemas: { push: { title: "petesbrain-sync push --json" } },
    });
    const { schemas } = await at.json("schema", ["schema"]);
    expect(isObject(schemas) && Object.keys(schemas).sort()).toEqual(Object.keys(SCHEMAS).sort());
  });
});
