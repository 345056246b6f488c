// Critical and local files in snapshots, ignored ones included: copied before a run changes anything, private, proven,
// put back by a rollback, and refused where a copy is damaged.
import { describe, expect, test } from "bun:test";
import { existsSync, lstatSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseManifest } from "../lib/snapshot/copies-form.ts";
import { flipBit } from "./support/damage.ts";
import type { Machine } from "./support/machine.ts";
import { digestOf } from "./support/observe.ts";
import { testUnless } from "./support/skip.ts";
import { twoMachines, type World } from "./support/world.ts";

const LOCAL = ".mcp.json";
const STATE = "data/state/tracker.json";
const TASKS = "clients/acme/tasks.json";

async function worldWithLocals(): Promise<World> {
  const world = await twoMachines({ ".gitignore": `${LOCAL}\ndata/state/\n`, [TASKS]: "[1]", "a.md": "1\n" });
  world.laptop.write(LOCAL, '{"key":"one"}', 0o600).write(STATE, '{"n":1}');
  return world;
}

/** Brings something in, so that a snapshot is taken; returns its name. */
async function pullOf({ desktop, laptop }: World, text: string): Promise<string> {
  desktop.write("a.md", text);
  expect(await desktop.push()).toSucceed();
  const run = await laptop.pull();
  expect(run).toSucceed();
  return run.report?.snapshot ?? "";
}

function copiesAt(machine: Machine, run: string): string {
  return machine.at(join(".sync-snapshot", run));
}

function modesBelow(place: string): [path: string, mode: string][] {
  const stat = lstatSync(place);
  const own: [string, string] = [place, (stat.mode & 0o777).toString(8)];
  if (!stat.isDirectory()) return [own];
  return [own, ...readdirSync(place).flatMap((name) => modesBelow(join(place, name)))];
}

describe("before a run that changes something", () => {
  test("critical and local files are copied, privately, with a manifest that says what they are", async () => {
    await using world = await worldWithLocals();
    const { laptop } = world;
    const run = await pullOf(world, "2\n");
    const place = copiesAt(laptop, run);
    expect(readFileSync(join(place, "files", LOCAL), "utf8")).toBe('{"key":"one"}');
    expect(readFileSync(join(place, "files", STATE), "utf8")).toBe('{"n":1}');
    expect(readFileSync(join(place, "files", TASKS), "utf8")).toBe("[1]");
    expect(existsSync(join(place, "files", "a.md"))).toBe(false);
    for (const [path, mode] of modesBelow(laptop.at(".sync-snapshot")))
      expect([path, mode]).toEqual([path, lstatSync(path).isDirectory() ? "700" : "600"]);
    const manifest = parseManifest(readFileSync(join(place, "manifest.json"), "utf8"));
    expect(manifest).toMatchObject({ run, command: "pull", branch: "main", missed: [] });
    expect(manifest?.files.find(({ path }) => path === LOCAL)).toEqual({
      path: LOCAL,
      sha256: digestOf(Buffer.from('{"key":"one"}')),
      sizeBytes: 13,
      permissions: 0o600,
    });
    expect(laptop.gitText("status", "--porcelain")).toBe("");
  });

  test("the copies of local files are files of their own: what is written in place later does not reach them", async () => {
    await using world = await worldWithLocals();
    const { laptop } = world;
    const first = await pullOf(world, "2\n");
    const second = await pullOf(world, "3\n");
    writeFileSync(laptop.at(LOCAL), '{"key":"two"}');
    for (const run of [first, second])
      expect(readFileSync(join(copiesAt(laptop, run), "files", LOCAL), "utf8")).toBe('{"key":"one"}');
    writeFileSync(join(copiesAt(laptop, first), "files", LOCAL), "overwritten");
    expect(readFileSync(join(copiesAt(laptop, second), "files", LOCAL), "utf8")).toBe('{"key":"one"}');
  });

  test("a critical file that git holds and that did not change shares one copy with the snapshot before, no other does", async () => {
    await using world = await worldWithLocals();
    const { laptop } = world;
    const first = await pullOf(world, "2\n");
    const second = await pullOf(world, "3\n");
    const inode = (run: string, path: string): number => lstatSync(join(copiesAt(laptop, run), "files", path)).ino;
    expect(inode(first, TASKS)).toBe(inode(second, TASKS));
    expect(inode(first, LOCAL)).not.toBe(inode(second, LOCAL));
    expect(inode(second, TASKS)).not.toBe(lstatSync(laptop.at(TASKS)).ino);
    laptop.write(TASKS, "[1,2]");
    const third = await pullOf(world, "4\n");
    expect(inode(third, TASKS)).not.toBe(inode(second, TASKS));
    expect(readFileSync(join(copiesAt(laptop, third), "files", TASKS), "utf8")).toBe("[1,2]");
    expect(readFileSync(join(copiesAt(laptop, second), "files", TASKS), "utf8")).toBe("[1]");
  });

  test("a run that finds nothing to do leaves none", async () => {
    await using world = await worldWithLocals();
    const { laptop } = world;
    expect(await laptop.pull()).toSucceed();
    expect(await laptop.push()).toSucceed();
    expect(existsSync(laptop.at(".sync-snapshot"))).toBe(false);
  });

  test("a pull that finds only own commits here has begun with copies, and takes them back", async () => {
    await using world = await worldWithLocals();
    const { laptop } = world;
    laptop.write("own.md", "1\n").git("add", "own.md").git("commit", "-q", "-m", "own");
    expect(await laptop.pull()).toSucceed();
    expect(readdirSync(laptop.at(".sync-snapshot"))).toEqual([]);
  });

  test("nothing of them is ever published", async () => {
    await using world = await worldWithLocals();
    const { laptop } = world;
    await pullOf(world, "2\n");
    expect(await laptop.rollback()).toSucceed();
    expect(await laptop.push()).toSucceed();
    expect(Object.keys(world.remote.files()).sort()).toEqual([".gitignore", "a.md", TASKS]);
    for (const text of ['{"key":"one"}', '{"n":1}']) {
      const oid = Bun.spawnSync(["git", "hash-object", "--stdin"], { stdin: Buffer.from(text) });
      const held = Bun.spawnSync(["git", "cat-file", "-e", oid.stdout.toString().trim()], { cwd: world.remote.path });
      expect(oid.exitCode).toBe(0);
      expect(held.exitCode).not.toBe(0);
    }
  });

  test("where .sync-snapshot is a link, the run stops and touches nothing, there or here", async () => {
    await using world = await worldWithLocals();
    const { desktop, laptop } = world;
    const elsewhere = join(world.root, "elsewhere");
    laptop.mkdir("../../elsewhere");
    symlinkSync(elsewhere, laptop.at(".sync-snapshot"));
    desktop.write("a.md", "2\n");
    expect(await desktop.push()).toSucceed();
    const before = laptop.state();
    expect(await laptop.pull()).toFailWith("snapshot-failed");
    expect(laptop.state()).toEqual(before);
    expect(readdirSync(elsewhere)).toEqual([]);
  });
});

describe("a rollback to a snapshot", () => {
  test("puts ignored files back, with their permissions, and is undone with them", async () => {
    await using world = await worldWithLocals();
    const { laptop } = world;
    const run = await pullOf(world, "2\n");
    laptop.write(LOCAL, '{"key":"broken"}').remove("data").write("a.md", "edited\n");
    const broken = laptop.tree();
    const back = await laptop.rollback(run);
    expect(back).toSucceed();
    expect(laptop.tree()).toMatchObject({ [LOCAL]: '600:{"key":"one"}', [STATE]: '{"n":1}', "a.md": "1\n" });
    expect(back.report?.files).toMatchObject({ added: [STATE], modified: [LOCAL, "a.md"] });
    expect(back.report?.verified.changed).toBe(3);
    expect(await laptop.rollback()).toSucceed();
    expect(laptop.tree()).toEqual(broken);
    expect(await laptop.rollback()).toSucceed();
    expect(laptop.tree()).toMatchObject({ [LOCAL]: '600:{"key":"one"}', [STATE]: '{"n":1}' });
    expect(await laptop.run(["verify", "post-sync"])).toSucceed();
  });

  test("takes away a local file that was not there, and leaves one that the snapshot did not look for", async () => {
    await using world = await worldWithLocals();
    const { laptop } = world;
    const run = await pullOf(world, "2\n");
    laptop.write("data/state/later.json", "{}").write("data/state/note.txt", "not watched");
    expect(await laptop.rollback(run)).toSucceed();
    expect(existsSync(laptop.at("data/state/later.json"))).toBe(false);
    expect(laptop.read("data/state/note.txt")).toBe("not watched");
    expect(await laptop.rollback()).toSucceed();
    expect(laptop.read("data/state/later.json")).toBe("{}");
  });

  test("without copies leaves local files as they are", async () => {
    await using world = await worldWithLocals();
    const { laptop } = world;
    const run = await pullOf(world, "2\n");
    laptop.remove(".sync-snapshot").write(LOCAL, '{"key":"mine"}');
    expect(await laptop.rollback(run)).toSucceed();
    expect(laptop.read("a.md")).toBe("1\n");
    expect(laptop.read(LOCAL)).toBe('{"key":"mine"}');
  });

  test("refuses a damaged copy by name and changes nothing, unless the file is what it was anyway", async () => {
    await using world = await worldWithLocals();
    const { laptop } = world;
    const run = await pullOf(world, "2\n");
    flipBit(join(copiesAt(laptop, run), "files", LOCAL), 3);
    laptop.write(LOCAL, '{"key":"broken"}');
    const before = laptop.state();
    const refused = await laptop.rollback(run);
    expect(refused).toFailWith("integrity-mismatch");
    expect(refused.report?.failure?.paths).toEqual([LOCAL]);
    expect(laptop.state()).toEqual(before);
    laptop.write(LOCAL, '{"key":"one"}');
    expect(await laptop.rollback(run)).toSucceed();
    expect(laptop.read("a.md")).toBe("1\n");
  });

  test("refuses a damaged manifest, and does what git can once the copies are set aside as the remedy says", async () => {
    await using world = await worldWithLocals();
    const { laptop } = world;
    const run = await pullOf(world, "2\n");
    writeFileSync(join(copiesAt(laptop, run), "manifest.json"), "{");
    const before = laptop.state();
    const refused = await laptop.rollback(run);
    expect(refused).toFailWith("integrity-mismatch");
    expect(laptop.state()).toEqual(before);
    const list = await laptop.run(["rollback", "list"]);
    expect(list.stdout).toContain('"damaged":true');
    const remedy = refused.report?.failure?.remedy.find((line) => line.startsWith("mv ")) ?? "";
    expect(Bun.spawnSync(["sh", "-c", remedy]).exitCode).toBe(0);
    expect(await laptop.rollback(run)).toSucceed();
    expect(laptop.read("a.md")).toBe("1\n");
  });
});

test("rot in an ignored local file is mended from a snapshot's copy, which a damaged one is passed over for", async () => {
  await using world = await worldWithLocals();
  const { laptop } = world;
  const older = await pullOf(world, "2\n");
  const newer = await pullOf(world, "3\n");
  flipBit(join(copiesAt(laptop, newer), "files", LOCAL), 2);
  expect(older).not.toBe(newer);
  const clock = join(laptop.home, "clock");
  expect(Bun.spawnSync(["cp", "-p", laptop.at(LOCAL), clock]).exitCode).toBe(0);
  writeFileSync(laptop.at(LOCAL), '{"key":"0ne"}');
  expect(Bun.spawnSync(["touch", "-r", clock, laptop.at(LOCAL)]).exitCode).toBe(0);
  expect(await laptop.run(["verify"])).toFailWith("integrity-mismatch");
  expect(await laptop.run(["verify", "--repair"])).toSucceed();
  expect(laptop.tree()[LOCAL]).toBe('600:{"key":"one"}');
});

const WITH_SBIN = { PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` };

/** Why no file system that shares blocks can be made here; null when one can. */
function cannotShareBlocks(): string | null {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "only root on Linux can mount such a disk";
  if (Bun.which("mkfs.btrfs", WITH_SBIN) === null) return "mkfs.btrfs is not installed";
  if (Bun.spawnSync(["losetup", "-f"]).exitCode !== 0) return "there is no loop device here";
  return null;
}

testUnless(cannotShareBlocks())("where the file system shares blocks, copies take next to no space", async () => {
  await using world = await worldWithLocals();
  const { laptop } = world;
  const image = join(tmpdir(), `petesbrain-blocks-${process.pid}`);
  const place = `${laptop.folder}.disk`;
  const script = `truncate -s 400M ${image} && ${Bun.which("mkfs.btrfs", WITH_SBIN)} -q ${image} && mkdir ${place} && mount -o loop ${image} ${place} && cp -a ${laptop.folder}/. ${place}/ && umount ${place} && mount -o loop ${image} ${laptop.folder}`;
  const made = Bun.spawnSync(["sh", "-c", script]);
  try {
    expect(made.stderr.toString()).toBe("");
    laptop.write(STATE, `"${"x".repeat(30_000_000)}"`).git("update-index", "-q", "--refresh");
    const used = (): number =>
      Number(Bun.spawnSync(["sh", "-c", `sync; df -k --output=used ${laptop.folder} | tail -1`]).stdout);
    const before = used();
    await pullOf(world, "2\n");
    expect(used() - before).toBeLessThan(10_000);
  } finally {
    Bun.spawnSync(["sh", "-c", `umount ${laptop.folder}; rm -f ${image}`]);
  }
});
