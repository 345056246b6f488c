// A quick share of the random histories; `bun run test:random` plays as many as one likes.
import { expect, test } from "bun:test";
import { playHistory } from "./support/random-history.ts";
import "./support/matchers.ts";

const SEED = Number(process.env["PETESBRAIN_TEST_SEED"] ?? Math.floor(Math.random() * 1_000_000));

test.each([SEED, SEED + 1, SEED + 2])("a random history of two machines, seed %d", async (seed) => {
  expect((await playHistory({ seed, steps: 30, machines: 2, kills: true })).runs).toBeGreaterThan(0);
});

test.each([SEED, SEED + 1])("a random history of three machines, seed %d", async (seed) => {
  expect((await playHistory({ seed, steps: 36, machines: 3, kills: false })).runs).toBeGreaterThan(0);
});
