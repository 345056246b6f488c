// The places in a run where guards stand: over what is about to leave, before it is published, and over what is about
// to land, before the folder is touched. A hit that nobody let pass ends the run with a halt.

import { dirname, join } from "node:path/posix";
import { Failure } from "../failure.ts";
import type { Change } from "../git/parse.ts";
import { type Hit, isAllowed, NEVER_PASSED } from "../guard.ts";
import { statOf } from "../integrity/file-state.ts";
import { pasted, quoted } from "../paste.ts";
import type { Attestation } from "./attest.ts";
import { allowedThere } from "./guard-allowances.ts";
import { contentHits, pointerHits } from "./guard-contents.ts";
import { folderHits } from "./guard-folder.ts";
import { historyHits } from "./guard-history.ts";
import { mergeHits } from "./guard-merges.ts";
import type { Proposal } from "./propose.ts";
import type { Session } from "./session.ts";
import { together } from "./together.ts";
import { hitsOfRollback } from "./undone.ts";

/** Guards what a proposal would publish. @throws {Failure} `halted`, naming every hit. */
export async function guardOutgoing(session: Session, proposal: Proposal): Promise<void> {
  if (!proposal.publishes) return;
  const changes = proposal.outgoing;
  const [hits, merges, history] = await together(
    leavingHits(session, proposal, changes),
    mergeHits(session, proposal),
    historyHits(session, proposal),
  );
  const { stopped, passed } = judge([...merges, ...hits, ...history], session.context.allow);
  const decided = await hitsOfRollback(session, stopped, changes, (rest) => leavingHits(session, proposal, rest));
  session.allowedHits.push(...passed, ...decided);
  const left = stopped.filter((hit) => !decided.includes(hit));
  if (left.length === 0) return;
  const added = new Set(changes.flatMap(({ path, before }) => (before === null ? [path] : [])));
  throw halt(session, left, null, added);
}

async function leavingHits(session: Session, proposal: Proposal, changes: readonly Change[]): Promise<Hit[]> {
  const side = { changes, before: proposal.theirs, after: proposal.tree };
  const [folder, contents] = await together(folderHits(session, side), contentHits(session, changes));
  return [...contents, ...folder, ...(await pointerHits(session, changes))];
}

/** Guards what would come into the folder, as far as it can be told before its contents are there. */
export async function guardIncoming(
  session: Session,
  proposal: Proposal,
  before: string | null,
  attestation: Promise<Attestation> | null,
): Promise<void> {
  const side = { changes: proposal.incoming, before, after: proposal.tree };
  // what is published as well was judged on its way out
  const merging = proposal.publishes ? Promise.resolve([]) : mergeHits(session, proposal);
  const [folder, merges] = await together(folderHits(session, side), merging);
  await stopArriving(session, [...merges, ...folder], proposal, attestation);
}

/** Guards the contents of what would come in: read from what was staged, or from the store. */
export async function guardArrivingContents(
  session: Session,
  proposal: Proposal,
  attestation: Promise<Attestation> | null,
): Promise<void> {
  await stopArriving(session, await contentHits(session, proposal.incoming), proposal, attestation);
}

async function stopArriving(
  session: Session,
  hits: readonly Hit[],
  proposal: Proposal,
  attestation: Promise<Attestation> | null,
): Promise<void> {
  const { stopped } = judge(hits, session.context.allow);
  if (stopped.length === 0) return;
  const known = attestation === null ? [] : await allowedThere(session, proposal, (await attestation).allowed, stopped);
  const left = judge(stopped, known).stopped;
  if (left.length > 0) throw halt(session, left, proposal.theirs);
}

function judge(hits: readonly Hit[], allowed: Parameters<typeof isAllowed>[1]): { stopped: Hit[]; passed: Hit[] } {
  const stopped = hits.filter((hit) => !isAllowed(hit, allowed));
  return { stopped, passed: hits.filter((hit) => isAllowed(hit, allowed)) };
}

const TOLD = 5;
const REPAIR =
  "petesbrain-sync verify --repair   # puts the good copy back, from git or a snapshot, and keeps this one";

/**
 * The halt for hits: the first in full, the others counted, each with the words that let it pass once.
 * @param arriving the commit that brings them; null where they are of this folder.
 * @param added files that git does not know yet.
 */
export function halt(
  session: Session,
  hits: readonly Hit[],
  arriving: string | null,
  added: ReadonlySet<string> = new Set(),
): Failure {
  const { context, command, run } = session;
  for (const { guard, path, says } of hits)
    context.log.write("error", "error", run, "guard", { guard, path: path ?? "", says });
  const [first] = hits;
  const subject = first === undefined || first.path === null ? "" : `${first.path} `;
  const more = hits.length > 1 ? ` (and ${hits.length - 1} more)` : "";
  const paths = [...new Set(hits.flatMap(({ path }) => (path === null ? [] : [path])))];
  return new Failure("halted", {
    cause: `${first?.guard ?? ""}: ${subject}${first?.says ?? ""}${more}; nothing was changed, here or there`,
    paths,
    remedy: [
      ...(hits.some(({ guard }) => guard === "rot") ? [REPAIR] : [lookAt(session, hits, { arriving, added })]),
      ...waysThrough(command, hits, arriving),
    ],
  });
}

/** The words that let all hits pass; where one of them never passes, what to do about that. */
function waysThrough(command: string, hits: readonly Hit[], arriving: string | null): string[] {
  const never = hits.find(({ guard }) => NEVER_PASSED[guard] !== undefined);
  if (never !== undefined) {
    const there = arriving === null ? "" : ", on the machine that it comes from";
    return [`ls -la ${quoted(never.path ?? ".")}   # ${never.guard}: ${NEVER_PASSED[never.guard] ?? ""}${there}`];
  }
  const words = [...new Set(hits.map(({ guard, path }) => allowWord(guard, path)))];
  const all = words.length > TOLD ? [...new Set(hits.map(({ guard }) => allowWord(guard, null)))] : words;
  const what = arriving === null ? "leave this machine" : "change this folder";
  return [`petesbrain-sync ${command} ${all.join(" ")}   # only when it is meant: lets it ${what} this once`];
}

function lookAt(
  { repository }: Session,
  hits: readonly Hit[],
  { arriving, added }: { readonly arriving: string | null; readonly added: ReadonlySet<string> },
): string {
  const range = arriving === null ? "HEAD" : `HEAD ${arriving}`;
  const hit = hits.find(({ path }) => path !== null);
  if (hit === undefined || hit.path === null) return `git diff --stat ${range}   # what changes`;
  const { guard, path } = hit;
  if (arriving !== null || guard === "lost-ids") return `git diff ${range} -- ${quoted(path)}   # what changes`;
  if (added.has(path))
    return `ls -la -- ${quoted(path)}   # new here: mend it, rename it, or move it out of the folder`;
  const gone = goneWith(repository.folder, path);
  const stat = gone === null || gone === path ? "" : "--stat ";
  const where = quoted(gone ?? path);
  return `git diff ${stat}${range} -- ${where}   # what changes; to take it back: git restore -- ${where}`;
}

/** The uppermost of what is gone with a file: its whole folder, where nothing is left of that. Null where it is there. */
function goneWith(folder: string, path: string): string | null {
  let gone: string | null = null;
  for (let at = path; at !== "." && statOf(join(folder, at)) === null; at = dirname(at)) gone = at;
  return gone;
}

function allowWord(guard: string, path: string | null): string {
  return `--allow ${pasted(path === null ? guard : `${guard}:${path}`)}`;
}
