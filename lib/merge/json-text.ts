// A JSON text (RFC 8259) as a tree whose nodes know where they stand in it, so that what is left alone can be copied to
// the byte. Stricter than the format: what could not be written back as it was, or means two things, is refused.
import { JsonReader } from "../integrity/json-reader.ts";

/** A value and, inside an object, its key. Offsets are those of UTF-16 units in the text. */
export interface JsonNode {
  readonly kind: "object" | "array" | "scalar";
  /** Unescaped; empty outside an object. */
  readonly key: string;
  /** Where the key begins, or the value that has none. */
  readonly from: number;
  /** One past the key's closing quote; `from` without a key. */
  readonly keyEnd: number;
  readonly start: number;
  /** One past the value's last character. */
  readonly end: number;
  /** What JSON.parse makes of it. */
  readonly value: unknown;
  /** Members or elements, in order; made when they are first asked for. */
  readonly items: readonly JsonNode[];
}

export interface JsonText {
  /** How people know this version: `this machine's version`. */
  readonly name: string;
  readonly text: string;
  /** What the text was taken out of; itself where nothing was left out. */
  readonly whole: string;
  readonly root: JsonNode;
  /** How many members all its objects have; more than JSON.parse finds where one has a key twice. */
  readonly memberCount: number;
}

/** Why a person must choose: thrown inside the merge and made a value at its door. The message is the reason. */
export class Refused extends Error {}

export const LARGEST_BYTES = 64 * 1024 * 1024;
export const DEEPEST = 200;

const [QUOTE, COMMA, COLON, BACKSLASH] = [0x22, 0x2c, 0x3a, 0x5c];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const SPACE = 0x20;
const NOTHING: readonly JsonNode[] = [];
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/**
 * Reads one version of a file, or what is left of one that was `whole`.
 * @throws {Refused} naming the version, what is wrong with it and the line
 */
export function readJson(bytes: Uint8Array, name: string, whole?: string): JsonText {
  if (bytes.length > LARGEST_BYTES) throw new Refused(`${name} is larger than ${LARGEST_BYTES / 1024 / 1024} MB`);
  if (BYTE_ORDER_MARK.every((byte, at) => bytes[at] === byte))
    throw new Refused(`${name} begins with a byte order mark`);
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch {
    throw new Refused(`${name} ${faultOf(bytes)}`);
  }
  return treeOf(name, text, value, whole);
}

/** The tree of a text that parses, and what JSON.parse makes of it. @throws {Refused} as `readJson` */
export function treeOf(name: string, text: string, value: unknown, whole = text): JsonText {
  const scan = scanContainers(text, name);
  return { name, text, whole, root: rootOf(text, scan, value), memberCount: scan.memberCount };
}

/** JSON.parse is the fast judge; where and why it refuses is looked up only then. */
function faultOf(bytes: Uint8Array): string {
  const reader = new JsonReader();
  reader.take(bytes);
  const fault = reader.end();
  if (fault === "valid") return "does not parse as JSON";
  return fault.replace('has an unexpected "/"', 'has a comment or a stray "/"');
}

/** The 1-based line of an offset. */
export function lineOf(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at >= 0 && at < offset; at = text.indexOf("\n", at + 1)) line++;
  return line;
}

/** The exact source of a value, without its key. */
export function sourceOf(json: JsonText, node: JsonNode): string {
  return json.text.slice(node.start, node.end);
}

/** The text that a string value means; null for any other value. */
export function stringOf(json: JsonText, node: JsonNode): string | null {
  if (json.text.charCodeAt(node.start) !== QUOTE) return null;
  return unescaped(json.text, node.start, node.end);
}

function unescaped(text: string, start: number, end: number): string {
  const raw = text.slice(start + 1, end - 1);
  return raw.includes("\\") ? JSON.parse(text.slice(start, end)) : raw;
}

/** Where the objects and arrays of a text end, numbered in the order in which they begin. */
interface Scan {
  /** One past the closing bracket. */
  readonly ends: readonly number[];
  /** The number of the first container that begins after this one ended. */
  readonly nexts: readonly number[];
  readonly memberCount: number;
}

/** Goes once through a text that is known to parse. @throws {Refused} for what JSON allows and this merge does not */
function scanContainers(text: string, name: string): Scan {
  const [ends, nexts, open]: [number[], number[], number[]] = [[], [], []];
  const hasSurrogates = text.includes("\\ud") || text.includes("\\uD");
  let memberCount = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      const start = at;
      at = stringEnd(text, start) - 1;
      if (hasSurrogates) refuseHalfPair(text, start, at + 1, name);
    } else if (code === COLON) memberCount++;
    else if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
      open.push(ends.length);
      ends.push(0);
      nexts.push(0);
      if (open.length > DEEPEST)
        throw new Refused(`${name} is nested deeper than ${DEEPEST} levels, on line ${lineOf(text, at)}`);
    } else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) {
      const number = open.pop() ?? 0;
      ends[number] = at + 1;
      nexts[number] = ends.length;
    }
  }
  return { ends, nexts, memberCount };
}

function refuseHalfPair(text: string, start: number, end: number, name: string): void {
  if (unescaped(text, start, end).isWellFormed()) return;
  throw new Refused(`${name} has half a surrogate pair, on line ${lineOf(text, start)}`);
}

/** One past the closing quote of the string that begins at `start`. */
function stringEnd(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end + 1;
}

function isEscaped(text: string, quote: number): boolean {
  let before = quote - 1;
  while (text.charCodeAt(before) === BACKSLASH) before--;
  return (quote - before) % 2 === 0;
}

function skipWhite(text: string, start: number): number {
  let at = start;
  while (text.charCodeAt(at) <= SPACE) at++;
  return at;
}

function rootOf(text: string, scan: Scan, value: unknown): JsonNode {
  const start = skipWhite(text, 0);
  return new LazyNode({ text, scan, number: 0, key: "", from: start, keyEnd: start, start, value });
}

interface Begin {
  readonly text: string;
  readonly scan: Scan;
  /** Of the next container that begins at `start` or later. */
  readonly number: number;
  readonly key: string;
  readonly from: number;
  readonly keyEnd: number;
  readonly start: number;
  readonly value: unknown;
}

/** A node that looks for its items when they are asked for: in a merge most of them never are. */
class LazyNode implements JsonNode {
  readonly kind: "object" | "array" | "scalar";
  readonly key: string;
  readonly from: number;
  readonly keyEnd: number;
  readonly start: number;
  readonly end: number;
  readonly value: unknown;
  private readonly text: string;
  private readonly scan: Scan;
  private readonly number: number;
  private made: readonly JsonNode[] | null = null;

  constructor(begin: Begin) {
    this.text = begin.text;
    this.scan = begin.scan;
    this.number = begin.number;
    this.key = begin.key;
    this.from = begin.from;
    this.keyEnd = begin.keyEnd;
    this.start = begin.start;
    this.value = begin.value;
    const first = begin.text.charCodeAt(begin.start);
    if (first === OPEN_OBJECT) this.kind = "object";
    else this.kind = first === OPEN_ARRAY ? "array" : "scalar";
    if (this.kind !== "scalar") this.end = begin.scan.ends[begin.number] ?? 0;
    else this.end = first === QUOTE ? stringEnd(begin.text, begin.start) : wordEnd(begin.text, begin.start);
  }

  get items(): readonly JsonNode[] {
    this.made ??= this.kind === "scalar" ? NOTHING : this.makeItems();
    return this.made;
  }

  private makeItems(): readonly JsonNode[] {
    const { text, scan } = this;
    // nothing where a key comes twice and this is not the value that counts
    const values = (this.value ?? {}) as Readonly<Record<string, unknown>>;
    const items: JsonNode[] = [];
    let number = this.number + 1;
    let at = skipWhite(text, this.start + 1);
    while (at < this.end - 1) {
      const from = at;
      let [key, keyEnd] = ["", from];
      if (this.kind === "object") {
        keyEnd = stringEnd(text, from);
        key = unescaped(text, from, keyEnd);
        at = skipWhite(text, skipWhite(text, keyEnd) + 1);
      }
      const value = values[this.kind === "object" ? key : items.length];
      const item = new LazyNode({ text, scan, number, key, from, keyEnd, start: at, value });
      items.push(item);
      if (item.kind !== "scalar") number = scan.nexts[number] ?? number;
      at = skipWhite(text, item.end);
      if (text.charCodeAt(at) === COMMA) at = skipWhite(text, at + 1);
    }
    return items;
  }
}

/** One past a number, `true`, `false` or `null`. */
function wordEnd(text: string, start: number): number {
  let at = start;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code <= SPACE || code === COMMA || code === CLOSE_ARRAY || code === CLOSE_OBJECT) break;
  }
  return at;
}
