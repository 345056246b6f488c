// The scenes of the demonstration in which a file is damaged: on its way out, on its way in, and on the disk itself.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { changeBrain } from "./change-brain.ts";
import type { Machine } from "./machine.ts";
import { DemoFailure } from "./narrator.ts";
import { proveSame } from "./scenes.ts";
import type { Stage } from "./stage.ts";
import { differences, type Tree } from "./tree.ts";

const HALTED = 21;
const INTEGRITY_MISMATCH = 31;

/** A task list is cut off while it is saved: no machine gets it, and the message says how to have the good one back. */
export async function damagedLeavingScene(stage: Stage): Promise<void> {
  const { narrator, desktop, laptop, plan } = stage;
  const list = `clients/${plan.clients[5] ?? ""}/tasks.json`;
  narrator.scene(`a program on the desktop is cut off while it saves ${list}`);
  const good = read(desktop, list);
  desktop.write(list, good.slice(0, Math.floor(good.length * 0.7)));
  changeBrain(desktop.folder, plan, { count: 2, round: 5, kind: "add" });
  narrator.tell("the last third of the task list is missing; two e-mails wait to be published with it");
  const [tree, refs] = [desktop.tree(), await refsOf(stage)];
  const halted = await desktop.run(["push"], [HALTED]);
  narrator.prove(halted.stderr.includes(`invalid-json: ${list}`), "the message names the guard and the file");
  narrator.prove((await refsOf(stage)) === refs, "nothing has reached the remote, not even a part");
  proveUntouched(stage, desktop, tree);

  narrator.tell("a person takes the list back, with the command that the message offers, and enters the task again");
  await desktop.paste(offeredRestore(halted.stderr));
  narrator.prove(read(desktop, list) === good, "the task list is whole again, to the letter");
  desktop.write(list, good.replace('"tasks": [\n', '"tasks": [\n    { "id": "demo-1", "title": "call back" },\n'));
  await desktop.run(["push"]);
  await laptop.run(["pull"]);
  narrator.prove(read(laptop, list).includes("call back"), "the honest edit goes through, and the e-mails with it");
  proveSame(stage);
}

/** Plain git publishes what the product would not have: the other machine does not take it in. */
export async function damagedArrivingScene(stage: Stage): Promise<void> {
  const { narrator, desktop, laptop, plan } = stage;
  const list = `clients/${plan.clients[6] ?? ""}/tasks.json`;
  narrator.scene("a damaged task list is published by hand, past all guards");
  const good = read(desktop, list);
  desktop.write(list, good.slice(0, Math.floor(good.length * 0.7)));
  await desktop.paste(`git commit -q -a -m 'quick save' && git push -q origin main`);
  const [tree, head] = [laptop.tree(), await laptop.git("rev-parse", "HEAD")];
  const halted = await laptop.run(["pull"], [HALTED]);
  narrator.prove(halted.stderr.includes(`invalid-json: ${list}`), "the laptop does not take it in, and says why");
  proveUntouched(stage, laptop, tree);
  narrator.prove((await laptop.git("rev-parse", "HEAD")) === head, "nor has its branch moved");

  narrator.tell("the list is mended where it was damaged");
  await desktop.paste(`git restore --source=HEAD~1 -- '${list}'`);
  await desktop.run(["push"]);
  await laptop.run(["pull"]);
  narrator.prove(
    read(laptop, list) === good,
    "the laptop's folder has the whole list, and at no time held the damaged one",
  );
  proveSame(stage);
}

/** The disk gives other bytes than were written: verify finds it, no run passes it on, and the good copy comes back. */
export async function rotScene(stage: Stage): Promise<void> {
  const { narrator, laptop, plan } = stage;
  const note = `clients/${plan.clients[7] ?? ""}/CONTEXT.md`;
  narrator.scene(`the laptop's disk loses a few bits of ${note}`);
  const good = read(laptop, note);
  const rotten = good.replace(/[a-z]{4}/g, (letters, at: number) => (at % 5 === 0 ? "~~~~" : letters));
  await writeUnseen(laptop, note, rotten);
  narrator.tell("its size and its time are the same as before: nobody saved it");
  const refs = await refsOf(stage);
  const found = await laptop.run(["verify"], [INTEGRITY_MISMATCH]);
  narrator.prove((found.stdout + found.stderr).includes(note), "verify names the file");
  const halted = await laptop.run(["push"], [HALTED]);
  const stopped = halted.stderr.includes(`rot: ${note}`) && (await refsOf(stage)) === refs;
  narrator.prove(stopped, "a push does not pass it on");
  await laptop.run(["verify", "--repair"]);
  narrator.prove(read(laptop, note) === good, "the good copy is back, to the letter");
  narrator.prove(keptCopies(laptop).includes(rotten), "the bad one is kept, to be looked at");
  await laptop.run(["verify"]);
  proveSame(stage);
}

function read(machine: Machine, path: string): string {
  return readFileSync(join(machine.folder, path), "utf8");
}

/** Every ref of the remote, as git shows them. */
function refsOf(stage: Stage): Promise<string> {
  return stage.desktop.git("ls-remote", stage.remote);
}

function proveUntouched(stage: Stage, machine: Machine, before: Tree): void {
  const different = differences(before, machine.tree());
  stage.narrator.prove(different.length === 0, `not a byte of the ${machine.name}'s folder has changed`, different);
}

/** The command, among those that the message offers, which takes the file back. */
function offeredRestore(message: string): string {
  const command = /git restore -- \S.*$/m.exec(message)?.[0];
  if (command === undefined) throw new DemoFailure("the message offers no command that takes the file back");
  return command;
}

/** Writes other bytes and puts the time back to the nanosecond, which only `touch -r` can on every machine. */
async function writeUnseen(machine: Machine, path: string, text: string): Promise<void> {
  const place = join(machine.folder, path);
  const clock = join(machine.home, "clock");
  for (const act of [["cp", "-p", place, clock], null, ["touch", "-r", clock, place]]) {
    if (act === null) machine.write(path, text);
    else if ((await Bun.spawn(act).exited) !== 0) throw new DemoFailure(`${act.join(" ")} fails`);
  }
}

/** Contents of the damaged files that `verify --repair` put aside. */
function keptCopies(machine: Machine): string[] {
  const kept = join(machine.folder, ".git", "petesbrain-sync", "damaged");
  return readdirSync(kept, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
}
