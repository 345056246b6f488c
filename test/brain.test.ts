// The made-up folder that demo, stories and benchmark stand on: the same bytes for the same seed, the promised sizes,
// and changes that change what they say.
import { afterAll, describe, expect, test } from "bun:test";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { IGNORED } from "../cmd/demo/bodies.ts";
import { type BrainPlan, type BrainSize, planBrain, SHAPES, writeBrain } from "../cmd/demo/brain.ts";
import { type ChangeKind, changeBrain } from "../cmd/demo/change-brain.ts";
import { differences, readTree, type Tree } from "../cmd/demo/tree.ts";

const scratch = mkdtempSync(join(tmpdir(), "petesbrain-brain-"));
const plan = planBrain("S", 1);
let serial = 0;

afterAll(() => rmSync(scratch, { recursive: true }));

const template = join(scratch, "template");
writeBrain(template, plan);

/** A folder of its own for one test, copied because writing costs ten times as much. */
function copied(): string {
  serial += 1;
  const folder = join(scratch, String(serial));
  cpSync(template, folder, { recursive: true, verbatimSymlinks: true });
  return folder;
}

function written(of: BrainPlan): Tree {
  serial += 1;
  const folder = join(scratch, String(serial));
  writeBrain(folder, of);
  return readTree(folder);
}

/** One digest over everything in the folder. */
function digestOf(tree: Tree): string {
  const rows = [...tree].map(([path, entry]) => JSON.stringify([path, entry.content, entry.executable, entry.link]));
  return new Bun.SHA256().update(rows.sort().join("\n")).digest("hex");
}

describe("the plan", () => {
  const sizes = Object.keys(SHAPES) as BrainSize[];

  test.each(sizes)("of size %s has the promised number of files and bytes", (size) => {
    const { files, clients } = planBrain(size, 1);
    const sum = files.reduce((total, file) => total + file.sizeBytes, 0);
    expect(files.length).toBe(SHAPES[size].files);
    expect(clients.length).toBe(SHAPES[size].clients);
    expect(Math.abs(sum / SHAPES[size].sizeBytes - 1)).toBeLessThan(0.001);
  });

  test.each(sizes)("of size %s names no two paths that a Mac would take for one", (size) => {
    const paths = planBrain(size, 1).files.map((file) => file.path);
    expect(new Set(paths.map((path) => path.normalize("NFD").toLowerCase())).size).toBe(paths.length);
  });

  test("does not depend on earlier plans, and does on the seed", () => {
    expect(planBrain("S", 1)).toEqual(plan);
    expect(planBrain("S", 2)).not.toEqual(plan);
  });

  test.each([
    ["clients/*/tasks.json", 32],
    ["clients/*/CONTEXT.md", 32],
    ["clients/*/tasks-completed.md", 32],
    ["roksys/tasks.json", 1],
    ["roksys/tasks-completed.md", 1],
    ["data/state/*.json", 8],
    [".mcp.json", 1],
  ])("has every file that the critical glob %s stands for", (pattern, count) => {
    const glob = new Bun.Glob(pattern);
    expect(plan.files.filter((file) => glob.match(file.path)).length).toBe(count);
  });
});

describe("the folder", () => {
  const folder = template;
  const tree = readTree(folder);

  test("is the same, byte for byte, each time", () => {
    expect(differences(tree, written(plan))).toEqual([]);
    expect(differences(tree, written(planBrain("S", 2))).length).toBeGreaterThan(900);
  });

  test("is the same on every machine", () => {
    expect(digestOf(tree)).toBe("ea7d190d7705528fe387c36062eae79a607af657c7bd298b9cf59f5882f90b9a");
  });

  test("holds what was planned, and no more", () => {
    const sum = [...tree.values()].reduce((total, file) => total + file.sizeBytes, 0);
    expect([...tree.keys()].sort()).toEqual(plan.files.map((file) => file.path).sort());
    expect(Math.abs(sum / SHAPES.S.sizeBytes - 1)).toBeLessThan(0.02);
  });

  test("has executable files and links where they were planned, and nowhere else", () => {
    const paths = (wanted: (file: BrainPlan["files"][number]) => boolean) =>
      plan.files.filter(wanted).map((file) => file.path);
    const found = (key: "executable" | "link") => [...tree].filter(([, file]) => file[key]).map(([path]) => path);
    expect(found("executable").sort()).toEqual(paths((file) => file.executable).sort());
    expect(found("link").sort()).toEqual(paths((file) => file.link !== null).sort());
    expect(found("executable").length).toBeGreaterThan(10);
    expect(found("link").length).toBe(3);
  });

  test("has JSON that parses", () => {
    const json = plan.files.filter((file) => file.path.endsWith(".json"));
    expect(json.length).toBeGreaterThan(40);
    for (const file of json)
      expect(() => JSON.parse(readFileSync(join(folder, file.path), "utf8")) as unknown).not.toThrow();
  });

  test("keeps out of git exactly what the plan calls untracked", () => {
    const env = { PATH: process.env["PATH"], HOME: scratch, GIT_CONFIG_NOSYSTEM: "1" };
    const git = (...args: string[]) => Bun.spawnSync(["git", ...args], { cwd: folder, env }).stdout.toString();
    git("init", "-q");
    const ignored = git("ls-files", "--others", "--ignored", "--exclude-standard", "-z")
      .split("\0")
      .filter((path) => path !== "");
    expect(ignored.sort()).toEqual(
      plan.files
        .filter((file) => !file.tracked)
        .map((file) => file.path)
        .sort(),
    );
    expect(readFileSync(join(folder, ".gitignore"), "utf8").trimEnd().split("\n")).toEqual([...IGNORED]);
    rmSync(join(folder, ".git"), { recursive: true });
  });
});

describe("a change", () => {
  const kinds: ChangeKind[] = ["edit", "same-size", "add", "delete"];
  // One folder for all the cases: each must hold on whatever the ones before have left.
  const worn = copied();

  test.each(kinds.flatMap((kind) => [1, 40].map((count) => [kind, count] as const)))(
    "of kind %s changes exactly %i files, those it names",
    (kind, count) => {
      const before = readTree(worn);
      const named = changeBrain(worn, plan, { count, round: count, kind });
      const after = readTree(worn);

      expect(named.length).toBe(count);
      expect(differences(before, after)).toEqual(named.toSorted());
      const grown = { edit: 0, "same-size": 0, add: count, delete: -count }[kind];
      expect(after.size - before.size).toBe(grown);
      const sizes = (tree: Tree) => named.map((path) => tree.get(path)?.sizeBytes);
      if (kind === "same-size") expect(sizes(after)).toEqual(sizes(before));
    },
  );

  test("is the same for the same round and another for another; task lists still parse; asked for too many, it throws", () => {
    const [one, two] = [copied(), copied()];
    const editable = plan.files.filter(
      (file) => file.tracked && file.link === null && !["ignore", "empty"].includes(file.kind),
    );
    const first = changeBrain(one, plan, { count: editable.length, round: 1, kind: "edit" });
    changeBrain(two, plan, { count: editable.length, round: 1, kind: "edit" });
    expect(differences(readTree(one), readTree(two))).toEqual([]);

    expect(changeBrain(one, plan, { count: editable.length, round: 2, kind: "edit" })).not.toEqual(first);
    expect(differences(readTree(one), readTree(two)).length).toBe(editable.length);

    const lists = editable
      .filter((file) => file.kind === "tasks")
      .map((file) => readFileSync(join(one, file.path), "utf8"));
    expect(lists.length).toBe(33);
    for (const text of lists) expect(() => JSON.parse(text) as unknown).not.toThrow();

    const tooMany = { count: editable.length + 1, round: 3, kind: "edit" } as const;
    expect(() => changeBrain(one, plan, tooMany)).toThrow("files could be changed");
  });
});
