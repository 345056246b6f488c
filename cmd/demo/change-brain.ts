// The changes that a person or an agent makes in the made-up folder: a task added, an entry appended, a report made
// again, a letter corrected, mail arriving, a file thrown away. Which files, and what is written, depends on the round.
import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { bodyOf, completedEntry, task } from "./bodies.ts";
import type { BrainFile, BrainPlan } from "./brain.ts";
import { Random, seedOf } from "./random.ts";
import { sentence } from "./words.ts";

/** `edit`: content changes and grows. `same-size`: one letter changes. `add`: e-mails arrive. `delete`: files go. */
export type ChangeKind = "edit" | "same-size" | "add" | "delete";

export interface Change {
  readonly count: number;
  /** Any number; each round picks other files and writes other text. */
  readonly round: number;
  readonly kind: ChangeKind;
}

/**
 * Changes exactly `count` tracked files of the folder and returns their paths; each has other bytes than before.
 * The same round on an equal folder makes the same change. It throws when the folder has too few files left.
 */
export function changeBrain(folder: string, plan: BrainPlan, change: Change): string[] {
  const random = new Random(seedOf(`${change.kind} ${change.round}`, plan.seed));
  if (change.kind === "add") return addMail(folder, plan, change, random);
  const changed: string[] = [];
  for (const file of shuffled(plan.files, random)) {
    if (changed.length === change.count) break;
    const path = join(folder, file.path);
    if (!canChange(file) || !isFile(path)) continue;
    if (change.kind === "delete") rmSync(path);
    else
      writeFileSync(
        path,
        change.kind === "edit"
          ? edited(file, readFileSync(path, "utf8"), random, change.round)
          : corrected(readFileSync(path)),
      );
    changed.push(file.path);
  }
  if (changed.length < change.count)
    throw new Error(`only ${changed.length} of ${change.count} files could be changed`);
  return changed;
}

function canChange(file: BrainFile): boolean {
  return file.tracked && file.link === null && file.kind !== "ignore" && file.kind !== "empty";
}

function isFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** Draws without end of order: each file once, picked as they are asked for, so that one change of many files is cheap. */
function* shuffled(files: readonly BrainFile[], random: Random): Generator<BrainFile> {
  const moved = new Map<number, number>();
  for (let left = files.length; left > 0; left -= 1) {
    const at = random.between(0, left - 1);
    const found = files[moved.get(at) ?? at];
    moved.set(at, moved.get(left - 1) ?? left - 1);
    if (found !== undefined) yield found;
  }
}

function edited(file: BrainFile, text: string, random: Random, round: number): string {
  switch (file.kind) {
    case "tasks":
      return withTask(text, JSON.stringify(task(random, file.owner), null, 2));
    case "completed":
      return `${text}${completedEntry(random)}`;
    case "report":
      return text.replace(
        "<table>\n",
        `<table>\n<tr><td>round ${round}</td><td>${random.uuid()}</td><td>${sentence(random)}</td></tr>\n`,
      );
    case "export":
      return `${text}${random.day(2026)},round ${round} ${random.uuid()},1,2,3.00,4.00\n`;
    case "script":
      return text.replace("set -eu\n", `set -eu\n# round ${round}: ${random.uuid()}\n`);
    default:
      return `${text}\n${random.day(2026)}: ${sentence(random)} (${random.uuid()})\n`;
  }
}

/** The task list with one more task at its end, the formatting of the rest untouched. */
function withTask(text: string, made: string): string {
  const end = text.lastIndexOf("\n  ]");
  if (end < 0) throw new Error("a task list no longer ends as it was written");
  return `${text.slice(0, end)},\n    ${made.replaceAll("\n", "\n    ")}${text.slice(end)}`;
}

/** The same number of bytes with one lower-case letter moved on by one, nearest to the middle; a digit where there is none. */
function corrected(bytes: Buffer): Buffer {
  const isLetter = (byte: number): boolean => byte >= 0x61 && byte <= 0x79;
  const middle = bytes.length >> 1;
  const found = bytes.subarray(middle).findIndex(isLetter);
  const at = found >= 0 ? middle + found : bytes.findIndex(isLetter);
  if (at < 0) throw new Error("a file without a letter cannot be corrected");
  const copy = Buffer.from(bytes);
  copy[at] = (bytes[at] ?? 0) + 1;
  return copy;
}

function addMail(folder: string, plan: BrainPlan, change: Change, random: Random): string[] {
  return Array.from({ length: change.count }, (_, at) => {
    const client = random.pick(plan.clients);
    const path = `clients/${client}/emails/2026-01/round ${change.round} mail ${String(at).padStart(4, "0")}.md`;
    const place = join(folder, path);
    if (existsSync(place)) throw new Error(`${path} has arrived already`);
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, bodyOf("email", random.next(), random.between(800, 6000), client));
    return path;
  });
}
