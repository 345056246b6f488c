// Single files out of a snapshot: by name, folder and glob, from where one stands, and what is in their way.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { chosenChanges, pathChooser } from "../lib/sync/rollback-paths.ts";
import { twoMachines } from "./support/world.ts";

const START = { "a.md": "a1", "b.md": "b1", "n/x.md": "x1", "n/deep/y.md": "y1", "odd[1].md": "o1" };

/** A world in which everything was changed by a pull, and then by hand. */
async function changedWorld() {
  const world = await twoMachines({ ...START, ".gitignore": ".mcp.json\n" });
  const { desktop, laptop } = world;
  laptop.write(".mcp.json", "secret one", 0o600);
  desktop.write("a.md", "a2");
  expect(await desktop.push()).toSucceed();
  const pull = await laptop.pull();
  expect(pull).toSucceed();
  for (const path of Object.keys(START)) laptop.write(path, `edited ${path}`);
  laptop.write(".mcp.json", "secret two");
  return { world, laptop, desktop, run: pull.report?.snapshot ?? "" };
}

function put(...paths: string[]): string[] {
  return ["rollback", "--force", ...paths.flatMap((path) => ["--path", path])];
}

describe("--path", () => {
  test("puts back one file out of the newest snapshot and leaves every other", async () => {
    const { world, laptop } = await changedWorld();
    await using _world = world;
    const before = laptop.tree();
    const run = await laptop.run(put("a.md"));
    expect(run).toSucceed();
    expect(run.report?.outcome).toBe("rolled-back");
    expect(run.report?.verified.changed).toBe(1);
    expect(laptop.tree()).toEqual({ ...before, "a.md": "a1" });
    expect(await laptop.rollback()).toSucceed();
    expect(laptop.tree()).toEqual(before);
  });

  test("takes folders, globs, names that look like globs, ignored critical files, and each as often as it is given", async () => {
    const { world, laptop, run } = await changedWorld();
    await using _world = world;
    const before = laptop.tree();
    expect(await laptop.run(put("n", "odd[1].md", ".mcp.json", ".mcp.json"))).toSucceed();
    const back = { "n/x.md": "x1", "n/deep/y.md": "y1", "odd[1].md": "o1", ".mcp.json": "600:secret one" };
    expect(laptop.tree()).toEqual({ ...before, ...back });
    expect(await laptop.run(["rollback", run, "--force", "--path", "*.md"])).toSucceed();
    expect(laptop.tree()).toEqual({ ...before, ...back, "a.md": "a1", "b.md": "b1" });
  });

  test("takes a path from the current directory", async () => {
    const { world, laptop } = await changedWorld();
    await using _world = world;
    expect(await laptop.run(put("deep/y.md"), { cwd: laptop.at("n") })).toSucceed();
    expect(laptop.read("n/deep/y.md")).toBe("y1");
    expect(laptop.read("n/x.md")).toBe("edited n/x.md");
    expect(await laptop.run(put("../../outside"), { cwd: laptop.at("n") })).toFailWith("usage");
  });

  test("makes room: a folder where the file was, a file where its folder was", async () => {
    const { world, laptop, run } = await changedWorld();
    await using _world = world;
    laptop.remove("a.md", "n").write("a.md/inner", "i").write("n", "a file now");
    const before = laptop.tree();
    expect(await laptop.run(["rollback", run, "--force", "--path", "a.md", "--path", "n/x.md"])).toSucceed();
    const { "a.md/inner": _inner, n: _n, ...rest } = before;
    expect(laptop.tree()).toEqual({ ...rest, "a.md": "a1", "n/x.md": "x1" });
    expect(await laptop.rollback()).toSucceed();
    expect(laptop.tree()).toEqual(before);
  });

  test("that the snapshot does not hold is refused with the snapshot that does", async () => {
    const { world, laptop, desktop, run } = await changedWorld();
    await using _world = world;
    laptop.remove("b.md");
    desktop.write("a.md", "a3");
    expect(await laptop.run(["push", "--allow", "mass-delete"])).toSucceed();
    const before = laptop.state();
    const refused = await laptop.run(put("b.md"));
    expect(refused).toFailWith("usage");
    expect(refused.report?.failure?.remedy.join()).toContain(`rollback ${run} --path b.md`);
    expect(laptop.state()).toEqual(before);
    expect(await laptop.run(["rollback", run, "--force", "--path", "b.md"])).toSucceed();
    expect(laptop.read("b.md")).toBe("b1");
    expect(await laptop.run(put("never.md"))).toFailWith("usage");
  });

  test("with nothing to put back says so and takes no snapshot", async () => {
    const { world, laptop, run } = await changedWorld();
    await using _world = world;
    expect(await laptop.run(put("a.md"))).toSucceed();
    const refs = laptop.gitText("for-each-ref", "refs/petesbrain-sync/snapshots");
    const again = await laptop.run(["rollback", run, "--force", "--path", "a.md"]);
    expect(again.report?.outcome).toBe("up-to-date");
    expect(again).toSucceed();
    expect(laptop.gitText("for-each-ref", "refs/petesbrain-sync/snapshots")).toBe(refs);
  });

  test("does not go with --exact, list or --rehearse", async () => {
    await using world = await twoMachines({ a: "1" });
    for (const words of [["--exact"], ["list"], ["status"], ["--rehearse"]])
      expect(await world.laptop.run(["rollback", ...words, "--force", "--path", "a"])).toFailWith("usage");
  });
});

const entry = (n: number) => ({ mode: "100644", oid: String(n).padStart(40, "0") });

test("chosen changes never take away what is in nobody's way, and bring back all that is chosen", () => {
  const part = fc.constantFrom("a", "b", "c");
  const path = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
  const change = fc.record({ path, gone: fc.boolean() });
  fc.assert(
    fc.property(fc.uniqueArray(change, { selector: (one) => one.path, maxLength: 12 }), path, (list, wanted) => {
      const changes = list.map(({ path: name, gone }, n) => ({
        path: name,
        before: entry(n),
        after: gone ? null : entry(n + 100),
      }));
      const isChosen = pathChooser([wanted]);
      const chosen = chosenChanges(changes, isChosen);
      const come = chosen.filter(({ after }) => after !== null);
      expect(come).toEqual(changes.filter((one) => one.after !== null && isChosen(one.path)));
      for (const { path: gone } of chosen.filter(({ after }) => after === null))
        expect(come.some((one) => one.path.startsWith(`${gone}/`) || gone.startsWith(`${one.path}/`))).toBe(true);
    }),
  );
});
