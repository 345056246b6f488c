// One conflict as rows of a screen: what it is, what each side did, what can be answered. Pure.
import { changesOf, type TaskChangesOf } from "./conflict-changes.ts";
import type { MenuRow } from "./conflict-menu.ts";
import { describeVersion, shapeOf } from "./conflict-versions.ts";
import type { ConflictView, VersionView } from "./conflict-view.ts";
import { type DiffStyle, formatFirst, formatText } from "./diff-format.ts";
import type { DiffLine } from "./diff-lines.ts";
import { count } from "./words.ts";

export interface ScreenStyle {
  readonly color: boolean;
  /** Columns of the terminal. */
  readonly width: number;
  readonly taskChanges: TaskChangesOf;
}

const BOLD = "1";
const ROWS_A_CHANGE = 12;
/** A cut that hides no more rows than this is not made. */
const SLACK = 2;
const ROWS_A_LINE = 4;
const SHORT: Cut = { mostRows: ROWS_A_CHANGE, hint: ": s shows all" };
const UNCUT: Cut = { mostRows: Number.POSITIVE_INFINITY, hint: "" };
const LONGEST_LINE = 20_000;

/** The head of a conflict: its place in the row of conflicts, its path, why it is one. */
export function headRows(view: ConflictView, at: number, of: number, style: ScreenStyle): string[] {
  return [
    ...plainRows(`${at + 1} of ${of}  ${view.path}  (${view.className})`, { ...style, bold: true }),
    ...plainRows(view.reason, style),
  ];
}

/** What each side did; `full` without cuts. */
export function changeRows(view: ConflictView, style: ScreenStyle & { readonly full: boolean }): string[] {
  const table = areTexts(view) ? [] : ["", ...versionRows(view, style)];
  const changes = changesOf(view, style).flatMap(({ heading, lines }, at, all) => [
    ...(at > 0 && all[at - 1]?.lines.length === 0 && lines.length === 0 ? [] : [""]),
    ...plainRows(heading, { ...style, bold: true }),
    ...diffRows(lines, style, style.full ? UNCUT : SHORT),
  ]);
  return [...table, ...changes];
}

export interface Cut {
  readonly mostRows: number;
  /** How to see the rest; empty where there is no way. */
  readonly hint: string;
}

/** The rows of a difference, so many at most; where there are more, a row that says so. */
export function diffRows(lines: readonly DiffLine[], style: ScreenStyle, { mostRows, hint }: Cut): string[] {
  const all = mostRows === Number.POSITIVE_INFINITY;
  const longestLine = all ? LONGEST_LINE : style.width * ROWS_A_LINE;
  const whole = formatFirst(lines, diffStyle(style, longestLine), mostRows + SLACK);
  if (whole.hiddenLines === 0) return whole.rows;
  const { rows, hiddenLines } = formatFirst(lines, diffStyle(style, longestLine), mostRows);
  return [...rows, ...plainRows(`  … ${count(hiddenLines, "more line")}${hint}`, style)];
}

function diffStyle({ color, width }: ScreenStyle, longestLine: number): DiffStyle {
  return { color, width, longestLine };
}

function areTexts({ base, ours, theirs }: ConflictView): boolean {
  return [base, ours, theirs].every((version) => version === null || shapeOf(version) === "text");
}

function versionRows({ base, ours, theirs }: ConflictView, style: ScreenStyle): string[] {
  const before: [string, VersionView][] = base === null ? [] : [["before both", base]];
  const rows: [string, VersionView][] = [...before, [ours.role, ours], [theirs.role, theirs]];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.flatMap(([name, version]) => plainRows(`  ${name.padEnd(width)}  ${describeVersion(version)}`, style));
}

/** The answers, a row each. */
export function menuRows(menu: readonly MenuRow[], style: ScreenStyle): string[] {
  return menu.flatMap(({ letter, label }) =>
    formatText(`  ${letter}  ${label}`, { width: style.width, indent: 5, sgr: "" }),
  );
}

/** A sentence as rows, whatever is in it. */
export function plainRows(text: string, style: { width: number; color: boolean; bold?: boolean }): string[] {
  const sgr = style.color && style.bold === true ? BOLD : "";
  return formatText(text, { width: style.width, indent: 2, sgr });
}
