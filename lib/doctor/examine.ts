// The whole examination: probes in the shell and under launchd, then every check. A check that fails is a finding, and
// the others go on.

import { jobsOf } from "../agent/jobs.ts";
import { runOnce } from "../agent/one-shot.ts";
import { Failure, surroundingFailure } from "../failure.ts";
import { checkAgents } from "./agent-checks.ts";
import { checkAlerts } from "./alert-checks.ts";
import { type Check, type Finding, isMac, onlyOnMac, type Patient, problem, warning } from "./finding.ts";
import { checkCloudCopies, checkEvicted, checkPlaces, waysOutOfProtection } from "./folder-checks.ts";
import { checkCredentials, checkGit, checkGitSettings, checkRepository } from "./git-checks.ts";
import { checkClock, checkDisk, checkModes, checkSearchPath, checkSignature } from "./machine-checks.ts";
import { LAST_LINE, type ProbeResult, parseProbes } from "./probe.ts";
import { checkBaseline, checkExcludes, checkPause, checkSnapshots } from "./sync-checks.ts";
import { judgeProbes, type ProbeRow, rowsOf } from "./two-columns.ts";

export interface Diagnosis {
  readonly findings: readonly Finding[];
  readonly probes: readonly ProbeRow[];
  /** What `--fix` mended. */
  readonly fixed: readonly Finding[];
}

const CHECKS: readonly (readonly [name: string, check: Check])[] = [
  ["place", checkPlaces],
  ["cloud copies", checkCloudCopies],
  ["evicted files", checkEvicted],
  ["git program", checkGit],
  ["git settings", checkGitSettings],
  ["repository", checkRepository],
  ["credentials", checkCredentials],
  ["search path", checkSearchPath],
  ["signature", checkSignature],
  ["clock", checkClock],
  ["disk", checkDisk],
  ["own files", checkModes],
  ["excludes", checkExcludes],
  ["baseline", checkBaseline],
  ["snapshots", checkSnapshots],
  ["pause", checkPause],
  ["agents", checkAgents],
  ["alerts", checkAlerts],
];

async function findingsOf(patient: Patient, name: string, check: Check): Promise<Finding[]> {
  try {
    return await check(patient);
  } catch (error) {
    patient.context.signal.throwIfAborted();
    const failure = surroundingFailure(error);
    if (failure !== null) return [problem(name, failure.message, failure.remedy)];
    const says = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    patient.context.log.write("error", "error", "-", "doctor", { check: name, error: says });
    return [problem(name, `this could not be looked at: ${says}`, ["petesbrain-sync status"])];
  }
}

const IN_SHELL_MS = { near: 10_000, far: 30_000 } as const;
const BY_LAUNCHD_MS = 60_000;

type RunProbes = (words: readonly string[], timeoutMs: number) => Promise<string>;

/** A program of its own, so that a look that hangs can be ended: what needs the network has its own time. */
async function probesInShell(probes: RunProbes): Promise<ProbeResult[]> {
  const [near, far] = await Promise.all([probes(["near"], IN_SHELL_MS.near), probes(["far"], IN_SHELL_MS.far)]);
  return parseProbes(`${near}\n${far}`);
}

async function probesByLaunchd(patient: Patient): Promise<{ results: ProbeResult[] | null; findings: Finding[] }> {
  if (!isMac(patient)) return { results: null, findings: [onlyOnMac("launchd")] };
  const { plan, place, context } = patient;
  const [like] = plan === null ? [] : jobsOf(plan);
  if (plan === null || like === undefined) {
    const says = "nothing could be tried under launchd: the sources are running, not the installed program";
    return { results: null, findings: [warning("launchd", says, ["./install.sh"])] };
  }
  const words = [plan.program, "probe", "--folder", context.folder];
  const until = { isWhole: (text: string) => text.includes(LAST_LINE), withinMs: BY_LAUNCHD_MS };
  try {
    return { results: parseProbes(await runOnce(place, like, words, until)), findings: [] };
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== "permission-denied") throw error;
    return {
      results: null,
      findings: [warning("launchd", `nothing could be tried under launchd: ${error.message}`, error.remedy)],
    };
  }
}

/** What a run needs, tried in the shell and under launchd. */
async function tried(patient: Patient, run: RunProbes): Promise<{ probes: ProbeRow[]; findings: Finding[] }> {
  const shell = await probesInShell(run);
  const agent = await probesByLaunchd(patient);
  const probes = rowsOf(shell, agent.results);
  const advice = { protection: waysOutOfProtection(patient), folder: patient.context.folder };
  return { probes, findings: [...judgeProbes(probes, advice), ...agent.findings] };
}

/** Mends what can be mended, and returns the findings that were. What resists stays a finding, with its command. */
function mendAll({ context }: Patient, findings: readonly Finding[]): Finding[] {
  return findings.filter(({ check, mend }) => {
    if (mend === null) return false;
    try {
      mend();
      return true;
    } catch (error) {
      context.log.write("error", "error", "-", "doctor", { check, error: String(error) });
      return false;
    }
  });
}

/**
 * Examines the installation. `probes` runs this program's own `probe` with the words and returns what it printed; null
 * where the settings are broken and it could not even begin. With `fix`, what is safe to mend is mended first and then looked at again.
 */
export async function examine(
  patient: Patient,
  options: { readonly fix: boolean; readonly probes: RunProbes | null },
): Promise<Diagnosis> {
  const { context } = patient;
  context.onStep("try what a run needs");
  const { probes, findings } =
    options.probes === null ? { probes: [], findings: [] } : await tried(patient, options.probes);
  const fixed: Finding[] = [];
  for (const [name, check] of CHECKS) {
    context.onStep(name);
    const found = await findingsOf(patient, name, check);
    const mended = options.fix ? mendAll(patient, found) : [];
    fixed.push(...mended);
    findings.push(...(mended.length > 0 ? await findingsOf(patient, name, check) : found));
  }
  return { findings, probes, fixed };
}
