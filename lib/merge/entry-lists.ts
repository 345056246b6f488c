// The three-way union of lists of entries, below one heading and so on down. Pure.
//
// An entry of the base that both sides still have is where it was; what either side added stands between the same
// neighbours. What one side deleted and the other left alone goes, what one side edited is edited.
import { type Alignment, align } from "./entry-align.ts";
import { joinParts, joinRuns } from "./entry-runs.ts";
import { type Entry, entryOf, type Gap, longer, quoted } from "./entry-tree.ts";
import { Refused } from "./refused.ts";

/** Three versions of a heading; no base where both sides added it. */
interface Three {
  readonly base: Entry | null;
  readonly ours: Entry;
  readonly theirs: Entry;
}

interface Lists {
  readonly base: readonly Entry[];
  readonly ours: readonly Entry[];
  readonly theirs: readonly Entry[];
}

/**
 * Unites three versions of a node with all that is below it.
 * @throws Refused where both sides changed the same in different ways.
 */
export function uniteEntry(three: Three, newestFirst: boolean): Entry {
  const { base, ours, theirs } = three;
  const after = uniteGap(base?.after ?? null, ours.after, theirs.after);
  if (ours.whole === theirs.whole) return { ...sameEntry(base, ours, theirs), after };
  if (base !== null && ours.whole === base.whole) return { ...theirs, after };
  if (base !== null && theirs.whole === base.whole) return { ...ours, after };
  const own = uniteText(three);
  const list = (of: (entry: Entry) => readonly Entry[]): Entry[] =>
    uniteLists({ base: base === null ? [] : of(base), ours: of(ours), theirs: of(theirs) }, newestFirst);
  return entryOf({
    kind: ours.kind,
    lines: own.lines,
    line: ours.line,
    time: own.time,
    holds: ours.holds || theirs.holds,
    afterText: uniteGap(base?.afterText ?? null, ours.afterText, theirs.afterText),
    entries: list((entry) => entry.entries),
    afterEntries: uniteGap(base?.afterEntries ?? null, ours.afterEntries, theirs.afterEntries),
    sections: list((entry) => entry.sections),
    after,
  });
}

/** Blank lines follow the side that changed them, or the side that has more. */
function uniteGap(base: Gap, ours: Gap, theirs: Gap): Gap {
  if (ours === null || theirs === null) return ours ?? theirs;
  if (ours === theirs || theirs === base) return ours;
  if (ours === base) return theirs;
  return longer(ours, theirs);
}

/** The same text on both sides; blank lines and line ends within it may differ. */
function sameEntry(base: Entry | null, ours: Entry, theirs: Entry): Entry {
  const [before, one, other] = [base === null ? null : rawOf(base), rawOf(ours), rawOf(theirs)];
  if (one === other || other === before) return ours;
  if (one === before) return theirs;
  return one > other ? ours : theirs;
}

function rawOf(entry: Entry): string {
  const own = entry.lines.map(({ text, end }) => text + end).join("");
  const below = [...entry.entries, ...entry.sections].map((one) => rawOf(one) + (one.after ?? ""));
  return `${own}${entry.afterText ?? ""}${below.join("")}${entry.afterEntries ?? ""}`;
}

function uniteText({ base, ours, theirs }: Three): Entry {
  if (ours.text === theirs.text || theirs.text === base?.text) return ours;
  if (ours.text === base?.text) return theirs;
  if (ours.kind === "file") {
    if (base === null && (ours.text === "" || theirs.text === "")) return ours.text === "" ? theirs : ours;
    throw new Refused("the head of the file was changed differently on both sides");
  }
  if (base === null) throw new Refused(`${quoted(ours)} was added on both sides with different texts`);
  throw new Refused(`${placeOf(base)} was edited differently on both sides`);
}

function placeOf(base: Entry): string {
  return `${quoted(base)} (line ${base.line} of the merge base)`;
}

function uniteLists(lists: Lists, above: boolean): Entry[] {
  const newestFirst = orderOf(lists) ?? above;
  const walk = new Walk(lists, newestFirst);
  for (const at of lists.base.keys()) walk.pass(at);
  return walk.end();
}

/** True where the newest comes first, as the base says, or what was added; null where neither does. */
function orderOf({ base, ours, theirs }: Lists): boolean | null {
  const said = orderIn(base);
  if (said !== 0) return said < 0;
  const [one, other] = [orderIn(ours), orderIn(theirs)];
  if (one * other < 0) throw new Refused("the newest entries come first on one side and last on the other");
  return one + other === 0 ? null : one + other < 0;
}

/** How many more neighbours rise in time than fall, as -1, 0 or 1. */
function orderIn(list: readonly Entry[]): number {
  let rising = 0;
  let last: number | null = null;
  for (const { time } of list) {
    if (time === null) continue;
    if (last !== null) rising += Math.sign(time - last);
    last = time;
  }
  return Math.sign(rising);
}

/** What one side added since the last entry that both have, in parts where the other side deleted one between them. */
interface Side {
  readonly list: readonly Entry[];
  readonly found: Alignment;
  next: number;
  parts: Entry[][];
}

class Walk {
  private readonly lists: Lists;
  private readonly newestFirst: boolean;
  private readonly ours: Side;
  private readonly theirs: Side;
  private readonly united: Entry[] = [];
  /** Entries of the base that neither side has any more. */
  private gone: Entry[] = [];

  constructor(lists: Lists, newestFirst: boolean) {
    this.lists = lists;
    this.newestFirst = newestFirst;
    this.ours = { list: lists.ours, found: align(lists.base, lists.ours), next: 0, parts: [[]] };
    this.theirs = { list: lists.theirs, found: align(lists.base, lists.theirs), next: 0, parts: [[]] };
  }

  /** Decides the entry of the base at this place, and before it what was added. */
  pass(at: number): void {
    const base = this.lists.base[at];
    if (base === undefined) return;
    const [ours, theirs] = [advance(this.ours, at), advance(this.theirs, at)];
    if (ours === undefined && theirs === undefined) {
      this.gone.push(base);
      return;
    }
    const left = ours ?? theirs;
    if (ours !== undefined && theirs !== undefined) {
      this.flush();
      this.united.push(uniteEntry({ base, ours, theirs }, this.newestFirst));
    } else if (left?.whole !== base.whole) {
      throw new Refused(`${placeOf(base)} was deleted on one side and edited on the other`);
    } else (ours === undefined ? this.theirs : this.ours).parts.push([]);
  }

  end(): Entry[] {
    for (const side of [this.ours, this.theirs]) addUpTo(side, side.list.length);
    this.flush();
    return this.united;
  }

  private flush(): void {
    const joining = {
      newestFirst: this.newestFirst,
      unite: (ours: Entry, theirs: Entry) => uniteEntry({ base: null, ours, theirs }, this.newestFirst),
    };
    const [ours, theirs] = [joinParts(this.ours.parts, joining), joinParts(this.theirs.parts, joining)];
    this.askAboutGone(ours, theirs);
    for (const entry of joinRuns(ours, theirs, joining)) this.united.push(entry);
    this.ours.parts = [[]];
    this.theirs.parts = [[]];
    this.gone = [];
  }

  /**
   * What neither side has any more was deleted on both, unless each has something else in its place: then it may have
   * been edited on both. An edit that can be known as one was met before (`align`).
   */
  private askAboutGone(ours: readonly Entry[], theirs: readonly Entry[]): void {
    const [first] = this.gone;
    if (first === undefined) return;
    const [one, other] = [ours, theirs].map((run) => new Set(run.map((entry) => entry.identity)));
    const alike = theirs.filter(({ identity }) => one?.has(identity)).length;
    const hasOwn = ours.some(({ identity }) => !other?.has(identity)) && alike < theirs.length;
    if (hasOwn && alike < this.gone.length) throw new Refused(`${placeOf(first)} was edited differently on both sides`);
  }
}

/** Moves to the side's version of the base's entry, collecting what was added before it; undefined for none. */
function advance(side: Side, at: number): Entry | undefined {
  const where = side.found[at] ?? -1;
  if (where < 0) return undefined;
  addUpTo(side, where);
  side.next = where + 1;
  return side.list[where];
}

function addUpTo(side: Side, end: number): void {
  for (; side.next < end; side.next++) {
    const entry = side.list[side.next];
    if (entry !== undefined) side.parts.at(-1)?.push(entry);
  }
}
