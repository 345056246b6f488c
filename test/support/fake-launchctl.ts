// A stand-in for launchctl with launchd behind it, as a program: keeps its state in a file (first argument), answers
// with the exit codes and texts of the real one, and unloads a job only some time after bootout has ended. Time passes
// only where a test lets it.
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { parse } from "plist";

export interface LaunchdState {
  /** Milliseconds; moved on by the test. */
  now: number;
  /** False: as over ssh, or before anybody has logged in. */
  hasLogin: boolean;
  /** How long a job goes on after bootout, milliseconds. */
  drainMs: number;
  /** Loaded jobs by label: the list they were loaded from; when they will be gone. */
  jobs: Record<string, { list: Record<string, unknown>; goneAt: number | null }>;
  disabled: string[];
  /** Exit codes of the next bootstraps, before anything is looked at; 0: says that it did, and did nothing. */
  nextBootstraps: number[];
  /** `print` takes no notice of jobs: what a launchd that never lets go looks like. */
  neverGone: boolean;
  /** What a job that is started prints; null: the jobs of doctor are really run, the others print nothing. */
  prints: string | null;
  /** Labels in the order in which they were started. */
  started: string[];
  calls: string[][];
}

/** A launchd with nobody's jobs and a login session. */
export const FRESH_LAUNCHD: LaunchdState = {
  now: 0,
  hasLogin: true,
  drainMs: 5_000,
  jobs: {},
  disabled: [],
  nextBootstraps: [],
  neverGone: false,
  prints: null,
  started: [],
  calls: [],
};

const TEXTS: Readonly<Record<number, string>> = {
  3: "No such process",
  5: "Input/output error",
  37: "Operation already in progress",
  119: "Service is disabled",
  122: "Path had bad ownership/permissions",
  125: "Domain does not support specified action",
  133: "Multiple errors were returned; see stderr",
};

export interface Answer {
  readonly exit: number;
  readonly says: string;
}

const DONE: Answer = { exit: 0, says: "" };

function failed(verb: string, exit: number): Answer {
  return { exit, says: `${verb} failed: ${exit}: ${TEXTS[exit] ?? "unknown error"}` };
}

function notFound(label: string): Answer {
  return { exit: 113, says: `Could not find service "${label}" in domain for user gui: 501` };
}

function letTimePass(state: LaunchdState): void {
  for (const [label, job] of Object.entries(state.jobs)) {
    if (job.goneAt !== null && job.goneAt <= state.now && !state.neverGone) delete state.jobs[label];
  }
}

function bootstrap(state: LaunchdState, path: string): Answer {
  const scripted = state.nextBootstraps.shift();
  if (scripted !== undefined) return scripted === 0 ? DONE : failed("Bootstrap", scripted);
  if (!existsSync(path)) return failed("Bootstrap", 5);
  if ((statSync(path).mode & 0o022) !== 0) return failed("Bootstrap", 122);
  let list: Record<string, unknown>;
  try {
    list = parse(readFileSync(path, "utf8")) as Record<string, unknown>;
  } catch {
    return failed("Bootstrap", 5);
  }
  const label = String(list["Label"]);
  if (state.disabled.includes(label)) return failed("Bootstrap", 119);
  if (state.jobs[label] !== undefined) return failed("Bootstrap", 5);
  state.jobs[label] = { list, goneAt: null };
  if (list["RunAtLoad"] === true) {
    state.started.push(label);
    if (label.endsWith(".doctor")) start(list, state.prints);
  }
  return DONE;
}

/** Runs a job in the environment of its list alone, as launchd does. */
function start(list: Record<string, unknown>, prints: string | null): void {
  const output = String(list["StandardOutPath"]);
  if (prints !== null) {
    writeFileSync(output, prints);
    return;
  }
  const env = { HOME: process.env["HOME"], ...(list["EnvironmentVariables"] as Record<string, string>) };
  const ran = Bun.spawnSync(list["ProgramArguments"] as string[], { cwd: "/", env, stdin: "ignore" });
  writeFileSync(output, ran.stdout.toString() + ran.stderr.toString());
}

function answer(state: LaunchdState, words: readonly string[]): Answer {
  const [verb = "", target = "", path = ""] = words;
  const label = target.split("/")[2] ?? "";
  if (verb === "load") return bootstrap(state, words.at(-1) ?? "");
  if (!state.hasLogin) return failed(verb === "bootout" ? "Boot-out" : "Bootstrap", 125);
  const job = state.jobs[label];
  switch (verb) {
    case "bootstrap":
      return bootstrap(state, path);
    case "bootout":
      if (job === undefined) return failed("Boot-out", 3);
      job.goneAt ??= state.now + state.drainMs;
      return DONE;
    case "print":
      return job === undefined ? notFound(label) : { exit: 0, says: `${target} = { }` };
    case "print-disabled":
      return {
        exit: 0,
        says: `disabled services = {\n${state.disabled.map((one) => `\t"${one}" => disabled`).join("\n")}\n}`,
      };
    case "kickstart":
      if (job === undefined) return notFound(label);
      state.started.push(label);
      return DONE;
    case "enable":
      state.disabled = state.disabled.filter((one) => one !== label);
      return DONE;
    default:
      return { exit: 64, says: `unrecognized subcommand: ${verb}` };
  }
}

/** Answers one call, on the state in the file. */
export function callOn(file: string, words: readonly string[]): Answer {
  const state = JSON.parse(readFileSync(file, "utf8")) as LaunchdState;
  letTimePass(state);
  state.calls.push([...words]);
  const said = answer(state, words);
  letTimePass(state);
  writeFileSync(file, JSON.stringify(state));
  return said;
}

if (import.meta.main) {
  const [file = "", ...words] = process.argv.slice(2);
  const { exit, says } = callOn(file, words);
  if (says !== "") console[exit === 0 ? "log" : "error"](says);
  process.exitCode = exit;
}
