// One settings file: its text to checked values by key, each with its line. A wrong key or value is refused with the
// file, the line, the key and a valid example.

import { parse, TomlError } from "smol-toml";
import { Failure } from "../failure.ts";
import { quoted } from "../paste.ts";
import { ALLOW_NOWHERE } from "./settings-guards.ts";
import { faultOf, KEYS, type SettingsFile } from "./settings-keys.ts";

export interface FileValue {
  readonly value: unknown;
  /** Counted from 1. */
  readonly line: number;
}

export type FileValues = ReadonlyMap<string, FileValue>;

const OTHER_FILE: Readonly<Record<SettingsFile, string>> = {
  machine: ".petesbrain-sync.toml inside the folder",
  folder: "config.toml of the machine (see: petesbrain-sync config path)",
};

interface Place {
  readonly path: string;
  readonly file: SettingsFile;
  readonly text: string;
}

function refuse(place: Place, line: number, says: string): Failure {
  return new Failure("config-invalid", {
    cause: `${place.path}, line ${line}: ${says}`,
    remedy: [`"\${EDITOR:-nano}" ${quoted(place.path)}`, "petesbrain-sync config check"],
  });
}

const HEADER = /^\s*(\[{1,2})\s*([^\]]+?)\s*\]/;
const KEY = /^\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=\s*(.*)$/;

/** The quotes that a value opens and does not close on its line: a text over several lines. */
function openedFence(value: string): string | null {
  const fence = /^("""|''')/.exec(value)?.[1];
  return fence === undefined || value.slice(fence.length).includes(fence) ? null : fence;
}

/** Finds where each key stands, by its full name (lists of tables carry their number). Texts over several lines are skipped. */
export function linesOfKeys(text: string): Map<string, number> {
  const lines = new Map<string, number>();
  const counts = new Map<string, number>();
  let table = "";
  let fence: string | null = null;
  const note = (name: string, at: number): void => {
    if (!lines.has(name)) lines.set(name, at + 1);
  };
  for (const [at, line] of text.split("\n").entries()) {
    if (fence !== null) {
      if (line.includes(fence)) fence = null;
      continue;
    }
    const [, brackets, name = ""] = HEADER.exec(line) ?? [];
    const [, key, value = ""] = KEY.exec(line) ?? [];
    if (brackets !== undefined) {
      table = plainName(name);
      const number = counts.get(table) ?? 0;
      counts.set(table, number + 1);
      if (brackets === "[[") table = `${table}[${number}]`;
      note(table, at);
    } else if (key !== undefined) {
      note(table === "" ? plainName(key) : `${table}.${plainName(key)}`, at);
      fence = openedFence(value);
    }
  }
  return lines;
}

function plainName(name: string): string {
  return name.replaceAll(/["'\s]/g, "");
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** Every value by its full name, tables opened. */
function flatten(table: Readonly<Record<string, unknown>>, prefix: string): [key: string, value: unknown][] {
  return Object.entries(table).flatMap(([key, value]): [string, unknown][] => {
    const full = prefix === "" ? key : `${prefix}.${key}`;
    if (isTable(value) && Object.keys(value).length > 0) return flatten(value, full);
    const isTables = Array.isArray(value) && value.length > 0 && value.every(isTable);
    return isTables ? value.flatMap((entry, at) => flatten(entry, `${full}[${at}]`)) : [[full, value]];
  });
}

/** The keys of one file that are nearest to a wrong one: same last word, or the same letters but two. */
function suggestion(key: string, file: SettingsFile): string {
  const candidates = Object.keys(KEYS).filter((known) => [file, "either"].includes(KEYS[known]?.file ?? ""));
  const last = key.split(".").at(-1) ?? key;
  const close = candidates.find((known) => {
    const plain = known.split(".").at(-1) ?? known;
    const shared = [...new Set(last)].filter((letter) => plain.includes(letter)).length;
    return (
      plain === last ||
      (plain[0] === last[0] && Math.abs(plain.length - last.length) <= 2 && shared >= new Set(plain).size - 1)
    );
  });
  return close === undefined ? `known keys: ${candidates.join(", ")}` : `did you mean ${KEYS[close]?.example}?`;
}

/** `allow` as any part of a key: on top, under `[guards]`, as a table of its own. */
function isAllowance(key: string): boolean {
  return key.split(/[.[]/).some((part) => part.toLowerCase() === "allow");
}

function check(place: Place, key: string, value: unknown, line: number): void {
  const known = key.replaceAll(/\[\d+\]/g, "[]");
  const rule = Object.hasOwn(KEYS, known) ? KEYS[known] : undefined;
  if (isAllowance(known)) throw refuse(place, line, `"${key}" ${ALLOW_NOWHERE}`);
  if (rule === undefined) throw refuse(place, line, `there is no key "${key}"; ${suggestion(key, place.file)}`);
  if (rule.file !== place.file && rule.file !== "either")
    throw refuse(place, line, `the key "${key}" belongs in ${OTHER_FILE[place.file]}`);
  const fault = faultOf(rule.schema, value);
  if (fault !== null) throw refuse(place, line, `${key} ${fault}; for example: ${rule.example}`);
}

function parseToml(place: Place): Record<string, unknown> {
  try {
    return parse(place.text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const reason = (error.message.split("\n")[0] ?? "").replace(/^Invalid TOML document: /, "");
    throw refuse(place, error.line, `column ${error.column}: not valid TOML: ${reason}; for example: role = "desktop"`);
  }
}

/**
 * Reads the text of a settings file.
 * @throws Failure `config-invalid`
 */
export function parseSettingsFile(path: string, file: SettingsFile, text: string): FileValues {
  const place = { path, file, text };
  const lines = linesOfKeys(text);
  const lineOf = (key: string): number => {
    const parts = key.split(".");
    for (let length = parts.length; length > 0; length -= 1) {
      const line = lines.get(parts.slice(0, length).join("."));
      if (line !== undefined) return line;
    }
    return 1;
  };
  const values = new Map<string, FileValue>();
  for (const [key, value] of flatten(parseToml(place), "")) {
    check(place, key, value, lineOf(key));
    values.set(key, { value, line: lineOf(key) });
  }
  return values;
}
