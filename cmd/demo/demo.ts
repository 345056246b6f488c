// `petesbrain-sync demo`: two machines and a remote in a scratch folder, real git, the real program, told step by step.
// Nothing is played: every command is run, every claim is checked, and one that does not hold ends the demonstration.
import { conflictScene, unitedScene } from "./conflicts.ts";
import { damagedArrivingScene, damagedLeavingScene, rotScene } from "./damage.ts";
import type { Variables } from "./machine.ts";
import { DemoFailure, Narrator } from "./narrator.ts";
import { beginScene, bothWaysScene, oneWayScene, proveSame, rollbackScene, unfinishedScene } from "./scenes.ts";
import { makeScratch, removeScratch, type Stage, setStage } from "./stage.ts";
import { killScene } from "./trouble.ts";

export interface DemoOptions {
  /** The program with its first arguments, as it is started for each step. */
  readonly binary: readonly string[];
  /** Folder to play in and to leave standing; null for a temporary one that is removed. */
  readonly keep: string | null;
  readonly say: (line: string) => void;
  /** Only PATH, TMPDIR and DEVELOPER_DIR are read; the person's home is neither read nor written. */
  readonly environment: Variables;
}

/** Runs the demonstration; 0 when every step ended as it must, 1 otherwise, with the scratch folder left to be looked at. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const began = performance.now();
  const narrator = new Narrator(options.say);
  let scratch: string | null = null;
  try {
    scratch = makeScratch(options.keep, options.environment);
    options.say(`two machines and a remote in ${scratch}`);
    await play(await setStage({ scratch, binary: options.binary, environment: options.environment, narrator }));
  } catch (error) {
    if (!(error instanceof DemoFailure)) throw error;
    options.say("");
    for (const line of error.message.trimEnd().split("\n")) options.say(`the demonstration fails: ${line}`);
    if (scratch !== null) options.say(`everything is left as it was: ${scratch}`);
    return 1;
  }
  options.say("");
  options.say(
    `VERDICT: ${narrator.proven} claims checked, all hold, in ${Math.round((performance.now() - began) / 1000)} s; both machines hold the same bytes`,
  );
  if (options.keep === null) removeScratch(scratch);
  options.say(
    options.keep === null
      ? "everything is removed again; keep it with: petesbrain-sync demo --keep DIR"
      : `everything is kept in ${scratch}`,
  );
  return 0;
}

async function play(stage: Stage): Promise<void> {
  await beginScene(stage);
  await oneWayScene(stage);
  await bothWaysScene(stage);
  await unfinishedScene(stage);
  await unitedScene(stage);
  await conflictScene(stage);
  await killScene(stage);
  await damagedLeavingScene(stage);
  await damagedArrivingScene(stage);
  await rotScene(stage);
  await rollbackScene(stage);
  await endScene(stage);
}

/** Asks both machines how they are, and compares them a last time. */
async function endScene(stage: Stage): Promise<void> {
  const { narrator, desktop, laptop } = stage;
  narrator.scene("may I close the lid? both machines answer");
  await desktop.run(["pull"]);
  for (const machine of [desktop, laptop]) {
    const { stdout } = await machine.run(["status"]);
    narrator.prove(stdout.startsWith("SAFE TO SWITCH"), `the ${machine.name} says it is safe to switch`);
  }
  proveSame(stage);
}
