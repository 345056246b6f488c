// The scenes of the demonstration in which nothing goes wrong: beginning, both directions, both at once, unfinished work.

import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeBrain } from "./brain.ts";
import { changeBrain } from "./change-brain.ts";
import type { Stage } from "./stage.ts";
import { differences, type Tree } from "./tree.ts";

/** Both folders without what belongs to one machine: ignored files, and the product's own records. */
function sharedTrees(stage: Stage): { desktop: Tree; laptop: Tree } {
  const own = new Set(stage.plan.files.filter((file) => !file.tracked).map((file) => file.path));
  const skip = (path: string): boolean => own.has(path) || path === ".sync-checksums.json" || path === "data/alerts";
  return { desktop: stage.desktop.tree(skip), laptop: stage.laptop.tree(skip) };
}

/** Proves that both folders are the same, byte for byte. */
export function proveSame(stage: Stage): void {
  const { desktop, laptop } = sharedTrees(stage);
  const different = differences(desktop, laptop);
  stage.narrator.prove(
    different.length === 0,
    `both folders are the same, byte for byte: ${desktop.size} files`,
    different,
  );
}

/** The desktop has a folder, the remote is empty, the laptop has nothing: afterwards all three hold the same. */
export async function beginScene(stage: Stage): Promise<void> {
  const { narrator, desktop, laptop } = stage;
  narrator.scene("a folder on the desktop, an empty remote, nothing on the laptop");
  const written = writeBrain(desktop.folder, stage.plan);
  narrator.tell(
    `the desktop has ${written.files} files, ${Math.round(written.sizeBytes / 1e6)} MB: task lists, notes, e-mails, reports, odd names, links, scripts`,
  );
  await desktop.run(
    ["init", desktop.folder, "--role", "desktop", "--remote", stage.remote, "--yes"],
    [0],
    desktop.home,
  );
  await desktop.run(["push"]);
  await laptop.run(["init", laptop.folder, "--role", "laptop", "--remote", stage.remote, "--yes"], [0], laptop.home);
  await laptop.run(["pull"]);
  proveSame(stage);
  const leaked = stage.plan.files
    .filter((file) => !file.tracked && laptop.tree().has(file.path))
    .map((file) => file.path);
  narrator.prove(
    leaked.length === 0,
    "what .gitignore names stayed on the desktop: .mcp.json, data/state, logs, venv",
    leaked,
  );
}

/** A few edits on the desktop arrive on the laptop. */
export async function oneWayScene(stage: Stage): Promise<void> {
  const { narrator, desktop, laptop, plan } = stage;
  narrator.scene("a morning's work on the desktop goes to the laptop");
  changeBrain(desktop.folder, plan, { count: 3, round: 1, kind: "edit" });
  changeBrain(desktop.folder, plan, { count: 2, round: 1, kind: "add" });
  changeBrain(desktop.folder, plan, { count: 1, round: 1, kind: "delete" });
  narrator.tell("three files are edited, two e-mails arrive, one document is thrown away");
  await desktop.run(["push"]);
  await laptop.run(["pull"]);
  proveSame(stage);
}

/** Both machines change different things at once. */
export async function bothWaysScene(stage: Stage): Promise<void> {
  const { narrator, desktop, laptop, plan } = stage;
  narrator.scene("both machines work at the same time, on different files");
  changeBrain(desktop.folder, plan, { count: 4, round: 2, kind: "add" });
  changeBrain(laptop.folder, plan, { count: 3, round: 3, kind: "add" });
  const note = `clients/${plan.clients[1] ?? ""}/CONTEXT.md`;
  laptop.write(note, `${readFileSync(join(laptop.folder, note), "utf8")}\n- agreed on the train: start in March\n`);
  await desktop.run(["push"]);
  await laptop.run(["sync"]);
  await desktop.run(["pull"]);
  proveSame(stage);
}

/** Work that was begun and not published stays as it is while the other machine's changes arrive. */
export async function unfinishedScene(stage: Stage): Promise<void> {
  const { narrator, desktop, laptop, plan } = stage;
  narrator.scene("a pull arrives while work on the laptop is unfinished");
  const draft = `clients/${plan.clients[2] ?? ""}/CONTEXT.md`;
  const text = `${readFileSync(join(laptop.folder, draft), "utf8")}\n- half a thought,`;
  laptop.write(draft, text);
  changeBrain(desktop.folder, plan, { count: 2, round: 4, kind: "add" });
  narrator.tell(`the laptop has an unfinished sentence in ${draft}`);
  await desktop.run(["push"]);
  await laptop.run(["pull"]);
  const status = await laptop.git("status", "--porcelain");
  narrator.prove(
    readFileSync(join(laptop.folder, draft), "utf8") === text,
    "the unfinished sentence is still there, to the letter",
  );
  narrator.prove(status === ` M ${draft}\n`, "and it is still uncommitted: nobody published half a thought", [status]);
  await laptop.run(["push"]);
  await desktop.run(["pull"]);
  proveSame(stage);
}

/** A push that deleted files by mistake is undone, and the undo travels. */
export async function rollbackScene(stage: Stage): Promise<void> {
  const { narrator, desktop, laptop, plan } = stage;
  narrator.scene("a mistake is published, and undone");
  const before = sharedTrees(stage).desktop;
  const gone = join("clients", plan.clients[3] ?? "", "documents");
  rmSync(join(desktop.folder, gone), { recursive: true });
  narrator.tell(`on the desktop ${gone} is deleted by mistake, and everything is synced`);
  await desktop.run(["push"]);
  await laptop.run(["pull"]);
  const lost = differences(before, sharedTrees(stage).laptop);
  narrator.prove(
    lost.length > 0 && lost.every((path) => path.startsWith(gone)),
    `${lost.length} files are gone on both machines, and from the remote's newest state`,
    lost,
  );
  await desktop.run(["rollback", "--force"]);
  await desktop.run(["push"]);
  await laptop.run(["pull"]);
  const different = differences(before, sharedTrees(stage).laptop);
  narrator.prove(different.length === 0, "the laptop has every one of them back, byte for byte", different);
  proveSame(stage);
}
