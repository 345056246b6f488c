// Sets keys in this machine's config.toml and leaves every other line, comments included, as it is.

import { mkdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname } from "node:path";
import { Failure, systemCode } from "../failure.ts";
import { quoted } from "../paste.ts";
import { writeDurably } from "./durable.ts";

/** A TOML basic string; JSON's escapes are all valid in TOML. */
function formatText(value: string): string {
  return JSON.stringify(value).replaceAll("\u007f", String.raw`\u007f`);
}

/**
 * The text with top-level keys set. A key that stands there already keeps its line and its comment; a new one goes
 * before the first table. A text that has each value already comes back unchanged.
 */
export function withKeys(text: string, keys: Readonly<Record<string, string>>): string {
  const lines = text === "" ? [] : text.replace(/\n$/, "").split("\n");
  const firstTable = lines.findIndex((line) => /^\s*\[/.test(line));
  const top = firstTable < 0 ? lines.length : firstTable;
  const added: string[] = [];
  for (const [key, value] of Object.entries(keys)) {
    const at = lines.slice(0, top).findIndex((line) => new RegExp(`^\\s*["']?${key}["']?\\s*=`).test(line));
    const line = `${key} = ${formatText(value)}`;
    if (at < 0) added.push(line);
    else lines[at] = line + commentOf(lines[at] ?? "");
  }
  const isGap = top > 0 && lines[top - 1] === "";
  const before = lines.slice(0, isGap ? top - 1 : top);
  const rest = lines.slice(top);
  const gap = rest.length > 0 && (isGap || added.length > 0) ? [""] : [];
  return `${[...before, ...added, ...gap, ...rest].join("\n")}\n`;
}

/** The comment behind a value, with the blanks before it; a `#` inside quotes begins none. */
function commentOf(line: string): string {
  return /^[^=]*=\s*(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^#"']*?)(\s*#.*)$/.exec(line)?.[1] ?? "";
}

function currentText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return "";
    throw error;
  }
}

/** The file itself where the name is a link: people keep their settings elsewhere and link to them. */
function targetOf(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return path;
    throw error;
  }
}

/**
 * Sets keys in the settings file, which only its owner can read afterwards; the old text or the new, never part of either.
 * @returns true when the file had to be changed
 * @throws Failure `permission-denied`
 */
export function writeSettings(path: string, keys: Readonly<Record<string, string>>): boolean {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const target = targetOf(path);
    const before = currentText(target);
    const after = withKeys(before, keys);
    if (after === before) return false;
    writeDurably(target, after);
    return true;
  } catch (error) {
    const code = systemCode(error);
    if (code === null) throw error;
    throw new Failure("permission-denied", {
      cause: `the settings ${path} cannot be written (${code})`,
      remedy: [`ls -ld ${quoted(dirname(path))} ${quoted(path)}`],
      because: error,
    });
  }
}
