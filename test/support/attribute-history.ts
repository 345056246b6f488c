// A random history of two machines whose files go through git's filters: attributes come, change and go, each machine asks
// for line ends of its own, contents have both kinds. What must hold at each step: no run calls a sound file damaged, none is
// stuck, and a snapshot that is gone to comes back, but for what filters make of text. The same seed plays the same history.
import { readFileSync } from "node:fs";
import type { Machine, RunResult } from "./machine.ts";
import { randomOf } from "./random-history.ts";
import { twoMachines } from "./world.ts";

const ATTRIBUTES = [
  "*.txt text eol=crlf\n",
  "*.txt text eol=lf\n*.md text=auto\n",
  "* text=auto\n",
  "*.id ident\n*.txt -text\n",
  "*.txt eol=crlf\n*.md text eol=crlf\nd/*.txt -text\n",
  "*.enc working-tree-encoding=ISO-8859-1\n*.txt eol=lf\n",
  "*.enc text eol=crlf working-tree-encoding=CP1251\n",
  "# none\n",
] as const;
const PATHS = ["a.txt", "b.md", "d/a.txt", "d/c.id", "e.enc", "plain", "clients/x/tasks-completed.md"] as const;
/** In a folder of a handful of files most changes look like damage; here they are all meant. */
const ALLOW = ["mass-delete", "all-changed", "emptied", "critical-delete"] as const;

/** What nobody meant to happen: an internal error, or a sound folder called damaged. */
const BROKEN: readonly (number | null)[] = [null, 1, 30, 31, 32];

/** Plays one history. Throws, with the story, at the first promise that does not hold; returns how many runs ended well. */
export async function playAttributes(seed: number, steps: number): Promise<number> {
  const random = randomOf(seed);
  const pick = <T>(list: readonly T[]): T => list[random(list.length)] as T;
  const start = {
    ".gitattributes": pick(ATTRIBUTES),
    "a.txt": "1\n2\n",
    "b.md": "m\n",
    "d/a.txt": "x\n",
    plain: "p\n",
  };
  await using world = await twoMachines(start);
  for (const machine of world.machines) {
    const value = pick(["true", "input", null, null]);
    if (value !== null) machine.git("config", "core.autocrlf", value);
    if (random(5) === 0) machine.git("config", "core.eol", "crlf");
  }
  const story: string[] = [];
  let ended = 0;
  const snapshots = new Map<Machine, Map<string, string>>(world.machines.map((m) => [m, new Map()]));
  for (let step = 0; step < steps; step++) {
    const machine = pick(world.machines);
    if (random(5) < 2) {
      story.push(`${machine.name}: ${edit(machine, random, step)}`);
      continue;
    }
    const [taken, before] = [snapshots.get(machine) ?? new Map(), textsOf(machine)];
    const args = commandOf(random, [...taken.keys()]);
    const run = await machine.run(args);
    story.push(`${machine.name}: ${args.filter((word) => !word.startsWith("-")).join(" ")} -> ${run.exit}`);
    requireSound(run, seed, story);
    if (run.exit === 0) ended += 1;
    const { outcome, snapshot = null } = run.report ?? {};
    if (snapshot !== null && !taken.has(snapshot)) taken.set(snapshot, before);
    const wanted = args[0] === "rollback" && outcome !== "blocked" ? taken.get(args[1] ?? "") : undefined;
    if (wanted !== undefined && run.exit === 0 && textsOf(machine) !== wanted)
      throw new Error(`seed ${seed}: ${machine.name} did not come back to its snapshot\n${story.join("\n")}`);
    if (random(6) === 0) requireSound(await machine.run(["verify", "--all"]), seed, [...story, "verify --all"]);
  }
  return ended;
}

function edit(machine: Machine, random: (below: number) => number, serial: number): string {
  const tree = machine.tree();
  const what = random(20);
  const path = what < 5 ? ".gitattributes" : (PATHS[random(PATHS.length)] ?? "plain");
  if ((what === 0 || what > 17) && path in tree) {
    machine.remove(path);
    return `removes ${path}`;
  }
  const text = `line ${serial}\n$Id$\nç ${serial}\n`;
  const texts = [text, text.replaceAll("\n", "\r\n"), text.replace("\n", "\r\n")];
  const written = what < 5 ? (ATTRIBUTES[random(ATTRIBUTES.length)] ?? "") : (texts[random(3)] ?? text);
  machine.write(path, Buffer.from(written, random(2) === 0 ? "utf8" : "latin1"));
  return `writes ${path}`;
}

function commandOf(random: (below: number) => number, snapshots: readonly string[]): string[] {
  const allow = ALLOW.flatMap((guard) => ["--allow", guard]);
  const what = random(12);
  if (what < 8) return [["push", "pull", "sync"][what % 3] ?? "sync", ...allow];
  if (what === 8) return ["resolve", "--all", "--take", ["desktop", "laptop"][random(2)] ?? "desktop"];
  const snapshot = what === 9 ? undefined : snapshots[random(snapshots.length)];
  return ["rollback", ...(snapshot === undefined ? [] : [snapshot]), "--force"];
}

function requireSound(run: RunResult, seed: number, story: readonly string[]): void {
  const cause = run.report?.failure?.cause ?? "";
  if (!BROKEN.includes(run.exit) && !cause.includes("again and again")) return;
  throw new Error(`seed ${seed}: exit ${run.exit}, ${cause}${run.stderr}\n${story.join("\n")}`);
}

/** The files' texts without what filters make of them: ends of lines, ids, and the bytes of what is not ASCII. */
function textsOf(machine: Machine): string {
  const files = Object.entries(machine.tree()).filter(([, content]) => content !== "folder");
  const plain = files.map(([path]) => {
    const text = readFileSync(machine.at(path), "latin1").replaceAll(/[\r\u0080-\u00ff]/g, "");
    return [path, text.replaceAll(/\$Id: [^$\n]*\$/g, "$Id$")];
  });
  return JSON.stringify(plain.sort());
}
