// This machine's own record: made for the commit that is about to be published, put where the host takes it.

import { flushObjects } from "../git/flush.ts";
import { ownCommit, treeOfFiles, writeLoose } from "../git/loose-write.ts";
import { RECORD_PLACES, trackingOf } from "../git/record-refs.ts";
import { readRef } from "../git/refs.ts";
import type { PushedTo, Remote } from "../git/remote.ts";
import { formatManifest, type Manifest } from "../integrity/manifest.ts";
import { contentDigests } from "../integrity/objects.ts";
import { rootOf, upperFolders } from "../integrity/shadow.ts";
import { matchingFiles, pathMatcher } from "../machine/globs.ts";
import { machineId, newMachineId } from "../machine/machine-id.ts";
import { formatRecord, type MachineRecord, type RecordedAllowance } from "../machine/record.ts";
import { paceOf, rememberBeat } from "./pace.ts";
import type { Proposal } from "./propose.ts";
import { readRecords } from "./records.ts";
import { carriedAnswers, rememberCarried, resumeAnswers } from "./resolutions.ts";
import { inBackground, type Session, shadowPlace } from "./session.ts";
import { together } from "./together.ts";

/** A record made and not yet published. */
export interface OwnRecord {
  readonly id: string;
  /** Parentless commit that holds `record.json` and `manifest.json`. */
  readonly commit: string;
  /** Where it may be put, the place to be tried first at the front; empty where the host is known to take none. */
  readonly places: readonly PushedTo[];
  /** What people let pass here, this run's included: kept once the record is published. */
  readonly allowed: readonly RecordedAllowance[];
}

/** Facts of the state database. */
const OWN_RECORDS = "own-records";
const ALLOWED = "allowed";
const PLACE = "record-place";
/** Own record commits that are remembered, so that a twin of this checkout is told from ourselves. */
const REMEMBERED = 8;
const MOST_ALLOWANCES = 100;

/** Writes the record and the manifest of a proposal's commit into the object store. */
export async function makeRecord(session: Session, remote: Remote, proposal: Proposal): Promise<OwnRecord> {
  const { context } = session;
  const { name, role, branch } = context.settings;
  const id = await ownId(session, remote);
  const [manifest, folder] = await together(manifestOf(session, proposal), folderOf(session, proposal.target));
  const at = context.now().toISOString();
  const thisRun = { run: session.run, command: session.command, at };
  const allowed = [...listFact<RecordedAllowance>(session, ALLOWED), ...allowedNow(session, proposal.target)];
  const record: MachineRecord = {
    machine: { id, name, role },
    tool: context.version,
    folder,
    branch,
    commit: proposal.target,
    at,
    lastRun: thisRun,
    lastGoodRun: thisRun,
    ...paceOf(session),
    head: proposal.target,
    dirty: session.report.files.heldBack.length,
    conflicts: 0,
    allowed: allowed.slice(-MOST_ALLOWANCES),
  };
  const commit = await writeRecord(session, formatRecord(record), formatManifest(manifest));
  const places = await placesOf(session, remote, id, commit);
  rememberOwn(session, commit, places);
  return { id, commit, places, allowed: record.allowed };
}

/** The newest, and those that are at the remote as far as is known: a run that fails writes one after the other. */
function rememberOwn(session: Session, commit: string, places: readonly PushedTo[]): void {
  const known = listFact<string>(session, OWN_RECORDS);
  const there = known.filter((one) => places.some(({ expected }) => expected === one));
  const newest = [...new Set([...there, ...known.slice(-REMEMBERED), commit])];
  session.state.setFact(OWN_RECORDS, JSON.stringify(newest));
}

/** A record made of the last one, and where it may be put. */
export interface Beat {
  readonly places: readonly { readonly place: PushedTo; readonly tracking: string }[];
}

/**
 * Writes a record that says how this machine stands, and vouches for what the last one did; null before the first
 * commit. Without a last one it has no manifest, and so vouches for nothing.
 */
export async function makeBeat(
  session: Session,
  remote: Remote,
  pulse: Pick<MachineRecord, "lastRun" | "lastGoodRun" | "dirty" | "conflicts">,
): Promise<Beat | null> {
  const { context, git, repository, state } = session;
  const { name, role, branch } = context.settings;
  const head = await readRef(git, repository, `refs/heads/${branch}`);
  if (head === null) return null;
  const id = await ownId(session, remote);
  const last = (await readRecords(git, repository, remote.name)).find((seen) => seen.id === id) ?? null;
  const manifest = last?.manifest() ?? null;
  const record: MachineRecord = {
    machine: { id, name, role },
    tool: context.version,
    folder: await folderOf(session, head),
    branch,
    commit: manifest?.commit ?? head,
    at: context.now().toISOString(),
    ...pulse,
    ...paceOf(session),
    head,
    allowed: last?.record?.allowed ?? listFact<RecordedAllowance>(session, ALLOWED),
  };
  const text = manifest === null ? null : formatManifest(manifest);
  const commit = await writeRecord(session, formatRecord(record), text);
  const places = await placesOf(session, remote, id, commit);
  rememberOwn(session, commit, places);
  if (state.fact(PLACE) === "none") return { places: [] };
  return { places: places.map((place) => ({ place, tracking: trackingOf(remote.name, place.ref) })) };
}

/** Remembers that the host took the record at a place, or nowhere (null). */
export function rememberRecord(session: Session, own: OwnRecord, place: PushedTo | null): void {
  const prefix = RECORD_PLACES.find((start) => place?.ref.startsWith(start)) ?? "none";
  if (session.state.fact(PLACE) !== prefix) session.state.setFact(PLACE, prefix);
  rememberBeat(session, "good");
  const allowed = JSON.stringify(own.allowed);
  if ((session.state.fact(ALLOWED) ?? "[]") !== allowed) session.state.setFact(ALLOWED, allowed);
  rememberCarried(session);
}

/** Says whether the last fetch found the record at the remote. */
export async function recordLanded(session: Session, remote: Remote, place: PushedTo): Promise<boolean> {
  return (await readRef(session.git, session.repository, trackingOf(remote.name, place.ref))) === place.commit;
}

/** Where this machine's record may be: where the host is known to take it, or everywhere while that is not known. */
function prefixes(session: Session): string[] {
  const known = session.state.fact(PLACE);
  return RECORD_PLACES.filter((prefix) => known === null || known === prefix);
}

async function placesOf(session: Session, remote: Remote, id: string, commit: string): Promise<PushedTo[]> {
  return Promise.all(
    prefixes(session).map(async (prefix) => {
      const ref = `${prefix}${id}`;
      return { ref, commit, expected: await readRef(session.git, session.repository, trackingOf(remote.name, ref)) };
    }),
  );
}

/** This machine's id; another one where the remote holds a record of that id which this checkout did not write. */
async function ownId(session: Session, remote: Remote): Promise<string> {
  const { repository, context, git } = session;
  const id = machineId(repository.stateDir, context.settings.role);
  const own = new Set(listFact<string>(session, OWN_RECORDS));
  for (const prefix of prefixes(session)) {
    const seen = await readRef(git, repository, trackingOf(remote.name, `${prefix}${id}`));
    if (seen === null || own.has(seen)) continue;
    if (own.size === 0 && (await resumesOwn(session, remote, { id, commit: seen }))) continue;
    const chosen = newMachineId(repository.stateDir, context.settings.role);
    context.log.write("sync", "warn", session.run, "machine-id-changed", { was: id, is: chosen });
    return chosen;
  }
  return id;
}

/**
 * What this checkout wrote is forgotten with a state database that was damaged: then the record itself says whose it is,
 * and what was let pass and answered here is taken up again. A copied checkout without one, on the same machine, is told
 * from its twin by the next record of either. Says whether it was this machine's.
 */
async function resumesOwn(
  session: Session,
  remote: Remote,
  { id, commit }: { readonly id: string; readonly commit: string },
): Promise<boolean> {
  const { git, repository, context, state } = session;
  const { name, role } = context.settings;
  const seen = (await readRecords(git, repository, remote.name)).find((one) => one.id === id);
  if (seen?.record?.machine.name !== name || seen.record.machine.role !== role) return false;
  await resumeAnswers(session);
  if (state.fact(ALLOWED) === null) state.setFact(ALLOWED, JSON.stringify(seen.record.allowed));
  rememberOwn(session, commit, []);
  return true;
}

async function manifestOf(session: Session, proposal: Proposal): Promise<Manifest> {
  const { git, state, repository, context } = session;
  const { oidBytes } = await session.configuration;
  const place = await shadowPlace(session);
  const isCritical = pathMatcher(context.settings.critical);
  const arriving = proposal.incoming.flatMap(({ path, after }) => (after !== null && isCritical(path) ? [path] : []));
  const paths = new Set([...matchingFiles(repository.folder, context.settings.critical), ...arriving]);
  const [entries, folders] = await together(
    session.entries.of(proposal.tree, [...paths]),
    upperFolders(place, proposal.tree),
  );
  const oids = [...entries.values()].map(({ oid }) => oid);
  const digests = await contentDigests(git, state, oids, oidBytes);
  const files = [...entries].flatMap(([path, { mode, oid }]) => {
    const digest = digests.get(oid);
    return digest === undefined ? [] : [{ path, sha256: digest.sha256, sizeBytes: digest.sizeBytes, mode }];
  });
  return { commit: proposal.target, root: await rootOf(place, proposal.tree), folders, files };
}

/** The first commit of a history; of several, all machines take the same. It does not change, so it is remembered. */
export async function folderOf(session: Session, commit: string): Promise<string> {
  const known = session.state.fact("folder");
  if (known !== null) return known;
  const roots = await session.git.text(["rev-list", "--max-parents=0", "--end-of-options", commit]);
  const [first = commit] = roots.split("\n").sort();
  session.state.setFact("folder", first);
  return first;
}

function allowedNow(session: Session, commit: string): RecordedAllowance[] {
  // a run that started again met the same hits again
  const once = new Map(session.allowedHits.map((hit) => [`${hit.guard}:${hit.path ?? ""}`, hit]));
  return [...once.values()].map(({ guard, path }) => ({ guard, path, commit }));
}

/** Both texts as objects, in a commit without parents. Flushed while it is being pushed. */
async function writeRecord(session: Session, record: string, manifest: string | null): Promise<string> {
  const { repository, context } = session;
  const { oidBytes } = await session.configuration;
  const write = (type: "blob" | "tree" | "commit", bytes: Buffer): string =>
    writeLoose(repository, type, bytes, oidBytes);
  const attesting = manifest === null ? null : { name: "manifest.json", oid: write("blob", Buffer.from(manifest)) };
  const files = [
    ...(attesting === null ? [] : [attesting]),
    { name: "record.json", oid: write("blob", Buffer.from(record)) },
  ];
  const answers = carriedAnswers(session);
  const carried =
    answers === null
      ? []
      : [
          { name: "resolutions.json", oid: answers.list },
          { name: "resolutions", oid: answers.contents, isFolder: true },
        ];
  const tree = write("tree", treeOfFiles([...files, ...carried]));
  const commit = write("commit", ownCommit(tree, [], context.now().getTime(), "machine record\n"));
  void inBackground(session, flushObjects(repository, [...files.map(({ oid }) => oid), tree, commit]));
  return commit;
}

/** A list that this program wrote as a fact. */
function listFact<T>(session: Session, key: string): T[] {
  return JSON.parse(session.state.fact(key) ?? "[]") as T[];
}
