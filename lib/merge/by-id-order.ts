// The order of a united list, out of the orders of both sides and of what they began with. The same whichever side is
// called ours. Pure; n log n.

export interface Orders {
  /** Ids in order; each is unique in its list. Empty where there was nothing. */
  readonly base: readonly string[];
  readonly ours: readonly string[];
  readonly theirs: readonly string[];
  /** The ids of the united list, each on a side at least. One that is in the base is on both. */
  readonly kept: ReadonlySet<string>;
}

/** The place before everything, for new ids that follow none of the base. */
const HEAD = Symbol("head");
type Anchor = string | typeof HEAD;

/**
 * Entries of the base first, in the order of `weave`; a new entry follows the entry of the base it follows on its own
 * side, and new entries of both sides at one place are interleaved by id. Null where the orders contradict each other.
 */
export function uniteOrder(orders: Orders, whenContradicted: "refuse" | "decide"): string[] | null {
  const { base, ours, theirs, kept } = orders;
  const isCore = new Set(base.filter((id) => kept.has(id)));
  const [before, here, there] = [base, ours, theirs].map((ids) => ids.filter((id) => isCore.has(id))) as Three;
  const decides = whenContradicted === "decide";
  const core = weave(before, here, there) ?? (decides ? lesserOrder(here, there) : null);
  if (core === null) return null;
  const places = new Map<Anchor, number>([[HEAD, -1], ...core.map((id, at) => [id, at] as const)]);
  const anchors = [ours, theirs].map((ids) => anchorsOf(ids, kept, isCore)) as [Anchors, Anchors];
  if (!agreeOnPlaces(anchors, places) && !decides) return null;
  const [ourRuns, theirRuns] = anchors.map(runsOf);
  const united: string[] = [];
  for (const anchor of places.keys()) {
    if (typeof anchor === "string") united.push(anchor);
    const run = interleave(ourRuns?.get(anchor) ?? [], theirRuns?.get(anchor) ?? [], decides);
    if (run === null) return null;
    for (const id of run) united.push(id);
  }
  return united;
}

/** Whether both sides put what both have added at the same places; where not, it is left at the earlier one. */
function agreeOnPlaces([ours, theirs]: [Anchors, Anchors], places: ReadonlyMap<Anchor, number>): boolean {
  let agree = true;
  for (const [id, anchor] of ours) {
    const other = theirs.get(id);
    if (other === undefined || other === anchor) continue;
    agree = false;
    const later = (places.get(other) ?? 0) < (places.get(anchor) ?? 0) ? ours : theirs;
    later.delete(id);
  }
  return agree;
}

type Three = [before: string[], here: string[], there: string[]];
type Anchors = Map<string, Anchor>;

/** Which of two ids comes first where nothing else says so: shorter first, so that t-9 precedes t-10. */
export function compareIds(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** The entry of the base that each new id follows, in order. */
function anchorsOf(ids: readonly string[], kept: ReadonlySet<string>, isCore: ReadonlySet<string>): Anchors {
  const anchors: Anchors = new Map();
  let anchor: Anchor = HEAD;
  for (const id of ids) {
    if (isCore.has(id)) anchor = id;
    else if (kept.has(id)) anchors.set(id, anchor);
  }
  return anchors;
}

function runsOf(anchors: Anchors): Map<Anchor, string[]> {
  const runs = new Map<Anchor, string[]>();
  for (const [id, anchor] of anchors) {
    const run = runs.get(anchor);
    if (run === undefined) runs.set(anchor, [id]);
    else run.push(id);
  }
  return runs;
}

/**
 * Two runs as one in which each keeps its order; between the ids that both have, the lesser head goes first. Null where
 * the ids that both have stand in contradicting orders, unless `decides`.
 */
function interleave(a: readonly string[], b: readonly string[], decides: boolean): string[] | null {
  if (a.length === 0 || b.length === 0) return [...a, ...b];
  const [inA, inB] = [new Set(a), new Set(b)];
  const [commonA, commonB] = [a.filter((id) => inB.has(id)), b.filter((id) => inA.has(id))];
  if (!isSameOrder(commonA, commonB)) {
    if (!decides) return null;
    const leads = isSameOrder(commonA, lesserOrder(commonA, commonB));
    const follower = leads ? b.filter((id) => !inA.has(id)) : a.filter((id) => !inB.has(id));
    return interleave(leads ? a : b, follower, decides);
  }
  const united: string[] = [];
  let [fromA, fromB] = [0, 0];
  for (const id of [...commonA, undefined]) {
    const toA = id === undefined ? a.length : a.indexOf(id, fromA);
    const toB = id === undefined ? b.length : b.indexOf(id, fromB);
    mergeApart(united, a.slice(fromA, toA), b.slice(fromB, toB));
    if (id !== undefined) united.push(id);
    [fromA, fromB] = [toA + 1, toB + 1];
  }
  return united;
}

/**
 * Adds two runs without a common id, the lesser head first. Associative: the result is the blocks of all runs (an id and
 * the lesser ones behind it) in the order of their first ids.
 */
function mergeApart(united: string[], a: readonly string[], b: readonly string[]): void {
  let [atA, atB] = [0, 0];
  for (let left = a.length + b.length; left > 0; left--) {
    const [headA, headB] = [a[atA], b[atB]];
    const takesA = headB === undefined || (headA !== undefined && compareIds(headA, headB) < 0);
    united.push((takesA ? headA : headB) ?? "");
    if (takesA) atA++;
    else atB++;
  }
}

/**
 * Three orders of the same ids as one: two ids stand the other way round than in the base where either side turned them
 * round. Null where that is no order. Commutative, idempotent, and associative as the union of what was turned round.
 */
function weave(base: readonly string[], ours: readonly string[], theirs: readonly string[]): string[] | null {
  if (isSameOrder(ours, base)) return [...theirs];
  if (isSameOrder(theirs, base) || isSameOrder(ours, theirs)) return [...ours];
  const [inBase, inOurs, inTheirs] = [base, ours, theirs].map((ids) => new Map(ids.map((id, at) => [id, at])));
  const difference = (places: Map<string, number> | undefined, a: string, b: string): number =>
    (places?.get(a) ?? 0) - (places?.get(b) ?? 0);
  const woven = [...base].sort((a, b) => {
    const [here, there] = [difference(inOurs, a, b), difference(inTheirs, a, b)];
    return here < 0 === there < 0 ? here : -difference(inBase, a, b);
  });
  // Where the rule is no order the sort has made up one. It is the order of the rule exactly if it turns round as many
  // pairs as the rule does, and lies between the base and each side (then it turns round all that they do).
  const fromBase = turned(base, woven);
  const [here, there] = [turned(base, ours), turned(base, theirs)];
  const holds =
    here + turned(ours, woven) === fromBase &&
    there + turned(theirs, woven) === fromBase &&
    here + there + turned(ours, theirs) === 2 * fromBase;
  return holds ? woven : null;
}

function isSameOrder(a: readonly string[], b: readonly string[]): boolean {
  return a.every((id, at) => id === b[at]);
}

function lesserOrder(a: readonly string[], b: readonly string[]): string[] {
  const at = a.findIndex((id, index) => id !== b[index]);
  return [...(at < 0 || compareIds(a[at] ?? "", b[at] ?? "") < 0 ? a : b)];
}

/** How many pairs of ids stand the other way round in `to` than in `from`: the inversions, counted by a Fenwick tree. */
function turned(from: readonly string[], to: readonly string[]): number {
  const places = new Map(from.map((id, at) => [id, at + 1]));
  const tree = new Uint32Array(from.length + 1);
  let pairs = 0;
  for (const [seen, id] of to.entries()) {
    const place = places.get(id) ?? 0;
    let before = 0;
    for (let at = place; at > 0; at -= at & -at) before += tree[at] ?? 0;
    pairs += seen - before;
    for (let at = place; at <= from.length; at += at & -at) tree[at] = (tree[at] ?? 0) + 1;
  }
  return pairs;
}
