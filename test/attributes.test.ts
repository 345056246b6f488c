// A quick share of the random histories with attributes; `bun run test:random --attributes` plays as many as one likes.
import { expect, test } from "bun:test";
import { playAttributes } from "./support/attribute-history.ts";
import "./support/matchers.ts";

const SEED = Number(process.env["PETESBRAIN_TEST_SEED"] ?? Math.floor(Math.random() * 1_000_000));

test.each([SEED, SEED + 1, SEED + 2, SEED + 3])("a random history with attributes, seed %d", async (seed) => {
  expect(await playAttributes(seed, 40)).toBeGreaterThan(0);
});
