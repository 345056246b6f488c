// Pings of a dead man's switch: somebody else notices when they stop. The start is told while the run works, its end
// once everything else is done.
import type { FailureKind } from "../failure.ts";
import type { Context } from "../machine/context.ts";
import { newestLines } from "../machine/log-tail.ts";
import { redact } from "../machine/redact.ts";
import { secretsOf } from "../machine/settings-alerts.ts";
import { eventOfKind } from "./tidings-of-run.ts";
import { post } from "./web.ts";
import { type PingKind, pingPosted } from "./webhook.ts";

const LOG_LINES = 40;
const LOG_BYTES = 64_000;
const DEADLINE_MS = 5_000;

interface Ended {
  readonly run: string;
  readonly failure: { readonly kind: FailureKind } | null;
}

/**
 * Tells that a run has begun, and returns what tells its end. A run that was offline, or ended from outside, tells
 * nothing at its end: whoever listens for pings counts their absence.
 */
export function beginPing(context: Context): (ended: Ended) => void {
  const { pingUrl } = context.settings.alerts;
  if (pingUrl === null) return () => undefined;
  const begun = ping(context, pingUrl, "start", "");
  return ({ run, failure }) => {
    if (failure !== null && failure.kind !== "locked" && eventOfKind(failure.kind) === null) return;
    const kind = failure === null || failure.kind === "locked" ? "success" : "fail";
    context.later(async () => {
      report(context, run, "start", await begun);
      report(context, run, kind, await ping(context, pingUrl, kind, tail(context)));
    });
  };
}

function ping(context: Context, address: string, kind: PingKind, body: string): Promise<string | null> {
  return post({ ...pingPosted(address, kind, body), signal: context.signal, deadlineMs: DEADLINE_MS });
}

function tail(context: Context): string {
  const { log, settings, environment } = context;
  const lines = newestLines(log.pathOf("sync"), LOG_LINES, LOG_BYTES);
  return redact(`${lines.join("\n")}\n`, secretsOf(settings.alerts, environment));
}

function report(context: Context, run: string, kind: PingKind, fault: string | null): void {
  if (fault === null) return;
  context.log.write("error", "warn", run, "ping-failed", { kind, fault });
}
