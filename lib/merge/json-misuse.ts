// Keys and ids that mean two things, looked for where a count says that there are some: with their place and line.
import { formatMisuse, identityOf } from "./by-id-identity.ts";
import { atEntry, atIndex, atKey, formatPath, type Path } from "./by-id-path.ts";
import { type JsonNode, type JsonText, lineOf, Refused } from "./json-text.ts";

/** @throws {Refused} naming the key that an object has twice */
export function refuseDoubledKey(json: JsonText): void {
  const visit = (node: JsonNode): void => {
    const seen = new Set<string>();
    for (const item of node.items) {
      if (node.kind === "object" && seen.has(item.key)) {
        const line = lineOf(json.text, item.from);
        throw new Refused(`${json.name} has the key ${JSON.stringify(item.key)} twice in one object, on line ${line}`);
      }
      seen.add(item.key);
      visit(item);
    }
  };
  visit(json.root);
}

/** The lists of one version whose ids do not tell entries apart, by their path, and what says why. */
export function misusedIds(json: JsonText): Map<string, () => string> {
  const found = new Map<string, () => string>();
  const visit = (node: JsonNode, path: Path): void => {
    const steps = stepsIn(json, node, path, found);
    for (const [at, item] of node.items.entries()) if (item.kind !== "scalar") visit(item, steps(at));
  };
  visit(json.root, null);
  return found;
}

/** The paths of what is in a container, by index; notes a list whose ids are misused. */
function stepsIn(json: JsonText, node: JsonNode, path: Path, found: Map<string, () => string>): (at: number) => Path {
  if (node.kind !== "array") return (at) => atKey(path, node.items[at]?.key ?? "");
  const identity = identityOf([node.value as unknown[]]);
  if ("key" in identity) {
    const ids = [...(identity.places[0]?.keys() ?? [])];
    return (at) => atEntry(path, identity.key, ids[at] ?? "");
  }
  const { misuse } = identity;
  if (misuse !== null) found.set(formatPath(path), () => formatMisuse(misuse, [{ json, node }]));
  return (at) => atIndex(path, at);
}
