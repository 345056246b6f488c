// Asks a person about conflicts, one at a time: shows, asks, previews, takes back. It decides nothing and writes nothing
// but to the screen; loaded only when there is something to ask.
import { compare } from "./conflict-changes.ts";
import { canEdit, draftOf } from "./conflict-draft.ts";
import { whyNotAnswer } from "./conflict-edited.ts";
import { type Deed, lettersOf, type MenuRow, menuOf, readAnswer } from "./conflict-menu.ts";
import { previewRows, summaryRows } from "./conflict-preview.ts";
import { changeRows, headRows, menuRows, plainRows, type ScreenStyle } from "./conflict-screen.ts";
import type { Answer, ConflictView } from "./conflict-view.ts";
import { count } from "./words.ts";

export interface DialogIo extends ScreenStyle {
  /** Prints one row and a line end. The row is safe to print as it is: nothing is to be escaped or coloured again. */
  write(row: string): void;
  /** Asks for one line; null at the end of the input. The prompt ends with a blank. */
  readLine(prompt: string): Promise<string | null>;
  /** Runs the editor on a content; null when nothing came of it, which was then said. */
  edit(path: string, initial: Uint8Array): Promise<Uint8Array | null>;
}

const LONGEST_ECHO = 40;

/** The answer for each path, confirmed as a whole; null: the person stopped, and nothing is to be done. */
export async function askConflicts(
  conflicts: readonly ConflictView[],
  io: DialogIo,
): Promise<ReadonlyMap<string, Answer> | null> {
  const views = conflicts.map(withDistinctRoles);
  const answers: Answer[] = [];
  const drafts = new Map<string, Uint8Array>();
  while (true) {
    const view = views[answers.length];
    const place = { at: answers.length, of: views.length, drafts };
    const next = view === undefined ? await confirm(views, answers, io) : await askOne(view, place, io);
    if (next === "end" || (next === "stop" && (await meansIt(drafts, io)))) {
      say("stopped: nothing is changed", io);
      return null;
    }
    if (next === "undo") answers.pop();
    else if (next === "go on") return new Map(views.map(({ path }, at) => [path, answers[at] as Answer]));
    else if (next !== "stop") answers.push(next);
  }
}

/** Two machines of one role are told apart. */
function withDistinctRoles(view: ConflictView): ConflictView {
  const { ours, theirs } = view;
  return ours.role === theirs.role ? { ...view, theirs: { ...theirs, role: `other ${theirs.role}` } } : view;
}

/** Stopping costs nothing but a few letters, unless something was written. */
async function meansIt(drafts: ReadonlyMap<string, Uint8Array>, io: DialogIo): Promise<boolean> {
  if (drafts.size === 0) return true;
  const typed = await io.readLine(`what was edited (${count(drafts.size, "file")}) would be lost; stop? (y: stop) `);
  return typed === null || isYes(typed);
}

function isYes(typed: string): boolean {
  return /^\s*(?:y|yes)\s*$/i.test(typed);
}

/** What ends a question without an answer; `end`: there is no more input, so that nothing more can be asked. */
type Way = "undo" | "stop" | "end";

interface Place {
  readonly at: number;
  readonly of: number;
  /** What was edited, by path, whether it could be used or not: the next edit goes on from there. */
  readonly drafts: Map<string, Uint8Array>;
}

async function askOne(view: ConflictView, place: Place, io: DialogIo): Promise<Answer | Way> {
  const menu = menuOf(view, {
    canEdit: canEdit(view),
    canUndo: place.at > 0,
    mergedOf: mergedWords(view, io),
  });
  showRows([...headRows(view, place.at, place.of, io), ...changeRows(view, { ...styleOf(io), full: false }), ""], io);
  showRows(menuRows(menu, io), io);
  while (true) {
    const typed = await io.readLine(`answer (${menu.map(({ letter }) => letter).join(" ")}): `);
    if (typed === null) return "end";
    const deed = readAnswer(typed, menu);
    const done = deed === null ? refuse(typed, menu, io) : await carryOut(deed, { view, menu, place }, io);
    if (done === null) continue;
    if (typeof done !== "string") showRows([...previewRows(view, done, { ...styleOf(io), when: "passing" }), ""], io);
    return done;
  }
}

interface Asked {
  readonly view: ConflictView;
  readonly menu: readonly MenuRow[];
  readonly place: Place;
}

/** Null: the question stands. */
async function carryOut(deed: Deed, { view, menu, place }: Asked, io: DialogIo): Promise<Answer | Way | null> {
  switch (deed.kind) {
    case "answer":
      return { choice: deed.choice };
    case "edit":
      return await edited(view, place.drafts, io);
    case "undo":
    case "stop":
      return deed.kind;
    case "preview":
      showRows(previewRows(view, { choice: deed.choice }, { ...styleOf(io), when: "asked" }), io);
      return null;
    case "which preview":
      say(`which result? type ${previewsOf(menu)}`, io);
      return null;
    case "show":
      showRows(
        [...headRows(view, place.at, place.of, io), ...changeRows(view, { ...styleOf(io), full: true }), ""],
        io,
      );
      showRows(menuRows(menu, io), io);
      return null;
    case "menu":
      showRows(menuRows(menu, io), io);
      return null;
  }
}

function previewsOf(menu: readonly MenuRow[]): string {
  const answers = menu.filter(({ deed }) => deed.kind === "answer").map(({ letter }) => `p ${letter}`);
  return answers.length < 2 ? answers.join("") : `${answers.slice(0, -1).join(", ")} or ${answers.at(-1)}`;
}

/** Says what is possible. */
function refuse(typed: string, menu: readonly MenuRow[], io: DialogIo): null {
  const word = typed.trim();
  const echo = word.length > LONGEST_ECHO ? `${word.slice(0, LONGEST_ECHO)}…` : word;
  const what = word === "" ? "an empty line is no answer" : `"${echo}" is no answer here`;
  say(`${what}: type ${lettersOf(menu)}; ? shows them again`, io);
  return null;
}

async function edited(view: ConflictView, drafts: Map<string, Uint8Array>, io: DialogIo): Promise<Answer | null> {
  const { path } = view;
  const draft = draftOf(view);
  const result = await io.edit(path, drafts.get(path) ?? draft);
  if (result === null) return null;
  if (Buffer.from(result).equals(draft)) {
    drafts.delete(path);
    say("nothing was changed in the editor: this is no answer yet", io);
    return null;
  }
  drafts.set(path, result);
  const why = whyNotAnswer(view, result);
  if (why === null) return { edited: result };
  say(`${path} ${why}`, io);
  say("what was edited is kept: e goes on with it", io);
  return null;
}

/** Whose changes the merged version has: `3 tasks added by laptop, 1 changed by desktop`. */
function mergedWords({ path, base, ours, theirs, merged }: ConflictView, io: DialogIo): string | null {
  if (merged === null || base === null) return null;
  const parts = [theirs, ours].flatMap((side) => {
    const { said } = compare(path, base, side, { taskChanges: styleOf(io).taskChanges, full: false });
    return said === null ? [] : [`${said} by ${side.role}`];
  });
  return parts.length === 0 ? null : parts.join("; ");
}

async function confirm(
  conflicts: readonly ConflictView[],
  answers: readonly Answer[],
  io: DialogIo,
): Promise<"go on" | Way> {
  if (answers.length === 0) return "go on";
  const many = `${answers.length === 1 ? "this answer" : `these ${count(answers.length, "answer")}`}`;
  showRows(plainRows(`${count(answers.length, "answer")}:`, { ...styleOf(io), bold: true }), io);
  showRows(summaryRows(conflicts, answers, io), io);
  while (true) {
    const typed = await io.readLine(`go on with ${many}? (y: go on, u: undo the last one, q: stop) `);
    if (typed === null) return "end";
    const word = typed.trim().toLowerCase();
    if (isYes(typed)) return "go on";
    if (["u", "undo"].includes(word)) return "undo";
    if (["q", "quit", "stop", "n", "no"].includes(word)) return "stop";
    say("type y to go on, u to undo the last answer, or q to stop: then nothing is changed", io);
  }
}

/** A copy, because what is handed in may be anything that has these members. */
function styleOf(io: DialogIo): ScreenStyle {
  return { color: io.color, width: io.width, taskChanges: (before, after) => io.taskChanges(before, after) };
}

function showRows(rows: readonly string[], io: DialogIo): void {
  for (const row of rows) io.write(row);
}

function say(text: string, io: DialogIo): void {
  showRows(plainRows(text, io), io);
}
