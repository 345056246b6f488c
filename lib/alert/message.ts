// What an alert says, the same by every channel: made once, cleaned of secrets and of what could steer a reader's
// terminal, and kept as JSON until everyone has it. Pure.
import { redact } from "../machine/redact.ts";
import { fromElsewhere, spoken } from "../paste.ts";
import { printable } from "../printable.ts";
import type { Happening } from "./happening.ts";
import { type EventName, LOUDNESS } from "./loudness.ts";

export interface PastRun {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly command: string;
  /** How it ended: the outcome, or the title of what it failed with. */
  readonly ended: string;
  readonly exit: number;
}

export interface Message {
  readonly event: EventName;
  readonly title: string;
  readonly cause: string;
  readonly paths: readonly string[];
  /** Paths beyond those that are named. */
  readonly morePaths: number;
  readonly done: readonly string[];
  readonly remedy: readonly string[];
  readonly machine: { readonly name: string; readonly role: string };
  readonly folder: string;
  readonly command: string;
  /** Empty where no run was begun. */
  readonly run: string;
  /** ISO 8601, UTC: now, and when the trouble was first seen. */
  readonly at: string;
  readonly since: string;
  /** How often it happened in a row. */
  readonly count: number;
  readonly lastRuns: readonly PastRun[];
  /** The newest lines of the log. */
  readonly log: readonly string[];
}

/** Where and when it happened. */
export interface About {
  readonly machine: { readonly name: string; readonly role: string };
  readonly folder: string;
  readonly command: string;
  readonly run: string;
  readonly at: Date;
  readonly since: Date;
  readonly count: number;
  readonly lastRuns: readonly PastRun[];
  readonly log: readonly string[];
  /** Values that must not be in any alert. */
  readonly secrets: readonly string[];
}

const MOST_PATHS = 200;
const LONGEST_TEXT = 2000;

/** Puts a message together. */
export function makeMessage(happening: Happening, about: About): Message {
  const clean = (text: string): string => printable(redact(text, about.secrets)).slice(0, LONGEST_TEXT);
  const { event, paths } = happening;
  return {
    event,
    title: LOUDNESS[event].title,
    cause: clean(happening.cause),
    paths: paths.slice(0, MOST_PATHS).map(clean),
    morePaths: Math.max(0, paths.length - MOST_PATHS),
    done: happening.done.map(clean),
    // whoever reads an alert is not in the folder
    remedy: fromElsewhere(happening.remedy, about.folder, { isDefault: true }).map(clean),
    machine: { name: clean(about.machine.name), role: clean(about.machine.role) },
    folder: clean(about.folder),
    command: clean(about.command),
    run: clean(about.run),
    at: about.at.toISOString(),
    since: about.since.toISOString(),
    count: about.count,
    lastRuns: about.lastRuns.map((run) => ({ ...run, command: clean(run.command), ended: clean(run.ended) })),
    log: about.log.map(clean),
  };
}

/** A UTC time as people read it. */
export function shownTime(iso: string): string {
  return iso.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d)?(?:\.\d+)?Z$/, "$1 $2 UTC");
}

/** `since 2026-01-04 10:25 UTC, 3 times in a row`; empty for what happened once. */
export function lasting({ since, at, count }: Message): string {
  if (count < 2) return since === at ? "" : `since ${shownTime(since)}`;
  return `since ${shownTime(since)}, ${count} times in a row`;
}

/** One line for a subject or a headline: what, where, why. */
export function headline({ title, machine, cause }: Message): string {
  return `${title}: ${machine.role}: ${cause}`;
}

/** A line as people need it who are not at that machine. */
function facts(message: Message): string[] {
  const { machine, folder, command, run, at } = message;
  const name = machine.name === machine.role ? machine.role : `${machine.role} (${machine.name})`;
  const longer = lasting(message);
  return [
    `machine: ${name}`,
    `folder:  ${folder}`,
    `when:    ${shownTime(at)}${longer === "" ? "" : `, ${longer}`}`,
    `what:    ${command}${run === "" ? "" : `, run ${run}`}`,
  ];
}

function part(heading: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", heading, ...lines.map((line) => `  ${line}`)];
}

/** The message as plain text, each line ended. */
export function textOf(message: Message): string {
  const more = message.morePaths === 0 ? [] : [`and ${message.morePaths} more`];
  const runs = message.lastRuns.map(
    ({ at, command, ended, exit }) => `${shownTime(at)}  ${command}  ${ended}${exit === 0 ? "" : ` (${exit})`}`,
  );
  return `${[
    message.title,
    message.cause,
    "",
    ...facts(message),
    ...part("files:", [...message.paths, ...more]),
    ...part("what was done:", message.done),
    ...part("what to do:", message.remedy.flatMap(spoken)),
    ...part("last runs:", runs),
    ...part("log:", message.log),
  ].join("\n")}\n`;
}
