// The scenes of the demonstration in which both machines change the same file: what is united by rule, and what a person
// is asked about.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { completedEntry, task } from "./bodies.ts";
import { Random } from "./random.ts";
import { proveSame } from "./scenes.ts";
import type { Stage } from "./stage.ts";
import { differences } from "./tree.ts";

function idsOf(text: string): string[] {
  return [...text.matchAll(/\bid"?: "?([0-9a-f-]{36})/g)].map(([, id]) => id ?? "");
}

/** Lists of completed tasks are united, a report that can be made again follows the desktop: nobody is asked. */
export async function unitedScene(stage: Stage): Promise<void> {
  const { narrator, desktop, laptop, plan } = stage;
  const client = plan.clients[6] ?? "";
  const completed = `clients/${client}/tasks-completed.md`;
  const report = "week.html";
  narrator.scene("both machines change the same files, and nobody needs to be asked");
  const random = new Random(6);
  const before = readFileSync(join(desktop.folder, completed), "utf8");
  for (const machine of [desktop, laptop]) {
    machine.write(completed, `${before}${completedEntry(random)}`);
    machine.write(report, `<p>by the ${machine.name}</p>\n`);
  }
  const wanted = [desktop, laptop].flatMap(({ folder }) => idsOf(readFileSync(join(folder, completed), "utf8")));
  narrator.tell(`each adds an entry to ${completed}, and each makes ${report} anew`);
  await desktop.run(["push"]);
  await laptop.run(["sync"]);
  await desktop.run(["pull"]);
  const united = idsOf(readFileSync(join(desktop.folder, completed), "utf8"));
  const once = new Set(united).size === united.length;
  narrator.prove(
    once && wanted.every((id) => united.includes(id)),
    `${completed} has every entry of both machines, each once`,
    wanted.filter((id) => !united.includes(id)),
  );
  const shown = readFileSync(join(laptop.folder, report), "utf8");
  narrator.prove(
    shown.includes("by the desktop"),
    `${report} is the desktop's, and the report said where the laptop's is`,
  );
  proveSame(stage);
}

/** Both machines change what no rule may decide: the run blocks and changes nothing, and a person ends it. */
export async function conflictScene(stage: Stage): Promise<void> {
  const { narrator, desktop, laptop, plan } = stage;
  const client = plan.clients[4] ?? "";
  const [note, tasks] = [`clients/${client}/CONTEXT.md`, `clients/${client}/tasks.json`];
  narrator.scene(`both machines change ${note} and ${tasks}`);
  const random = new Random(4);
  for (const machine of [desktop, laptop]) {
    const text = readFileSync(join(machine.folder, note), "utf8");
    machine.write(note, text.replace(/^Last updated: .*$/m, `Last updated: by the ${machine.name}`));
    const list = JSON.parse(readFileSync(join(machine.folder, tasks), "utf8")) as { tasks: unknown[] };
    list.tasks.push(task(random, client));
    machine.write(tasks, `${JSON.stringify(list, null, 2)}\n`);
  }
  const wanted = [desktop, laptop].flatMap(({ folder }) => idsOf(readFileSync(join(folder, tasks), "utf8")));
  await desktop.run(["push"]);
  const [tree, head] = [laptop.tree(), await laptop.git("rev-parse", "HEAD")];
  const blocked = await laptop.run(["sync"], [20]);
  const different = differences(tree, laptop.tree());
  narrator.prove(
    different.length === 0,
    "not a byte of the laptop's folder has changed, and no marker stands in any file",
    different,
  );
  narrator.prove((await laptop.git("rev-parse", "HEAD")) === head, "nor has its branch");
  narrator.prove(
    [note, tasks].every((path) => blocked.stderr.includes(path)),
    "the message names both files",
  );

  narrator.tell(
    "a person takes the desktop's note, and the union of both task lists; with the last answer the sync completes",
  );
  await laptop.run(["resolve", note, "--take", "desktop"], [20]);
  await laptop.run(["resolve", tasks, "--take", "merged"]);
  await desktop.run(["pull"]);
  narrator.prove(
    readFileSync(join(laptop.folder, note), "utf8").includes("Last updated: by the desktop"),
    `${note} is the desktop's`,
  );
  const united = idsOf(readFileSync(join(laptop.folder, tasks), "utf8"));
  narrator.prove(
    new Set(wanted).size === united.length && wanted.every((id) => united.includes(id)),
    `${tasks} has every task of both machines, each once`,
    wanted.filter((id) => !united.includes(id)),
  );
  proveSame(stage);
}
