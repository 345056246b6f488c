// The JSON Schema of how a folder stands: what `status` and `report` print, and what of it others print too.
import { GUARDS } from "../lib/guard.ts";
import {
  commit,
  failure,
  head,
  type JsonSchema,
  list,
  number,
  object,
  orNull,
  runId,
  text,
  textOrNull,
  texts,
  time,
  yesOrNo,
} from "./schema-form.ts";
import { historyEntry, rehearsal, reportKeys } from "./schema-runs.ts";

const recordedRun = object({ run: text, command: text, at: time });
export const machine = object({
  id: text,
  name: text,
  role: text,
  self: yesOrNo,
  record: orNull(object({ ref: text, commit })),
  tool: text,
  lastRun: orNull(recordedRun),
  lastGoodRun: orNull(recordedRun),
  commit,
  sameCommit: { type: ["boolean", "null"] },
  dirty: number,
  conflicts: number,
  nextDue: orNull(time),
  overdue: yesOrNo,
  heardAt: orNull(time),
  clockAheadMs: { type: "number" },
});
export const alert = object({
  id: number,
  event: text,
  at: time,
  title: text,
  cause: text,
  count: number,
  read: yesOrNo,
  page: textOrNull,
  unsent: list(object({ channel: text, fault: textOrNull })),
});

const verdict: JsonSchema = { enum: ["SAFE TO SWITCH", "NOT YET", "ATTENTION"] };

export const status = object({
  ...reportKeys("status"),
  verdict,
  reasons: texts,
  local: object({ folder: text, changed: texts, ahead: orNull(number), behind: orNull(number) }),
  pendingRecovery: yesOrNo,
  running: orNull(object({ pid: number, host: text, command: text, run: runId, since: time })),
  blocked: orNull(
    object({
      run: runId,
      command: text,
      at: time,
      conflicts: list(
        object({
          path: text,
          className: text,
          reason: text,
          roles: object({ ours: text, theirs: text }),
          choices: list({ enum: ["ours", "theirs", "merged", "both", "base"] }),
          files: { type: "object" },
        }),
      ),
    }),
  ),
  lastRuns: list(historyEntry),
  lastSnapshot: textOrNull,
  cutOff: list(object({ id: runId, takenAt: time })),
  rehearsal: orNull(rehearsal),
  paused: orNull(object({ since: text, why: text })),
  integrity: object({
    baseline: orNull(object({ takenAt: text, files: number })),
    verified: orNull(object({ run: runId, command: text, at: time, critical: number, changed: number })),
    attestedBy: orNull(object({ name: text, role: text, at: time })),
    heldBack: list(object({ path: text, guard: { enum: Object.keys(GUARDS) }, remedy: text })),
  }),
  machines: list(machine),
  agents: list(object({ name: text, command: text, everyMinutes: number, installed: yesOrNo, nextSlot: orNull(time) })),
  alerts: list(alert),
});

export const report = object({
  ...head("report"),
  page: text,
  opened: yesOrNo,
  verdict,
  reasons: texts,
  since: time,
  runs: object({ total: number, changed: number, nothing: number, stopped: number, failed: number }),
  published: number,
  machines: list(machine),
  missing: texts,
  failure: orNull(failure),
});
