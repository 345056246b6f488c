// Tells what happened: keeps it and writes its page at once, and leaves everything that takes time (notifications,
// e-mail, webhooks) to `context.later`, when the answer has been given and the lock is free.
import type { Context } from "../machine/context.ts";
import { newestLines } from "../machine/log-tail.ts";
import { secretsOf } from "../machine/settings-alerts.ts";
import type { State } from "../machine/state.ts";
import { deliver } from "./deliver.ts";
import type { Tidings } from "./happening.ts";
import type { PastRun } from "./message.ts";
import { type Notice, notify } from "./notify.ts";
import { raise } from "./raise.ts";

/** Which command tells, in which run; empty where none was begun. */
export interface Teller {
  readonly command: string;
  readonly run: string;
}

const RUNS_TOLD = 5;
const LOG_LINES = 12;
const LOG_BYTES = 64_000;

/** Keeps the tidings, and sees to it later that everybody hears of them. Never throws: a run does not fail over its alert. */
export function tell(context: Context, state: State, teller: Teller, tidings: Tidings): void {
  let notices: Notice[] = [];
  try {
    notices = keepTidings(context, state, teller, tidings);
  } catch (error) {
    logFault(context, teller.run, "alert-not-kept", error);
  }
  context.later(async () => {
    if (context.settings.alerts.notifications) for (const notice of notices) await show(context, teller.run, notice);
    await deliverWaiting(context, state, teller.run);
  });
}

function keepTidings(context: Context, state: State, teller: Teller, tidings: Tidings): Notice[] {
  const { settings, environment, folder, log } = context;
  return raise(tidings, {
    store: state.alerts,
    folder,
    settings: settings.alerts,
    now: context.now(),
    about: () => ({
      machine: { name: settings.name, role: settings.role },
      folder,
      ...teller,
      lastRuns: pastRuns(state),
      log: newestLines(log.pathOf("sync"), LOG_LINES, LOG_BYTES),
      secrets: secretsOf(settings.alerts, environment),
    }),
    onNoPage: (error) => logFault(context, teller.run, "page-not-written", error),
  });
}

function pastRuns(state: State): PastRun[] {
  return state.runs(RUNS_TOLD).map(({ startedAt, command, outcome, exit }) => ({
    at: startedAt,
    command,
    ended: outcome,
    exit,
  }));
}

/** Shows one notice and logs how that went. */
async function show(context: Context, run: string, notice: Notice): Promise<void> {
  const { environment, signal, log } = context;
  const answer = await notify(notice, { environment, signal });
  if (answer === null) return;
  const { exit, timedOut, stderr } = answer;
  const ended = timedOut ? "no answer in time" : `exit ${exit}`;
  const level = exit === 0 ? "info" : "warn";
  const said = stderr.trim() === "" ? {} : { said: stderr.trim().slice(0, 200) };
  log.write("sync", level, run, "notification", { title: notice.title, ended, ...said });
}

/** Sends what waits, and logs each try. */
async function deliverWaiting(context: Context, state: State, run: string): Promise<void> {
  const { settings, environment, signal, now, log } = context;
  await deliver({
    store: state.alerts,
    settings: settings.alerts,
    environment,
    signal,
    now,
    onTry: (channel, alert, fault) => {
      if (fault === null) log.write("sync", "info", run, "alert-sent", { alert, channel });
      else log.write("error", "warn", run, "alert-not-sent", { alert, channel, fault });
    },
  });
}

function logFault(context: Context, run: string, event: string, error: unknown): void {
  const detail = error instanceof Error ? error.message : String(error);
  context.log.write("error", "error", run, event, { detail });
}
