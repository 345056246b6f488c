// The probes of the shell and of launchd side by side, and what their difference means.
import { quoted } from "../paste.ts";
import { type Finding, ok, problem } from "./finding.ts";
import { PROBES, type ProbeName, type ProbeResult } from "./probe.ts";

export interface ProbeRow {
  readonly probe: ProbeName;
  readonly shell: ProbeAnswer;
  /** Null where nothing was tried under launchd. */
  readonly agent: ProbeAnswer | null;
}

export interface ProbeAnswer {
  readonly ok: boolean;
  readonly says: string;
}

const BLOCKED: ProbeAnswer = { ok: false, says: "no answer in time: it hangs, perhaps on a question nobody sees" };

function answerOf(results: readonly ProbeResult[], probe: ProbeName): ProbeAnswer {
  const found = results.find((result) => result.probe === probe);
  return found === undefined ? BLOCKED : { ok: found.ok, says: found.says };
}

/** What a probe that failed before another was reached cannot tell: the first missing one is the one that hangs. */
export function rowsOf(shell: readonly ProbeResult[], agent: readonly ProbeResult[] | null): ProbeRow[] {
  return PROBES.map((probe) => ({
    probe,
    shell: answerOf(shell, probe),
    agent: agent === null ? null : answerOf(agent, probe),
  }));
}

const DOES: Readonly<Record<ProbeName, string>> = {
  folder: "reading the folder",
  write: "writing beside it",
  git: "starting git",
  remote: "reaching the remote",
};

export interface ProbeAdvice {
  /** Ways out of a place that macOS protects. */
  readonly protection: readonly string[];
  readonly folder: string;
}

function remedyOf(row: ProbeRow, advice: ProbeAdvice): readonly string[] {
  const denied = [row.shell, row.agent].some(
    (answer) => answer !== null && !answer.ok && /EPERM|hangs|not permitted/.test(answer.says),
  );
  if (row.probe === "remote")
    return [`git -C ${quoted(advice.folder)} fetch   # log in once, then again: petesbrain-sync doctor`];
  if (denied) return advice.protection;
  return row.probe === "git"
    ? ["xcode-select --install   # on a Mac; elsewhere install git 2.38 or newer"]
    : [`ls -ld ${quoted(advice.folder)}`];
}

function judge(row: ProbeRow, advice: ProbeAdvice): Finding {
  const what = DOES[row.probe];
  const { shell, agent } = row;
  if (shell.ok && (agent === null || agent.ok)) return ok(row.probe, shell.says);
  const remedy = remedyOf(row, advice);
  if (!shell.ok && (agent === null || !agent.ok)) return problem(row.probe, `${what} fails: ${shell.says}`, remedy);
  if (agent !== null && !agent.ok)
    return problem(row.probe, `${what} works in this shell and fails under launchd: ${agent.says}`, remedy);
  return problem(row.probe, `${what} works under launchd and fails in this shell: ${shell.says}`, remedy);
}

/** One finding for each probe. */
export function judgeProbes(rows: readonly ProbeRow[], advice: ProbeAdvice): Finding[] {
  return rows.map((row) => judge(row, advice));
}
