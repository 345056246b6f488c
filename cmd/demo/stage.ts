// What the demonstration plays on: a scratch folder with a bare remote, two machines and the made-up folder's plan.
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { type BrainPlan, planBrain } from "./brain.ts";
import { Machine, type Variables } from "./machine.ts";
import { DemoFailure, type Narrator } from "./narrator.ts";

export interface Stage {
  readonly scratch: string;
  readonly remote: string;
  readonly desktop: Machine;
  readonly laptop: Machine;
  readonly plan: BrainPlan;
  readonly narrator: Narrator;
}

interface StageRequest {
  readonly scratch: string;
  readonly binary: readonly string[];
  readonly environment: Variables;
  readonly narrator: Narrator;
}

/** An empty folder to play in: the one to keep, or a new one below the system's place for temporary files. */
export function makeScratch(keep: string | null, environment: Variables): string {
  if (keep === null) return mkdtempSync(join(realpathSync(environment["TMPDIR"] ?? "/tmp"), "petesbrain-sync-demo-"));
  const scratch = resolve(keep);
  mkdirSync(scratch, { recursive: true });
  if (readdirSync(scratch).length > 0)
    throw new DemoFailure(`${scratch} is not empty: name a new folder, as in --keep ${scratch}/demo`);
  return scratch;
}

/** Removes the scratch folder with everything in it. */
export function removeScratch(scratch: string): void {
  rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
}

/** Makes the remote and both machines; the desktop's folder is there and empty, the laptop's is not. */
export async function setStage(request: StageRequest): Promise<Stage> {
  const { scratch, narrator } = request;
  const machine = (name: string): Machine => new Machine({ ...request, name });
  const stage = {
    scratch,
    narrator,
    remote: join(scratch, "remote.git"),
    desktop: machine("desktop"),
    laptop: machine("laptop"),
    plan: planBrain("S", 1),
  };
  mkdirSync(stage.desktop.folder);
  await stage.desktop.git("init", "--quiet", "--bare", "--initial-branch=main", stage.remote);
  return stage;
}
