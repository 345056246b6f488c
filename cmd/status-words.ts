// The words of `status`: the verdict as the first line, exactly, then what it rests on.
import { GUARDS } from "../lib/guard.ts";
import { pasted, spoken } from "../lib/paste.ts";
import type { Status } from "../lib/sync/status-form.ts";
import { rhythm } from "./agent-words.ts";
import { alertLines, unreadHeading } from "./alert-words.ts";
import { wordsOfHistory } from "./history-words.ts";
import { machineLines } from "./machine-words.ts";
import { rehearsalLine } from "./rollback-words.ts";
import { columns, count, formatTime } from "./words.ts";

const LISTED = 10;

function indented(line: string): string {
  return `  ${line}`;
}

function shortened(commit: string | null): string {
  return commit === null ? "none" : commit.slice(0, 7);
}

function listed(paths: readonly string[], verbose: boolean): string[] {
  const shown = verbose ? paths : paths.slice(0, LISTED);
  const rest = paths.length - shown.length;
  return [...shown.map((path) => `  ${path}`), ...(rest > 0 ? [`  and ${rest} more`] : [])];
}

function relation({ ahead, behind }: Status["local"]): string {
  if (ahead === null || behind === null) return "not known";
  if (ahead === 0 && behind === 0) return "the same";
  return `${ahead} ahead, ${behind} behind`;
}

/** Names and values of what is proven. */
export function integrityRows({ baseline, verified, attestedBy }: Status["integrity"]): [string, string][] {
  const taken = baseline === null ? "none" : `${count(baseline.files, "file")}, ${formatTime(baseline.takenAt)}`;
  const proof =
    verified === null
      ? "never"
      : `${count(verified.critical, "critical file")} by ${verified.command}, ${formatTime(verified.at)}`;
  const voucher = attestedBy === null ? "by no machine" : `by ${attestedBy.role}, ${formatTime(attestedBy.at)}`;
  return [
    ["verified", proof],
    ["attested", voucher],
    ["baseline", taken],
  ];
}

/** What comes next by itself: this machine's own job, for the watchdog changes nothing. */
function scheduledRow({ agents }: Status): [string, string][] {
  const job = agents.find(({ command }) => command !== "watchdog");
  if (job === undefined) return [];
  if (job.nextSlot === null) return [["scheduled", "nothing (petesbrain-sync agents install)"]];
  return [["scheduled", `${job.command} ${rhythm(job.everyMinutes)}, next ${formatTime(job.nextSlot)}`]];
}

function heldBackLines({ heldBack }: Status["integrity"]): string[] {
  if (heldBack.length === 0) return [];
  return [
    "held back, so not on the other machine:",
    ...heldBack.flatMap(({ path, guard, remedy }) => [
      `  ${path}: ${guard}, ${GUARDS[guard]}`,
      ...spoken(remedy).map((line) => `    ${line}`),
    ]),
  ];
}

function conflictLines(blocked: Status["blocked"]): string[] {
  if (blocked === null) return [];
  const rows = blocked.conflicts.map(({ path, className, reason, roles }) => {
    return [
      `  ${path} (${className}): ${reason}; ${roles.ours} or ${roles.theirs}`,
      `    petesbrain-sync resolve ${pasted(path)}`,
    ];
  });
  return [`conflicts, nothing was changed by the ${blocked.command}:`, ...rows.flat()];
}

/** Of a folder that could be looked at; of another nothing is said. */
function folderRows({ branch, head, remote, local }: Status): [string, string][] {
  return [
    ["branch", `${branch} at ${shortened(head.after ?? head.before)}`],
    ["remote", `${shortened(remote.after ?? remote.before)}, ${relation(local)}`],
    ["changed", local.changed.length === 0 ? "nothing" : count(local.changed.length, "file")],
  ];
}

/** What `status` reads like at a time. */
export function wordsOfStatus(found: Status, verbose: boolean, now: Date): string[] {
  const { verdict, reasons, machine, local, files } = found;
  const [first, ...others] = reasons;
  const isKnown = found.failure === null || found.head.before !== null;
  const facts: [string, string][] = [
    ["folder", local.folder],
    ["machine", machine.name === machine.role ? machine.role : `${machine.role} (${machine.name})`],
    ...(isKnown ? folderRows(found) : []),
  ];
  if (files.conflicts.length > 0) facts.push(["conflicts", count(files.conflicts.length, "file")]);
  if (files.heldBack.length > 0) facts.push(["held back", count(files.heldBack.length, "file")]);
  if (found.running !== null)
    facts.push(["running", `${found.running.command} since ${formatTime(found.running.since)}`]);
  if (found.pendingRecovery) facts.push(["recovery", "a run that was cut off waits to be put right"]);
  if (isKnown) facts.push(...integrityRows(found.integrity));
  if (isKnown || found.lastSnapshot !== null) facts.push(["snapshot", found.lastSnapshot ?? "none yet"]);
  facts.push(...scheduledRow(found));
  if (found.lastSnapshot !== null) facts.push(["rehearsal", rehearsalLine(found.rehearsal)]);
  for (const { id, takenAt } of found.cutOff)
    facts.push(["cut off", `${id}: the run that took it at ${formatTime(takenAt)} never said how it ended`]);
  if (found.paused !== null) facts.push(["paused", found.paused.why]);
  return [
    first === undefined ? verdict : `${verdict}: ${first}`,
    ...others.map((reason) => `  also: ${reason}`),
    ...columns(facts),
    ...(found.machines.length > 0 ? ["machines:", ...machineLines(found.machines, now)] : []),
    ...(found.alerts.length > 0 ? [unreadHeading(found.alerts), ...alertLines(found.alerts).map(indented)] : []),
    ...(local.changed.length > 0 ? ["changed here:", ...listed(local.changed, verbose)] : []),
    ...heldBackLines(found.integrity),
    ...conflictLines(found.blocked),
    ...(found.lastRuns.length > 0 ? ["last runs:", ...wordsOfHistory(found.lastRuns).map((line) => `  ${line}`)] : []),
  ];
}
