// Tests that need something of the system say what is missing instead of passing quietly.
import { test } from "bun:test";
import { existsSync } from "node:fs";
import { cachedBun, type Target } from "../../.ci/bun-packages.mjs";

/** `test` where `missing` is null; otherwise a skipped test whose title carries the reason. */
export function testUnless(missing: string | null): (title: string, body: () => Promise<void> | void) => void {
  if (missing === null) return (title, body) => test(title, body);
  return (title, body) => test.skip(`${title} (skipped: ${missing})`, body);
}

/** Why tests that need the power to become another user cannot run; null when they can. */
export function cannotBecomeNobody(): string | null {
  if (process.getuid?.() !== 0) return "only root can become another user";
  return Bun.which("setpriv") === null ? "setpriv is not installed" : null;
}

/** The words that run a command as a user without rights, and that user's id. */
export const NOBODY = { id: 65534, through: ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] } as const;

/** Why system calls cannot be traced; null when they can. */
export function cannotTrace(): string | null {
  if (Bun.which("strace") === null) return "strace is not installed";
  const tried = Bun.spawnSync(["strace", "-o", "/dev/null", "true"]);
  return tried.exitCode === 0 ? null : "strace may not trace here";
}

/** Why nothing can be built for another target without going to the network; null when its Bun is in the cache. */
export function missingTemplate(target: Target): string | null {
  return existsSync(cachedBun(target)) ? null : `the Bun of ${target} is not in the cache: npm run build`;
}
