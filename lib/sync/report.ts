// What a run says about itself: the one object behind `--json`, the words on the terminal and the history.
// Keys and values are the product's outside contract; the JSON Schema in cmd/schema.ts is tested against it.
import type { FailureKind } from "../failure.ts";
import type { Context } from "../machine/context.ts";
import { runName } from "../machine/identity.ts";

export type Outcome = "synced" | "up-to-date" | "planned" | "blocked" | "rolled-back" | "failed";

export interface ReportedFailure {
  kind: FailureKind;
  title: string;
  cause: string;
  paths: string[];
  remedy: string[];
  /** Where the details were logged; empty when nothing could be logged. */
  log: string;
}

export interface Report {
  schema: 1;
  command: string;
  /** UTC start and four random hexadecimal digits: `20260104T102500Z-4f2a`. Empty when no run was begun. */
  run: string;
  outcome: Outcome;
  exit: number;
  machine: { name: string; role: string };
  branch: string;
  /** Commit ids of the local branch; null where there is none. */
  head: { before: string | null; after: string | null };
  /** Commit ids of the remote's branch as last read from the remote itself; null where unknown or absent. */
  remote: { before: string | null; after: string | null };
  /** Paths relative to the folder, as changed in the folder (pull) or published (push), or both (sync). */
  files: {
    added: string[];
    modified: string[];
    deleted: string[];
    merged: string[];
    conflicts: string[];
    heldBack: string[];
  };
  /** Files whose bytes were read from their final place after the run and proven. */
  verified: { critical: number; changed: number; attestedBy: string | null };
  /** Id of the snapshot to give to `rollback`; null when the run left none. */
  snapshot: string | null;
  rolledBack: boolean;
  durationMs: number;
  steps: { name: string; ms: number; ok: boolean }[];
  failure: ReportedFailure | null;
  /** Sentences a person should read that are not failures, such as "the remote has 2 changes: run pull". */
  notes: string[];
}

/** An empty report for a run that begins now. */
export function newReport(context: Context, command: string): Report {
  return {
    schema: 1,
    command,
    run: runName(context.now()),
    outcome: "failed",
    exit: 1,
    machine: { name: context.settings.name, role: context.settings.role },
    branch: context.settings.branch,
    head: { before: null, after: null },
    remote: { before: null, after: null },
    files: { added: [], modified: [], deleted: [], merged: [], conflicts: [], heldBack: [] },
    verified: { critical: 0, changed: 0, attestedBy: null },
    snapshot: null,
    rolledBack: false,
    durationMs: 0,
    steps: [],
    failure: null,
    notes: [],
  };
}
