// The answers a conflict can be given, each with a letter and words, and what a typed line means. Pure.

import { isThere } from "./conflict-versions.ts";
import type { Choice, ConflictView } from "./conflict-view.ts";
import { shownText } from "./diff-cells.ts";

export type Deed =
  | { readonly kind: "answer"; readonly choice: Choice }
  | { readonly kind: "preview"; readonly choice: Choice }
  | { readonly kind: "edit" | "show" | "which preview" | "undo" | "stop" | "menu" };

export interface MenuRow {
  readonly letter: string;
  /** The same answer, spelled out. */
  readonly words: readonly string[];
  readonly label: string;
  readonly deed: Deed;
}

export interface MenuOptions {
  readonly canEdit: boolean;
  readonly canUndo: boolean;
  /** What the merged version consists of; null where nobody knows. */
  readonly mergedOf: string | null;
}

const FIXED = new Set("mbeospuqyn");
const FIXED_WORDS = new Set(["merged", "both", "base", "edit", "show", "preview", "undo", "quit", "stop"]);
const LETTERS = [..."abcdefghijklmnopqrstuvwxyz0123456789"];

/** A letter for each of two roles, from their names, the same on both machines. */
export function roleLetters(ours: string, theirs: string): { readonly ours: string; readonly theirs: string } {
  const taken = new Set(FIXED);
  const letterFor = (role: string): string => {
    const own = [...role.toLowerCase()].filter((letter) => LETTERS.includes(letter));
    const letter = [...own, ...LETTERS].find((one) => !taken.has(one)) ?? "";
    taken.add(letter);
    return letter;
  };
  if (ours <= theirs) {
    const first = letterFor(ours);
    return { ours: first, theirs: letterFor(theirs) };
  }
  const first = letterFor(theirs);
  return { ours: letterFor(ours), theirs: first };
}

/** Every answer that is possible now, in the order in which they are shown. */
export function menuOf(view: ConflictView, options: MenuOptions): MenuRow[] {
  const answers = answersOf(view, options);
  const previews = answers.map(({ letter }) => `p ${letter}`).join(", ");
  const row = (letter: string, words: readonly string[], label: string, deed: Deed): MenuRow => ({
    letter,
    words,
    label,
    deed,
  });
  return [
    ...answers,
    ...(options.canEdit ? [row("e", ["edit"], "edit", { kind: "edit" })] : []),
    row("s", ["show"], "show again, in full", { kind: "show" }),
    row("p", ["preview"], `preview the result: ${previews}`, { kind: "which preview" }),
    ...(options.canUndo ? [row("u", ["undo"], "undo the last answer", { kind: "undo" })] : []),
    row("q", ["quit", "stop"], "stop, nothing is changed", { kind: "stop" }),
  ];
}

function answersOf(view: ConflictView, { mergedOf }: MenuOptions): MenuRow[] {
  const { ours, theirs, choices } = view;
  const letters = roleLetters(ours.role, theirs.role);
  const label: Readonly<Record<Choice, string>> = {
    ours: isThere(ours) ? `keep ${ours.role}'s (this machine)` : `delete it, as ${ours.role} did (this machine)`,
    theirs: isThere(theirs) ? `take ${theirs.role}'s` : `delete it, as ${theirs.role} did`,
    merged: `take the merged one${mergedOf === null ? "" : `: ${mergedOf}`}`,
    both: view.bothName === null ? "keep both" : `keep both, the second as ${view.bothName}`,
    base: `base: ${isThere(view.base) ? "as it was" : "no such file, as it was"} before both`,
  };
  const letter: Readonly<Record<Choice, string>> = { ...letters, merged: "m", both: "b", base: "o" };
  const named: Readonly<Record<Choice, readonly string[]>> = {
    ours: roleWords(ours.role, theirs.role),
    theirs: roleWords(theirs.role, ours.role),
    merged: ["merged"],
    both: ["both"],
    base: ["base"],
  };
  const order: readonly Choice[] = ["ours", "theirs", "merged", "both", "base"];
  const offered = { ours: true, theirs: true, merged: view.merged !== null, both: true, base: view.base !== null };
  return order
    .filter((choice) => choices.includes(choice) && offered[choice])
    .map((choice) => ({
      letter: letter[choice],
      words: named[choice],
      label: shownText(label[choice]),
      deed: { kind: "answer", choice },
    }));
}

/** A role's name is an answer, unless it means something else here. */
function roleWords(role: string, other: string): string[] {
  const word = role.toLowerCase();
  return word === other.toLowerCase() || word.length < 2 || FIXED_WORDS.has(word) ? [] : [word];
}

/** What was typed, as a deed; null for what is no answer. Case and blanks do not matter. */
export function readAnswer(typed: string, menu: readonly MenuRow[]): Deed | null {
  const words = typed.trim().toLowerCase().split(/\s+/);
  const [first = "", second] = words;
  if (words.length === 1 && first === "?") return { kind: "menu" };
  const row = rowFor(first, menu);
  if (row === undefined) return null;
  if (words.length === 1) return row.deed;
  const result = words.length === 2 && row.deed.kind === "which preview" ? rowFor(second ?? "", menu)?.deed : undefined;
  return result?.kind === "answer" ? { kind: "preview", choice: result.choice } : null;
}

function rowFor(word: string, menu: readonly MenuRow[]): MenuRow | undefined {
  return menu.find(({ letter, words }) => letter === word || words.includes(word));
}

/** `d, l, m or q`. */
export function lettersOf(menu: readonly MenuRow[]): string {
  const letters = menu.map(({ letter }) => letter);
  return `${letters.slice(0, -1).join(", ")} or ${letters.at(-1) ?? ""}`;
}
