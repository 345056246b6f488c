// The three-way merge of JSON trees, written out as it goes: objects by key, lists by id, everything else whole. What is
// the same in a side and in the base is taken from the other side, source text and all.
import { formatMisuse, identityOf, type Places } from "./by-id-identity.ts";
import { fitted, gapBefore, type Layout, layoutOf, lesser, mapTrio, pick, type Trio } from "./by-id-layout.ts";
import { uniteOrder } from "./by-id-order.ts";
import { atEntry, atKey, type Path, subjectOf } from "./by-id-path.ts";
import { type JsonNode, type JsonText, Refused, sourceOf } from "./json-text.ts";
import { childOf, isSameValue, type Placed } from "./json-values.ts";
import type { JsonWriter } from "./json-writer.ts";

/** Three versions of a value that both sides have. */
interface Sides {
  readonly base: Placed | null;
  readonly ours: Placed;
  readonly theirs: Placed;
}

/** The versions of a list or an object, whose items have ids: an entry its own, a member its key. */
interface Container extends Sides {
  readonly places: Trio<Places>;
  /** The identity key; null for an object. */
  readonly identityKey: string | null;
  readonly path: Path;
}

/** Writes the united value. @throws {Refused} where a person must choose */
export function writeUnited(texts: Trio<JsonText>, writer: JsonWriter): void {
  const placed = mapTrio(texts, (json): Placed => ({ json, node: json.root, parent: null }));
  if (placed.ours === null || placed.theirs === null) throw new Error("both sides have a content");
  const around = (edge: (json: JsonText) => string): string => pick(mapTrio(texts, edge)) ?? "";
  writer.write(around(({ text, root }) => text.slice(0, root.start)));
  new TreeMerge(writer).value(
    { base: placed.base, ours: placed.ours, theirs: placed.theirs },
    null,
    writer.line.indent,
  );
  writer.write(around(({ text, root }) => text.slice(root.end)));
}

class TreeMerge {
  private readonly writer: JsonWriter;

  constructor(writer: JsonWriter) {
    this.writer = writer;
  }

  /** `outer` is the indentation of the line on which the united parent began. */
  value(versions: Sides, path: Path, outer: string): void {
    const { base, ours, theirs } = versions;
    const source = base === null ? null : sourceOf(base.json, base.node);
    const kind = ours.node.kind;
    if (source === sourceOf(theirs.json, theirs.node)) this.take(ours, outer);
    else if (source === sourceOf(ours.json, ours.node)) this.take(theirs, outer);
    else if (kind !== theirs.node.kind || (base !== null && kind !== base.node.kind))
      this.whole(versions, path, { outer, why: "" });
    else if (kind === "object") this.items({ ...versions, places: keysOf(versions), identityKey: null, path }, outer);
    else if (kind === "array") this.list(versions, path, outer);
    else this.whole(versions, path, { outer, why: "" });
  }

  private list(versions: Sides, path: Path, outer: string): void {
    const { base, ours, theirs } = versions;
    const lists = [base, ours, theirs].filter((one) => one !== null);
    const identity = identityOf(lists.map(({ node }) => node.value as unknown[]));
    if ("key" in identity) {
      this.items(
        { ...versions, places: placesOf(identity.places, base !== null), identityKey: identity.key, path },
        outer,
      );
      return;
    }
    const why = formatMisuse(identity.misuse, lists);
    this.whole(versions, path, { outer, why: why === "" ? "" : `, and it ${why}` });
  }

  private take(placed: Placed, outer: string): void {
    this.writer.write(this.writer.fit(placed, outer));
  }

  private takeEither(ours: Placed, theirs: Placed, outer: string): void {
    this.writer.write(lesser(this.writer.fit(ours, outer), this.writer.fit(theirs, outer)));
  }

  /** A value that is not looked into: of the side that changed it. */
  private whole({ base, ours, theirs }: Sides, path: Path, { outer, why }: { outer: string; why: string }): void {
    if (isSameValue(ours, theirs)) this.takeEither(ours, theirs, outer);
    else if (base !== null && isSameValue(theirs, base)) this.take(ours, outer);
    else if (base !== null && isSameValue(ours, base)) this.take(theirs, outer);
    else {
      const deed = base === null ? "was added with different content" : "was changed differently";
      throw new Refused(`${subjectOf(path)} ${deed} on both machines${why}`);
    }
  }

  private items(container: Container, parentOuter: string): void {
    const { base, ours, theirs, places, path, identityKey } = container;
    const order = uniteOrder(
      { base: idsIn(places.base), ours: idsIn(places.ours), theirs: idsIn(places.theirs), kept: keptOf(container) },
      identityKey === null ? "decide" : "refuse",
    );
    if (order === null) throw new Refused(`${subjectOf(path)} was put in a different order on both machines`);
    const { writer } = this;
    const layouts = mapTrio<Placed, Layout>({ base, ours, theirs }, (placed) => {
      const layout = layoutOf(placed.json, placed.node);
      // where the base has nothing to compare with, both sides are compared as they would read here
      return base !== null && base.node.items.length > 0 ? layout : fitted(layout, writer.fitter(placed, parentOuter));
    });
    const outer = writer.line.indent;
    const [open, close] = ours.node.kind === "object" ? ["{", "}"] : ["[", "]"];
    const between = pick(mapTrio(layouts, (layout) => layout.between)) ?? ",";
    writer.write(open ?? "");
    for (const [index, id] of order.entries()) {
      const at = {
        base: places.base?.get(id) ?? null,
        ours: places.ours?.get(id) ?? null,
        theirs: places.theirs?.get(id) ?? null,
      };
      writer.write(
        index === 0 ? (pick(mapTrio(layouts, ({ first }) => first)) ?? "") : gapBefore(layouts, at, between),
      );
      this.item(container, at, id, outer);
    }
    const end =
      order.length === 0 ? pick(mapTrio(layouts, ({ inner }) => inner)) : pick(mapTrio(layouts, ({ last }) => last));
    writer.write(`${end ?? ""}${close}`);
  }

  private item(container: Container, at: Trio<number>, id: string, outer: string): void {
    const [base, ours, theirs] = [
      itemAt(container.base, at.base),
      itemAt(container.ours, at.ours),
      itemAt(container.theirs, at.theirs),
    ];
    const { identityKey, path } = container;
    if (identityKey === null) this.writer.write(keyOf({ base, ours, theirs }));
    if (ours === null || theirs === null) {
      const only = ours ?? theirs;
      if (only !== null) this.take(only, outer);
      return;
    }
    const inner = identityKey === null ? atKey(path, id) : atEntry(path, identityKey, id);
    if (identityKey !== null && base === null) this.whole({ base, ours, theirs }, inner, { outer, why: "" });
    else this.value({ base, ours, theirs }, inner, outer);
  }
}

function keysOf(versions: Sides): Trio<Places> {
  return mapTrio<Placed, Places>(versions, ({ node }) => new Map(node.items.map(({ key }, at) => [key, at])));
}

function placesOf(places: readonly Places[], hasBase: boolean): Trio<Places> {
  const [base = null, ours = null, theirs = null] = hasBase ? places : [null, ...places];
  return { base, ours, theirs };
}

function idsIn(places: Places | null): string[] {
  return places === null ? [] : [...places.keys()];
}

function itemAt(container: Placed | null, at: number | null): Placed | null {
  const node = at === null ? undefined : container?.node.items[at];
  return container === null || node === undefined ? null : childOf(container, node);
}

/** The key of a member as it is written, with what stands up to the value. */
function keyOf(members: Trio<Placed>): string {
  const part = (from: (node: JsonNode) => number, to: (node: JsonNode) => number): string =>
    pick(mapTrio(members, ({ json, node }) => json.text.slice(from(node), to(node)))) ?? "";
  return (
    part(
      (node) => node.from,
      (node) => node.keyEnd,
    ) +
    part(
      (node) => node.keyEnd,
      (node) => node.start,
    )
  );
}

/** The ids that stay: on both sides, or new on one. One that a side deleted goes, if the other left it as it was. */
function keptOf(container: Container): Set<string> {
  const { places } = container;
  const kept = new Set<string>();
  const keep = (side: "ours" | "theirs", other: "ours" | "theirs"): void => {
    for (const [id, at] of places[side] ?? []) {
      const before = places.base?.get(id) ?? null;
      if (before === null || places[other]?.has(id) === true) kept.add(id);
      else refuseChanged(container, id, itemAt(container.base, before), itemAt(container[side], at));
    }
  };
  keep("ours", "theirs");
  keep("theirs", "ours");
  return kept;
}

function refuseChanged({ identityKey, path }: Container, id: string, base: Placed | null, left: Placed | null): void {
  if (base === null || left === null || isSameValue(base, left)) return;
  const inner = identityKey === null ? atKey(path, id) : atEntry(path, identityKey, id);
  throw new Refused(`${subjectOf(inner)} was deleted on one machine and changed on the other`);
}
