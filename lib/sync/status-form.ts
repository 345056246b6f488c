// What status says: the verdict, the reasons for it and the facts behind them; and how a reason changes the verdict.
import type { AgentGlance } from "../agent/glance.ts";
import type { Failure } from "../failure.ts";
import type { HistoryEntry } from "../machine/history.ts";
import type { LockHolder } from "../machine/lock.ts";
import type { Pause } from "../machine/paused.ts";
import { commandOf } from "../paste.ts";
import type { SnapshotInfo } from "../snapshot/list.ts";
import type { BlockedRun } from "./conflicts-kept.ts";
import type { KnownMachine } from "./machines.ts";
import type { Rehearsal } from "./rehearsal.ts";
import type { Report } from "./report.ts";
import type { StatusIntegrity } from "./status-integrity.ts";
import type { ShownAlert } from "./unread.ts";

export type Verdict = "SAFE TO SWITCH" | "NOT YET" | "ATTENTION";

export interface Status extends Report {
  verdict: Verdict;
  /** Why it is not safe to switch; empty when it is. */
  reasons: string[];
  local: {
    folder: string;
    /** Files that differ from the last commit. */
    changed: string[];
    /** Commits that the remote lacks, and that this machine lacks; null where that cannot be known. */
    ahead: number | null;
    behind: number | null;
  };
  /** A run that was cut off waits to be recovered. */
  pendingRecovery: boolean;
  /** The run that is at work now, as far as its note says. */
  running: LockHolder | null;
  /** The run that waits for a person to choose between versions. */
  blocked: BlockedRun | null;
  lastRuns: HistoryEntry[];
  lastSnapshot: string | null;
  /** Snapshots left by runs that were cut off, newest first. */
  cutOff: Pick<SnapshotInfo, "id" | "takenAt">[];
  /** How the last rehearsal of a rollback went; null where there was none. */
  rehearsal: Rehearsal | null;
  /** Scheduled runs of this machine rest. */
  paused: Pause | null;
  integrity: StatusIntegrity;
  /** This machine first, then the others by their records. */
  machines: KnownMachine[];
  agents: AgentGlance[];
  /** What nobody has read yet, the newest first. */
  alerts: ShownAlert[];
}

/** A reason why it is not safe to switch yet. */
export function notYet(found: Status, reason: string): void {
  if (found.verdict === "SAFE TO SWITCH") found.verdict = "NOT YET";
  found.reasons.push(reason);
}

/** A reason that somebody has to look after, which is named first. */
export function attend(found: Status, problem: Failure | string): void {
  found.verdict = "ATTENTION";
  if (typeof problem === "string") {
    found.reasons.unshift(problem);
    return;
  }
  found.reasons.unshift(`${problem.message}: ${commandOf(problem.remedy[0] ?? "")}`);
  found.exit = problem.exit;
  found.failure ??= {
    kind: problem.kind,
    title: problem.title,
    cause: problem.message,
    paths: [...problem.paths],
    remedy: [...problem.remedy],
    log: "",
  };
}
