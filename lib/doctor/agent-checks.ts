// The scheduled runs: their files, their registration, and above all whether they did their work.
import { accessSync, constants, existsSync } from "node:fs";
import { join } from "node:path";
import { type StandingJob, standingJobs } from "../agent/agents.ts";
import { faultOf } from "../agent/faults.ts";
import { lastRunsOf } from "../agent/last-runs.ts";
import { findAgents } from "../agent/launch-agents.ts";
import { type Finding, isMac, ok, type Patient, problem, warning } from "./finding.ts";

const INSTALL = ["petesbrain-sync agents install"];
const MISSED_SLOTS = 3;
const MS_PER_MINUTE = 60_000;

function ageOf(ms: number): string {
  const hours = Math.floor(ms / 3_600_000);
  return hours < 48 ? `${hours} hours` : `${Math.floor(hours / 24)} days`;
}

function judgeWork(patient: Patient, { job, state }: StandingJob): Finding {
  if (job.command === "watchdog") return ok(state.name, "loaded");
  const { last, lastGood } = lastRunsOf(patient.repository.stateDir, job.command);
  const look = ["petesbrain-sync history --limit 5", "petesbrain-sync agents status"];
  if (lastGood === null) return warning(state.name, `loaded, but no ${job.command} has ended well here yet`, look);
  const ageMs = patient.context.now().getTime() - Date.parse(lastGood.startedAt);
  if (ageMs > MISSED_SLOTS * job.everyMinutes * MS_PER_MINUTE) {
    const ended = last === null || last.exit === 0 ? "" : `; the last one ended with ${last.exit}`;
    return warning(
      state.name,
      `loaded, but the last ${job.command} that ended well is ${ageOf(ageMs)} old${ended}`,
      look,
    );
  }
  return ok(state.name, `loaded; ${lastGood.command} ended well at ${lastGood.startedAt}`);
}

function judge(patient: Patient, standing: StandingJob): Finding {
  const fault = faultOf(standing);
  return fault === null ? judgeWork(patient, standing) : problem(standing.state.name, fault, INSTALL);
}

/** Agents that were switched off in the system's settings; the list's form is no interface, so only a plain hit counts. */
async function checkSwitchedOff({ place }: Patient, labels: readonly string[]): Promise<Finding[]> {
  const answer = await place.tools.run(["launchctl", "print-disabled", `gui/${place.userId}`]);
  return labels
    .filter((label) =>
      new RegExp(`"${label.replaceAll(".", String.raw`\.`)}" => (?:true|disabled)`).test(answer.stdout),
    )
    .map((label) => problem(label, "it is switched off, in the system's settings or by launchctl", INSTALL));
}

function checkLogs({ place }: Patient): Finding[] {
  const logs = join(place.home, "Library", "Logs", "petesbrain-sync");
  if (!existsSync(logs)) return []; // said among the program's own files
  try {
    accessSync(logs, constants.W_OK);
    return [];
  } catch {
    return [problem("agents' logs", `${logs} cannot be written, and launchd then starts nothing`, [`ls -ld ${logs}`])];
  }
}

/** Every job of this machine, and agents of the old scripts that would still run beside them. */
export async function checkAgents(patient: Patient): Promise<Finding[]> {
  const { place, plan } = patient;
  if (plan === null)
    return [warning("agents", "the sources are running, and agents start the installed program", ["./install.sh"])];
  const byHand = isMac(patient) ? findAgents(place.home).filter(({ isOurs }) => !isOurs) : [];
  const old = byHand.map(({ path }) =>
    problem("old agents", `${path} was written by hand and runs beside this program's own`, INSTALL),
  );
  const standing = await standingJobs(place, plan);
  const isAbsent = standing.every(({ state }) => state.file === "missing" && state.registered !== true);
  if (isAbsent) return [...old, warning("agents", "nothing is scheduled on this machine", INSTALL)];
  const off = isMac(patient)
    ? await checkSwitchedOff(
        patient,
        standing.map(({ job }) => job.label),
      )
    : [];
  return [...old, ...off, ...(isMac(patient) ? checkLogs(patient) : []), ...standing.map((one) => judge(patient, one))];
}
