// Things that happen at the same time: two runs on one folder, a person who saves while a run is at work, two machines
// that publish at once.
import { describe, expect, test } from "bun:test";
import { utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { holdAt, pointsOf } from "./support/gate.ts";
import { lostFrom } from "./support/holdings.ts";
import { digestOf } from "./support/observe.ts";
import { expectAgreement, expectMonotoneRemote, settle } from "./support/together.ts";
import { twoMachines, type World } from "./support/world.ts";

async function waitingPull(): Promise<World> {
  const world = await twoMachines({ a: "1\n", b: "b\n", gone: "g\n", "d/e": "e\n" });
  world.desktop.write("a", "incoming\n").remove("gone").write("new", "n\n").chmod("b", 0o755);
  expect(await world.desktop.push()).toSucceed();
  world.save();
  return world;
}

describe("two runs at once", () => {
  test.each(["push", "pull", "sync"])(
    "the second (%s) is refused and changes nothing; the first completes",
    async (command) => {
      await using world = await waitingPull();
      const { laptop } = world;
      const { names } = await pointsOf(world, laptop, ["pull"]);
      world.restore();
      laptop.write("mine", "m\n");
      const held = await holdAt(world, laptop, ["pull"], Math.ceil(names.length / 2));
      const before = laptop.state();
      expect(await laptop.run([command])).toFailWith("locked");
      expect(laptop.state()).toEqual(before);
      expect((await laptop.status()).exit).not.toBe(1);
      expect(await held.release()).toSucceed();
      expect(laptop.tree()).toEqual({ ...world.desktop.tree(), mine: "m\n" });
      expect(await laptop.sync()).toSucceed();
    },
  );

  test("a killed run leaves no lock behind", async () => {
    await using world = await waitingPull();
    const { laptop } = world;
    const { names } = await pointsOf(world, laptop, ["pull"]);
    world.restore();
    const killed = await laptop.pull({ fault: `kill@${Math.ceil(names.length / 2)}` });
    expect(killed.signal).toBe("SIGKILL");
    expect(await laptop.pull()).toSucceed();
    expectAgreement(world);
  });
});

interface Save {
  readonly title: string;
  /** Shell, run in the laptop's folder. */
  readonly script: string;
  /** What must be in the folder at the end, whatever happened: path to a text that its content holds; null: nothing. */
  readonly shown: Readonly<Record<string, string | null>>;
}

const SAVES: readonly Save[] = [
  {
    title: "the incoming file is saved in place",
    script: "printf 'saved by hand\\n' > a",
    shown: { a: "saved by hand\n" },
  },
  {
    title: "the incoming file is saved by rename",
    script: "printf 'saved by hand\\n' > .a.swp && mv .a.swp a",
    shown: { a: "saved by hand\n" },
  },
  {
    title: "a file that is to be deleted is saved",
    script: "printf 'still wanted\\n' > gone",
    shown: { gone: "still wanted\n" },
  },
  {
    title: "a new file appears where one is to arrive",
    script: "printf 'also new\\n' > new",
    shown: { new: "also new\n" },
  },
  {
    title: "a folder appears where a file is to arrive",
    script: "rm -f new; mkdir -p new && printf 'in a folder\\n' > new/x",
    shown: { "new/x": "in a folder\n" },
  },
  {
    title: "another file is saved",
    script: "printf 'untouched by the run\\n' > d/e",
    shown: { "d/e": "untouched by the run\n" },
  },
  { title: "the incoming file is deleted", script: "rm -f a", shown: {} },
];

/** Points at which a save is tried in the quick share: spread over the run, other ones for each save. */
const SHARE = 4;

describe("a pull while someone saves, at points spread over the whole run:", () => {
  test.each(SAVES.map((save, at) => [save.title, save, at] as const))("%s", async (_, save, at) => {
    await using world = await waitingPull();
    const { laptop, desktop } = world;
    const { names } = await pointsOf(world, laptop, ["pull"]);
    const incoming = digestOf(Buffer.from("incoming\n"));
    const step = Math.max(1, Math.floor(names.length / SHARE));
    for (let point = 1 + ((at * 3) % step); point <= names.length; point += step) {
      world.restore();
      const old = [laptop.read("a"), laptop.read("gone"), "incoming\n", ...Object.values(save.shown)].flatMap((text) =>
        text === null ? [] : [digestOf(Buffer.from(text))],
      );
      const hook = join(world.root, "save.sh");
      writeFileSync(hook, `#!/bin/sh\ncd '${laptop.folder}' && ${save.script}\n`, { mode: 0o755 });
      const run = await laptop.pull({ fault: `hook@${point}`, faultHook: hook });
      const where = `at point ${point} of ${names.length}, ${names[point - 1]}`;
      expect([0, 20, 21], `${where}: ${run.stderr}${run.stdout}`).toContain(run.exit ?? -1);
      for (const [path, text] of Object.entries(save.shown)) {
        expect({ where, path, text: Bun.file(laptop.at(path)).size > 0 ? laptop.read(path) : "" }).toEqual({
          where,
          path,
          text: text ?? "",
        });
      }
      expect(lostFrom(world, [...old, incoming]), where).toEqual([]);
      expect(desktop.tree()).toEqual({ a: "incoming\n", b: "755:b\n", "d/e": "e\n", new: "n\n" });
    }
  });
});

test("a file saved right after it was put in place is still seen by git, and goes with the next push", async () => {
  await using world = await waitingPull();
  const { laptop } = world;
  const { names } = await pointsOf(world, laptop, ["pull"]);
  const hook = join(world.root, "save.sh");
  // with an old time, so that git has no reason of its own to doubt the entry
  const adopting = names.indexOf("step adopt");
  // between the last rename and the index that is to vouch for the files, and after it
  const points = [...names.keys()].filter(
    (at) => at > adopting && /^(flushed all|lock index|index locked|step verify)$/.test(names[at] ?? ""),
  );
  expect(points.length).toBeGreaterThanOrEqual(4);
  for (const at of points) {
    world.restore();
    writeFileSync(
      hook,
      `#!/bin/sh\nprintf 'saved by hand\\n' > '${laptop.at("a")}'\ntouch -t 202601010000 '${laptop.at("a")}'\n`,
      { mode: 0o755 },
    );
    const run = await laptop.pull({ fault: `hook@${at + 1}`, faultHook: hook });
    expect(run.exit, `at ${names[at]}: ${run.stderr}${run.stdout}`).toBe(0);
    expect(laptop.read("a"), `at ${names[at]}, point ${at + 1} of ${names.length}: ${run.stdout}`).toBe(
      "saved by hand\n",
    );
    expect(laptop.gitText("status", "--porcelain=v2"), `at ${names[at]}`).toMatch(/^1 \.M .* a$/m);
    expect(await laptop.push()).toSucceed();
    expect(world.remote.files()["a"]).toBe("saved by hand\n");
  }
});

describe("a file that was last saved long ago, and whose time therefore shows every save:", () => {
  const STRIKES = [
    ["saved in place", "printf 'saved by hand\\n' > a", "a", "saved by hand\n"],
    // the same number of bytes, so that the time alone shows it
    ["saved in place with as many bytes", "printf '2\\n' > a", "a", "2\n"],
    ["saved by rename, with its old time", "printf '3\\n' > .a.swp && touch -r b .a.swp && mv .a.swp a", "a", "3\n"],
    ["saved although it is to be deleted", "printf 'h\\n' > gone", "gone", "h\n"],
  ] as const;

  test.each(STRIKES)("%s", async (_, script, path, text) => {
    await using world = await waitingPull();
    const { laptop } = world;
    const longAgo = new Date("2020-02-02T02:02:02Z");
    for (const name of ["a", "b", "gone"]) utimesSync(laptop.at(name), longAgo, longAgo);
    world.save();
    const { names } = await pointsOf(world, laptop, ["pull"]);
    const hook = join(world.root, "save.sh");
    // to the last of them in its place
    const points = [...names.keys()].filter(
      (at) => at >= names.indexOf("step adopt") && at <= names.lastIndexOf("moved"),
    );
    expect(points.map((at) => names[at])).toEqual(expect.arrayContaining(["move", "moved", "keep", "kept"]));
    for (const at of points) {
      world.restore();
      writeFileSync(hook, `#!/bin/sh\ncd '${laptop.folder}' && ${script}\n`, { mode: 0o755 });
      const run = await laptop.pull({ fault: `hook@${at + 1}`, faultHook: hook });
      const where = `at point ${at + 1} of ${names.length}, ${names[at]}`;
      expect([0, 20, 21], `${where}: ${run.stderr}${run.stdout}`).toContain(run.exit ?? -1);
      expect({ where, text: laptop.read(path) }).toEqual({ where, text });
    }
  });
});

test("a file that was saved just before is hashed again: its time may hide that it is saved once more", async () => {
  await using world = await waitingPull();
  const { laptop } = world;
  const { names } = await pointsOf(world, laptop, ["pull"]);
  const hook = join(world.root, "save.sh");
  // as many bytes and the same time, between the last look at the file and the staged one in its place
  const script = `cd '${laptop.folder}' && cp -p a '${world.root}/before' && printf '2\\n' > a && touch -r '${world.root}/before' a`;
  const points = [...names.keys()].filter((at) => names[at] === "kept" || names[at] === "keep");
  expect(points.length).toBeGreaterThanOrEqual(2);
  for (const at of points) {
    world.restore();
    // so that nothing else than the adoption itself is in doubt
    const now = new Date(Math.floor(Date.now() / 1000) * 1000);
    utimesSync(laptop.at("a"), now, now);
    writeFileSync(hook, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const run = await laptop.pull({ fault: `hook@${at + 1}`, faultHook: hook });
    expect([0, 20, 21], `at ${names[at]}: ${run.stderr}${run.stdout}`).toContain(run.exit ?? -1);
    expect({ at: names[at], text: laptop.read("a") }).toEqual({ at: names[at], text: "2\n" });
  }
});

test("a program that appends to a file all the time loses no line, whatever the runs do meanwhile", async () => {
  await using world = await twoMachines({ "run.md": "start\n", other: "1\n" });
  const { desktop, laptop } = world;
  const stop = join(world.root, "stop");
  const writer = Bun.spawn(
    ["sh", "-c", `n=0; while [ ! -e '${stop}' ]; do n=$((n+1)); echo "line $n" >> run.md; done; echo $n`],
    { cwd: laptop.folder, stdout: "pipe" },
  );
  for (let round = 0; round < 3; round++) {
    desktop.write("other", `${round} from the desktop\n`);
    expect(await desktop.sync()).toSucceed();
    const run = await laptop.sync();
    expect([0, 20, 21, 30], run.stderr + run.stdout).toContain(run.exit ?? -1);
  }
  writeFileSync(stop, "");
  const count = Number(await writer.stdout.text());
  const wanted = `start\n${Array.from({ length: count }, (_, at) => `line ${at + 1}\n`).join("")}`;
  expect(laptop.read("run.md")).toBe(wanted);
  await settle(world);
  expect(desktop.read("run.md")).toBe(wanted);
});

test("both machines publish at the same time: both changes are on both, and nobody forced anything", async () => {
  await using world = await twoMachines({ a: "1", b: "1" });
  const { desktop, laptop } = world;
  for (let round = 0; round < 3; round++) {
    desktop.write("a", `desktop ${round}`);
    laptop.write("b", `laptop ${round}`);
    const runs = await Promise.all([desktop.sync(), laptop.sync()]);
    for (const run of runs) expect(run).toSucceed();
  }
  await settle(world);
  expect(desktop.tree()).toEqual({ a: "desktop 2", b: "laptop 2" });
  expectAgreement(world);
  expectMonotoneRemote(world);
});

test("the other machine publishes at any moment of this one's push: it is merged, not overwritten", async () => {
  await using world = await twoMachines({ a: "1", b: "1" });
  const { desktop, laptop, remote } = world;
  laptop.write("b", "laptop");
  // the change of the other machine, made ready: one plain push publishes it
  desktop.write("a", "desktop").git("commit", "-q", "-am", "by hand");
  world.save();
  const { names } = await pointsOf(world, laptop, ["push"]);
  for (let point = 1; point <= names.length; point += 5) {
    world.restore();
    const hook = join(world.root, "race.sh");
    writeFileSync(
      hook,
      `#!/bin/sh\nunset GIT_DIR GIT_INDEX_FILE\nHOME='${desktop.home}' git -C '${desktop.folder}' push -q origin main || git -C '${desktop.folder}' merge-base --is-ancestor HEAD main\n`,
      { mode: 0o755 },
    );
    expect(await laptop.push({ fault: `hook@${point}`, faultHook: hook })).toSucceed();
    expect(await desktop.sync()).toSucceed();
    expect(await laptop.sync()).toSucceed();
    expect(remote.files()).toEqual({ a: "desktop", b: "laptop" });
    expectAgreement(world);
    expectMonotoneRemote(world);
  }
});
