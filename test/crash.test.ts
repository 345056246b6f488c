// A quick share of the crash campaign: every scenario, cut at points spread over the whole run. The points move with the
// seed printed below; `bun run test:crash` takes all of them.
import { describe, expect, test } from "bun:test";
import { failAt, killAt, killAtSystemCall, setTheStage } from "./support/crash.ts";
import { SCENARIOS } from "./support/scenarios.ts";
import { cannotTrace, testUnless } from "./support/skip.ts";
import "./support/matchers.ts";

const SEED = Number(process.env["PETESBRAIN_TEST_SEED"] ?? Math.floor(Math.random() * 1000));
const KILLS = 5;
const ERRORS = ["ENOSPC", "EIO", "EACCES"] as const;

/** `count` points spread over 1..total, shifted by the seed. */
function spread(total: number, count: number): number[] {
  const step = Math.max(1, Math.floor(total / count));
  const points: number[] = [];
  for (let point = 1 + (SEED % step); point <= total; point += step) points.push(point);
  return points;
}

describe(`cut off, seed ${SEED}:`, () => {
  test.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))("%s, killed", async (_, scenario) => {
    await using stage = await setTheStage(scenario);
    const points = spread(stage.points.length, KILLS);
    for (const point of points) await killAt(stage, point, { twice: point % 2 === 0 });
    expect(points.length).toBeGreaterThanOrEqual(KILLS);
  });

  test.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))(
    "%s, met by system errors",
    async (_, scenario) => {
      await using stage = await setTheStage(scenario);
      const points = spread(stage.points.length, ERRORS.length);
      for (const [at, point] of points.entries()) await failAt(stage, ERRORS[at % ERRORS.length] ?? "EIO", point);
      expect(points.length).toBeGreaterThanOrEqual(ERRORS.length);
    },
  );
});

test("a rollback that takes in ignored files ends in words wherever a flush finds the disk full", async () => {
  const scenario = SCENARIOS.find(({ name }) => name === "rollback to a snapshot, ignored files too");
  if (scenario === undefined) throw new Error("there is no such rollback among the scenarios");
  await using stage = await setTheStage(scenario);
  const flushes = stage.points.flatMap((name, at) => (name === "flush all" ? [at + 1] : []));
  expect(flushes.length).toBeGreaterThan(3);
  for (const point of flushes) await failAt(stage, "ENOSPC", point);
});

describe(`a pull cut at real system calls, seed ${SEED}:`, () => {
  for (const call of ["rename", "link", "unlink", "fsync", "openat"]) {
    testUnless(cannotTrace())(call, async () => {
      const scenario = SCENARIOS.find(({ args }) => Array.isArray(args) && args[0] === "pull");
      if (scenario === undefined) throw new Error("there is no pull among the scenarios");
      await using stage = await setTheStage(scenario);
      let struck = 0;
      for (const count of [1 + (SEED % 3), 4 + (SEED % 5)]) if (await killAtSystemCall(stage, call, count)) struck += 1;
      expect(struck).toBeGreaterThan(0);
    });
  }
});
