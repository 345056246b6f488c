// Unites what was added at one place on two sides. Pure; commutative, idempotent, and associative where nothing refuses.
//
// Runs that are equal stay as they are. Otherwise entries with a time come in time order, each with the undated ones
// after it; entries of the same time come in the order of their texts, because nothing else is the same on every
// machine. Undated entries keep each side's order, the smaller text first.
import { type Entry, quoted } from "./entry-tree.ts";
import { Refused } from "./refused.ts";

export interface Joining {
  readonly newestFirst: boolean;
  /** Unites two additions of the same identity. */
  readonly unite: (ours: Entry, theirs: Entry) => Entry;
}

/** An entry with a time, with the undated ones that follow it. */
interface Block {
  readonly head: Entry;
  readonly followers: readonly Entry[];
}

export function joinRuns(ours: readonly Entry[], theirs: readonly Entry[], joining: Joining): readonly Entry[] {
  if (ours.length === 0) return theirs;
  if (theirs.length === 0) return ours;
  if (sameRun(ours, theirs)) return ours.map((entry, at) => joining.unite(entry, theirs[at] ?? entry));
  const [one, other] = [blocksOf(ours), blocksOf(theirs)];
  const leading = joinUndated(one.leading, other.leading, joining);
  return [...leading, ...flat(joinBlocks(one.blocks, other.blocks, joining))];
}

/**
 * Brings the parts of one side's additions together, where the entries between them were deleted on the other side.
 * @throws Refused where the undated ones could as well stand in another order.
 */
export function joinParts(parts: readonly (readonly Entry[])[], joining: Joining): readonly Entry[] {
  const filled = parts.filter((part) => part.length > 0);
  const [first = [], ...more] = filled;
  if (more.length === 0) return first;
  const split = filled.map(blocksOf);
  const undated = split.flatMap(({ leading }) => leading);
  const blocks = split.flatMap((part) => part.blocks);
  const sorted = undated.every((entry, at) => at === 0 || (undated[at - 1]?.whole ?? "") <= entry.whole);
  if (!sorted || (undated.length > 0 && blocks.length > 0)) {
    throw new Refused(
      `${quoted(undated[0] ?? first[0] ?? { text: "" })} was added beside entries that were deleted on the other side, and no date says where it belongs`,
    );
  }
  return [...undated, ...flat(blocks.sort((a, b) => compareHeads(a.head, b.head, joining)))];
}

function sameRun(ours: readonly Entry[], theirs: readonly Entry[]): boolean {
  return ours.length === theirs.length && ours.every((entry, at) => entry.whole === theirs[at]?.whole);
}

function blocksOf(run: readonly Entry[]): { leading: readonly Entry[]; blocks: Block[] } {
  const first = run.findIndex((entry) => entry.time !== null);
  if (first < 0) return { leading: run, blocks: [] };
  const blocks: { head: Entry; followers: Entry[] }[] = [];
  for (const entry of run.slice(first)) {
    if (entry.time !== null) blocks.push({ head: entry, followers: [] });
    else blocks.at(-1)?.followers.push(entry);
  }
  return { leading: run.slice(0, first), blocks };
}

function flat(blocks: readonly Block[]): Entry[] {
  return blocks.flatMap(({ head, followers }) => [head, ...followers]);
}

/** Each as often as the side that has it more often; the n-th of one side is the n-th of the other. */
function joinBlocks(ours: readonly Block[], theirs: readonly Block[], joining: Joining): Block[] {
  const waiting = new Map<string, Block[]>();
  for (const block of theirs.toReversed()) {
    const list = waiting.get(block.head.identity);
    if (list === undefined) waiting.set(block.head.identity, [block]);
    else list.push(block);
  }
  const joined = ours.map((block) => {
    const twin = waiting.get(block.head.identity)?.pop();
    if (twin === undefined) return block;
    const followers = joinUndated(block.followers, twin.followers, joining);
    return { head: joining.unite(block.head, twin.head), followers };
  });
  const rest = [...waiting.values()].flatMap((list) => list.toReversed());
  return [...joined, ...rest].sort((a, b) => compareHeads(a.head, b.head, joining));
}

function compareHeads(a: Entry, b: Entry, joining: Joining): number {
  const times = (a.time ?? 0) - (b.time ?? 0);
  if (times !== 0) return joining.newestFirst ? -times : times;
  return compareTexts(a, b);
}

/** By what makes them two additions, so that uniting what is below a heading does not move it. */
function compareTexts(a: Entry, b: Entry): number {
  if (a.identity === b.identity) return 0;
  return a.identity < b.identity ? -1 : 1;
}

function joinUndated(ours: readonly Entry[], theirs: readonly Entry[], joining: Joining): readonly Entry[] {
  if (ours.length === 0) return theirs;
  if (theirs.length === 0) return ours;
  const joined = takeSmaller(ours, theirs, joining);
  if (!isDoubled(joined, ours, theirs)) return refuseMixedProse(joined, ours, theirs);
  const longer = within(ours, theirs, joining) ?? within(theirs, ours, joining);
  if (longer !== null) return longer;
  const first = [ours[0], theirs[0]].filter((entry) => entry !== undefined).sort(compareTexts)[0];
  throw new Refused(`${quoted(first ?? { text: "" })} and others were added on both sides in different orders`);
}

function takeSmaller(ours: readonly Entry[], theirs: readonly Entry[], joining: Joining): Entry[] {
  const joined: Entry[] = [];
  let [i, j] = [0, 0];
  while (true) {
    const [one, other] = [ours[i], theirs[j]];
    if (one === undefined || other === undefined) break;
    const order = compareTexts(one, other);
    if (order === 0) joined.push(joining.unite(one, other));
    else joined.push(order < 0 ? one : other);
    if (order <= 0) i++;
    if (order >= 0) j++;
  }
  return [...joined, ...ours.slice(i), ...theirs.slice(j)];
}

/** True where an entry came more often than either side has it. */
function isDoubled(joined: readonly Entry[], ours: readonly Entry[], theirs: readonly Entry[]): boolean {
  const [all, one, other] = [joined, ours, theirs].map(counted);
  return [...(all ?? [])].some(([identity, count]) => {
    return count > Math.max(one?.get(identity) ?? 0, other?.get(identity) ?? 0);
  });
}

function counted(run: readonly Entry[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { identity } of run) counts.set(identity, (counts.get(identity) ?? 0) + 1);
  return counts;
}

/** The longer run where it has all of the shorter in the same order; null where it has not. */
function within(shorter: readonly Entry[], longer: readonly Entry[], joining: Joining): Entry[] | null {
  let next = 0;
  const joined = longer.map((entry) => {
    const twin = shorter[next];
    if (twin === undefined || twin.identity !== entry.identity) return entry;
    next++;
    return joining.unite(twin, entry);
  });
  return next === shorter.length ? joined : null;
}

/** Lists may be mixed; prose of which each side wrote several paragraphs would no longer say what either wrote. */
function refuseMixedProse(
  joined: readonly Entry[],
  ours: readonly Entry[],
  theirs: readonly Entry[],
): readonly Entry[] {
  if (!joined.some((entry) => entry.kind === "paragraph")) return joined;
  const follows = (one: readonly Entry[], other: readonly Entry[]): boolean =>
    [...one, ...other].every((entry, at) => entry.identity === joined[at]?.identity);
  const isApart = joined.length < ours.length + theirs.length || follows(ours, theirs) || follows(theirs, ours);
  if (isApart) return joined;
  throw new Refused(
    `several paragraphs were added at the same place on both sides, ${quoted(joined[0] ?? { text: "" })} first`,
  );
}
