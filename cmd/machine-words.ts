// The words for the machines of a folder, as `status` and `watchdog` show them: a line each.
import type { KnownMachine } from "../lib/sync/machines.ts";
import { columns, count } from "./words.ts";

const MINUTE_MS = 60_000;

/** `just now`, `12 minutes ago`, `3 hours ago`, `2 days ago`; `in 5 minutes` for what is to come. */
function ago(iso: string, now: Date): string {
  const minutes = minutesSince(iso, now);
  if (minutes === 0) return "just now";
  return minutes < 0 ? `in ${span(-minutes)}` : `${span(minutes)} ago`;
}

function minutesSince(iso: string, now: Date): number {
  return Math.round((now.getTime() - Date.parse(iso)) / MINUTE_MS);
}

function span(minutes: number): string {
  const [size, unit] = magnitude(minutes);
  return count(size, unit);
}

function magnitude(minutes: number): [size: number, unit: string] {
  if (minutes < 120) return [minutes, "minute"];
  return minutes < 48 * 60 ? [Math.floor(minutes / 60), "hour"] : [Math.floor(minutes / (24 * 60)), "day"];
}

function commitOf({ commit, sameCommit, self }: KnownMachine): string {
  const short = commit === null ? "nothing" : commit.slice(0, 7);
  if (self) return `at ${short}`;
  if (sameCommit === true) return `at ${short}, the same`;
  return sameCommit === null ? `at ${short} when last heard of` : `at ${short}, not the same`;
}

function runOf({ lastRun, lastGoodRun }: KnownMachine, now: Date): string {
  if (lastRun === null) return "nothing has run";
  const last = `${lastRun.command} ${ago(lastRun.at, now)}`;
  if (lastGoodRun === null) return `${last}, none ended well`;
  return lastGoodRun.run === lastRun.run ? last : `${last}, the last good one ${ago(lastGoodRun.at, now)}`;
}

function restOf(machine: KnownMachine, now: Date): string {
  const { self, overdue, dirty, conflicts, nextDue, clockAheadMs, heardAt } = machine;
  const hours = Math.round(Math.abs(clockAheadMs) / MINUTE_MS);
  const said = [
    overdue && heardAt !== null
      ? `OVERDUE: ${self ? "nothing ran" : "silent"} for ${span(minutesSince(heardAt, now))}`
      : "",
    dirty > 0 ? `${count(dirty, "file")} changed` : "",
    conflicts > 0 ? count(conflicts, "conflict") : "",
    !overdue && nextDue !== null ? `next ${ago(nextDue, now)}` : "",
    hours > 0 ? `its clock is ${count(hours, "minute")} ${clockAheadMs > 0 ? "ahead" : "behind"}` : "",
  ];
  return said.filter((part) => part !== "").join(", ");
}

/** Of one machine: who, where it is, what it did last, what is to be known. */
export function machineCells(machine: KnownMachine, now: Date): [who: string, at: string, run: string, rest: string] {
  const who = machine.self ? `${machine.role} (this one)` : machine.role;
  return [who, commitOf(machine), runOf(machine, now), restOf(machine, now)];
}

/** A line for each machine. */
export function machineLines(machines: readonly KnownMachine[], now: Date): string[] {
  return columns(machines.map((machine) => machineCells(machine, now))).map((line) => `  ${line}`);
}
