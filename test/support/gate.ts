// Stops a run of the product at one of its fault points, for as long as the test wants, without sleeping.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Machine, RunChoice, RunResult } from "./machine.ts";
import type { World } from "./world.ts";

export interface Held {
  /** Lets the run go on and returns how it ended. */
  release(): Promise<RunResult>;
}

/** Starts a command and returns once it stands at its `point`-th fault point. */
export async function holdAt(
  world: World,
  machine: Machine,
  args: readonly string[],
  point: number,
  choice: RunChoice = {},
): Promise<Held> {
  const [arrived, go] = [join(world.root, "gate.arrived"), join(world.root, "gate.go")];
  rmSync(arrived, { force: true });
  rmSync(go, { force: true });
  Bun.spawnSync(["mkfifo", arrived, go]);
  const script = join(world.root, "gate.sh");
  writeFileSync(script, `#!/bin/sh\necho here > '${arrived}'\nread word < '${go}'\n`, { mode: 0o755 });
  const run = machine.run(args, { ...choice, fault: `hook@${point}`, faultHook: script });
  const waiting = Bun.spawn(["cat", arrived], { stdout: "ignore" });
  const first = await Promise.race([waiting.exited.then(() => null), run]);
  if (first !== null) {
    waiting.kill();
    throw new Error(`${args.join(" ")} ended with ${first.exit} before its fault point ${point}`);
  }
  return {
    release: async () => {
      await Bun.spawn(["sh", "-c", `echo go > '${go}'`]).exited;
      return run;
    },
  };
}

/** Names of the fault points a command passes when nothing strikes, in order. The world is put back as it was saved. */
export async function pointsOf(
  world: World,
  machine: Machine,
  args: readonly string[],
  choice: RunChoice = {},
): Promise<{ names: string[]; run: RunResult }> {
  const log = `${world.root}.points`;
  rmSync(log, { force: true });
  const run = await machine.run(args, { ...choice, faultLog: log });
  const names = readFileSync(log, "utf8").split("\n").filter(Boolean);
  rmSync(log);
  return { names, run };
}
