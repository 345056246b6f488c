// `init`: sets this machine up for a folder, and says what to do next.
import { join, resolve } from "node:path";
import { Failure } from "../../lib/failure.ts";
import { findFolder } from "../../lib/git/repository.ts";
import { openLog } from "../../lib/machine/log.ts";
import { pasted } from "../../lib/paste.ts";
import { init } from "../../lib/sync/init.ts";
import type { Report } from "../../lib/sync/report.ts";
import type { Answer, Call } from "../answer.ts";
import { PROGRAM } from "../help-form.ts";
import { readWiring } from "../wiring.ts";

function folderOf(call: Call): string {
  const { invocation, surroundings } = call;
  const [word] = invocation.words;
  if (word !== undefined && invocation.folder !== null && word !== invocation.folder) {
    const cause = `init is given two folders: ${word} and ${invocation.folder}`;
    throw new Failure("usage", { cause, remedy: [`${PROGRAM} init ${word}`] });
  }
  const said = word ?? invocation.folder;
  const { cwd } = surroundings;
  if (said === "~" || said?.startsWith("~/")) return join(surroundings.home, said.slice(1));
  if (said !== null) return resolve(cwd, said);
  const around = findFolder(cwd);
  if (around === null || around === cwd) return cwd;
  const cause = `${cwd} lies inside the checkout ${around}; which of the two is meant is for you to say`;
  throw new Failure("usage", {
    cause,
    remedy: [`${PROGRAM} init ${pasted(around)}`, `${PROGRAM} init ${pasted(cwd)}`],
  });
}

function wordsOf(report: Report, folder: string): string[] {
  const { machine, branch, notes, outcome, head } = report;
  const first = `${outcome === "up-to-date" ? "already set up" : "set up"}: ${folder} as ${machine.role}, branch ${branch}`;
  const next = head.after === null ? "push" : "sync";
  return [first, ...notes.map((note) => `  ${note}`), `next: ${PROGRAM} ${next}`];
}

export async function initCommand(call: Call): Promise<Answer> {
  const { invocation, surroundings, ask } = call;
  const folder = folderOf(call);
  const { environment, settings } = await readWiring(surroundings, folder);
  const { home, now, signal } = surroundings;
  const report = await init({
    folder,
    cwd: surroundings.cwd,
    role: invocation.role,
    remote: invocation.remote,
    branch: invocation.branch,
    settings,
    home,
    environment,
    log: openLog({ home, now }),
    now,
    signal,
    onStep: call.onStep,
    ask: invocation.yes ? null : ask,
    yes: invocation.yes,
  });
  return { object: report, words: wordsOf(report, folder), keepFirst: false };
}
