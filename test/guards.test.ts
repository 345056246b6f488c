// Every guard over the shape of a folder and over what merges make, with the real binary: what leaves and what lands,
// just over and just below each threshold, let pass and let pass for something else.
import { test } from "bun:test";
import { GUARD_CASES, titled } from "./support/guard-cases.ts";
import { expectPassed, expectStopped } from "./support/guarded.ts";

const CASES = [...GUARD_CASES.folder, ...GUARD_CASES.merges];

test.each(titled(CASES, "hit"))("halts: %s, %s", async (_, way, one) => {
  await expectStopped(one, way);
});

test.each(titled(CASES, "below"))("passes, though only just: %s", async (_, _way, one) => {
  await expectPassed(one);
});

test.each(titled(CASES, "miss"))("passes: %s", async (_, _way, one) => {
  await expectPassed(one);
});
