// What the commands about the installation print.
import {
  exit,
  failure,
  head,
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

const release = object({ version: text, commit: text });
export const upgraded = {
  outcome: { enum: ["upgraded", "up-to-date", "planned", "rolled-back"] },
  from: release,
  to: release,
  executable: text,
  previous: textOrNull,
};
export const uninstalled = {
  outcome: { enum: ["uninstalled", "planned"] },
  agents: texts,
  retirement: textOrNull,
  removed: list(object({ path: text, what: text })),
  snapshots: number,
};

export const agents = {
  action: { enum: ["install", "uninstall", "status", "print", "resume"] },
  scheduler: { enum: ["launchd", "systemd"] },
  agents: list(
    object({
      name: text,
      command: { enum: ["push", "pull", "sync", "watchdog"] },
      everyMinutes: number,
      path: text,
      file: { enum: ["current", "other", "missing"] },
      registered: orNull(yesOrNo),
      lastRun: orNull(object({ run: runId, command: text, at: time, outcome: text, exit })),
      lastGoodRun: orNull(time),
      nextSlot: orNull(time),
    }),
  ),
  files: list(object({ path: text, text })),
  paused: orNull(object({ since: text, why: text })),
  notes: texts,
};
const tried = object({ ok: yesOrNo, says: text });
export const doctor = object({
  ...head("doctor"),
  checks: list(
    object({
      check: text,
      level: { enum: ["ok", "warning", "error"] },
      says: text,
      remedy: texts,
      fixable: yesOrNo,
    }),
  ),
  probes: list(object({ probe: text, shell: tried, agent: orNull(tried) })),
  fixed: list(object({ check: text, says: text })),
  failure: orNull(failure),
});
