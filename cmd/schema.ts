// The JSON Schema (draft 2020-12) of what every command prints with `--json`. Readers should allow for keys that are
// not here yet; our own tests do not, so that nothing is printed that is not written down here.

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
import { agents, doctor, uninstalled, upgraded } from "./schema-installation.ts";
import { historyEntry, rehearsal, reportKeys } from "./schema-runs.ts";
import { alert, machine, report, status } from "./schema-standing.ts";

/** The report of a run as it was recorded, perhaps by an earlier version: what its own command prints. */
const anyReport: JsonSchema = { type: "object" };

/** A command that ended before it had anything of its own to say: wrong words, wrong settings, no folder. */
function failedEarly(command: string): JsonSchema {
  return object({ ...head(command), failure });
}

const snapshot = object({
  id: runId,
  takenAt: time,
  command: textOrNull,
  complete: yesOrNo,
  cutOff: yesOrNo,
  commit,
  kept: text,
  copies: object({ files: orNull(number), bytes: number, damaged: yesOrNo }),
});
const snapshots = {
  snapshots: list(snapshot),
  contents: orNull(object({ files: number, bytes: number })),
  space: object({ copiesBytes: number, gitBytes: number, mostBytes: number }),
  rehearsal: orNull(rehearsal),
};
const file = object({ kind: { enum: ["machine", "secrets", "folder"] }, path: textOrNull, exists: yesOrNo });
const setting = object({
  key: text,
  value: { anyOf: [{ type: ["string", "number", "boolean", "null"] }, texts] },
  source: text,
});

const known = object({ sha256: text, sizeBytes: number });
const why = {
  path: text,
  standing: { enum: ["tracked", "new", "ignored", "held-back", "absent"] },
  changed: yesOrNo,
  rules: list(object({ class: text, glob: textOrNull, source: text, means: text })),
  ignoredBy: orNull(object({ file: text, line: number, pattern: text })),
  heldBackBy: { enum: [null, ...Object.keys(GUARDS)] },
  digests: object({
    disk: orNull(known),
    committed: orNull(known),
    baseline: orNull(object({ sha256: text, sizeBytes: number, takenAt: text })),
  }),
  attested: orNull(object({ name: text, role: text, commit, at: time, sha256: textOrNull })),
  lastChange: orNull(
    object({
      commit,
      at: time,
      machine: orNull(object({ name: text, role: text })),
      author: text,
      run: orNull(runId),
      subject: text,
    }),
  ),
  notes: texts,
};

const integrity = object({
  baseline: orNull(object({ takenAt: text, hostname: text, phase: text, operation: text, files: number })),
  same: number,
  edited: texts,
  added: texts,
  missing: texts,
  rotten: texts,
  written: yesOrNo,
  setAside: textOrNull,
  accepted: texts,
  tracked: orNull(object({ checked: number, edited: texts, deleted: texts, rotten: texts })),
  objects: orNull(object({ sound: yesOrNo, says: texts, objects: texts, damaged: texts })),
  subset: orNull(object({ part: number, of: number, done: list(number), complete: yesOrNo })),
  repaired: texts,
  unrepaired: list(object({ path: text, why: text })),
  kept: textOrNull,
});

const logEntry = object({
  at: orNull(time),
  level: textOrNull,
  run: textOrNull,
  event: textOrNull,
  fields: { type: "object" },
  text,
});

function own(command: string, keys: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return object({ ...head(command), ...keys, failure: { type: "null" } });
}

/** What each command prints when it did its work; a command that could not even begin prints `failedEarly`. */
export const SCHEMAS: Readonly<Record<string, JsonSchema>> = {
  init: object(reportKeys("init")),
  push: object(reportKeys("push")),
  pull: object(reportKeys("pull")),
  sync: object(reportKeys("sync")),
  status,
  why: own("why", why),
  verify: object({ ...reportKeys("verify"), integrity: orNull(integrity) }),
  resolve: object(reportKeys("resolve")),
  rollback: {
    anyOf: [
      object({ ...reportKeys("rollback"), rehearsal: orNull(rehearsal) }),
      object(reportKeys("rollback")),
      own("rollback", snapshots),
    ],
  },
  history: {
    anyOf: [
      own("history", { entries: list(historyEntry) }),
      own("history", { entry: historyEntry, report: anyReport }),
    ],
  },
  agents: own("agents", agents),
  shims: own("shims", { files: texts, notes: texts }),
  doctor,
  probe: own("probe", { probes: list(object({ probe: text, ok: yesOrNo, says: text })) }),
  alerts: {
    anyOf: [
      own("alerts", { alerts: list(alert), marked: number }),
      own("alerts", { tried: list(object({ channel: text, ok: yesOrNo, says: text })) }),
    ],
  },
  watchdog: own("watchdog", {
    reached: yesOrNo,
    busy: yesOrNo,
    machines: list(machine),
    findings: list(object({ name: text, event: { enum: ["overdue", "failed", "unwell"] }, says: text, remedy: texts })),
  }),
  report,
  logs: own("logs", { file: { enum: ["sync", "error", "rollback"] }, path: text, lines: list(logEntry) }),
  config: own("config", { files: list(file), settings: orNull(list(setting)) }),
  demo: own("demo", { kept: textOrNull }),
  completion: own("completion", { text }),
  upgrade: own("upgrade", upgraded),
  uninstall: own("uninstall", uninstalled),
  version: own("version", { version: text, commit: text }),
  help: own("help", { text }),
  schema: own("schema", { schemas: { type: "object" } }),
};

/** The published schema of a command's object. An unknown or missing command prints the one of `""`. */
export function schemaOf(command: string): JsonSchema {
  const regular = SCHEMAS[command];
  const early = failedEarly(command);
  const alternatives = regular?.anyOf ?? (regular === undefined ? [] : [regular]);
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: `petesbrain-sync ${command} --json`,
    anyOf: [...alternatives, early],
  };
}
