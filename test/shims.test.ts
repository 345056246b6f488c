// The old scripts' names: as files in the folder under each shell, as links to the program, with all their old words.
import { describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { wordsFor } from "../cmd/old-names.ts";
import { SHIMS } from "../lib/machine/shims.ts";
import { productCommand } from "./support/binary.ts";
import { speak } from "./support/command-line.ts";
import type { Machine } from "./support/machine.ts";
import { machineEnvironment } from "./support/plain-git.ts";
import { testUnless } from "./support/skip.ts";
import { twoMachines } from "./support/world.ts";

const NAMES = ["sync-petesbrain-v2.sh", "rollback-sync.sh", "verify-sync-integrity.py"];
const TREE = { "clients/acme/tasks.json": "[1]\n", "a.md": "a\n" };

interface Said {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

/** Runs words in a machine's world, away from the folder, with the program where `bin` says. */
function run(machine: Machine, bin: string, words: readonly string[]): Said {
  const said = Bun.spawnSync([...words], {
    cwd: machine.home,
    env: { ...machineEnvironment(machine.home), PATH: `${bin}:${process.env["PATH"]}` },
    stdin: "ignore",
  });
  return { exit: said.exitCode, out: said.stdout.toString(), err: said.stderr.toString() };
}

/** Where the program is, under its own name. */
async function installed(root: string): Promise<string> {
  const bin = join(root, "bin");
  mkdirSync(bin);
  const [program = ""] = await productCommand();
  symlinkSync(program, join(bin, "petesbrain-sync"));
  return bin;
}

describe("shims install", () => {
  test("puts three programs in place, says what to do next, and does nothing the second time", async () => {
    await using world = await twoMachines(TREE);
    const first = await speak(world.desktop, ["shims", "install"]);
    expect(first).toMatchObject({ exit: 0, err: "" });
    expect(first.out.split("\n")).toEqual([
      ...NAMES.map((name) => `wrote shared/scripts/${name}`),
      "next: petesbrain-sync push",
      "",
    ]);
    for (const name of NAMES) expect(statSync(world.desktop.at(`shared/scripts/${name}`)).mode & 0o777).toBe(0o755);
    expect((await speak(world.desktop, ["shims", "install"])).out).toStartWith("up to date: ");
    world.desktop.chmod(`shared/scripts/${NAMES[0]}`, 0o644);
    expect((await speak(world.desktop, ["shims", "install"])).out).toStartWith(`wrote shared/scripts/${NAMES[0]}\n`);
    await world.desktop.push();
    await world.laptop.pull();
    expect((await speak(world.laptop, ["shims", "install"])).out, "the same on every machine").toStartWith(
      "up to date: ",
    );
  });

  test("keeps the old scripts beside, whatever is beside already, and replaces older ones of its own", async () => {
    const [name = ""] = NAMES;
    await using world = await twoMachines({
      [`shared/scripts/${name}`]: "#!/bin/bash\nold\n",
      [`shared/scripts/${name}.old`]: "older",
    });
    const said = await speak(world.desktop, ["shims", "install"]);
    expect(said.out).toStartWith(`kept shared/scripts/${name} as shared/scripts/${name}.old.2\nwrote `);
    expect([`${name}.old`, `${name}.old.2`].map((one) => world.desktop.read(`shared/scripts/${one}`))).toEqual([
      "older",
      "#!/bin/bash\nold\n",
    ]);
    world.desktop.write(`shared/scripts/${name}`, `${SHIMS[name]}# from an older version\n`);
    expect((await speak(world.desktop, ["shims", "install"])).out).toStartWith(`wrote shared/scripts/${name}\n`);
    expect(readdirSync(world.desktop.at("shared/scripts")).length).toBe(5);
  });

  test("writes nothing through a link that leads out of the folder", async () => {
    await using world = await twoMachines(TREE);
    mkdirSync(join(world.root, "outside"));
    world.desktop.link("shared", join(world.root, "outside"));
    const said = await speak(world.desktop, ["shims", "install"]);
    expect([said.exit, said.err.includes("may lead out of the folder")]).toEqual([21, true]);
    expect(readdirSync(join(world.root, "outside"))).toEqual([]);
  });
});

const SHELLS: readonly (readonly string[])[] = [["sh"], ["dash"], ["bash"], ["busybox", "sh"], ["zsh"]];
const missing = (program: string): string | null =>
  Bun.which(program) === null ? `${program} is not installed` : null;

describe("the old words do what they did", () => {
  for (const shell of SHELLS) {
    testUnless(missing(shell[0] ?? ""))(`under ${shell.join(" ")}`, async () => {
      await using world = await twoMachines(TREE);
      const { desktop, laptop } = world;
      const bin = await installed(world.root);
      await speak(desktop, ["shims", "install"]);
      const [sync = "", rollback = ""] = NAMES.map((name) => desktop.at(`shared/scripts/${name}`));
      const say = (...words: string[]): Said => run(desktop, bin, [...shell, ...words]);
      desktop.write("a.md", "b\n");
      expect(say(sync, "push")).toMatchObject({ exit: 0, out: expect.stringContaining("synced: 4 files published") });
      expect(say(sync, "status")).toMatchObject({ exit: 0, out: expect.stringContaining("SAFE TO SWITCH\n") });
      await laptop.pull();
      await laptop.write("a.md", "c\n").push();
      expect(say(sync, "pull")).toMatchObject({ exit: 0, out: expect.stringContaining("synced: 1 file brought in") });
      expect(say(rollback, "status")).toMatchObject({ exit: 0, out: expect.stringMatching(/^before +pull$/m) });
      expect(say(rollback), "there is nobody to ask").toMatchObject({ exit: 2 });
      expect(say(rollback, "--force")).toMatchObject({
        exit: 0,
        out: expect.stringContaining("rolled back: 1 file put back"),
      });
      expect(desktop.read("a.md")).toBe("b\n");
      expect(say(sync)).toMatchObject({ exit: 2, err: expect.stringContaining("no command is given") });
      expect(say(sync, "frobnicate").exit).toBe(2);
    });
  }

  testUnless(missing("python3"))("under python3, and as a program of its own", async () => {
    await using world = await twoMachines(TREE);
    const { desktop } = world;
    const bin = await installed(world.root);
    await speak(desktop, ["shims", "install"]);
    const verify = desktop.at("shared/scripts/verify-sync-integrity.py");
    for (const start of [["python3", verify], [verify]]) {
      const say = (...words: string[]): Said => run(desktop, bin, [...start, ...words]);
      desktop.write("clients/acme/tasks.json", "[1]\n");
      expect(say("pre-sync")).toMatchObject({ exit: 0, err: "" });
      expect(say("post-sync").exit).toBe(0);
      desktop.write("clients/acme/tasks.json", "[1, 2]\n");
      expect(say("post-sync").exit).toBe(31);
      expect(say("update").exit).toBe(0);
      expect(say("post-sync").exit).toBe(0);
      expect(say("frobnicate")).toMatchObject({ exit: 2, err: expect.stringContaining("verify does not know") });
    }
  });

  test("a program that is not there is named, with where it is looked for", async () => {
    await using world = await twoMachines(TREE);
    await speak(world.desktop, ["shims", "install"]);
    const python = Bun.which("python3");
    for (const name of NAMES) {
      const start = name.endsWith(".py") ? python : "/bin/sh";
      if (start === null) continue;
      const said = Bun.spawnSync([start, world.desktop.at(`shared/scripts/${name}`)], {
        env: { HOME: world.desktop.home, PATH: "/usr/bin:/bin" },
      });
      expect([said.exitCode, said.stderr.toString()]).toEqual([
        127,
        expect.stringContaining("not installed on this machine"),
      ]);
    }
  });

  test("a folder and a home with blanks, and the program in ~/.local/bin alone", async () => {
    await using world = await twoMachines(TREE);
    const place = realpathSync(mkdtempSync(join(tmpdir(), "a b'c-")));
    try {
      const folder = join(place, "my brain");
      world.desktop.git("clone", "-q", world.remote.path, folder);
      const home = join(place, "my home");
      mkdirSync(join(home, ".local", "bin"), { recursive: true });
      const [program = ""] = await productCommand();
      symlinkSync(program, join(home, ".local", "bin", "petesbrain-sync"));
      await speak(world.desktop, ["shims", "install", "--folder", folder]);
      const said = Bun.spawnSync(["/bin/sh", join(folder, "shared/scripts/sync-petesbrain-v2.sh"), "status"], {
        env: { ...machineEnvironment(home), PATH: "/usr/bin:/bin" },
        cwd: "/",
      });
      expect(said.stdout.toString()).toContain(folder);
    } finally {
      rmSync(place, { recursive: true });
    }
  });

  testUnless(missing("shellcheck"))("the shell's shims are without a remark of shellcheck", () => {
    for (const name of NAMES.filter((one) => one.endsWith(".sh"))) {
      const said = Bun.spawnSync(["shellcheck", "--shell=sh", "-"], { stdin: Buffer.from(SHIMS[name] ?? "") });
      expect([name, said.stdout.toString()]).toEqual([name, ""]);
    }
  });
});

describe("called through a link of an old name", () => {
  test("the program takes that script's words", async () => {
    await using world = await twoMachines(TREE);
    const { desktop } = world;
    const [program = ""] = await productCommand();
    const bin = join(world.root, "old");
    mkdirSync(bin);
    for (const name of NAMES) symlinkSync(program, join(bin, name));
    desktop.write("a.md", "b\n");
    expect(run(desktop, bin, ["sync-petesbrain-v2.sh", "push"])).toMatchObject({
      exit: 0,
      out: expect.stringContaining("published"),
    });
    expect(run(desktop, bin, [join(bin, "rollback-sync.sh"), "status"])).toMatchObject({
      exit: 0,
      out: expect.stringMatching(/^before +push$/m),
    });
    expect(run(desktop, bin, ["verify-sync-integrity.py", "pre-sync"])).toMatchObject({ exit: 0 });
    expect(existsSync(desktop.at(".sync-checksums.json"))).toBe(true);
    expect(readFileSync(desktop.at(".sync-checksums.json"), "utf8")).toContain("clients/acme/tasks.json");
  });

  test("any other name changes nothing", () => {
    for (const name of [
      "petesbrain-sync",
      "/usr/local/bin/petesbrain-sync",
      "constructor",
      "my-rollback-sync.sh",
      "bun",
      "",
    ])
      expect(wordsFor(name, ["push"])).toEqual(["push"]);
    expect(wordsFor("./rollback-sync.sh", ["--force"])).toEqual(["rollback", "--force"]);
    expect(wordsFor("verify-sync-integrity.py", ["pre-sync"])).toEqual(["verify", "pre-sync"]);
  });
});

test("a file written by hand is not taken for one of ours", () => {
  for (const text of Object.values(SHIMS))
    expect(text.split("\n")[1]).toBe("# written by petesbrain-sync shims install: hands over to petesbrain-sync");
});
