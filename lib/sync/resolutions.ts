// The answers that people gave to conflicts, here and on the other machines: kept in the state database, their contents
// held by a ref of our own, and carried along with this machine's record.
import { presentBlobs, smallContents } from "../git/cat-file.ts";
import type { Git } from "../git/shell.ts";
import type { Sides } from "../merge/reconcile.ts";
import { formatResolutions, keyOfConflict, parseResolutions, type Resolution } from "../merge/resolution.ts";
import { recordRefs } from "./records.ts";
import type { Session } from "./session.ts";

const REF = "refs/petesbrain-sync/resolutions";
/** Newest answers that are kept; an older conflict would have to come back unchanged to be asked again. */
const MOST_KEPT = 200;
const MOST_BYTES = 1_000_000;
/** Fact of the state database: the objects that a machine's record carries. */
const CARRIED = "resolutions";
/** Fact of the state database: the list of them that is at the remote. */
const SENT = "resolutions-sent";

/** What of the answers is put into a machine's record. */
export interface CarriedAnswers {
  /** Blob of `resolutions.json`. */
  readonly list: string;
  /** Tree of the contents that the answers name. */
  readonly contents: string;
}

/** Answers to the given conflicts, as far as anybody gave one and its contents are here. Own ones count first. */
export async function answersTo(
  session: Session,
  conflicts: readonly { readonly path: string; readonly sides: Sides }[],
): Promise<ReadonlyMap<string, Resolution>> {
  const wanted = new Map(conflicts.map(({ path, sides }) => [keyOfConflict(path, sides), path]));
  const known = [
    ...(await fromOthers(session)),
    ...session.state.resolutions(MOST_KEPT).flatMap(parseResolutions),
    ...session.answers,
  ];
  const found = new Map<string, Resolution>();
  for (const resolution of known) {
    const path = wanted.get(keyOfConflict(resolution.path, resolution.sides));
    if (path !== undefined) found.set(path, resolution);
  }
  return onlyPresent(session, found);
}

async function fromOthers({ git, repository, context }: Session): Promise<Resolution[]> {
  const refs = await recordRefs(git, repository, context.settings.remote);
  const names = [...refs.values()].map(({ commit }) => `${commit}:resolutions.json`);
  const texts = await smallContents(git, names, MOST_BYTES);
  return texts.flatMap((text) => (text === null ? [] : parseResolutions(text.toString("utf8"))));
}

/** An answer whose content did not come along is none. */
async function onlyPresent(
  { git }: Session,
  found: ReadonlyMap<string, Resolution>,
): Promise<ReadonlyMap<string, Resolution>> {
  const present = await presentBlobs(git, [...found.values()].flatMap(contentsOf));
  return new Map([...found].filter(([, answer]) => contentsOf(answer).every((oid) => present.has(oid))));
}

function contentsOf({ result, beside }: Resolution): string[] {
  return [result?.oid, beside?.entry.oid].filter((oid) => oid !== undefined);
}

/** Keeps answers for good, with their contents; the next record carries them to the other machines. */
export async function keepAnswers(session: Session, answers: readonly Resolution[]): Promise<void> {
  if (answers.length === 0) return;
  await resumeAnswers(session);
  await putAnswers(session, answers);
}

/** Takes up again the answers that were given here, by the ref that holds them, where the database knows of none. */
export async function resumeAnswers(session: Session): Promise<void> {
  if (carriedAnswers(session) !== null) return;
  const [text] = await smallContents(session.git, [`${REF}:resolutions.json`], MOST_BYTES);
  if (text == null) return;
  const before = parseResolutions(text.toString("utf8"));
  // what was damaged along with the database is no answer any more
  const found = await onlyPresent(session, new Map(before.map((answer, n) => [`${n}`, answer])));
  if (found.size > 0) await putAnswers(session, [...found.values()]);
}

async function putAnswers(session: Session, answers: readonly Resolution[]): Promise<void> {
  const { git, state, context } = session;
  for (const answer of answers)
    state.keepResolution(keyOfConflict(answer.path, answer.sides), answer.at, formatResolutions([answer]));
  const all = state.resolutions(MOST_KEPT).flatMap(parseResolutions);
  const list = await git.text(["hash-object", "-w", "--no-filters", "--stdin"], { input: formatResolutions(all) });
  const contents = await treeOf(
    git,
    [...new Set(all.flatMap(contentsOf))].map((oid) => `100644 blob ${oid}\t${oid}\0`),
  );
  const tree = await treeOf(git, [`100644 blob ${list}\tresolutions.json\0`, `040000 tree ${contents}\tresolutions\0`]);
  const who = { GIT_AUTHOR_NAME: "petesbrain-sync", GIT_AUTHOR_EMAIL: "petesbrain-sync@localhost" };
  const date = `@${Math.floor(context.now().getTime() / 1000)} +0000`;
  const environment = {
    ...who,
    GIT_COMMITTER_NAME: who.GIT_AUTHOR_NAME,
    GIT_COMMITTER_EMAIL: who.GIT_AUTHOR_EMAIL,
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_DATE: date,
  };
  const commit = await git.text(["commit-tree", "--no-gpg-sign", "-m", "answers to conflicts", tree], { environment });
  await git.run(["update-ref", "--end-of-options", REF, commit]);
  state.setFact(CARRIED, JSON.stringify({ list, contents } satisfies CarriedAnswers));
}

function treeOf(git: Git, rows: readonly string[]): Promise<string> {
  return git.text(["mktree", "-z"], { input: rows.join("") });
}

/** The record that is at the remote now carries all answers given here. */
export function rememberCarried(session: Session): void {
  const list = carriedAnswers(session)?.list;
  if (list !== undefined && session.state.fact(SENT) !== list) session.state.setFact(SENT, list);
}

/** Answers were given here that no record at the remote carries yet. */
export function hasUnsentAnswers(session: Session): boolean {
  const list = carriedAnswers(session)?.list;
  return list !== undefined && session.state.fact(SENT) !== list;
}

/** What this machine's record is to carry; null while nobody answered anything here. */
export function carriedAnswers(session: Session): CarriedAnswers | null {
  const fact = session.state.fact(CARRIED);
  // written by keepAnswers
  return fact === null ? null : (JSON.parse(fact) as CarriedAnswers);
}
