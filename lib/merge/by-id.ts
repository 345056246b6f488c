// Unites two versions of a JSON file that go back to a third: lists entry by entry, told apart by their ids, objects by
// key, everything else whole. Pure. The result is the same to the byte whichever side is called ours, keeps the source
// text of all that was left alone, and is given only if it parses and every entry of either side that nobody deleted is
// in it. Where a person has to choose, it says why.
import { unconservedEntry } from "./by-id-conserved.ts";
import { writeUnited } from "./by-id-tree.ts";
import { misusedIds, refuseDoubledKey } from "./json-misuse.ts";
import { Survey, type Version } from "./json-survey.ts";
import { type JsonText, Refused, readJson } from "./json-text.ts";
import { JsonWriter } from "./json-writer.ts";
import type { United, Versions } from "./united.ts";

/** What the versions are called in reasons. */
export interface VersionNames {
  readonly base: string;
  readonly ours: string;
  readonly theirs: string;
}

const NAMES: VersionNames = {
  base: "the version both machines began with",
  ours: "this machine's version",
  theirs: "the other machine's version",
};

/**
 * Unites three versions of a JSON file by id. Entries: added on one side, stays; deleted on one and untouched on the
 * other, goes; deleted against changed, added with different content, or one field changed differently: refused. Texts
 * up to 64 MB and 200 levels; numbers are copied, never written anew, and refused where they would have to be compared
 * and cannot be exactly.
 */
export function uniteById(versions: Versions, names: VersionNames = NAMES): United {
  try {
    return unite(versions, names);
  } catch (error) {
    if (error instanceof Refused) return { refused: error.message };
    throw error;
  }
}

function unite(versions: Versions, names: VersionNames): United {
  const survey = new Survey();
  const base = versions.base === null ? null : read(survey, "base", versions.base, names.base);
  const ours = read(survey, "ours", versions.ours, names.ours);
  const theirs = read(survey, "theirs", versions.theirs, names.theirs);
  for (const side of [ours, theirs]) refuseNewMisuse(base, side);
  const writer = new JsonWriter();
  writeUnited({ base: base?.json ?? null, ours: ours.json, theirs: theirs.json }, writer);
  const { text } = writer;
  survey.add("united", parsed(text));
  const wrong = unconservedEntry(survey.top);
  return wrong === null ? { content: new TextEncoder().encode(text) } : { refused: wrong };
}

interface Read {
  readonly json: JsonText;
  readonly hasDoubtfulIds: boolean;
}

function read(survey: Survey, version: Version, bytes: Uint8Array, name: string): Read {
  const json = readJson(bytes, name);
  const { memberCount, hasDoubtfulIds } = survey.add(version, json.root.value);
  if (memberCount !== json.memberCount) refuseDoubledKey(json);
  return { json, hasDoubtfulIds };
}

/** Ids that a side made ambiguous are refused even where only that side changed the list: it looks like damage. */
function refuseNewMisuse(base: Read | null, side: Read): void {
  if (!side.hasDoubtfulIds) return;
  const known = base?.hasDoubtfulIds === true ? misusedIds(base.json) : new Map<string, unknown>();
  for (const [path, reason] of misusedIds(side.json))
    if (!known.has(path)) throw new Refused(`${path === "" ? "the list" : path} ${reason()}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refused("the merge would not parse as JSON");
  }
}
