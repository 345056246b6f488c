// The JSON Schema of what runs print and leave in the history.
import {
  commit,
  exit,
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

const files = object({
  added: texts,
  modified: texts,
  deleted: texts,
  merged: texts,
  conflicts: texts,
  heldBack: texts,
});
const changed = object({ added: number, modified: number, deleted: number, merged: number });

export const historyEntry = object({
  run: runId,
  command: text,
  startedAt: time,
  outcome: text,
  exit,
  files: changed,
  durationMs: { type: "number", minimum: 0 },
  machine: object({ name: text, role: text }),
  attestedBy: textOrNull,
  snapshot: textOrNull,
  failureTitle: textOrNull,
});
/** The keys of a run's report, as `Report` in lib/sync/report.ts. */
export function reportKeys(command: string): Record<string, JsonSchema> {
  return {
    ...head(command),
    run: runId,
    outcome: { enum: ["synced", "up-to-date", "planned", "blocked", "rolled-back", "failed"] },
    machine: object({ name: text, role: text }),
    branch: text,
    head: object({ before: commit, after: commit }),
    remote: object({ before: commit, after: commit }),
    files,
    verified: object({ critical: number, changed: number, attestedBy: textOrNull }),
    snapshot: textOrNull,
    rolledBack: yesOrNo,
    durationMs: { type: "number", minimum: 0 },
    steps: list(object({ name: text, ms: { type: "number", minimum: 0 }, ok: yesOrNo })),
    failure: orNull(failure),
    notes: texts,
  };
}

export const rehearsal = object({
  at: time,
  snapshot: runId,
  files: number,
  bytes: number,
  copies: number,
  damaged: texts,
  failed: textOrNull,
});
