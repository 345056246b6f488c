// What the parts of the page of `report` have alike. Pure.
import { table } from "../lib/html.ts";

/** A text as HTML, without secrets and without what could steer a reader. */
export type Said = (text: string) => string;

/** A table that may be wider than the page; empty for no rows. */
export function rowsOf(heads: readonly string[], rows: readonly (readonly string[])[], said: Said): string {
  const cells = rows.map((row) => row.map(said));
  return cells.length === 0 ? "" : `<div class="wide">${table(heads, cells)}</div>`;
}
