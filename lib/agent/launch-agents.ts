// The user's folder of launch agents: which of those in it are ours, which were written by hand for the old scripts, and
// how a file there is replaced whole. What a person wrote is set aside, never overwritten.
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { systemCode } from "../failure.ts";
import { writeDurably } from "../machine/durable.ts";
import { WRITTEN_BY_US } from "./property-list.ts";

export interface FoundAgent {
  readonly path: string;
  /** The label inside, by which launchd knows it. */
  readonly label: string;
  readonly text: string;
  /** Written by this product, so its to replace and remove. */
  readonly isOurs: boolean;
}

const FILE = /^com\.petesbrain\.sync-[^/]+\.plist$/;
const LABEL = /<key>Label<\/key>\s*<string>([^<]+)<\/string>/;
/** What the old scripts' agents run, and this product's own when a person wrote the file. */
const SYNCS = /sync-petesbrain|petesbrain-sync/;
const READABLE = 0o644; // launchd refuses what others may write to

function agentsFolder(home: string): string {
  return join(home, "Library", "LaunchAgents");
}

export function agentPath(home: string, label: string): string {
  return join(agentsFolder(home), `${label}.plist`);
}

/**
 * Every agent in the folder that is ours, runs what the old scripts were or stands where one of `labels` is to be.
 * Empty where there is no folder.
 */
export function findAgents(home: string, labels: readonly string[] = []): FoundAgent[] {
  const folder = agentsFolder(home);
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => FILE.test(name));
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  }
  return names.sort().flatMap((name) => {
    const path = join(folder, name);
    const text = readFileSync(path, "utf8");
    const label = LABEL.exec(text)?.[1] ?? name.replace(/\.plist$/, "");
    const isOurs = text.includes(WRITTEN_BY_US);
    return isOurs || SYNCS.test(text) || labels.includes(name.replace(/\.plist$/, ""))
      ? [{ path, label, text, isOurs }]
      : [];
  });
}

/** Makes the folders that launchd needs before it starts a job. */
export function prepareFolders(home: string): void {
  mkdirSync(agentsFolder(home), { recursive: true });
  mkdirSync(join(home, "Library", "Logs", "petesbrain-sync"), { recursive: true, mode: 0o700 });
}

/** Writes an agent's file whole. */
export function writeAgent(path: string, text: string): void {
  writeDurably(path, text);
  chmodSync(path, READABLE);
}

export function removeAgent(path: string): void {
  rmSync(path, { force: true });
}
