// Classes and their rules: what happens to a file that both machines changed, whichever of them is first; who wrote a
// version is read from the runs' trailers; the folder's own settings add to the table, stand in for it, or replace it.
import { describe, expect, test } from "bun:test";
import type { Policy } from "../lib/machine/settings-classes.ts";
import { preferredSide } from "../lib/merge/preference.ts";
import { parseWrites } from "../lib/sync/writers.ts";
import { contentsBelow, lostFrom } from "./support/holdings.ts";
import type { Machine } from "./support/machine.ts";
import { digestOf } from "./support/observe.ts";
import { expectAgreement, expectMonotoneRemote, settle } from "./support/together.ts";
import { type Contents, threeMachines, twoMachines, type World } from "./support/world.ts";

const SETTINGS = ".petesbrain-sync.toml";
const LINES = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";

/** Runs a meeting in both orders, each in a world of its own. */
async function inBothOrders(
  start: Contents,
  acts: { readonly desktop: (m: Machine) => unknown; readonly laptop: (m: Machine) => unknown },
  ended: (world: World, first: Machine, second: Machine) => Promise<void> | void,
): Promise<void> {
  for (const [one, other] of [
    ["desktop", "laptop"],
    ["laptop", "desktop"],
  ] as const) {
    await using world = await twoMachines(start);
    acts.desktop(world.desktop);
    acts.laptop(world.laptop);
    expect(await world[one].sync()).toSucceed();
    await ended(world, world[one], world[other]);
  }
}

describe("a class that prefers a role takes that machine's version, whichever is first:", () => {
  const html = "reports/week.html";
  const rows: readonly (readonly [
    title: string,
    desktop: (m: Machine) => unknown,
    laptop: (m: Machine) => unknown,
    end: string | null,
  ])[] = [
    ["both changed", (m) => m.write(html, "<p>desk"), (m) => m.write(html, "<p>lap"), "<p>desk"],
    ["deleted there, changed here", (m) => m.remove(html), (m) => m.write(html, "<p>lap"), null],
    ["changed there, deleted here", (m) => m.write(html, "<p>desk"), (m) => m.remove(html), "<p>desk"],
    ["a link against a file", (m) => m.remove(html).link(html, "x"), (m) => m.write(html, "<p>lap"), "-> x"],
    [
      "different lines of it",
      (m) => m.write(html, "0\n<p>1\n2\n3\n"),
      (m) => m.write(html, "<p>1\n2\n3\n4\n"),
      "0\n<p>1\n2\n3\n",
    ],
  ];
  test.each(rows)("%s", async (_, desktop, laptop, end) => {
    await inBothOrders(
      { [html]: "<p>1\n2\n3\n", "reports/a": "1" },
      { desktop, laptop },
      async (world, _first, second) => {
        const seen = new Set(world.machines.flatMap((machine) => [...contentsBelow(machine.folder)]));
        const run = await second.sync();
        expect(run).toSucceed();
        expect(run.report?.notes.join("\n")).toContain(
          `${html}: the version of desktop is taken; that of laptop is in `,
        );
        await settle(world);
        expect(world.desktop.tree()).toEqual({ "reports/a": "1", ...(end === null ? {} : { [html]: end }) });
        expectAgreement(world);
        expectMonotoneRemote(world);
        const written = ["<p>lap", "<p>desk"].map((text) => digestOf(Buffer.from(text)));
        expect(
          lostFrom(
            world,
            written.filter((digest) => seen.has(digest)),
          ),
        ).toEqual([]);
      },
    );
  });

  test("new on both", async () => {
    const acts = { desktop: (m: Machine) => m.write("n.csv", "desk"), laptop: (m: Machine) => m.write("n.csv", "lap") };
    await inBothOrders({ a: "1" }, acts, async (world, _first, second) => {
      expect(await second.sync()).toSucceed();
      await settle(world);
      expect(world.laptop.tree()).toEqual({ a: "1", "n.csv": "desk" });
    });
  });

  test("an edit that was never committed gives way too, and is in the snapshot that the report names", async () => {
    await using world = await twoMachines({ [html]: "<p>", a: "1" });
    expect(await world.desktop.write(html, "<p>desk").push()).toSucceed();
    const run = await world.laptop.write(html, "<p>lap").pull();
    expect(run).toSucceed();
    expect(world.laptop.read(html)).toBe("<p>desk");
    expect(run.report?.notes.join()).toContain(`that of laptop is in the snapshot ${run.report?.run}`);
    expect(world.laptop.gitText("show", `refs/petesbrain-sync/snapshots/${run.report?.run}:${html}`)).toBe("<p>lap");
  });

  test("of three machines, the one that wrote it counts, not the one that brought it", async () => {
    await using world = await threeMachines({ [html]: "<p>", a: "1" });
    const { desktop, laptop, studio } = world;
    expect(await desktop.write(html, "<p>desk").push()).toSucceed();
    // the studio brings the desktop's version into its own history, with a change of its own beside it
    expect(await studio.write("a", "2").git("commit", "-q", "-am", "by hand").sync()).toSucceed();
    expect(await laptop.write(html, "<p>lap").sync()).toSucceed();
    await settle(world);
    expect(laptop.read(html)).toBe("<p>desk");
    expectAgreement(world);
  });

  test("where neither is the preferred one, or no run says who wrote it, a person chooses", async () => {
    await using world = await threeMachines({ [html]: "<p>", a: "1" });
    const { desktop, laptop, studio } = world;
    expect(await studio.write(html, "<p>studio").push()).toSucceed();
    const neither = await laptop.write(html, "<p>lap").sync();
    expect(neither).toFailWith("conflicts");
    expect(neither.report?.failure?.cause).toContain(
      "neither version was written by desktop, but by laptop and studio",
    );
    desktop.write(html, "<p>desk").git("commit", "-q", "-am", "by hand");
    const unknown = await desktop.sync();
    expect(unknown).toFailWith("conflicts");
    expect(unknown.report?.failure?.cause).toContain("it is not known whether desktop wrote one of the versions");
  });
});

describe("the preferred side", () => {
  const rows: readonly (readonly [ours: string | null, theirs: string | null, side: string])[] = [
    ["desktop", "laptop", "ours"],
    ["laptop", "desktop", "theirs"],
    ["desktop", null, "ours"],
    [null, "desktop", "theirs"],
    ["desktop", "desktop", "both versions were written by desktop"],
    ["laptop", "studio", "neither version was written by desktop, but by laptop and studio"],
    ["laptop", null, "it is not known"],
    [null, "laptop", "it is not known"],
    [null, null, "it is not known"],
  ];
  test.each(rows)("of %s and %s: %s", (ours, theirs, side) => {
    const found = preferredSide("desktop", { ours, theirs });
    expect(typeof found === "string" ? found : found.refused).toStartWith(side);
  });
});

test("the log of writes is read commit by commit, the newest first; what is no such log is refused", () => {
  const [a, b] = ["a".repeat(40), "b".repeat(40)];
  const text = `\u0001laptop\0\n:100644 100644 ${a} ${b} M\0x\0:100644 000000 ${a} ${"0".repeat(40)} D\0y\0\u0001\0\u0001desktop,studio\0\n:000000 100755 ${"0".repeat(40)} ${a} A\0x\0`;
  expect([...parseWrites(Buffer.from(text))]).toEqual([
    [{ path: "x", oid: b }, "laptop"],
    [{ path: "y", oid: null }, "laptop"],
    [{ path: "x", oid: a }, "studio"],
  ]);
  for (const wrong of [":x\0y\0", `\u0001\0:100644 100644 ${a} ${b} M\0`, "no end"])
    expect(() => [...parseWrites(Buffer.from(wrong))]).toThrow();
});

describe("the folder's own classes", () => {
  const toml = (policy: string): string => `[[class]]\nname = "lists"\nglobs = ["lists/**"]\n${policy}\n`;
  const both = {
    desktop: (m: Machine) => m.write("lists/a", LINES.replace("1", "desk")),
    laptop: (m: Machine) => m.write("lists/a", LINES.replace("9", "lap")),
  };
  const merged = LINES.replace("1", "desk").replace("9", "lap");
  const rows: readonly (readonly [policy: string, end: string | null])[] = [
    ['policy = "merge"', merged],
    ['policy = "ask"', null],
    ['prefer = "laptop"', LINES.replace("9", "lap")],
  ];
  test.each(rows)("%s", async (policy, end) => {
    await inBothOrders({ [SETTINGS]: toml(policy), "lists/a": LINES }, both, async (world, _first, second) => {
      const run = await second.sync();
      if (end === null) return expect(run).toFailWith("conflicts");
      expect(run).toSucceed();
      await settle(world);
      expect(world.desktop.read("lists/a")).toBe(end);
      expectAgreement(world);
    });
  });

  test("a policy that is new on one machine holds for the very run that brings it", async () => {
    const acts = {
      desktop: (m: Machine) => both.desktop(m.write(SETTINGS, toml('policy = "ask"'))),
      laptop: both.laptop,
    };
    await inBothOrders({ "lists/a": LINES }, acts, async (_world, _first, second) => {
      const run = await second.sync();
      expect(run).toFailWith("conflicts");
      expect(run.report?.files.conflicts).toEqual(["lists/a"]);
    });
  });

  test("a policy that both machines changed decides nothing until a person has chosen", async () => {
    await using world = await twoMachines({ "lists/a": LINES });
    expect(await both.desktop(world.desktop.write(SETTINGS, toml('policy = "ask"'))).push()).toSucceed();
    const run = await both.laptop(world.laptop.write(SETTINGS, toml('policy = "merge"'))).sync();
    expect(run).toFailWith("conflicts");
    expect(run.report?.files.conflicts).toEqual([SETTINGS, "lists/a"]);
    const resolved = await world.laptop.run(["resolve", "--all", "--take", "laptop"]);
    expect(resolved).toSucceed();
    expect(world.laptop.read("lists/a")).toBe(LINES.replace("9", "lap"));
  });

  test("a policy that arrives and is wrong is named with its line; nothing is merged by a guess", async () => {
    await using world = await twoMachines({ "lists/a": LINES });
    expect(await both.desktop(world.desktop).push()).toSucceed();
    world.desktop.write(SETTINGS, "\n\n[[class]]\nname = 'x'\nglobs = ['x/']\npolicy = 'ask'\n");
    world.desktop.git("add", "-A").git("commit", "-q", "-m", "wrong").git("push", "-q", "origin", "main");
    const before = both.laptop(world.laptop).state();
    const run = await world.laptop.sync();
    expect(run).toFailWith("config-invalid");
    expect(run.report?.failure?.cause).toContain(
      `${SETTINGS} (as it arrives), line 5: class[0].globs must match files`,
    );
    expect(world.laptop.state()).toEqual(before);
  });

  test("why names the rule and where it is written; config show lists them in order", async () => {
    await using world = await twoMachines({ [SETTINGS]: `\n${toml('policy = "ask"')}`, "lists/a": LINES });
    const why = JSON.parse((await world.laptop.run(["why", "lists/a"])).stdout) as { rules: unknown[] };
    expect(why.rules).toEqual([
      {
        class: "lists",
        glob: "lists/**",
        source: `${world.laptop.at(SETTINGS)}:3`,
        means: expect.stringContaining("a person chooses (petesbrain-sync resolve)"),
      },
    ]);
    const shown = (await world.laptop.words(["config", "show"])).stdout;
    expect(shown).toContain(`"lists: lists/**: ask (${world.laptop.at(SETTINGS)}:3)"`);
    expect(shown.indexOf("lists: ")).toBeLessThan(shown.indexOf("completed: "));
  });
});

const POLICIES: readonly (Policy & string)[] = ["ask", "by-id", "append", "both", "merge"];
test("every policy that can be written means something of its own", async () => {
  const { meaningOf } = await import("../lib/merge/classes.ts");
  const meanings = [...POLICIES, { prefer: "studio" }].map(meaningOf);
  expect(meanings.every((meaning) => meaning.startsWith("changed on both machines: "))).toBe(true);
  expect(new Set(meanings).size).toBe(meanings.length - 1); // append and both unite alike
});
