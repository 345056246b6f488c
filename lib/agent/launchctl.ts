// launchctl's verbs, with the patience they need: bootout ends before the job is gone, and a bootstrap meanwhile fails
// with 5. Its texts are no interface; exit codes are (launchctl(1)), and what it says is passed on as it is.
import { Failure } from "../failure.ts";
import type { ProgramAnswer } from "../machine/command.ts";
import { pasted } from "../paste.ts";
import type { AgentTools } from "./agent-tools.ts";

/** One user's login session. */
export interface LoginSession {
  /** `gui/501`. */
  readonly domain: string;
  readonly tools: AgentTools;
}

const NO_SUCH_PROCESS = 3;
const INPUT_OUTPUT = 5;
/** EINPROGRESS and EALREADY of macOS, sys/errno.h. */
const UNDER_WAY: readonly number[] = [36, 37];
const NOT_FOUND = 113;
const DISABLED = 119;
const BAD_OWNERSHIP = 122;
const NO_SUCH_DOMAIN = 125;
const WRONG_SESSION = 134;

const GONE_WITHIN_MS = 15_000;
const LOADED_WITHIN_MS = 20_000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 2_000;

function launchctl(session: LoginSession, words: readonly string[]): Promise<ProgramAnswer> {
  return session.tools.run(["launchctl", ...words]);
}

function whatItSaid(answer: ProgramAnswer): string {
  if (answer.timedOut) return "it gave no answer in time";
  return `${answer.stderr.trim() || answer.stdout.trim() || "it said nothing"} (${answer.exit})`;
}

/** What a refusal of launchd means, with the text it gave. */
function refusal(doing: string, answer: ProgramAnswer, path: string): Failure {
  const said = whatItSaid(answer);
  const because: Readonly<Record<number, readonly [cause: string, remedy: string]>> = {
    [NO_SUCH_DOMAIN]: [
      `this user has no login session on the screen, and agents live in one; launchctl: ${said}`,
      "petesbrain-sync agents install   # in Terminal at the Mac itself, not over ssh",
    ],
    [WRONG_SESSION]: [
      `this is not a login session on the screen; launchctl: ${said}`,
      "petesbrain-sync agents install   # in Terminal at the Mac itself, not over ssh",
    ],
    [BAD_OWNERSHIP]: [
      `launchd takes no file that others may change; launchctl: ${said}`,
      `chmod 644 ${pasted(path)}; ls -l ${pasted(path)}   # it must belong to you`,
    ],
    [DISABLED]: [
      `the agent was switched off; launchctl: ${said}`,
      'open "x-apple.systempreferences:com.apple.LoginItems-Settings.extension"   # Allow in the Background',
    ],
  };
  const [cause, remedy] = because[answer.exit] ?? [
    `launchctl: ${said}`,
    `plutil -lint ${pasted(path)}   # is the file whole? then again: petesbrain-sync agents install`,
  ];
  return new Failure("permission-denied", { cause: `${doing} did not succeed: ${cause}`, remedy: [remedy] });
}

/** Says whether launchd has the job: only the exit code of `print` is an interface. */
export async function isLoaded(session: LoginSession, label: string): Promise<boolean> {
  return (await launchctl(session, ["print", `${session.domain}/${label}`])).exit === 0;
}

/** Waits, ever longer, until `done` says so; false when the time is over. */
async function poll(session: LoginSession, withinMs: number, done: () => Promise<boolean>): Promise<boolean> {
  const { sleep, elapsedMs } = session.tools;
  const began = elapsedMs();
  let pauseMs = FIRST_PAUSE_MS;
  while (true) {
    if (await done()) return true;
    if (elapsedMs() - began >= withinMs) return false;
    await sleep(pauseMs);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }
}

/** Unloads a job and waits until it is gone. One that is not loaded is gone already. @throws Failure `permission-denied` */
export async function unload(session: LoginSession, label: string, path: string): Promise<void> {
  const answer = await launchctl(session, ["bootout", `${session.domain}/${label}`]);
  if (![0, NO_SUCH_PROCESS, NOT_FOUND, ...UNDER_WAY].includes(answer.exit))
    throw refusal(`unloading ${label}`, answer, path);
  const gone = await poll(session, GONE_WITHIN_MS, async () => !(await isLoaded(session, label)));
  if (gone) return;
  throw new Failure("permission-denied", {
    cause: `${label} is still there ${GONE_WITHIN_MS / 1000} seconds after launchd was told to unload it`,
    remedy: [
      `launchctl print ${session.domain}/${label}   # what is it doing? then again: petesbrain-sync agents install`,
    ],
  });
}

/** Loads a job from its file and proves that it is there. @throws Failure `permission-denied`, with launchctl's own text */
export async function load(session: LoginSession, label: string, path: string): Promise<void> {
  // the flag "disabled" outlives an uninstall, and shows up as a failure with no reason given
  await launchctl(session, ["enable", `${session.domain}/${label}`]);
  let answer: ProgramAnswer = { exit: INPUT_OUTPUT, stdout: "", stderr: "", timedOut: false };
  const settled = await poll(session, LOADED_WITHIN_MS, async () => {
    answer = await launchctl(session, ["bootstrap", session.domain, path]);
    if (answer.exit === 0) return await isLoaded(session, label); // it can answer 0 and not have done it
    return answer.timedOut || ![INPUT_OUTPUT, ...UNDER_WAY].includes(answer.exit);
  });
  if (settled && answer.exit === 0) return;
  // loaded by somebody else in the meantime: the file is the same, so nothing is missing
  if (answer.exit === INPUT_OUTPUT && (await isLoaded(session, label))) return;
  const silent = answer.exit === 0 ? { ...answer, stderr: "it took the agent, and yet does not have it" } : answer;
  throw refusal(`loading ${label}`, silent, path);
}
