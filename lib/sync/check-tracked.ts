// Every tracked file, or one part of them, held against git's index. The parts are a scrub that walks the whole folder
// over several runs and remembers how far it came.
import { join } from "node:path";
import { type Entry, parseTree } from "../git/parse.ts";
import { isComplete, nextPart, type Part, partOf, type Round, roundAfter } from "../integrity/scrub.ts";
import { checkTracked } from "../integrity/tracked.ts";
import { copyIndex, lookAtIndex, unblind } from "../snapshot/private-index.ts";
import type { Integrity } from "./findings.ts";
import { breathe } from "./pause.ts";
import type { Rotten } from "./repair.ts";
import type { Session } from "./session.ts";

/** State fact with the scrub's round, a `Round` as JSON. */
const ROUND = "scrub";
const SHOWN_EVERY_MS = 100;

/** Checks all tracked files and fills `integrity.tracked`. Returns the rotten ones. */
export async function checkEveryFile(session: Session, integrity: Integrity): Promise<Rotten[]> {
  const { entries, indexFile } = await trackedFiles(session);
  return check(session, integrity, entries, indexFile);
}

/** Checks one part, and what was rotten before; remembers it as done, unless it is a dry run. Returns the rotten files. */
export async function checkPart(
  session: Session,
  integrity: Integrity,
  { part: wanted, of }: Part,
  options: { dryRun: boolean },
): Promise<Rotten[]> {
  const fact = session.state.fact(ROUND);
  // written by this program from a Round of its own
  const round = fact === null ? null : (JSON.parse(fact) as Round);
  const part = wanted === "next" ? nextPart(round, of) : wanted;
  const { entries, indexFile } = await trackedFiles(session);
  const suspects = new Set(round?.suspects);
  const chosen = new Map([...entries].filter(([path]) => partOf(path, of) === part || suspects.has(path)));
  const rotten = await check(session, integrity, chosen, indexFile);
  const at = session.context.now().toISOString();
  const after = roundAfter(round, { part, of, at, suspects: rotten.map(({ path }) => path) });
  if (!options.dryRun) session.state.setFact(ROUND, JSON.stringify(after));
  const done = Object.keys(after.done).map(Number);
  integrity.subset = { part, of, done: done.sort((a, b) => a - b), complete: isComplete(after) };
  return rotten;
}

async function trackedFiles(session: Session): Promise<{ entries: Map<string, Entry>; indexFile: string }> {
  const { repository, git } = session;
  const { oidBytes } = await session.configuration;
  const look = lookAtIndex(repository, oidBytes, null);
  const listed = parseTree((await git.run(["ls-files", "-s", "-z"])).stdout);
  const entries = new Map([...listed].sort(([left], [right]) => (left < right ? -1 : 1)));
  if (look.facts === null || look.facts.blinded === 0) return { entries, indexFile: look.path };
  const indexFile = join(repository.stateDir, "index-verify");
  copyIndex(look, indexFile);
  await unblind(git, indexFile);
  return { entries, indexFile };
}

async function check(
  session: Session,
  integrity: Integrity,
  entries: ReadonlyMap<string, Entry>,
  indexFile: string,
): Promise<Rotten[]> {
  const { context, repository, git } = session;
  const { oidBytes } = await session.configuration;
  let shownAt = performance.now();
  const rest = async (done: number): Promise<void> => {
    await breathe();
    context.signal.throwIfAborted();
    if (performance.now() - shownAt < SHOWN_EVERY_MS) return;
    shownAt = performance.now();
    context.onStep(`files ${done} of ${entries.size}`);
  };
  const place = { git, folder: repository.folder, oidBytes, indexFile, rest };
  const { checked, edited, deleted, rotten } = await checkTracked(place, entries);
  integrity.tracked = { checked, edited: [...edited], deleted: [...deleted], rotten: [...rotten] };
  return rotten.map((path) => ({ path, sha256: null, oid: entries.get(path)?.oid ?? null }));
}
