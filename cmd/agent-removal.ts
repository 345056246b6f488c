// How `uninstall` has the scheduled jobs taken away: by the program's own words, so that it need not know how.
import { Failure } from "../lib/failure.ts";
import { PROGRAM } from "./help-form.ts";
import type { Surroundings } from "./surroundings.ts";

const DEADLINE_MS = 120_000;

/**
 * Runs `agents uninstall` and returns what it said, line by line.
 * @throws Failure `permission-denied` when jobs are left: they would start a program that is gone
 */
export async function removeAgents(
  surroundings: Pick<Surroundings, "binary" | "environment" | "cwd">,
): Promise<string[]> {
  const { binary, environment, cwd } = surroundings;
  const child = Bun.spawn([...binary, "agents", "uninstall", "--no-color"], {
    cwd,
    env: environment,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: DEADLINE_MS,
  });
  const [out, err, exit] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (exit === 0) return out.split("\n").filter((line) => line.trim() !== "");
  // what it says is a failure in the words of this program: the title, then indented why
  const why = err.split("\n").find((line) => line.startsWith("  ")) ?? err;
  const cause = `the scheduled jobs could not be removed, so nothing else was: ${why.trim()}`;
  throw new Failure("permission-denied", {
    cause,
    remedy: [`${PROGRAM} agents uninstall`, `${PROGRAM} agents status`],
  });
}
