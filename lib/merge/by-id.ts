// Unites two versions of a JSON file that go back to a third: lists entry by entry, told apart by their ids, objects by
// key, everything else whole. Pure. The result is the same to the byte whichever side is called ours, keeps the source
// text of all that was left alone, and is given only if it parses and every entry of either side that nobody deleted is
// in it. Where a person has to choose, it says why. What plainly needs no merge is left out of it, and put back.
import { type Abridged, abridge } from "./by-id-abridged.ts";
import { unconservedEntry } from "./by-id-conserved.ts";
import { restore } from "./by-id-restored.ts";
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
  const united = uniteAbridged(versions, names);
  return united === null ? uniteWhole({ versions }, names) : { content: united };
}

/** Null where a person has to choose, or it cannot be proved that nobody has: the whole merge has the words for it. */
function uniteAbridged(versions: Versions, names: VersionNames): Uint8Array | null {
  const abridged = abridge(versions);
  if (abridged === null) return null;
  const united = uniteWhole(abridged, names);
  return "refused" in united ? null : restore(abridged, united.content);
}

/** Versions, and the texts that they were taken out of where something was left out. */
interface Sources {
  readonly versions: Versions;
  readonly wholes?: Abridged["wholes"];
}

/** Unites what there is, with nothing left out. */
export function uniteWhole(sources: Sources, names: VersionNames = NAMES): United {
  try {
    return unite(sources, names);
  } catch (error) {
    if (error instanceof Refused) return { refused: error.message };
    throw error;
  }
}

function unite({ versions, wholes }: Sources, names: VersionNames): United {
  const survey = new Survey();
  const read = (version: "base" | "ours" | "theirs", bytes: Uint8Array): Read =>
    surveyed(survey, version, readJson(bytes, names[version], wholes?.[version]));
  const base = versions.base === null ? null : read("base", versions.base);
  const ours = read("ours", versions.ours);
  const theirs = read("theirs", versions.theirs);
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

function surveyed(survey: Survey, version: Version, json: JsonText): Read {
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
