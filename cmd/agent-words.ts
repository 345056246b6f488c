// The words of `agents`: what was done, then each job with what really ran and what comes.
import type { AgentFile } from "../lib/agent/agents.ts";
import type { Pause } from "../lib/machine/paused.ts";
import { PROGRAM } from "./help-form.ts";
import { columns, formatTime } from "./words.ts";

export interface AgentRow {
  readonly name: string;
  readonly command: string;
  readonly everyMinutes: number;
  readonly path: string;
  readonly file: "current" | "other" | "missing";
  readonly registered: boolean | null;
  readonly lastRun: {
    readonly run: string;
    readonly command: string;
    readonly at: string;
    readonly outcome: string;
    readonly exit: number;
  } | null;
  /** ISO 8601, UTC. */
  readonly lastGoodRun: string | null;
  readonly nextSlot: string | null;
}

interface Found {
  readonly agents: readonly AgentRow[];
  readonly files: readonly AgentFile[];
  readonly paused: Pause | null;
  readonly notes: readonly string[];
}

/** `every 2 hours`. */
export function rhythm(minutes: number): string {
  if (minutes === 60) return "every hour";
  if (minutes === 1440) return "once a day";
  return minutes < 60 ? `every ${minutes} minutes` : `every ${minutes / 60} hours`;
}

function standing({ file, registered }: AgentRow): string {
  if (file === "missing") return registered === true ? "loaded, though its file is gone" : "not installed";
  if (registered !== true) return "not loaded";
  return file === "current" ? "loaded" : "loaded, but not as it should be";
}

function lastly(row: AgentRow): string {
  if (row.command === "watchdog") return "";
  if (row.lastRun === null) return "never ran";
  const { at, outcome, exit, command } = row.lastRun;
  const what = command === row.command ? "last" : `last (${command})`;
  const last = `${what} ${formatTime(at)}: ${outcome}${exit === 0 ? "" : ` (${exit})`}`;
  if (row.lastGoodRun === at) return last;
  return `${last}, well ${row.lastGoodRun === null ? "never" : formatTime(row.lastGoodRun)}`;
}

function rowsOf(agents: readonly AgentRow[]): string[] {
  return columns(
    agents.map((row) => [
      row.name,
      `${row.command} ${rhythm(row.everyMinutes)}`,
      standing(row),
      lastly(row),
      row.nextSlot === null ? "" : `next ${formatTime(row.nextSlot)}`,
    ]),
  );
}

function adviceOf(agents: readonly AgentRow[]): string[] {
  const isRight = agents.every(({ file, registered }) => file === "current" && registered === true);
  return isRight ? [] : [`to put them in place: ${PROGRAM} agents install`];
}

/** What `agents` reads like. */
export function wordsOfAgents(action: string, found: Found): string[] {
  const { agents, files, paused, notes } = found;
  if (action === "print") return files.flatMap(({ path, text }) => [`# ${path}`, ...text.trimEnd().split("\n"), ""]);
  const isQuiet = notes.length === 0;
  const first: Readonly<Record<string, string>> = {
    install: "up to date: the agents are in place",
    uninstall: "up to date: there is no agent of ours",
  };
  const said = isQuiet && first[action] !== undefined ? [first[action]] : notes;
  if (action === "uninstall" || action === "resume") return [...said];
  const rest =
    paused === null ? [] : [`paused since ${formatTime(paused.since)}: ${paused.why}`, `  ${PROGRAM} agents resume`];
  return [...said, ...rowsOf(agents), ...rest, ...(action === "status" ? adviceOf(agents) : [])];
}
