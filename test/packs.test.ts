// What a pull brings takes more room than it needs, for the time until git's own maintenance: but only as long as that keeps up.
import { describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasRoom } from "../lib/git/packs.ts";
import { locateRepository } from "../lib/git/repository.ts";
import type { Machine } from "./support/machine.ts";
import { gitText } from "./support/plain-git.ts";
import { expectAgreement } from "./support/together.ts";
import { twoMachines } from "./support/world.ts";

const PACKS = ".git/objects/pack";
const LINES = 5_000;

/** Text that is easily made much smaller; each edition changes one line. */
function edition(n: number): string {
  return Array.from({ length: LINES }, (_, at) => `line ${at === n ? "changed" : at} of a long report\n`).join("");
}

const packsOf = (machine: Machine): string[] => readdirSync(machine.at(PACKS)).filter((name) => name.endsWith(".pack"));

test("the file that a change builds on is stored as it is until packs are many, and compressed from then on", async () => {
  await using world = await twoMachines({ "report.txt": edition(0) });
  const { desktop, laptop } = world;
  const pulledBytes = async (n: number): Promise<number> => {
    desktop.write("report.txt", edition(n));
    expect(await desktop.push()).toSucceed();
    const before = new Set(packsOf(laptop));
    expect(await laptop.pull()).toSucceed();
    expectAgreement(world);
    const come = packsOf(laptop).filter((name) => !before.has(name));
    return come.reduce((sum, name) => sum + statSync(laptop.at(`${PACKS}/${name}`)).size, 0);
  };

  const { length } = edition(1);
  expect(await pulledBytes(1)).toBeGreaterThan(length);
  // git passes over packs without an index, but they are there
  for (let n = 0; n < 50; n++) writeFileSync(laptop.at(`${PACKS}/pack-${String(n).padStart(40, "0")}.pack`), "");
  expect(hasRoom(locateRepository(laptop.folder))).toBe(false);
  expect(await pulledBytes(2)).toBeLessThan(length / 2);
});

test("what was left uncompressed goes with git's maintenance: of one file that changed often, one version stays", async () => {
  await using world = await twoMachines({ "report.txt": edition(0) });
  const { desktop, laptop } = world;
  const { length } = edition(0);
  for (let n = 1; n <= 5; n++) {
    desktop.write("report.txt", edition(n));
    expect(await desktop.push()).toSucceed();
    expect(await laptop.pull()).toSucceed();
  }
  const bytes = (): number =>
    packsOf(laptop).reduce((sum, name) => sum + statSync(laptop.at(`${PACKS}/${name}`)).size, 0);
  expect(bytes()).toBeGreaterThan(4 * length);
  laptop.git("gc", "-q");
  expect(packsOf(laptop).length).toBe(1);
  expect(bytes()).toBeLessThan(1.1 * length);
});

describe("a store has room", () => {
  const MB = 1_000_000;
  test.each([
    ["without packs", [], true],
    ["with one pack, however large", [900 * MB], true],
    ["with small ones beside it that are as much as a small store may take", [MB, 16 * MB, 14 * MB], true],
    ["but not with more than that", [17 * MB, 17 * MB, 16 * MB], false],
    ["beside a large one with nearly as much again", [100 * MB, 60 * MB, 39 * MB], true],
    ["but not with as much again", [100 * MB, 60 * MB, 40 * MB], false],
    ["with 49 packs", Array.from({ length: 49 }, () => 1), true],
    ["but not with 50", Array.from({ length: 50 }, () => 1), false],
  ])("%s", (_, sizes, expected) => {
    const folder = mkdtempSync(join(tmpdir(), "packs-"));
    try {
      gitText(folder, folder, ["init", "-q"]);
      for (const [n, size] of sizes.entries()) {
        const path = join(folder, PACKS, `pack-${String(n).padStart(40, "0")}.pack`);
        writeFileSync(path, "");
        truncateSync(path, size);
      }
      expect(hasRoom(locateRepository(folder))).toBe(expected);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
