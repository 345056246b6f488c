// The words for runs of the past, as `history` and `status` show them.
import type { HistoryEntry } from "../lib/machine/history.ts";
import { columns, formatTime } from "./words.ts";

function filesOf({ files }: HistoryEntry): string {
  const said = Object.entries(files).filter(([, number]) => number > 0);
  return said.map(([kind, number]) => `${number} ${kind}`).join(", ");
}

/** The newest runs as columns: when, what, how it ended, which files. */
export function wordsOfHistory(entries: readonly HistoryEntry[]): string[] {
  return columns(
    entries.map((entry) => [
      formatTime(entry.startedAt),
      entry.command,
      entry.exit === 0 ? entry.outcome : `${entry.outcome} (${entry.exit})`,
      entry.failureTitle ?? filesOf(entry),
      entry.run,
    ]),
  );
}
