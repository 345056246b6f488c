// What this product keeps in the folder and git must not see: lines in `.git/info/exclude`, which belongs to this
// checkout alone. Lines that are there already, and all others, stay as they are.
import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { systemCode } from "../failure.ts";
import type { Repository } from "../git/repository.ts";

const EXCLUDED: readonly string[] = [
  "/.sync-checksums.json",
  "/.sync-snapshot/",
  "/data/alerts/",
  "/.sync-checksums.json.*",
];
const HEADING = "# petesbrain-sync keeps these here; they are never published";

/** The text to append to an exclude file, empty when nothing is missing. */
export function missingExcludes(text: string): string {
  const there = new Set(text.split("\n").map((line) => line.trim()));
  const missing = EXCLUDED.filter((line) => !there.has(line));
  if (missing.length === 0) return "";
  const gap = text === "" || text.endsWith("\n") ? "" : "\n";
  return `${gap}${[HEADING, ...missing].join("\n")}\n`;
}

/** Adds the missing lines. Returns true when there were any. */
export function writeExcludes(repository: Repository): boolean {
  const path = join(repository.commonDir, "info", "exclude");
  let text = "";
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
    mkdirSync(dirname(path), { recursive: true });
  }
  const missing = missingExcludes(text);
  if (missing !== "") appendFileSync(path, missing);
  return missing !== "";
}
