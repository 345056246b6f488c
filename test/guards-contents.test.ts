// Every guard over the contents of files, with the real binary: what leaves and what lands, just over and just below
// each threshold, let pass and let pass for something else.
import { test } from "bun:test";
import { GUARD_CASES, titled } from "./support/guard-cases.ts";
import { expectPassed, expectStopped } from "./support/guarded.ts";

test.each(titled(GUARD_CASES.contents, "hit"))("halts: %s, %s", async (_, way, one) => {
  await expectStopped(one, way);
});

test.each(titled(GUARD_CASES.contents, "below"))("passes, though only just: %s", async (_, _way, one) => {
  await expectPassed(one);
});

test.each(titled(GUARD_CASES.contents, "miss"))("passes: %s", async (_, _way, one) => {
  await expectPassed(one);
});
