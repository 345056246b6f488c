// Whether a text that parses has a key twice somewhere, told without reading it: by two counts.
import { DEEPEST } from "./json-text.ts";

/** What ends every key, and may stand in a string too: never fewer than there are keys. */
const KEY_ENDS = /"\s*:/g;

/**
 * Whether every object of a text has each of its keys once, by what JSON.parse made of it. False also where that cannot
 * be told, and for a value that is nested deeper than a merge allows.
 */
export function hasEachKeyOnce(text: string, value: object): boolean {
  return memberCount(value, 0) === (text.match(KEY_ENDS)?.length ?? 0);
}

/** Members of all objects; not a number for what is nested too deep. */
function memberCount(value: object, depth: number): number {
  if (depth > DEEPEST) return Number.NaN;
  let count = 0;
  if (Array.isArray(value)) {
    for (const inner of value) if (typeof inner === "object" && inner !== null) count += memberCount(inner, depth + 1);
    return count;
  }
  count = Object.keys(value).length;
  for (const key in value) {
    const inner = (value as Readonly<Record<string, unknown>>)[key];
    if (typeof inner === "object" && inner !== null) count += memberCount(inner, depth + 1);
  }
  return count;
}
