// Scheduled runs that a person has put to rest: after `rollback --exact` the next pull would undo what was just restored.
// `agents resume` ends it. Runs that a person starts are not held up.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeDurably } from "./durable.ts";

export interface Pause {
  /** ISO 8601, UTC. */
  readonly since: string;
  /** One sentence, lower case. */
  readonly why: string;
}

function fileOf(stateDir: string): string {
  return join(stateDir, "paused.json");
}

/** Puts this machine's scheduled runs to rest. `stateDir` must exist. */
export function pauseRuns(stateDir: string, pause: Pause): void {
  writeDurably(fileOf(stateDir), `${JSON.stringify(pause)}\n`);
}

/** The pause that is in force; null when scheduled runs go on. A file that cannot be read is a pause all the same. */
export function readPause(stateDir: string): Pause | null {
  const path = fileOf(stateDir);
  if (!existsSync(path)) return null;
  const unknown: Pause = { since: "", why: "paused, but the note that says why cannot be read" };
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (typeof value !== "object" || value === null || !("since" in value) || !("why" in value)) return unknown;
    return { since: String(value.since), why: String(value.why) };
  } catch {
    return unknown;
  }
}

/** Lets scheduled runs go on. */
export function resumeRuns(stateDir: string): void {
  rmSync(fileOf(stateDir), { force: true });
}
