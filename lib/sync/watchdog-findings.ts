// What the watchdog makes of what it saw: findings, each with one command that helps, and what they amount to. Pure.

import type { Happening, Tidings } from "../alert/happening.ts";
import type { EventName } from "../alert/loudness.ts";
import { shownTime } from "../alert/message.ts";
import { forgettingOf, retirementOf } from "../git/record-refs.ts";
import type { KnownMachine } from "./machines.ts";

export interface Finding {
  /** Names the trouble: `overdue:laptop-1a2b3c4d`, `disk`. */
  readonly name: string;
  readonly event: Extract<EventName, "overdue" | "failed" | "unwell">;
  /** One sentence, lower case, no full stop. */
  readonly says: string;
  readonly remedy: readonly string[];
}

/** What was looked at. What could not be looked at is null, and neither found nor ended. */
export interface Seen {
  readonly now: number;
  readonly folder: string;
  /** Name of the remote. */
  readonly remote: string;
  readonly machines: readonly KnownMachine[];
  /** False where the remote did not answer: the other machines may well be heard of there. */
  readonly reached: boolean;
  /** What is wrong with the scheduled jobs; null where that is not known. */
  readonly agents: readonly string[] | null;
  /** Why the baseline cannot be used; empty when it can. */
  readonly baseline: string;
  /** Bytes free where the folder is. */
  readonly freeBytes: number | null;
  /** Alerts that could not be sent for a day, and why the last try failed. */
  readonly unsent: { readonly count: number; readonly fault: string } | null;
  /** What a rehearsal of the newest snapshot ended with; null where none was due. */
  readonly rehearsal: { readonly ok: boolean; readonly says: string } | null;
}

const LEAST_FREE_BYTES = 1_000_000_000;
const HOUR_MS = 3_600_000;

/** `3 hours`, `2 days`. */
export function age(ms: number): string {
  const hours = Math.max(0, Math.floor(ms / HOUR_MS));
  if (hours < 1) return "less than an hour";
  if (hours < 48) return `${hours} ${hours === 1 ? "hour" : "hours"}`;
  return `${Math.floor(hours / 24)} days`;
}

function lateness(machine: KnownMachine, now: number): string {
  const since = machine.heardAt === null ? "ever" : `for ${age(now - Date.parse(machine.heardAt))}`;
  const last =
    machine.lastRun === null ? "" : `; its last run was ${machine.lastRun.command} at ${shownTime(machine.lastRun.at)}`;
  return `${since}${last}`;
}

function overdue(machine: KnownMachine, { now, folder, remote }: Seen): Finding {
  const { self, role, id, record } = machine;
  const gone =
    record === null
      ? []
      : [
          `${retirementOf(folder, remote, record)}   # if it is gone for good: takes its record from the remote`,
          `${forgettingOf(folder, record)}   # and from this machine`,
        ];
  return {
    name: `overdue:${self ? "this" : id}`,
    event: "overdue",
    says: self
      ? `this machine (${role}) has not synced ${lateness(machine, now)}`
      : `${role} has not been heard of ${lateness(machine, now)}`,
    remedy: self
      ? ["petesbrain-sync sync", "petesbrain-sync agents status"]
      : [`petesbrain-sync agents status   # on ${role}: is it on, online, are its agents running?`, ...gone],
  };
}

function unwell(name: string, says: string, ...remedy: string[]): Finding {
  return { name, event: "unwell", says, remedy };
}

/** Everything that is not as it should be, the worst first. */
export function findingsOf(seen: Seen): Finding[] {
  const { machines, reached, agents, baseline, freeBytes, unsent, rehearsal } = seen;
  const findings: Finding[] = machines
    .filter((machine) => machine.overdue && (machine.self || reached))
    .map((machine) => overdue(machine, seen));
  if (rehearsal?.ok === false)
    findings.push({
      name: REHEARSAL,
      event: "failed",
      says: rehearsal.says,
      remedy: ["petesbrain-sync rollback list"],
    });
  if (agents !== null && agents.length > 0)
    findings.push(unwell("agents", agents.join("; "), "petesbrain-sync agents install"));
  if (baseline !== "") findings.push(unwell("baseline", baseline, "petesbrain-sync verify"));
  if (freeBytes !== null && freeBytes < LEAST_FREE_BYTES)
    findings.push(unwell("disk", `${Math.round(freeBytes / 1e6)} MB are free on the disk of the folder`, "df -h ."));
  if (unsent !== null) {
    const what = unsent.count === 1 ? "an alert" : `${unsent.count} alerts`;
    findings.push(
      unwell("unsent", `${what} could not be sent for a day: ${unsent.fault}`, "petesbrain-sync logs error"),
    );
  }
  return findings;
}

const PREFIX = "watchdog:";
const REHEARSAL = "rehearsal";

/** What the findings amount to: each is a trouble of its own; what was looked at and is well is over (`seen` null: nothing). */
export function tidingsOfFindings(findings: readonly Finding[], seen: Seen | null): Tidings {
  // a rehearsal is a run, which tells by itself how it ended
  const told = findings.filter(({ name }) => name !== REHEARSAL);
  const happenings = told.map(
    ({ name, event, says, remedy }): Happening => ({
      event,
      key: `${PREFIX}${name}`,
      cause: says,
      paths: [],
      done: [],
      remedy,
    }),
  );
  if (seen === null) return { happenings, ends: [] };
  const looked = [
    "obstacle",
    "baseline",
    "unsent",
    "overdue:this",
    ...(seen.reached ? ["overdue:"] : []),
    ...(seen.agents === null ? [] : ["agents"]),
    ...(seen.freeBytes === null ? [] : ["disk"]),
  ];
  return { happenings, ends: looked.map((name) => `${PREFIX}${name}`) };
}
