// Undoing as a promise over time: in any order, after git tidied, after the clock jumped, with a thousand snapshots, while
// somebody saves, and on a disk that fills.
import { describe, expect, test } from "bun:test";
import { mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { holdAt, pointsOf } from "./support/gate.ts";
import { lostFrom } from "./support/holdings.ts";
import type { Machine } from "./support/machine.ts";
import { digestOf } from "./support/observe.ts";
import { testUnless } from "./support/skip.ts";
import { copyInto, twoMachines, type World } from "./support/world.ts";

const PATHS = ["a.md", "d/b.md", "clients/acme/tasks.json", ".mcp.json"] as const;

type Move =
  | { kind: "edit"; path: number; text: number }
  | { kind: "pull" }
  | { kind: "undo" }
  | { kind: "go"; to: number };

const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("edit" as const), path: fc.nat(3), text: fc.nat(5) }) },
  { weight: 2, arbitrary: fc.constant({ kind: "pull" as const }) },
  { weight: 3, arbitrary: fc.constant({ kind: "undo" as const }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("go" as const), to: fc.nat(9) }) },
);

/** What the folder was when each snapshot was taken, as the model remembers it. */
interface Known {
  readonly id: string;
  readonly tree: Record<string, string>;
}

async function carryOut(world: World, one: Move, known: Known[], round: number): Promise<void> {
  const { desktop, laptop } = world;
  const before = laptop.tree();
  const note = (id: string | null | undefined): void => {
    if (typeof id === "string") known.push({ id, tree: before });
  };
  if (one.kind === "edit") {
    const path = PATHS[one.path] ?? "a.md";
    laptop.write(path, path.endsWith(".json") ? `[${one.text}]` : `${one.text} of round ${round}\n`);
  } else if (one.kind === "pull") {
    desktop.write(`from-desktop/${round}.md`, `${round}\n`);
    expect(await desktop.push()).toSucceed();
    const run = await laptop.pull();
    expect(run).toSucceed();
    note(run.report?.snapshot);
  } else if (one.kind === "undo") {
    const run = await laptop.rollback();
    expect([0, 2, 20]).toContain(run.exit ?? -1);
    if (run.exit !== 0) expect(laptop.tree()).toEqual(before);
    note(run.report?.snapshot);
    if (run.exit !== 0 || run.report?.outcome !== "rolled-back") return;
    // undo of undo: nobody touched anything between, so that it leads back exactly
    const again = await laptop.rollback();
    expect(again).toSucceed();
    expect(laptop.tree()).toEqual(before);
  } else {
    const snapshot = known[one.to % Math.max(1, known.length)];
    if (snapshot === undefined) return;
    const run = await laptop.rollback(snapshot.id);
    expect(run).toSucceed();
    expect(laptop.tree()).toEqual(snapshot.tree);
    note(run.report?.snapshot);
  }
}

test("undo, undo of undo and going to snapshots in any order lead where they say, and lose nothing", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(move, { minLength: 4, maxLength: 7 }), async (moves) => {
      await using world = await twoMachines({
        "a.md": "0\n",
        "clients/acme/tasks.json": "[0]",
        ".gitignore": ".mcp.json\n",
      });
      const known: Known[] = [];
      const treasures = new Set<string>();
      for (const [round, one] of moves.entries()) {
        await carryOut(world, one, known, round);
        // a snapshot is taken before anything changes, so that what it saw can be got back for ever
        for (const { tree } of known)
          for (const text of Object.values(tree)) if (text !== "folder") treasures.add(digestOf(Buffer.from(text)));
      }
      expect(lostFrom(world, treasures)).toEqual([]);
    }),
    { numRuns: 4 },
  );
});

/** A laptop whose pull replaced edits of an ignored file and of others; the snapshot before it is named. */
async function pulled(): Promise<{ world: World; laptop: Machine; before: Record<string, string>; snapshot: string }> {
  const world = await twoMachines({ a: "1\n", b: "1\n", ".gitignore": ".mcp.json\n" });
  const { desktop, laptop } = world;
  laptop.write(".mcp.json", "secret", 0o600).write("draft", "never committed\n");
  desktop.write("a", "2\n").remove("b");
  expect(await desktop.push()).toSucceed();
  const before = laptop.tree();
  const run = await laptop.pull();
  expect(run).toSucceed();
  return { world, laptop, before, snapshot: run.report?.snapshot ?? "" };
}

test("a snapshot and an undo survive git gc --prune=now without reflogs", async () => {
  const { world, laptop, before, snapshot } = await pulled();
  await using _world = world;
  const after = laptop.tree();
  laptop.remove("draft").write(".mcp.json", "gone");
  expect(await laptop.rollback()).toSucceed();
  const gc = (): unknown => laptop.git("reflog", "expire", "--expire=now", "--all").git("gc", "-q", "--prune=now");
  gc();
  expect(await laptop.rollback()).toSucceed();
  gc();
  expect(await laptop.rollback(snapshot)).toSucceed();
  expect(laptop.tree()).toEqual(before);
  gc();
  laptop.git("fsck", "--full");
  expect(after["draft"]).toBe("never committed\n");
});

const cannotFakeTime = Bun.which("faketime") === null ? "faketime is not installed" : null;

describe("after the clock jumped", () => {
  for (const [title, jump, then] of [
    ["a year ahead", null, "+365d"],
    ["a year back", "+365d", null],
  ] as const) {
    testUnless(cannotFakeTime)(
      `${title}: the last run is the one that is undone, and its snapshot is the newest`,
      async () => {
        await using world = await twoMachines({ a: "1\n", b: "1\n" });
        const { desktop, laptop } = world;
        const at = (shift: string | null) => (shift === null ? {} : { through: ["faketime", "-f", shift] });
        desktop.write("a", "2\n");
        expect(await desktop.push()).toSucceed();
        const first = await laptop.pull(at(jump));
        expect(first).toSucceed();
        desktop.write("b", "2\n");
        expect(await desktop.push()).toSucceed();
        const second = await laptop.pull(at(then));
        expect(second).toSucceed();
        const list = JSON.parse((await laptop.run(["rollback", "list"], at(then))).stdout) as {
          snapshots: { id: string }[];
        };
        expect(list.snapshots.map(({ id }) => id)).toEqual([
          second.report?.snapshot ?? "",
          first.report?.snapshot ?? "",
        ]);
        expect(await laptop.rollback(undefined, at(then))).toSucceed();
        expect(laptop.tree()).toEqual({ a: "2\n", b: "1\n" });
        expect(await laptop.rollback(first.report?.snapshot ?? "", at(then))).toSucceed();
        expect(laptop.tree()).toEqual({ a: "1\n", b: "1\n" });
        expect((await laptop.status(at(then))).exit).not.toBe(1);
      },
    );
  }
});

test("with a thousand snapshots everything still works, and retention lets most of them go, copies and all", async () => {
  const { world, laptop, before, snapshot } = await pulled();
  await using _world = world;
  const head = laptop.gitText("rev-parse", "HEAD");
  const names: string[] = [];
  for (let n = 0; n < 1000; n++) {
    const taken = new Date(Date.UTC(2026, 0, 1) + n * 3_600_000).toISOString();
    names.push(`${taken.slice(0, 19).replaceAll(/[-:]/g, "")}Z-${n.toString(16).padStart(4, "0")}`);
  }
  const refs = names.map((name) => `create refs/petesbrain-sync/snapshots/${name} ${head}\n`).join("");
  const made = Bun.spawnSync(["git", "update-ref", "--stdin"], { cwd: laptop.folder, stdin: Buffer.from(refs) });
  expect(made.exitCode).toBe(0);
  for (const name of names.slice(0, 50)) mkdirSync(laptop.at(`.sync-snapshot/${name}/files`), { recursive: true });
  const list = JSON.parse((await laptop.run(["rollback", "list"])).stdout) as { snapshots: { id: string }[] };
  expect(list.snapshots.length).toBe(1001);
  expect(list.snapshots[0]?.id).toBe(snapshot);
  expect((await laptop.status()).exit).not.toBe(1);
  expect(await laptop.rollback(snapshot)).toSucceed();
  expect(laptop.tree()).toEqual(before);
  laptop.remove(".git/petesbrain-sync/state.db");
  for (const rest of ["-wal", "-shm"]) rmSync(laptop.at(`.git/petesbrain-sync/state.db${rest}`), { force: true });
  world.desktop.write("c", "3\n");
  expect(await world.desktop.push()).toSucceed();
  expect(await laptop.push()).toSucceed();
  const left = laptop.gitText("for-each-ref", "--format=%(refname)", "refs/petesbrain-sync/snapshots").split("\n");
  expect(left.length).toBeLessThan(150);
  expect(left.length).toBeGreaterThanOrEqual(20);
  const copies = Bun.spawnSync(["ls", laptop.at(".sync-snapshot")])
    .stdout.toString()
    .trim()
    .split("\n");
  expect(copies.filter((name) => names.indexOf(name) >= 0 && names.indexOf(name) < 50)).toEqual([]);
  expect(await laptop.rollback(snapshot)).toSucceed();
});

describe("while a rollback is at work", () => {
  for (const [title, script, shown] of [
    ["a file it puts back is saved", "printf 'saved\\n' > a", { a: "saved\n" }],
    ["one is saved by rename", "printf 'saved\\n' > .new && mv .new a", { a: "saved\n" }],
    ["a file becomes a folder", "rm a && mkdir a && printf 'in\\n' > a/x", { "a/x": "in\n" }],
    ["an ignored one is saved", "printf 'new key\\n' > .mcp.json", { ".mcp.json": "new key\n" }],
    ["a new file appears where one comes back", "printf 'mine\\n' > b", { b: "mine\n" }],
  ] as const) {
    test(`${title}: it is kept, or the rollback starts again from it`, async () => {
      const { world, laptop, snapshot } = await pulled();
      await using _world = world;
      laptop.write(".mcp.json", "changed").remove("draft");
      world.save();
      const args = ["rollback", snapshot, "--force"];
      const { names } = await pointsOf(world, laptop, args);
      for (const part of [0.3, 0.6, 0.75, 0.9]) {
        world.restore();
        const held = await holdAt(world, laptop, args, Math.ceil(names.length * part));
        expect(Bun.spawnSync(["sh", "-c", script], { cwd: laptop.folder }).exitCode).toBe(0);
        const run = await held.release();
        expect(run.exit).not.toBe(1);
        expect(run.exit).not.toBe(32);
        for (const text of Object.values(shown)) expect(lostFrom(world, [digestOf(Buffer.from(text))])).toEqual([]);
        expect((await laptop.status()).report?.failure?.kind).not.toBe("recovery-pending");
      }
    });
  }

  test("a program that keeps a file open goes on with the old one, and what it writes then is not lost", async () => {
    const { world, laptop, snapshot } = await pulled();
    await using _world = world;
    const open = Bun.spawn(["sh", "-c", "exec 3>>a; read word; printf 'appended\\n' >&3"], {
      cwd: laptop.folder,
      stdin: "pipe",
    });
    expect(await laptop.rollback(snapshot)).toSucceed();
    open.stdin.write("go\n");
    await open.stdin.end();
    await open.exited;
    expect(laptop.read("a")).toBe("1\n");
    expect(await laptop.rollback()).toSucceed();
    expect(laptop.read("a")).toStartWith("2\n");
  });
});

const DISK_BYTES = 40_000_000;

/** Why no small disk can be mounted; null when it can. */
function cannotMount(): string | null {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "only root on Linux can mount a small disk";
  return null;
}

testUnless(cannotMount())(
  "a disk that is full, or fills half-way: nothing is changed, and with space it succeeds",
  async () => {
    await using world = await twoMachines({ ".gitignore": "*.log\n.mcp.json\n", a: "1\n" });
    const { desktop, laptop } = world;
    const content = new Uint8Array(3_000_000).map((_, at) => (at * 2_654_435_761) >>> 13);
    copyInto(laptop.folder, `${laptop.folder}.copy`);
    const mounted = Bun.spawnSync(["mount", "-t", "tmpfs", "-o", `size=${DISK_BYTES}`, "tmpfs", laptop.folder]);
    expect(mounted.exitCode).toBe(0);
    try {
      copyInto(`${laptop.folder}.copy`, laptop.folder);
      laptop
        .git("update-index", "-q", "--refresh")
        .write("big", content)
        .write(".mcp.json", content.slice(0, 1_000_000));
      expect(await laptop.push()).toSucceed();
      desktop.write("a", "2\n");
      expect(await desktop.sync()).toSucceed();
      const snapshot = (await laptop.pull()).report?.snapshot ?? "";
      laptop.write("big", "now small\n").write(".mcp.json", "small");
      for (const left of [0, 4096, 500_000, 2_000_000, 4_000_000, 8_000_000]) {
        const { bavail, bsize } = statfsSync(laptop.folder);
        writeFileSync(laptop.at("fill.log"), new Uint8Array(Math.max(0, bavail * bsize - left)));
        const before = laptop.state();
        const run = await laptop.rollback(snapshot);
        expect([left, run.exit]).toEqual([left, 30]);
        expect(laptop.state()).toEqual(before);
        laptop.remove("fill.log");
      }
      expect(await laptop.rollback(snapshot)).toSucceed();
      expect(laptop.tree()["big"]).toBe(`sha256:${digestOf(content)}`);
      expect(laptop.tree()["a"]).toBe("1\n");
    } finally {
      Bun.spawnSync(["umount", laptop.folder]);
      rmSync(join(`${laptop.folder}.copy`), { recursive: true, force: true });
    }
  },
);
