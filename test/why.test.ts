// `why PATH`: what is told of a file in every standing it can have, that asking changes nothing, and that a wrong name is
// answered with the right one.
import { expect, test } from "bun:test";
import { mkdirSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathInFolder } from "../cmd/path-in-folder.ts";
import { namesNear } from "../cmd/why-words.ts";
import { Failure } from "../lib/failure.ts";
import { BUILT_IN_CLASSES, type Policy } from "../lib/machine/settings-classes.ts";
import { classifier } from "../lib/merge/classes.ts";
import type { Why } from "../lib/sync/why.ts";
import type { Machine, RunChoice } from "./support/machine.ts";
import { makeRoot, twoMachines } from "./support/world.ts";

async function why(machine: Machine, path: string, choice: RunChoice = {}): Promise<Why> {
  const run = await machine.run(["why", path], choice);
  if (run.exit !== 0) throw new Error(`why ${path} ended with ${run.exit}: ${run.stdout}${run.stderr}`);
  return JSON.parse(run.stdout) as Why;
}

function sha256(text: string): string {
  return new Bun.CryptoHasher("sha256").update(text).digest("hex");
}

const classOf = classifier(BUILT_IN_CLASSES);
const CLASSED: readonly (readonly [path: string, name: string, policy: Policy])[] = [
  ["tasks-completed.md", "completed", "append"],
  ["clients/acme/tasks-completed.md", "completed", "append"],
  ["run.log", "logs", "append"],
  ["clients/acme/emails/a.log", "logs", "append"], // the first class decides
  ["clients/acme/emails/a.html", "email archives", "both"],
  ["clients/acme/emails/2026/01/a.eml", "email archives", "both"],
  ["clients/acme/emails", "other", "merge"],
  ["clients/acme/tasks.json", "tasks", "ask"],
  ["roksys/tasks.json", "tasks", "ask"],
  ["clients/acme/deep/tasks.json", "other", "merge"],
  ["clients/acme/CONTEXT.md", "context", "ask"],
  ["clients/acme/context.md", "other", "merge"],
  ["clients/acme/generated/a/b.json", "regenerable", { prefer: "desktop" }],
  ["output/a.json", "regenerable", { prefer: "desktop" }],
  ["clients/acme/reports/2026/a.json", "regenerable", { prefer: "desktop" }],
  ["report.html", "regenerable", { prefer: "desktop" }],
  [".hidden/data.csv", "regenerable", { prefer: "desktop" }],
  ["notes.md", "other", "merge"],
];

test.each(CLASSED)("the class of %s is %s", (path, name, policy) => {
  const found = classOf(path);
  expect([found.name, found.policy]).toEqual([name, policy]);
  expect(found.glob === null).toBe(name === "other");
});

test("every class and every glob of the table decides somewhere", () => {
  const deciding = new Set(CLASSED.map(([path]) => classOf(path).glob));
  const all = BUILT_IN_CLASSES.flatMap(({ globs }) => globs);
  expect(all.filter((glob) => !deciding.has(glob))).toEqual([]);
});

test("each standing is told with what it rests on", async () => {
  await using world = await twoMachines({
    "clients/acme/tasks.json": "[1]\n",
    "notes.md": "one\n",
    "gone.md": "gone\n",
    "clients/beta/.env": "A=1",
    ".gitignore": "# mine\n*.cache\n/data/state/\n.mcp.json\nclients/hidden/\n!keep.cache\n",
  });
  const { desktop } = world;
  desktop.write("notes.md", "two\n").write("new.md", "new\n").write("a.cache", "x").write("data/state/a.json", "{}");
  desktop.write("clients/hidden/CONTEXT.md", "c").write("keep.cache", "k").write("other/file.md", "o");
  desktop.write("clients/acme/.env", "A=1").write("clients/acme/.env.example", "A=").write("clients/beta/.env", "A=2");
  desktop.remove("gone.md");
  desktop.git("init", "-q", "other");
  const rows: readonly (readonly [path: string, Partial<Why>])[] = [
    ["clients/acme/tasks.json", { standing: "tracked", changed: false, ignoredBy: null, heldBackBy: null }],
    ["notes.md", { standing: "tracked", changed: true }],
    ["gone.md", { standing: "tracked", changed: true }],
    ["new.md", { standing: "new", changed: false, lastChange: null, attested: null }],
    ["keep.cache", { standing: "new" }],
    ["a.cache", { standing: "ignored", ignoredBy: { file: ".gitignore", line: 2, pattern: "*.cache" } }],
    ["data/state/a.json", { standing: "ignored", ignoredBy: { file: ".gitignore", line: 3, pattern: "/data/state/" } }],
    ["clients/hidden/CONTEXT.md", { standing: "ignored" }],
    ["clients/acme/.env", { standing: "held-back", heldBackBy: "secret", lastChange: null }],
    ["clients/acme/.env.example", { standing: "new", heldBackBy: null }],
    ["clients/beta/.env", { standing: "tracked", changed: true, heldBackBy: null }],
    ["other", { standing: "held-back", heldBackBy: "nested-repo" }],
    ["other/file.md", { standing: "held-back", heldBackBy: "nested-repo" }],
  ];
  for (const [path, wanted] of rows) expect(await why(desktop, path)).toMatchObject({ path, ...wanted });

  const tasks = await why(desktop, "clients/acme/tasks.json");
  expect(tasks.rules.map((rule) => [rule.class, rule.glob, rule.source])).toEqual([
    ["critical", "clients/*/tasks.json", "built-in"],
    ["tasks", "clients/*/tasks.json", "built-in"],
  ]);
  const known = { sha256: sha256("[1]\n"), sizeBytes: 4 };
  expect(tasks.digests).toMatchObject({ disk: known, committed: known });
  const notes = await why(desktop, "notes.md");
  expect(notes.digests).toMatchObject({ disk: { sha256: sha256("two\n") }, committed: { sha256: sha256("one\n") } });
  const gone = await why(desktop, "gone.md");
  expect(gone.digests).toMatchObject({ disk: null, committed: { sha256: sha256("gone\n") } });
  expect((await why(desktop, "data/state/a.json")).rules[0]).toMatchObject({
    class: "local",
    glob: "data/state/*.json",
  });
  const [note] = (await why(desktop, "clients/hidden/CONTEXT.md")).notes;
  expect(note).toStartWith("critical, yet git ignores it");
});

test("the settings' own lines are named, and a local file that git would take is said", async () => {
  await using world = await twoMachines({ "a/x.md": "x", "own.json": "{}" });
  const { desktop } = world;
  desktop.write(
    ".petesbrain-sync.toml",
    '# ours\ncritical = ["a/*"]\nlocal = ["own.json", "mine.md"]\n[guards]\nnever_sync = ["b/**", "!b/ok.md"]\n',
  );
  desktop.write("mine.md", "m").write("b/ok.md", "ok").write("b/.env.example", "A=1");
  const from = join(realpathSync(desktop.folder), ".petesbrain-sync.toml");
  const ruleOf = async (path: string, name: string) =>
    (await why(desktop, path)).rules.find((one) => one.class === name);
  expect(await ruleOf("a/x.md", "critical")).toMatchObject({ glob: "a/*", source: `${from}:2` });
  expect(await ruleOf("own.json", "local")).toMatchObject({ glob: "own.json", source: `${from}:3` });
  expect(await ruleOf("b/ok.md", "never-sync")).toMatchObject({ glob: "!b/ok.md", source: `${from}:5` });
  expect(await ruleOf("b/.env.example", "never-sync")).toMatchObject({ glob: "!**/.env.example", source: "built-in" });
  expect((await why(desktop, "own.json")).notes[0]).toContain("git rm --cached -- 'own.json'");
  expect((await why(desktop, "mine.md")).notes[0]).toContain(".gitignore");
});

test("the last change is told by machine, run or author, also of what is gone or elsewhere", async () => {
  await using world = await twoMachines({ "a.md": "1", "b.md": "1" });
  const { desktop, laptop } = world;
  expect((await why(desktop, "a.md")).lastChange).toMatchObject({ machine: null, run: null, author: "desktop" });
  expect(await desktop.write("a.md", "2").write("later.md", "l").remove("b.md").push()).toMatchObject({ exit: 0 });
  const { report } = await desktop.push();
  const changed = await why(desktop, "a.md");
  expect(changed.lastChange).toMatchObject({
    commit: report?.head.after ?? "",
    machine: { name: "desktop-mac", role: "desktop" },
    run: expect.stringMatching(/^\d{8}T\d{6}Z-[0-9a-f]{4}$/),
    subject: expect.stringContaining("sync(desktop)"),
  });
  expect(changed.attested).toMatchObject({ role: "desktop", commit: report?.head.after ?? "" });
  expect((await why(desktop.write("new.md", "n"), "new.md")).attested).toBeNull();
  const gone = await why(desktop, "b.md");
  expect([gone.standing, gone.lastChange?.commit]).toEqual(["absent", report?.head.after ?? ""]);
  laptop.git("fetch", "-q");
  const elsewhere = await why(laptop, "later.md");
  expect([elsewhere.standing, elsewhere.lastChange?.machine?.role, elsewhere.notes]).toEqual([
    "absent",
    "desktop",
    ["only origin has it so far: petesbrain-sync pull"],
  ]);
});

test("asking changes nothing, takes no lock, and leaves no run behind", async () => {
  await using world = await twoMachines({ "clients/acme/tasks.json": "[1]\n", "notes.md": "one\n" });
  const { desktop } = world;
  desktop.write("notes.md", "two\n").write("new.md", "n");
  const before = [desktop.tree(), desktop.state(), world.remote.refs(), readdirSync(desktop.at(".git")).sort()];
  for (const path of ["notes.md", "new.md", "clients/acme/tasks.json"]) await why(desktop, path);
  expect((await desktop.run(["why", "nothing.md"])).exit).toBe(2);
  expect([desktop.tree(), desktop.state(), world.remote.refs(), readdirSync(desktop.at(".git")).sort()]).toEqual(
    before,
  );
});

test("names that a pattern or a shell could read otherwise are taken as they are", async () => {
  const odd = ["a*b.md", "[x].md", ":(top)y.md", "ä ö.md", "-n.md", "#hash", "!bang.md", "tab\there.md"];
  await using world = await twoMachines(Object.fromEntries(odd.map((path) => [`in/${path}`, path])));
  const { desktop } = world;
  desktop.write("in/.gitignore", "*.tmp\n").write("in/a1b.md", "another");
  for (const path of odd) {
    const found = await why(desktop, `in/${path}`);
    expect([found.path, found.standing, found.changed]).toEqual([`in/${path}`, "tracked", false]);
  }
  for (const path of [":(top)z.tmp", "*.tmp"]) {
    desktop.write(`in/${path}`, "t");
    expect((await why(desktop, `in/${path}`)).ignoredBy).toEqual({ file: "in/.gitignore", line: 1, pattern: "*.tmp" });
  }
});

test("a path is taken from where one stands, and a wrong one is answered with commands that work", async () => {
  await using world = await twoMachines({ "clients/acme/tasks.json": "[1]\n", "clients/beta/tasks.json": "[]\n" });
  const { desktop } = world;
  const deep = desktop.at("clients/acme");
  for (const [word, cwd] of [
    ["tasks.json", deep],
    ["../acme/tasks.json", deep],
    [desktop.at("clients/acme/tasks.json"), "/"],
    ["clients/acme/tasks.json", "/"],
  ] as const) {
    expect((await why(desktop, word, { cwd })).path).toBe("clients/acme/tasks.json");
  }
  const near = await desktop.run(["why", "clients/acme/task.json"]);
  expect([near.exit, near.report?.failure?.kind]).toEqual([2, "usage"]);
  expect(near.report?.failure?.cause).toContain("did you mean clients/acme/tasks.json");
  expect(near.report?.failure?.remedy[0]).toBe(
    `petesbrain-sync why ${join(realpathSync(desktop.folder), "clients/acme/tasks.json")}`,
  );
  const folder = await desktop.run(["why", "clients/acme"]);
  expect([folder.exit, folder.report?.failure?.cause]).toEqual([2, "clients/acme is a folder; why explains one file"]);
  const { stdout, exit } = await desktop.words(["why", "clients/acme/tasks.json"]);
  expect(exit).toBe(0);
  expect(stdout).toStartWith("clients/acme/tasks.json: synced: tracked, and as in the last commit\n");
  expect(stdout).toContain(sha256("[1]\n"));
  expect(stdout).toContain("with plain git by desktop");
});

test("a damaged baseline is said, and the rest is told all the same", async () => {
  await using world = await twoMachines({ "clients/acme/tasks.json": "[1]\n" });
  world.desktop.write(".sync-checksums.json", "{");
  const found = await why(world.desktop, "clients/acme/tasks.json");
  expect(found.digests).toMatchObject({ disk: { sizeBytes: 4 }, baseline: null });
  expect(found.notes[0]).toContain("petesbrain-sync verify pre-sync");
});

test("where a word leads is decided without links, and never outside", () => {
  const root = makeRoot();
  const folder = join(root, "brain");
  mkdirSync(join(folder, "a", "b"), { recursive: true });
  mkdirSync(join(folder, ".git"));
  mkdirSync(join(root, "else"));
  symlinkSync(folder, join(root, "short"));
  symlinkSync(join(root, "else"), join(folder, "out"));
  symlinkSync("a", join(folder, "in"));
  writeFileSync(join(folder, "a", "f.md"), "f");
  const inside: readonly (readonly [word: string, cwd: string, path: string])[] = [
    ["f.md", join(folder, "a"), "a/f.md"],
    ["../a/f.md", join(folder, "a"), "a/f.md"],
    ["a/f.md", root, "a/f.md"],
    [join(root, "short", "a", "f.md"), "/", "a/f.md"],
    ["a/f.md", join(root, "short"), "a/f.md"],
    ["in/f.md", folder, "a/f.md"],
    ["in", folder, "in"],
    ["out", folder, "out"],
    ["not/there/yet.md", folder, "not/there/yet.md"],
    ["..a.md", folder, "..a.md"],
    ["a/f.md/below", folder, "a/f.md/below"],
  ];
  for (const [word, cwd, path] of inside) expect(pathInFolder(word, { cwd, folder, command: "why" })).toBe(path);
  mkdirSync(join(folder, "deep/er"), { recursive: true });
  writeFileSync(join(folder, "deep/er/y.md"), "");
  const cwd = join(folder, "deep");
  for (const [word, path] of [
    ["deep/er/y.md", "deep/er/y.md"],
    ["er/y.md", "deep/er/y.md"],
    ["er/gone.md", "deep/er/gone.md"],
  ] as const)
    expect(pathInFolder(word, { cwd, folder, command: "why" })).toBe(path);
  const outside = [
    "..",
    "../x.md",
    "/etc/passwd",
    "out/x.md",
    ".",
    "",
    ".git",
    ".git/config",
    join(root, "brain2", "x"),
  ];
  for (const word of outside)
    expect(() => pathInFolder(word, { cwd: folder, folder, command: "why" })).toThrow(Failure);
  rmSync(root, { recursive: true });
});

const NAMES = ["clients/acme/tasks.json", "clients/beta/tasks.json", "clients/acme/CONTEXT.md", "notes/plan.md"];
const NEAR: readonly (readonly [typed: string, near: readonly string[]])[] = [
  ["clients/acme/tsaks.json", ["clients/acme/tasks.json", "clients/beta/tasks.json"]],
  ["clients/acme/context.md", ["clients/acme/CONTEXT.md"]],
  ["beta/tasks.json", ["clients/beta/tasks.json", "clients/acme/tasks.json"]],
  ["plan.md", ["notes/plan.md"]],
  ["xyz", []],
];

test.each(NEAR)("%s is near to %j", (typed, near) => {
  expect(namesNear(typed, NAMES)).toEqual([...near]);
});
