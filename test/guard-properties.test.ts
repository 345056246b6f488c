// What holds of guards whatever a folder contains: what is already synced never halts a run that changes nothing, and a
// new name is no way past a guard.
import { expect, test } from "bun:test";
import fc from "fast-check";
import { CONTEXT, GUARD_CASES, KEY, OTHER_KEY, TASKS } from "./support/guard-cases.ts";
import { worldOf } from "./support/guarded.ts";
import { type Content, twoMachines, type World } from "./support/world.ts";

const PATHS = [
  TASKS,
  CONTEXT,
  "roksys/tasks.json",
  "notes/a.md",
  "notes/A.md",
  "notes/b.json",
  "scripts/.env",
  "scripts/id_rsa",
  "picture.png",
  "empty/x.txt",
  "-dash 'quote' $HOME.md",
  "caf\u00e9.md",
  "cafe\u0301.md",
  ".gitattributes",
] as const;

const awkward = fc.constantFrom<Content>(
  "",
  " \n",
  '[{"id":1},',
  "<<<<<<< mine\na\n=======\nb\n>>>>>>> yours\n",
  `key ${KEY}\nand ${OTHER_KEY}\n`,
  new Uint8Array(2000),
  "text\0with a NUL\r\n",
  "one\r\ntwo\n",
  `version https://git-lfs.github.com/spec/v1\noid sha256:${"4d7a".repeat(16)}\nsize 12345\n`,
  "* text=auto\n",
  { text: "#!/bin/sh\n", mode: 0o755 },
  { link: "notes/a.md" },
);

/** Every content is already synced when the property begins. */
const folders = fc.dictionary(fc.constantFrom(...PATHS), awkward, { minKeys: 1, noNullPrototype: true });

/** Line ends may differ on disk, where attributes say so; what git holds may not. */
function expectSameCommit(world: World): void {
  for (const machine of world.machines) {
    expect(machine.gitText("rev-parse", "HEAD")).toBe(world.remote.head() ?? "nothing");
    expect(machine.gitText("status", "--porcelain")).toBe("");
  }
}

test("a folder that nobody changes never halts, whatever is in it", async () => {
  await fc.assert(
    fc.asyncProperty(folders, async (contents) => {
      await using world = await twoMachines(contents);
      for (const machine of world.machines) {
        for (const command of ["push", "pull", "sync", "verify"]) expect(await machine.run([command])).toSucceed();
      }
      expectSameCommit(world);
      // nor does a change of something else
      world.desktop.write("quite/other.md", "new\n");
      expect(await world.desktop.sync()).toSucceed();
      expect(await world.laptop.sync()).toSucceed();
      expectSameCommit(world);
    }),
    { numRuns: 8 },
  );
});

/** A name of the same class and kind in another folder. */
function elsewhere(path: string): string {
  return path.startsWith("clients/acme/") ? path.replace("acme", "beta") : `elsewhere/${path}`;
}

// an empty note under a new name is a new empty note, which says nothing of the one that is gone
const RENAMED = GUARD_CASES.contents.filter(
  ({ verdict, title }) => verdict === "hit" && title !== "a note without a byte",
);

test.each(RENAMED.map((one) => [`${one.guard}: ${one.title}`, one] as const))(
  "a new name is no way past a guard: %s",
  async (_, one) => {
    await using world = await worldOf(one, "push");
    const { desktop } = world;
    const path = one.path ?? "";
    const before = world.remote.refs();
    desktop.rename(path, elsewhere(path));
    const run = await desktop.push();
    // a file that is new under its name is held back by what it is, everything else halts
    expect([21, 23]).toContain(run.exit ?? -1);
    if (run.exit === 23) expect(run.report?.files.heldBack).toEqual([elsewhere(path)]);
    else expect(world.remote.refs()).toBe(before);
  },
);
