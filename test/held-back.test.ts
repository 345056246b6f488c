// New files that must not be published: held back and named by every run while the rest goes on, kept in the local
// snapshots, and never at the remote in any object. A file that was synced before is no exception: it halts.
import { describe, expect, test } from "bun:test";
import { spoken } from "../lib/paste.ts";
import type { Status } from "../lib/sync/status-form.ts";
import { BASE, KEY, OTHER_KEY } from "./support/guard-cases.ts";
import { allObjects, commitPlainly, expectHalt, publishPlainly, writtenDown } from "./support/guarded.ts";
import type { Machine, RunResult } from "./support/machine.ts";
import { expectAgreement } from "./support/together.ts";
import { twoMachines, type World } from "./support/world.ts";

const START = { ...BASE, ".petesbrain-sync.toml": "[guards]\nlargest_file_mb = 1\n" };
/** Stands in every held-back file, so that its bytes can be looked for. */
const TRACE = "tulip-mania-1637";

interface Row {
  readonly title: string;
  readonly guard: "secret" | "large-file" | "nested-repo";
  readonly path: string;
  readonly make: (machine: Machine) => void;
  /** What must not be found anywhere outside the folder and its snapshots. */
  readonly hidden: string;
}

const ROWS: readonly Row[] = [
  {
    title: "a secret by its name",
    guard: "secret",
    path: "scripts/.env",
    make: (machine) => machine.write("scripts/.env", `PASSWORD=${TRACE}\n`),
    hidden: TRACE,
  },
  {
    title: "a secret by its content, in a name that a shell would trip over",
    guard: "secret",
    path: "notes/it's $HOME.md",
    make: (machine) => machine.write("notes/it's $HOME.md", `one\ntwo ${KEY}\n`),
    hidden: KEY,
  },
  {
    title: "a file that is too large",
    guard: "large-file",
    path: "big.txt",
    make: (machine) => machine.write("big.txt", `${TRACE}${"b".repeat(1_000_000)}`),
    hidden: TRACE,
  },
  {
    title: "another repository",
    guard: "nested-repo",
    path: "tools/script",
    make: (machine) => {
      machine.write("tools/script/a.txt", `${TRACE}\n`).git("init", "-q", "--template=", "tools/script");
      machine.git("-C", "tools/script", "add", "-A").git("-C", "tools/script", "commit", "-q", "-m", "own");
    },
    hidden: TRACE,
  },
];
const WAYS = ["push", "sync"] as const;
const CASES = ROWS.flatMap((row) => WAYS.map((way) => [row.title, way, row] as const));

async function heldWorld(row: Row): Promise<World> {
  const world = await twoMachines(START);
  world.desktop.write("README.md", "an edit that goes out\n");
  row.make(world.desktop);
  return world;
}

function expectHeldBack(run: RunResult, path: string): void {
  expect(run.exit).toBe(23);
  expect(run.hung).toBe(false);
  expect(run.report).toMatchObject({ exit: 23, failure: null, files: { heldBack: [path] } });
}

/** Nothing of it is at the remote, on the other machine, or in what was said and written down. */
function expectHidden(world: World, runs: readonly RunResult[], hidden: string): void {
  expect(allObjects(world.remote.path).includes(hidden)).toBe(false);
  expect(allObjects(world.laptop.folder).includes(hidden)).toBe(false);
  for (const machine of world.machines) expect(writtenDown(machine).includes(hidden)).toBe(false);
  for (const { stdout, stderr } of runs) expect(stdout.includes(hidden) || stderr.includes(hidden)).toBe(false);
}

/** Carries out a line of a remedy, without the words for people behind it. */
function paste(machine: Machine, line: string): void {
  const done = Bun.spawnSync(["sh", "-c", line], { cwd: machine.folder });
  expect([line, done.exitCode]).toEqual([line, 0]);
}

test.each(CASES)("%s is held back while the rest goes out: %s", async (_, way, row) => {
  await using world = await heldWorld(row);
  const { desktop, laptop, remote } = world;
  const before = desktop.tree();
  const runs = [await desktop.run([way])];
  expect(runs[0]?.report).toMatchObject({ outcome: "synced", files: { modified: ["README.md"] } });
  for (const command of ["push", "pull", "sync"]) runs.push(await desktop.run([command]));
  for (const run of runs) expectHeldBack(run, row.path);
  expect(desktop.tree()).toEqual(before);
  expect(remote.files()).toEqual({ ...remote.files(), "README.md": "an edit that goes out\n" });
  expect(Object.keys(remote.files())).not.toContain(row.path);
  expect(await laptop.pull()).toSucceed();
  const said = await desktop.words([way]);
  expect(said.exit).toBe(23);
  expect(said.stdout + said.stderr).toContain(row.path);
  expectHidden(
    world,
    [...runs, said, await desktop.words(["status"]), await desktop.words([way, "--verbose"])],
    row.hidden,
  );
});

test.each(ROWS.map((row) => [row.title, row] as const))(
  "status names %s with its guard and the ways out",
  async (_, row) => {
    await using world = await heldWorld(row);
    const { desktop } = world;
    expectHeldBack(await desktop.push(), row.path);
    const found = (await desktop.status()).report as Status | null;
    const [held, ...others] = found?.integrity.heldBack ?? [];
    expect(others).toEqual([]);
    expect(held).toMatchObject({ path: row.path, guard: row.guard });
    const said = await desktop.words(["status"]);
    expect(said.stdout).toContain(`${row.path}: ${row.guard}`);
    const lines = spoken(held?.remedy ?? "nothing");
    for (const line of lines) expect(said.stdout).toContain(`    ${line}\n`);
    // the ignoring half of the remedy, as it was said
    if (row.guard !== "nested-repo") expect(lines[1]).toBe("# or, to keep it here:");
    paste(desktop, lines.at(-1) ?? "false");
    expect(await desktop.push()).toSucceed();
    expect(((await desktop.status()).report as Status | null)?.integrity.heldBack).toEqual([]);
    expect(await desktop.push()).toSucceed();
    expect(allObjects(world.remote.path).includes(row.hidden)).toBe(false);
  },
);

const ALLOWED = ROWS.filter(({ guard }) => guard !== "nested-repo").flatMap((row) =>
  WAYS.flatMap((way) => ["with its path", "by the guard alone"].map((form) => [row.title, way, form, row] as const)),
);

test.each(ALLOWED)("%s goes out when it is let pass: %s, %s", async (_, way, form, row) => {
  await using world = await heldWorld(row);
  const { desktop, laptop } = world;
  expectHeldBack(await desktop.run([way, "--allow", `${row.guard}:another.md`]), row.path);
  const word = form === "with its path" ? `${row.guard}:${row.path}` : row.guard;
  const run = await desktop.run([way, "--allow", word]);
  expect(run).toSucceed();
  expect(run.report?.files.heldBack).toEqual([]);
  for (const command of ["push", "pull", "sync"]) expect(await desktop.run([command])).toSucceed();
  // and is not asked again where it arrives
  expect(await laptop.pull()).toSucceed();
  expectAgreement(world);
});

test("several are named together, and each that ends is no longer", async () => {
  await using world = await twoMachines(START);
  const { desktop } = world;
  for (const row of ROWS) row.make(desktop);
  const all = ROWS.map(({ path }) => path).sort();
  const first = await desktop.push();
  expect(first.exit).toBe(23);
  expect(first.report?.files.heldBack.toSorted()).toEqual(all);
  desktop.remove("big.txt");
  const second = await desktop.push();
  expect(second.exit).toBe(23);
  expect(second.report?.files.heldBack.toSorted()).toEqual(all.filter((path) => path !== "big.txt"));
});

describe("the local snapshot", () => {
  test.each(ROWS.filter(({ guard }) => guard === "secret").map((row) => [row.title, row] as const))(
    "holds %s, and going back to it brings it back",
    async (_, row) => {
      await using world = await heldWorld(row);
      const { desktop } = world;
      const content = desktop.read(row.path);
      const run = await desktop.push();
      expectHeldBack(run, row.path);
      const id = run.report?.snapshot ?? "none";
      expect(desktop.gitText("show", `refs/petesbrain-sync/snapshots/${id}:${row.path}`)).toBe(content.trimEnd());
      desktop.remove(row.path);
      expect((await desktop.rollback(id)).report?.failure).toBeNull();
      expect(desktop.read(row.path)).toBe(content);
      desktop.write("notes/n01.md", "an edit\n");
      expectHeldBack(await desktop.push(), row.path);
      expectHidden(world, [run], row.hidden);
    },
  );
});

describe("what was synced before is not held back", () => {
  test.each(WAYS)("a secret in the edit of a tracked file halts everything: %s", async (way) => {
    await using world = await twoMachines(BASE);
    const { desktop } = world;
    desktop.write("notes/n03.md", `the key\n${KEY}\n`).write("README.md", "another edit\n");
    const by = { guard: "secret", path: "notes/n03.md", says: "holds an AWS access key (line 2)" };
    const halted = await expectHalt(world, desktop, [way], by);
    const said = await desktop.words([way, "--verbose"]);
    expect(said.exit).toBe(21);
    expectHidden(world, [halted, said], KEY);
  });

  test.each(WAYS)("a secret that plain git committed and nobody published: %s", async (way) => {
    await using world = await twoMachines(BASE);
    const { desktop } = world;
    desktop.write("scripts/key.py", `key = "${KEY}"\n`);
    commitPlainly(desktop);
    const by = { guard: "secret", path: "scripts/key.py", says: "holds an AWS access key" };
    expectHidden(world, [await expectHalt(world, desktop, [way], by)], KEY);
    // taken out again, it is still in the history that would go out
    desktop.remove("scripts");
    commitPlainly(desktop);
    expectHidden(world, [await expectHalt(world, desktop, [way], by)], KEY);
  });

  test.each(WAYS)("a secret by name alone that plain git committed and took out again: %s", async (way) => {
    await using world = await twoMachines(BASE);
    const { desktop } = world;
    desktop.write("scripts/.env", `PASSWORD=${TRACE}\n`);
    commitPlainly(desktop);
    desktop.remove("scripts");
    commitPlainly(desktop);
    const by = { guard: "secret", path: "scripts/.env", says: "is by its name a file that is never synced" };
    expectHidden(world, [await expectHalt(world, desktop, [way], by)], TRACE);
  });

  test("a held-back secret that plain git publishes halts where it arrives", async () => {
    await using world = await twoMachines(BASE);
    const { desktop, laptop } = world;
    desktop.write("scripts/key.py", `key = "${KEY}"\n`).write("README.md", "an edit\n");
    expectHeldBack(await desktop.push(), "scripts/key.py");
    publishPlainly(desktop);
    const by = { guard: "secret", path: "scripts/key.py", says: "holds an AWS access key" };
    await expectHalt(world, laptop, ["pull"], by);
    await expectHalt(world, laptop, ["sync"], by);
  });

  test("a key that was there before may stay in what is edited again and again", async () => {
    await using world = await twoMachines({ ...BASE, "notes/key.md": `one ${KEY}\n` });
    const { desktop } = world;
    desktop.write("notes/key.md", `two ${KEY}\n`);
    commitPlainly(desktop);
    desktop.write("notes/key.md", `three ${KEY}\n`);
    commitPlainly(desktop);
    expect(await desktop.push()).toSucceed();
    desktop.write("notes/key.md", `three ${KEY}\n${OTHER_KEY}\n`);
    expect(await desktop.push()).toFailWith("halted");
  });
});
