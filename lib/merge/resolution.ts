// A person's answer to one conflict: remembered for exactly that path and triple of contents, whichever machine it was
// given on, so that nobody is asked twice. Pure. Writing is strict; reading leaves out what it does not know.
import type { Entry } from "../git/parse.ts";
import { unsafeName } from "../git/path-name.ts";
import type { Sides } from "./reconcile.ts";

export interface Resolution {
  readonly path: string;
  /** The version both sides began with, and the two they made of it; which of the two is whose does not matter. */
  readonly sides: Sides;
  /** What the path becomes; null: it goes. */
  readonly result: Entry | null;
  /** A second file that keeps the other version; null where there is none. */
  readonly beside: { readonly path: string; readonly entry: Entry } | null;
  /** Role of the machine where the answer was given. */
  readonly by: string;
  /** ISO 8601, UTC. */
  readonly at: string;
}

/** What a resolution holds for: the same for both machines. */
export function keyOfConflict(path: string, { base, ours, theirs }: Sides): string {
  return JSON.stringify([path, word(base), ...[word(ours), word(theirs)].sort()]);
}

function word(entry: Entry | null): string {
  return entry === null ? "-" : `${entry.mode} ${entry.oid}`;
}

const SCHEMA = 1;

/** The text of `resolutions.json`. */
export function formatResolutions(resolutions: readonly Resolution[]): string {
  return `${JSON.stringify({ schema: SCHEMA, resolutions }, null, 1)}\n`;
}

/** Reads `resolutions.json`; empty for a text of an unknown form, and without the rows that make no sense. */
export function parseResolutions(text: string): Resolution[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // what does not parse answers nothing
    return [];
  }
  if (!isObject(value) || value["schema"] !== SCHEMA || !Array.isArray(value["resolutions"])) return [];
  return value["resolutions"].flatMap((row) => {
    const one = resolutionOf(row);
    return one === null ? [] : [one];
  });
}

function resolutionOf(row: unknown): Resolution | null {
  if (!isObject(row) || !isObject(row["sides"])) return null;
  const { path, by, at } = row;
  if (typeof path !== "string" || unsafeName(path) !== null || typeof by !== "string" || typeof at !== "string")
    return null;
  const [base, ours, theirs] = ["base", "ours", "theirs"].map((side) =>
    entryOf(isObject(row["sides"]) ? row["sides"][side] : undefined),
  );
  const result = entryOf(row["result"]);
  if (base === undefined || ours === undefined || theirs === undefined || result === undefined) return null;
  const beside = besideOf(row["beside"]);
  if (beside === undefined) return null;
  return { path, sides: { base, ours, theirs }, result, beside, by, at };
}

function besideOf(value: unknown): Resolution["beside"] | undefined {
  if (value === null) return null;
  if (!isObject(value)) return undefined;
  const entry = entryOf(value["entry"]);
  const { path } = value;
  if (entry == null || typeof path !== "string" || unsafeName(path) !== null) return undefined;
  return { path, entry };
}

/** Null for an absent file, undefined for what is no entry. Other repositories are never somebody's answer. */
function entryOf(value: unknown): Entry | null | undefined {
  if (value === null) return null;
  if (!isObject(value)) return undefined;
  const { mode, oid } = value;
  if (typeof mode !== "string" || typeof oid !== "string") return undefined;
  if (!/^(?:100644|100755|120000)$/.test(mode) || !/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(oid)) return undefined;
  return { mode, oid };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
