// Keys and ids that mean two things, looked for where a count says that there are some: with their place and line.
import { formatMisuse, identityOf } from "./by-id-identity.ts";
import { atEntry, atKey, formatPath, type Path } from "./by-id-path.ts";
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

/** The lists of one version whose ids do not tell entries apart, by their path, and why. */
export function misusedIds(json: JsonText): Map<string, string> {
  const found = new Map<string, string>();
  const visit = (node: JsonNode, path: Path): void => {
    const identity = node.kind === "array" ? identityOf([node.value as unknown[]]) : null;
    if (identity !== null && "misuse" in identity && identity.misuse !== null)
      found.set(formatPath(path), formatMisuse(identity.misuse, [{ json, node }]));
    for (const [at, item] of node.items.entries()) {
      if (item.kind === "scalar") continue;
      if (node.kind === "object") visit(item, atKey(path, item.key));
      else if (identity !== null && "key" in identity)
        visit(item, atEntry(path, identity.key, identity.ids[0]?.[at] ?? ""));
      else visit(item, { outer: path, step: `[${at}]` });
    }
  };
  visit(json.root, null);
  return found;
}
