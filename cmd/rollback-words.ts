// The words of `rollback list`, `rollback status` and `rollback --rehearse`, and what is shown before a rollback asks.
import type { SnapshotAccount, SnapshotContents, SnapshotSpace } from "../lib/snapshot/list.ts";
import type { Rehearsal } from "../lib/sync/rehearsal.ts";
import type { Preview } from "../lib/sync/rollback-options.ts";
import { PROGRAM } from "./help-form.ts";
import { columns, count, formatTime, listOf, summaryOf } from "./words.ts";

const NONE = "there is no snapshot yet: each run takes one before it changes anything";
const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** `12.3 MB`. */
export function formatBytes(bytes: number): string {
  let [size, unit] = [bytes, 0];
  while (size >= 1000 && unit < UNITS.length - 1) [size, unit] = [size / 1000, unit + 1];
  return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${UNITS[unit]}`;
}

/** `3 days`, in the largest whole unit. */
export function formatAge(ms: number): string {
  const minutes = Math.max(0, Math.floor(ms / 60_000));
  if (minutes < 120) return count(minutes, "minute");
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? count(hours, "hour") : count(Math.floor(hours / 24), "day");
}

function copiesOf({ copies }: SnapshotAccount): string {
  if (copies.damaged) return "copies damaged";
  return copies.files === null ? "no copies" : `${count(copies.files, "file")} copied, ${formatBytes(copies.bytes)}`;
}

function endOf({ complete, cutOff }: SnapshotAccount): string {
  if (complete) return "";
  return cutOff ? " that was cut off" : " that history no longer knows";
}

function howItEnded({ complete, cutOff }: SnapshotAccount): string {
  if (complete) return "complete: it ended and said how";
  return cutOff ? "cut off: it never said how it ended" : "not in the history any more";
}

function spaceLine({ copiesBytes, gitBytes, mostBytes }: SnapshotSpace): string {
  const used = copiesBytes + gitBytes;
  const over = used > mostBytes ? ", more than they may" : "";
  return `all snapshots take ${formatBytes(used)} (copies ${formatBytes(copiesBytes)}, git ${formatBytes(gitBytes)}) of ${formatBytes(mostBytes)}${over}`;
}

/** Every snapshot, a line each, with why it is kept. */
export function wordsOfList(snapshots: readonly SnapshotAccount[], space: SnapshotSpace): string[] {
  if (snapshots.length === 0) return [NONE];
  const rows = snapshots.map((snapshot) => [
    snapshot.id,
    formatTime(snapshot.takenAt),
    `before ${snapshot.command ?? "a run"}${endOf(snapshot)}`,
    copiesOf(snapshot),
    snapshot.kept,
  ]);
  return [...columns(rows), spaceLine(space)];
}

/** How the last rehearsal went, as one line. */
export function rehearsalLine(rehearsal: Rehearsal | null): string {
  if (rehearsal === null) return `never rehearsed: ${PROGRAM} rollback --rehearse`;
  const { at, snapshot, files, copies, damaged, failed } = rehearsal;
  const when = `${formatTime(at)}, with ${snapshot}`;
  if (failed !== null) return `could not be rehearsed: ${failed} (${when})`;
  if (damaged.length > 0) return `${count(damaged.length, "file")} did not come back as they should (${when})`;
  return `${count(files, "file")} and ${count(copies, "copy").replace("copys", "copies")} came back as they should (${when})`;
}

/** What is known about the newest snapshot. */
export function wordsOfNewest(
  snapshot: SnapshotAccount | undefined,
  known: { contents: SnapshotContents | null; space: SnapshotSpace; rehearsal: Rehearsal | null; now: Date },
): string[] {
  if (snapshot === undefined) return [NONE];
  const { contents, space, rehearsal, now } = known;
  const facts: [string, string][] = [
    ["snapshot", snapshot.id],
    ["age", `${formatAge(now.getTime() - Date.parse(snapshot.takenAt))}, taken ${formatTime(snapshot.takenAt)}`],
    ["before", snapshot.command ?? "a run that history no longer knows"],
    ["run", howItEnded(snapshot)],
    ["holds", contents === null ? "not known" : `${count(contents.files, "file")}, ${formatBytes(contents.bytes)}`],
    ["copies", copiesOf(snapshot)],
    ["kept", snapshot.kept],
    ["rehearsal", rehearsalLine(rehearsal)],
  ];
  return [
    ...columns(facts),
    spaceLine(space),
    `to undo the last run: ${PROGRAM} rollback`,
    `to go back to the snapshot: ${PROGRAM} rollback ${snapshot.id}`,
  ];
}

/** What a person sees before the question. */
export async function wordsOfPreview(preview: Preview, verbose: boolean): Promise<string[]> {
  const diff = await preview.diff();
  return [
    `the rollback would put back ${summaryOf(preview.files)}:`,
    ...listOf(preview.files, verbose),
    ...(preview.exact === null ? [] : [preview.exact]),
    ...diff,
  ];
}
