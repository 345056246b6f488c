// The three-way plan as a pure function: what each path of the folder becomes, given what either side did since their
// common base, and why. It reads nothing and writes nothing; the same three trees give the same plan on every machine,
// whichever of them is called ours.
import type { Change, Entry } from "../git/parse.ts";
import type { Policy } from "../machine/settings-classes.ts";

/** The three versions of a path; `null` means absent. */
export interface Sides {
  readonly base: Entry | null;
  readonly ours: Entry | null;
  readonly theirs: Entry | null;
}

export type Decision =
  /** The path becomes `result` (null: it goes). */
  | {
      readonly kind: "take";
      readonly path: string;
      readonly sides: Sides;
      readonly result: Entry | null;
      readonly reason: string;
    }
  /** Both changed it: its policy decides over the contents; a united file gets `mode`. */
  | {
      readonly kind: "unite";
      readonly path: string;
      readonly sides: Sides;
      readonly policy: Exclude<Policy, "ask">;
      readonly mode: string;
      readonly reason: string;
    }
  /** A person must choose. `mode` is what a united content would get; null where there are no two contents. */
  | {
      readonly kind: "conflict";
      readonly path: string;
      readonly sides: Sides;
      readonly mode: string | null;
      readonly reason: string;
    };

export interface ReconcileOptions {
  /** Files that are never resolved by rule when one side deleted what the other changed. */
  readonly isCritical: (path: string) => boolean;
  /** What is done with a path that both sides changed. */
  readonly policyOf: (path: string) => Policy;
}

const LINK = "120000";
const REPOSITORY = "160000";
const EXECUTABLE = "100755";
const REGULAR = "100644";

/** Decides every path that either side changed since the base, sorted by path. */
export function reconcile(ours: readonly Change[], theirs: readonly Change[], options: ReconcileOptions): Decision[] {
  const sides = pairUp(ours, theirs);
  const decisions = new Map<string, Decision>();
  for (const [path, pair] of sides) decisions.set(path, decide(path, pair, options));
  followRenames(ours, theirs, sides, decisions);
  refuseFileAgainstFolder(decisions);
  return [...decisions.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

interface Pair extends Sides {
  readonly oursChanged: boolean;
  readonly theirsChanged: boolean;
}

function pairUp(ours: readonly Change[], theirs: readonly Change[]): Map<string, Pair> {
  const pairs = new Map<string, Pair>();
  for (const { path, before, after } of ours) {
    pairs.set(path, { base: before, ours: after, theirs: before, oursChanged: true, theirsChanged: false });
  }
  for (const { path, before, after } of theirs) {
    const pair = pairs.get(path);
    if (pair === undefined)
      pairs.set(path, { base: before, ours: before, theirs: after, oursChanged: false, theirsChanged: true });
    else pairs.set(path, { ...pair, theirs: after, theirsChanged: true });
  }
  return pairs;
}

function decide(path: string, pair: Pair, options: ReconcileOptions): Decision {
  const { base, ours, theirs } = pair;
  const sides: Sides = { base, ours, theirs };
  const take = (result: Entry | null, reason: string): Decision => ({ kind: "take", path, sides, result, reason });
  if (!pair.theirsChanged) return take(ours, "changed on our side only");
  if (!pair.oursChanged) return take(theirs, "changed on their side only");
  if (same(ours, theirs)) return take(ours, ours === null ? "deleted on both sides" : "changed alike on both sides");
  if (ours === null || theirs === null) return decideDeletion(path, sides, options);
  if (kindOf(ours) !== "file" || kindOf(theirs) !== "file") return decideKinds(path, { base, ours, theirs }, options);
  const mode = mergedMode(base, ours, theirs);
  if (ours.oid === theirs.oid) return take({ mode, oid: ours.oid }, "same content on both sides, modes united");
  // content that one side left alone follows the other, so that a mode change and an edit do not collide
  if (base !== null && kindOf(base) === "file") {
    if (ours.oid === base.oid) return take({ mode, oid: theirs.oid }, "content changed on their side, mode on ours");
    if (theirs.oid === base.oid) return take({ mode, oid: ours.oid }, "content changed on our side, mode on theirs");
  }
  const reason = base === null ? "added differently on both sides" : "content changed on both sides";
  const policy = options.policyOf(path);
  if (policy === "ask") return { kind: "conflict", path, sides, mode, reason };
  return { kind: "unite", path, sides, policy, mode, reason };
}

/** Deletion against change never deletes without somebody's word: a person's, or that of the machine that is preferred. */
function decideDeletion(path: string, sides: Sides, { isCritical, policyOf }: ReconcileOptions): Decision {
  const changed = sides.ours ?? sides.theirs;
  const policy = policyOf(path);
  const reason = "deleted on one side, changed on the other";
  if (isCritical(path))
    return { kind: "conflict", path, sides, mode: null, reason: `${reason}, and the file is critical` };
  if (policy === "ask") return { kind: "conflict", path, sides, mode: null, reason };
  if (typeof policy === "object") return { kind: "unite", path, sides, policy, mode: REGULAR, reason };
  return { kind: "take", path, sides, result: changed, reason: `${reason}: the change is kept` };
}

/** Links, other repositories, and a file on one side only: no content merge can decide, but a preference can. */
function decideKinds(
  path: string,
  sides: { readonly base: Entry | null; readonly ours: Entry; readonly theirs: Entry },
  { policyOf }: ReconcileOptions,
): Decision {
  const [here, there] = [kindOf(sides.ours), kindOf(sides.theirs)];
  const reason =
    here === there
      ? `the ${here} was changed differently on both sides`
      : "a file on one side, a link or another repository on the other";
  const policy = policyOf(path);
  if (typeof policy === "object") return { kind: "unite", path, sides, policy, mode: REGULAR, reason };
  return { kind: "conflict", path, sides, mode: null, reason };
}

function same(a: Entry | null, b: Entry | null): boolean {
  return a === null || b === null ? a === b : a.mode === b.mode && a.oid === b.oid;
}

function kindOf(entry: Entry): "file" | "link" | "repository" {
  if (entry.mode === LINK) return "link";
  return entry.mode === REPOSITORY ? "repository" : "file";
}

/** Two file modes differ in one bit only, so a mode that differs from the base's is the one somebody chose. */
function mergedMode(base: Entry | null, ours: Entry, theirs: Entry): string {
  if (ours.mode === theirs.mode) return ours.mode;
  if (base === null || kindOf(base) !== "file") return EXECUTABLE;
  return ours.mode === base.mode ? theirs.mode : ours.mode;
}

/**
 * An exact rename (the same object gone from one path and new at exactly one other) carries the other side's edit to
 * the new name. Nothing is guessed from similarity, and an object found more than once is no rename.
 */
function followRenames(
  ours: readonly Change[],
  theirs: readonly Change[],
  sides: ReadonlyMap<string, Pair>,
  decisions: Map<string, Decision>,
): void {
  const ourRenames = exactRenames(ours);
  const theirRenames = exactRenames(theirs);
  for (const from of new Set([...ourRenames.keys(), ...theirRenames.keys()])) {
    const pair = sides.get(from);
    const ourName = ourRenames.get(from);
    const theirName = theirRenames.get(from);
    if (pair === undefined) continue;
    if (ourName !== undefined && theirName !== undefined) {
      if (ourName !== theirName) renamedDifferently([from, ourName, theirName], sides, decisions);
      continue;
    }
    const to = ourName ?? theirName;
    const edited = ourName === undefined ? pair.ours : pair.theirs;
    // the other side left the old name alone, or deleted it: the rename stands by itself
    if (to === undefined || edited === null || !(pair.oursChanged && pair.theirsChanged)) continue;
    carryEdit(from, to, edited, sides, decisions);
  }
}

function carryEdit(
  from: string,
  to: string,
  edited: Entry,
  sides: ReadonlyMap<string, Pair>,
  decisions: Map<string, Decision>,
): void {
  const old = sides.get(from);
  const target = sides.get(to);
  if (old === undefined || target === undefined) return;
  const renamed = target.ours ?? target.theirs;
  const taken = target.oursChanged && target.theirsChanged;
  if (taken || renamed === null || old.base === null || kindOf(edited) !== kindOf(renamed)) {
    for (const path of [from, to])
      asConflict(path, "renamed on one side, and changed under both names", sides, decisions);
    return;
  }
  const mode = kindOf(edited) === "file" ? mergedMode(old.base, edited, renamed) : edited.mode;
  const result: Entry = { mode, oid: edited.oid };
  decisions.set(from, { kind: "take", path: from, sides: sidesOf(old), result: null, reason: `renamed to ${to}` });
  decisions.set(to, {
    kind: "take",
    path: to,
    sides: sidesOf(target),
    result,
    reason: `renamed from ${from}, with the other side's edit`,
  });
}

function renamedDifferently(
  paths: readonly string[],
  sides: ReadonlyMap<string, Pair>,
  decisions: Map<string, Decision>,
): void {
  for (const path of paths)
    asConflict(path, `renamed differently on both sides: ${paths.join(", ")}`, sides, decisions);
}

function asConflict(
  path: string,
  reason: string,
  sides: ReadonlyMap<string, Pair>,
  decisions: Map<string, Decision>,
): void {
  const pair = sides.get(path);
  if (pair !== undefined) decisions.set(path, { kind: "conflict", path, sides: sidesOf(pair), mode: null, reason });
}

function sidesOf(pair: Pair): Sides {
  return { base: pair.base, ours: pair.ours, theirs: pair.theirs };
}

/** Old name to new name, for objects that left exactly one path and came to exactly one. */
function exactRenames(changes: readonly Change[]): Map<string, string> {
  const gone = new Map<string, string[]>();
  const come = new Map<string, string[]>();
  const list = (map: Map<string, string[]>, oid: string, path: string): void => {
    const paths = map.get(oid);
    if (paths === undefined) map.set(oid, [path]);
    else paths.push(path);
  };
  for (const { path, before, after } of changes) {
    if (after === null && before !== null) list(gone, before.oid, path);
    else if (before === null && after !== null) list(come, after.oid, path);
  }
  const renames = new Map<string, string>();
  for (const [oid, [from, ...more]] of gone) {
    const [to, ...others] = come.get(oid) ?? [];
    if (from !== undefined && to !== undefined && more.length === 0 && others.length === 0) renames.set(from, to);
  }
  return renames;
}

/** A path cannot be a file and a folder: where the results say both, a person chooses. */
function refuseFileAgainstFolder(decisions: Map<string, Decision>): void {
  for (const decision of [...decisions.values()]) {
    if (!remains(decision)) continue;
    for (let slash = decision.path.lastIndexOf("/"); slash > 0; slash = decision.path.lastIndexOf("/", slash - 1)) {
      const parent = decisions.get(decision.path.slice(0, slash));
      // an untouched parent cannot be a file: the side that has this path has a folder there
      if (parent === undefined || !remains(parent)) continue;
      const reason = `${parent.path} is a file on one side and a folder on the other`;
      for (const { path, sides } of [parent, decision])
        decisions.set(path, { kind: "conflict", path, sides, mode: null, reason });
    }
  }
}

function remains(decision: Decision): boolean {
  return decision.kind !== "take" || decision.result !== null;
}
