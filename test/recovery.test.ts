// What is left when more than a run was cut off: its journal is damaged, or the history, or the lock, or the folder cannot
// be put back at all. Nothing is guessed; what is known is said, and what is said to do works as it is written.
import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pointsOf } from "./support/gate.ts";
import type { Machine, RunResult } from "./support/machine.ts";
import { testUnless } from "./support/skip.ts";
import { twoMachines, type World } from "./support/world.ts";

const FILES = { a: "1\n", "d/b": "1\n", c: "1\n", "clients/acme/tasks.json": "[1]" };

/** A laptop that was killed in the middle of a pull, with the folder part old, part new. */
async function cutOff(): Promise<{ world: World; laptop: Machine; before: Record<string, string>; snapshot: string }> {
  const world = await twoMachines(FILES);
  const { desktop, laptop } = world;
  desktop.write("c", "early\n");
  expect(await desktop.push()).toSucceed();
  expect(await laptop.pull()).toSucceed();
  desktop.write("a", "2\n").write("d/b", "2\n").write("c", "2\n");
  expect(await desktop.push()).toSucceed();
  laptop.write("draft", "never committed\n");
  const before = laptop.tree();
  world.save();
  const { names } = await pointsOf(world, laptop, ["pull"]);
  world.restore();
  const first = names.indexOf("move", names.indexOf("step adopt"));
  const killed = await laptop.pull({ fault: `kill@${names.indexOf("move", first + 1) + 1}` });
  expect(killed.signal).toBe("SIGKILL");
  expect(laptop.tree()).not.toEqual(before);
  // names tell the second only: of two snapshots of one second the journal says which is meant
  const journal = JSON.parse(readFileSync(own(laptop, "journal.json"), "utf8")) as { snapshotRef: string };
  const snapshot = journal.snapshotRef.split("/").at(-1) ?? "";
  return { world, laptop, before, snapshot };
}

function own(machine: Machine, name: string): string {
  return machine.at(join(".git/petesbrain-sync", name));
}

/** Runs a remedy as a person would paste it, in the folder. */
function paste(machine: Machine, line: string | undefined): void {
  const ran = Bun.spawnSync(["sh", "-c", line ?? "exit 9"], { cwd: machine.folder });
  expect([line, ran.exitCode, ran.stderr.toString()]).toEqual([line, 0, ""]);
}

function remediesOf(run: RunResult): readonly string[] {
  return run.report?.failure?.remedy ?? [];
}

describe("a journal that is damaged", () => {
  for (const [how, damage] of [
    ["cut off", (path: string) => truncateSync(path, 100)],
    ["empty", (path: string) => writeFileSync(path, "")],
    ["something else", (path: string) => writeFileSync(path, '{"version":2}')],
  ] as const) {
    test(`(${how}) is said with the snapshot, by status too; both ways that are named lead back`, async () => {
      const { world, laptop, before, snapshot } = await cutOff();
      await using _world = world;
      damage(own(laptop, "journal.json"));
      const middle = laptop.tree();
      const status = await laptop.status();
      expect(status.report?.failure?.kind).toBe("recovery-pending");
      expect(status.stdout).toContain(snapshot);
      for (const words of [["pull"], ["push"], ["sync"], ["verify"], ["rollback", "--force"]]) {
        const run = await laptop.run(words);
        expect(run).toFailWith("recovery-pending");
        expect(run.report?.failure?.cause).toContain(`the run that was cut off took the snapshot ${snapshot}`);
      }
      expect(laptop.tree()).toEqual(middle);
      const [setAside, rollback = "", plain] = remediesOf(await laptop.pull());
      paste(laptop, setAside);
      expect(rollback).toStartWith(`petesbrain-sync rollback ${snapshot} `);
      const back = await laptop.rollback(snapshot);
      expect(back).toSucceed();
      expect(laptop.tree()).toEqual(before);
      writeFileSync(laptop.at("a"), "torn");
      paste(laptop, plain);
      expect(laptop.tree()).toEqual(before);
      expect(await laptop.pull()).toSucceed();
      expect(laptop.tree()).toEqual({ ...before, a: "2\n", "d/b": "2\n", c: "2\n" });
    });
  }
});

describe("a history that is damaged", () => {
  test("does not keep the folder from being put back; it is set aside, and the snapshots are all there", async () => {
    const { world, laptop, before, snapshot } = await cutOff();
    await using _world = world;
    for (const name of ["state.db-wal", "state.db-shm"]) writeFileSync(own(laptop, name), "");
    writeFileSync(own(laptop, "state.db"), "x".repeat(8192));
    expect((await laptop.status()).report?.failure?.kind).toBe("recovery-pending");
    const run = await laptop.pull();
    expect(run).toFailWith("recovery-pending");
    expect(laptop.tree()).toEqual(before);
    expect(existsSync(own(laptop, "journal.json"))).toBe(false);
    const list = await laptop.run(["rollback", "list"]);
    expect(list).toSucceed();
    expect(list.stdout).toContain(snapshot);
    paste(laptop, remediesOf(run)[0]);
    expect(await laptop.rollback(snapshot)).toSucceed();
    expect(await laptop.pull()).toSucceed();
    expect((await laptop.status()).exit).toBe(0);
  });

  test("in its middle ends in words, not as a bug", async () => {
    await using world = await twoMachines(FILES);
    const { laptop } = world;
    for (let n = 0; n < 40; n++) {
      laptop.write("a", `${n}\n`.repeat(50));
      if (n % 10 === 0) expect(await laptop.push()).toSucceed();
    }
    const wal = own(laptop, "state.db-wal");
    Bun.spawnSync(["rm", "-f", wal, own(laptop, "state.db-shm")]);
    const bytes = readFileSync(own(laptop, "state.db"));
    bytes.fill(0xff, 4096);
    writeFileSync(own(laptop, "state.db"), bytes);
    for (const words of [["pull"], ["push"], ["status"], ["history"], ["rollback", "--force"]]) {
      const run = await laptop.run(words);
      expect([words, run.exit]).not.toEqual([words, 1]);
    }
  });
});

test("a lock that is damaged is named; without it the next run works", async () => {
  await using world = await twoMachines(FILES);
  const { laptop } = world;
  expect(await laptop.pull()).toSucceed();
  writeFileSync(own(laptop, "lock.db"), "nonsense, and enough of it to be read as a header of a database ".repeat(4));
  const run = await laptop.pull();
  expect(run).toFailWith("recovery-pending");
  paste(
    laptop,
    remediesOf(run).find((line) => line.startsWith("rm ")),
  );
  expect(await laptop.pull()).toSucceed();
});

describe("recovery", () => {
  test("takes a snapshot of the folder between old and new first, and goes on where it cannot", async () => {
    const { world, laptop, before } = await cutOff();
    await using _world = world;
    laptop.write("made-since", "m\n");
    world.save();
    const run = await laptop.run(["verify"]);
    expect(run.exit).toBe(0);
    expect(run.report?.notes.join()).toContain("recovered the pull");
    expect(laptop.tree()).toEqual({ ...before, "made-since": "m\n" });
    const found = `refs/petesbrain-sync/snapshots/${run.report?.run}`;
    expect(laptop.gitText("log", "-1", "--format=%s", found)).toContain("before recovery from");
    expect(laptop.gitText("show", `${found}:made-since`)).toBe("m");

    world.restore();
    laptop.remove(".git/refs/petesbrain-sync/snapshots");
    laptop.write(".git/refs/petesbrain-sync/snapshots", "in the way");
    expect((await laptop.run(["verify"])).report?.notes.join()).toContain("recovered the pull");
    expect(laptop.tree()).toEqual({ ...before, "made-since": "m\n" });
  });

  test("status shows what a run that was cut off left, with its age, until it is dropped", async () => {
    const { world, laptop, snapshot } = await cutOff();
    await using _world = world;
    expect(await laptop.pull()).toSucceed();
    const status = JSON.parse((await laptop.status()).stdout) as { cutOff: { id: string }[] };
    expect(status.cutOff.map(({ id }) => id)).toEqual([snapshot]);
    expect((await laptop.words(["status"])).stdout).toContain(`cut off    ${snapshot}`);
    expect((await laptop.words(["rollback", "list"])).stdout).toContain("before pull that was cut off");
  });
});

/** Why files cannot be made immutable; null when they can. */
function cannotMakeImmutable(): string | null {
  if (process.getuid?.() !== 0 || Bun.which("chattr") === null)
    return "only root, with chattr, can make files immutable";
  const probe = join("/dev/shm", `petesbrain-immutable-${process.pid}`);
  writeFileSync(probe, "");
  const made = Bun.spawnSync(["chattr", "+i", probe]).exitCode === 0;
  if (made) Bun.spawnSync(["chattr", "-i", probe]);
  Bun.spawnSync(["rm", "-f", probe]);
  return made ? null : "this file system knows no immutable files";
}

describe("where the system refuses", () => {
  testUnless(cannotMakeImmutable())(
    "an immutable file stops a rollback before or while it works: nothing is changed",
    async () => {
      await using world = await twoMachines(FILES);
      const { desktop, laptop } = world;
      desktop.write("a", "2\n").write("c", "2\n").write("d/b", "2\n");
      expect(await desktop.push()).toSucceed();
      expect(await laptop.pull()).toSucceed();
      const before = laptop.state();
      for (const path of ["c", "d"]) {
        Bun.spawnSync(["chattr", "+i", laptop.at(path)]);
        try {
          const run = await laptop.rollback();
          expect(run).toFailWith("permission-denied");
          expect(run.report?.failure?.cause).toContain("EPERM");
          expect(laptop.state()).toEqual(before);
        } finally {
          Bun.spawnSync(["chattr", "-i", laptop.at(path)]);
        }
      }
      expect(await laptop.rollback()).toSucceed();
      expect(laptop.tree()).toEqual({ ...FILES });
    },
  );

  testUnless(cannotMakeImmutable())(
    "exit 32 says so only when nothing can be put back, and its plain git command works",
    async () => {
      await using world = await twoMachines(FILES);
      const { desktop, laptop } = world;
      desktop.write("a", "2\n").write("c", "2\n").write("d/b", "2\n");
      expect(await desktop.push()).toSucceed();
      laptop.write("draft", "mine\n");
      const before = laptop.tree();
      world.save();
      const { names } = await pointsOf(world, laptop, ["pull"]);
      world.restore();
      const hook = join(world.root, "hook.sh");
      writeFileSync(hook, `#!/bin/sh\nexec chattr +i '${laptop.folder}'\n`);
      chmodSync(hook, 0o755);
      const point = names.indexOf("moved", names.indexOf("step adopt")) + 1;
      try {
        const run = await laptop.pull({ fault: `hook@${point}`, faultHook: hook });
        expect(run).toFailWith("rollback-failed");
        expect(run.exit).toBe(32);
        const plain = remediesOf(run).find((line) => line.startsWith("git restore"));
        Bun.spawnSync(["chattr", "-i", laptop.folder]);
        expect(laptop.tree()).not.toEqual(before);
        paste(laptop, plain);
        expect(laptop.tree()).toEqual(before);
        expect(await laptop.pull()).toSucceed();
        expect(laptop.tree()).toMatchObject({ a: "2\n", draft: "mine\n" });
      } finally {
        Bun.spawnSync(["chattr", "-i", laptop.folder]);
      }
    },
  );

  test("a read-only file is put back all the same, and stays read-only only where git says so", async () => {
    await using world = await twoMachines(FILES);
    const { desktop, laptop } = world;
    desktop.write("a", "2\n");
    expect(await desktop.push()).toSucceed();
    expect(await laptop.pull()).toSucceed();
    laptop.chmod("a", 0o444);
    expect(await laptop.rollback()).toSucceed();
    expect(laptop.read("a")).toBe("1\n");
  });
});
