// A run that an agent starts. Whether it has work to do is decided here: it ends at once while paused or when the same
// was done shortly before, and waits, not for ever, until the network is up.
import { lookup } from "node:dns/promises";
import { lastRunsOf } from "../agent/last-runs.ts";
import { isDue } from "../agent/schedule.ts";
import { Failure } from "../failure.ts";
import { locateRepository } from "../git/repository.ts";
import { Git } from "../git/shell.ts";
import type { Context } from "../machine/context.ts";
import type { HistoryEntry } from "../machine/history.ts";
import { readPause } from "../machine/paused.ts";
import type { ScheduledCommand } from "../machine/settings-schedule.ts";
import { type NetworkWait, nameToWaitFor, waitForName } from "./await-network.ts";
import { pause } from "./pause.ts";
import { newReport, type Report } from "./report.ts";
import type { RunOptions } from "./run.ts";

const LONGEST_WAIT_MS = 75_000;

/** Why a scheduled run has nothing to do now, or null when it has. */
function whyNot(context: Context, command: ScheduledCommand, stateDir: string): [event: string, why: string] | null {
  const paused = readPause(stateDir);
  if (paused !== null) return ["paused", `scheduled runs are paused: ${paused.why} (petesbrain-sync agents resume)`];
  const lastGood = lastGoodRun(stateDir, command);
  if (lastGood === null) return null;
  const everyMinutes = context.settings.schedule.everyMinutes[command];
  if (isDue(new Date(lastGood.startedAt), context.now(), everyMinutes)) return null;
  return [
    "not-due",
    `not due: ${lastGood.command} ran at ${lastGood.startedAt}, and ${everyMinutes} minutes are the rhythm`,
  ];
}

/** A history that cannot be read makes a run due: the run reads it too, and says what is wrong with it. */
function lastGoodRun(stateDir: string, command: ScheduledCommand): HistoryEntry | null {
  try {
    return lastRunsOf(stateDir, command).lastGood;
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}

/** Time as it is; the longest wait is no longer than any other step of the network may take. */
function realWait(context: Context): NetworkWait {
  return {
    resolves: (host) =>
      lookup(host).then(
        () => true,
        () => false,
      ),
    sleep: (ms) => pause(ms, context.signal),
    elapsedMs: () => performance.now(),
    longestMs: Math.min(LONGEST_WAIT_MS, context.settings.networkTimeoutMs),
  };
}

async function awaitNetwork(context: Context, command: string): Promise<void> {
  const { environment, signal, settings, folder, log } = context;
  context.onStep("wait for the network");
  const git = new Git({ folder, environment, signal });
  const host = await nameToWaitFor(git, settings.remote, environment, signal);
  if (host === null) return;
  const wait = realWait(context);
  const began = wait.elapsedMs();
  const isUp = await waitForName(host, wait);
  const ms = Math.round(wait.elapsedMs() - began);
  // the run is made all the same: it ends as unreachable, and that is counted
  if (!isUp) log.write("sync", "warn", "-", "no-network", { command, host, ms });
}

/** Makes a scheduled run, or ends well without one. Never throws for an expected end: that is in the report. */
export async function runScheduled(
  context: Context,
  command: ScheduledCommand,
  options: RunOptions,
  run: (context: Context, options: RunOptions) => Promise<Report>,
): Promise<Report> {
  const stateDir = stateDirOf(context);
  const reason = stateDir === null ? null : whyNot(context, command, stateDir);
  if (reason !== null) {
    const [event, why] = reason;
    const report: Report = { ...newReport(context, command), outcome: "up-to-date", exit: 0, notes: [why] };
    context.log.write("sync", "info", report.run, event, { command, why });
    return report;
  }
  if (stateDir !== null) await awaitNetwork(context, command);
  return await run(context, options);
}

/** Null for a folder that is no repository: that too is the run's own to say. */
function stateDirOf(context: Context): string | null {
  try {
    return locateRepository(context.folder).stateDir;
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}
