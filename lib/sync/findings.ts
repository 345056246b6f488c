// What `verify` found and did, as the object that `--json` prints, and what of it ends the run with a failure.
import { Failure } from "../failure.ts";
import type { StoreCheck } from "../git/fsck.ts";
import { named } from "../named.ts";
import { quoted } from "../paste.ts";

export interface Integrity {
  /** The baseline that was there before; null where there was none, or a damaged one was put aside. */
  baseline: { takenAt: string; hostname: string; phase: string; operation: string; files: number } | null;
  /** Watched files (critical and local) that are what the baseline holds. */
  same: number;
  edited: string[];
  added: string[];
  missing: string[];
  /** Watched files whose content changed while size and modification time did not. */
  rotten: string[];
  /** A new baseline was written. */
  written: boolean;
  /** Name under which a damaged baseline was put aside. */
  setAside: string | null;
  /** Differences that a new baseline took in. */
  accepted: string[];
  /** Tracked files against git's index; null where only the watched ones were looked at. */
  tracked: { checked: number; edited: string[]; deleted: string[]; rotten: string[] } | null;
  /** git's object store; `damaged` are the files in it that are not what their names say. Null where it was not looked at. */
  objects: (StoreCheck & { readonly damaged: readonly string[] }) | null;
  /** The part of a scrub, and the parts of its round that are done. */
  subset: { part: number; of: number; done: number[]; complete: boolean } | null;
  repaired: string[];
  unrepaired: { path: string; why: string }[];
  /** Folder with the rotten copies of repaired files. */
  kept: string | null;
}

/** The object before anything was looked at. */
export function nothingFound(): Integrity {
  return {
    baseline: null,
    same: 0,
    edited: [],
    added: [],
    missing: [],
    rotten: [],
    written: false,
    setAside: null,
    accepted: [],
    tracked: null,
    objects: null,
    subset: null,
    repaired: [],
    unrepaired: [],
    kept: null,
  };
}

/** Rotten files, watched or tracked, that were neither repaired nor accepted; sorted. */
export function rotLeft({ rotten, tracked, repaired, accepted }: Integrity): string[] {
  const settled = new Set([...repaired, ...accepted]);
  const all = new Set([...rotten, ...(tracked?.rotten ?? [])]);
  return [...all].filter((path) => !settled.has(path)).sort();
}

export interface Strictness {
  /** Which differences from the baseline are a failure; rot always is. */
  readonly refuses: "rot" | "rot-and-missing" | "any-difference";
  /** The command to repeat with `--repair`. */
  readonly command: string;
  /** A folder for what a person is told to put aside. Absolute. */
  readonly aside: string;
}

/** @throws {Failure} `integrity-mismatch` for what was found and not settled: rot, missing files, a damaged store. */
export function refuseFindings(found: Integrity, strictness: Strictness): void {
  const rotten = rotLeft(found);
  const { refuses } = strictness;
  const missing = refuses === "rot" ? [] : found.missing;
  const others = refuses === "any-difference" ? [...found.edited, ...found.added] : [];
  const broken = found.objects !== null && !found.objects.sound;
  if (rotten.length + missing.length + others.length === 0 && !broken) return;
  const parts = [
    part(
      rotten,
      "changed though size and time say that nobody saved it (rot)",
      "changed though size and time say that nobody saved them (rot)",
    ),
    part(missing, "is missing", "are missing"),
    part(others, "differs from the baseline", "differ from the baseline"),
    broken ? `git's object store is damaged (${found.objects?.says[0] ?? "git fsck says no more"})` : "",
  ];
  throw new Failure("integrity-mismatch", {
    cause: parts.filter((text) => text !== "").join("; "),
    paths: [...rotten, ...missing, ...others],
    remedy: remedyFor(found, { rotten, missing, others, broken }, strictness),
  });
}

function part(paths: readonly string[], one: string, many: string): string {
  const [first] = paths;
  if (first === undefined) return "";
  return paths.length === 1 ? `${first} ${one}` : `${paths.length} files ${many}: ${named(paths)}`;
}

function remedyFor(
  found: Integrity,
  left: { rotten: readonly string[]; missing: readonly string[]; others: readonly string[]; broken: boolean },
  { command, aside }: Strictness,
): string[] {
  const remedy: string[] = [];
  const tried = found.unrepaired.length > 0;
  if (left.rotten.length > 0 && !tried)
    remedy.push(`${command} --repair   # good copies from git or a snapshot; the rotten ones are kept`);
  if (left.rotten.length > 0 && tried)
    remedy.push("petesbrain-sync pull   # a good copy may be on the other machine, or in a backup of your own");
  const [gone] = left.missing;
  if (gone !== undefined) remedy.push(`git restore -- ${quoted(gone)}   # brings it back, if git has it`);
  if (left.missing.length + left.others.length > 0 || (left.rotten.length > 0 && found.baseline !== null))
    remedy.push("petesbrain-sync verify update   # if all of this is as you want it");
  if (left.broken) {
    const damaged = found.objects?.damaged ?? [];
    // git writes no object anew while a damaged one of that name lies in the store (git 2.39, measured)
    if (damaged.length > 0)
      remedy.push(`mv ${[...damaged, aside].map(quoted).join(" ")}   # takes the damaged objects out`);
    remedy.push("git fetch --refetch   # brings good ones, as far as the remote has them");
    remedy.push("petesbrain-sync verify --all");
  }
  return remedy;
}
