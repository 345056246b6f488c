// The scene of the demonstration in which a process is killed half-way.
import { existsSync, lstatSync } from "node:fs";
import { join } from "node:path";
import { changeBrain } from "./change-brain.ts";
import { finished } from "./machine.ts";
import { DemoFailure } from "./narrator.ts";
import { proveSame } from "./scenes.ts";
import type { Stage } from "./stage.ts";
import { differences, type Tree } from "./tree.ts";

const RECOVERY_PENDING = 22;
const ATTEMPTS = 6;
const FILES_IN_FLIGHT = 300;

/** A pull is killed (SIGKILL) in the middle of writing the folder; the next command puts it right. */
export async function killScene(stage: Stage): Promise<void> {
  const { narrator, desktop, laptop } = stage;
  narrator.scene("the laptop's pull is killed half-way (kill -9)");
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    changeBrain(desktop.folder, stage.plan, { count: FILES_IN_FLIGHT, round: 100 + attempt, kind: "edit" });
    narrator.tell(`${FILES_IN_FLIGHT} files are edited on the desktop`);
    await desktop.run(["push"]);
    const before = laptop.tree();
    if (await killedHalfWay(stage, before)) {
      proveNoneTorn(stage, before);
      await recover(stage);
      return;
    }
    narrator.tell("the pull was done before it could be killed; once more");
  }
  throw new DemoFailure(`in ${ATTEMPTS} attempts no pull could be killed half-way: nothing was shown`);
}

/** Kills a pull as soon as a file in the middle of its list has changed; false when it ended by itself first. */
async function killedHalfWay(stage: Stage, before: Tree): Promise<boolean> {
  const { narrator, desktop, laptop } = stage;
  const wanted = desktop.tree();
  const arriving = differences(before, wanted).filter((path) => before.has(path) && wanted.has(path));
  const watched = arriving[Math.floor(arriving.length / 3)];
  if (watched === undefined) throw new DemoFailure("nothing is on its way to the laptop");
  const place = join(laptop.folder, watched);
  const journal = join(laptop.folder, ".git", "petesbrain-sync", "journal.json");
  const inode = lstatSync(place).ino;
  narrator.typed("laptop", "petesbrain-sync pull        # and kill -9 as soon as files begin to change");
  const child = laptop.start(["pull"]);
  const output = finished(child);
  while (child.exitCode === null && child.signalCode === null) {
    if (lstatSync(place, { throwIfNoEntry: false })?.ino !== inode) child.kill("SIGKILL");
    await Bun.sleep(0);
  }
  const ended = await output;
  if (child.signalCode === "SIGKILL" && existsSync(journal)) {
    narrator.tell("Killed. Its journal is still there: the run was cut while it changed files");
    return true;
  }
  narrator.output(ended.stdout + ended.stderr);
  return false;
}

function proveNoneTorn(stage: Stage, before: Tree): void {
  const [now, wanted] = [stage.laptop.tree(), stage.desktop.tree()];
  const arriving = differences(before, wanted).filter((path) => before.has(path) && wanted.has(path));
  const isNew = (path: string): boolean => now.get(path)?.content === wanted.get(path)?.content;
  const isOld = (path: string): boolean => now.get(path)?.content === before.get(path)?.content;
  const torn = arriving.filter((path) => !isNew(path) && !isOld(path));
  const counts = `${arriving.filter(isNew).length} files have their new bytes, ${arriving.filter(isOld).length} their old ones`;
  stage.narrator.prove(torn.length === 0, `${counts}, none a part of either`, torn);
}

async function recover(stage: Stage): Promise<void> {
  const { narrator, laptop } = stage;
  const { stdout } = await laptop.run(["status"], [RECOVERY_PENDING]);
  const warned = stdout.startsWith("ATTENTION") && stdout.includes("cut off");
  narrator.prove(warned, "status does not call this safe, and says that a run was cut off");
  await laptop.run(["pull"]);
  const journal = join(laptop.folder, ".git", "petesbrain-sync", "journal.json");
  narrator.prove(
    !existsSync(journal),
    "the next command has first put the folder back, then pulled as if nothing had happened",
  );
  proveSame(stage);
}
