// Whether two places of two JSON texts mean the same value, however each is written: white space, escapes, the order of
// keys and the spelling of a number do not count.
import { type JsonNode, type JsonText, lineOf, Refused, sourceOf, stringOf } from "./json-text.ts";

/** A value where it stands. */
export interface Placed {
  readonly json: JsonText;
  readonly node: JsonNode;
  /** What holds it; null at the top. */
  readonly parent: JsonNode | null;
}

const NUMBER = /^-?(?<whole>\d+)(?:\.(?<fraction>\d+))?(?:[eE](?<exponent>[+-]?\d+))?$/;

/** @throws {Refused} where two spellings of a number cannot be compared without rounding one */
export function isSameValue(a: Placed, b: Placed): boolean {
  if (a.node.kind !== b.node.kind) return false;
  if (sourceOf(a.json, a.node) === sourceOf(b.json, b.node)) return true;
  if (a.node.kind === "scalar") return isSameScalar(a, b);
  if (a.node.items.length !== b.node.items.length) return false;
  const pairOf = a.node.kind === "object" ? byKey(b.node) : null;
  return a.node.items.every((node, index) => {
    const other = pairOf === null ? b.node.items[index] : pairOf.get(node.key);
    return other !== undefined && isSameValue(childOf(a, node), childOf(b, other));
  });
}

export function childOf(parent: Placed, node: JsonNode): Placed {
  return { json: parent.json, node, parent: parent.node };
}

/** The members of an object by their key. */
function byKey(object: JsonNode): Map<string, JsonNode> {
  return new Map(object.items.map((item) => [item.key, item]));
}

function isSameScalar(a: Placed, b: Placed): boolean {
  const [one, other] = [stringOf(a.json, a.node), stringOf(b.json, b.node)];
  if (one !== null || other !== null) return one === other;
  const [number, otherNumber] = [exactNumber(a), exactNumber(b)];
  return number !== null && number === otherNumber;
}

/**
 * A number of which every digit survives; null for `true`, `false` and `null`.
 * @throws {Refused} for one that a double rounds, or a whole one beyond 2^53
 */
function exactNumber({ json, node }: Placed): number | null {
  const source = sourceOf(json, node);
  if (!NUMBER.test(source)) return null;
  const number = Number(source);
  const isSafe = !Number.isInteger(number) || Number.isSafeInteger(number);
  if (Number.isFinite(number) && isSafe && decimalOf(String(number)) === decimalOf(source)) return number;
  const shown = source.length > 40 ? `${source.slice(0, 40)}…` : source;
  throw new Refused(
    `${json.name} has the number ${shown}, which cannot be compared exactly, on line ${lineAt(json, node)}`,
  );
}

function lineAt(json: JsonText, node: JsonNode): number {
  return lineOf(json.text, node.start);
}

/** A decimal number as its digits without outer zeros and the power of ten they stand at; the sign is left out. */
function decimalOf(source: string): string {
  const { whole = "", fraction = "", exponent = "0" } = NUMBER.exec(source)?.groups ?? {};
  const digits = `${whole}${fraction}`.replace(/^0+/, "");
  const significant = withoutEndingZeros(digits);
  if (significant === "") return "0";
  return `${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}

function withoutEndingZeros(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits[end - 1] === "0") end--;
  return digits.slice(0, end);
}
