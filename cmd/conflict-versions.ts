// What kind of thing a version of a path is, and how it is called in a few words. Pure.

import { isUtf8 } from "node:buffer";
import type { VersionView } from "./conflict-view.ts";
import { shownText } from "./diff-cells.ts";
import { splitLines } from "./diff-lines.ts";
import { countStray, decodeText } from "./diff-text.ts";
import { count } from "./words.ts";

export type Shape = "absent" | "link" | "repository" | "binary" | "large" | "text";

/** Above this a text is not compared on the screen: nobody reads it there. */
const LARGEST_TEXT = 8 * 1024 * 1024;
/** Text in an old encoding has some bytes that are not UTF-8; what has more than this share of them is no text. */
const MOST_STRAY = 0.1;
const DIGEST_SHOWN = 16;
const LONGEST_TARGET = 200;

const NOTHING = new Uint8Array();

export function contentOf(version: VersionView): Uint8Array {
  return version.content ?? NOTHING;
}

/** False where the path is absent. Of a repository inside the folder only the mode may be known. */
export function isThere(version: VersionView | null): boolean {
  return version !== null && shapeOf(version) !== "absent";
}

export function shapeOf({ mode, content }: VersionView): Shape {
  if (mode === "160000") return "repository";
  if (content === null) return "absent";
  if (mode === "120000") return "link";
  if (content.includes(0)) return "binary";
  if (content.length > LARGEST_TEXT) return "large";
  if (isUtf8(content)) return "text";
  return countStray(decodeText(content)) > content.length * MOST_STRAY ? "binary" : "text";
}

/** `34 lines, 1.2 KiB`; `not there`; `a link to ../a`; `binary, 1.2 MiB, SHA-256 0a1b…`. */
export function describeVersion(version: VersionView): string {
  const content = contentOf(version);
  const executable = version.mode === "100755" ? ", executable" : "";
  switch (shapeOf(version)) {
    case "absent":
      return "not there";
    case "link":
      return `a link to ${shownText(decodeText(content).slice(0, LONGEST_TARGET))}`;
    case "repository":
      return "a repository of its own";
    case "binary":
      return `binary, ${identityOf(content)}${executable}`;
    case "large":
      return `too large to show, ${identityOf(content)}${executable}`;
    case "text":
      if (content.length === 0) return `empty${executable}`;
      return `${count(splitLines(decodeText(content)).length, "line")}, ${formatBytes(content.length)}${executable}`;
  }
}

function identityOf(content: Uint8Array): string {
  const digest = new Bun.CryptoHasher("sha256").update(content).digest("hex");
  return `${formatBytes(content.length)}, SHA-256 ${digest.slice(0, DIGEST_SHOWN)}…`;
}

/** `812 bytes`, `1.2 KiB`, `3.4 MiB`. */
function formatBytes(bytes: number): string {
  if (bytes < 1024) return count(bytes, "byte");
  const [size, unit] = bytes < 1024 * 1024 ? [bytes / 1024, "KiB"] : [bytes / (1024 * 1024), "MiB"];
  return `${size.toFixed(1)} ${unit}`;
}

/** True where both versions hold the same bytes, or both are absent; false where nobody knows. */
export function sameContent(one: VersionView, other: VersionView): boolean {
  if (shapeOf(one) === "repository" || shapeOf(other) === "repository") return one === other;
  if (one.content === null || other.content === null) return one.content === other.content;
  return Buffer.from(one.content).equals(other.content);
}
