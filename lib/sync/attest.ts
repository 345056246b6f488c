// Whether a machine vouches for a commit that comes in, and the proof that what comes in is what it vouches for.

import { Failure } from "../failure.ts";
import type { Entry } from "../git/parse.ts";
import { retirementOf } from "../git/record-refs.ts";
import { isAllowed } from "../guard.ts";
import type { Manifest } from "../integrity/manifest.ts";
import { contentDigests } from "../integrity/objects.ts";
import { beginRoot, upperFolders } from "../integrity/shadow.ts";
import type { MachineRecord, RecordedAllowance } from "../machine/record.ts";
import type { KnownDigest } from "../machine/state.ts";
import { named } from "../named.ts";
import { folderOf } from "./own-record.ts";
import { readRecords, type SeenRecord } from "./records.ts";
import { type Session, shadowPlace } from "./session.ts";
import { together } from "./together.ts";

/** What is said about a commit by the machines. */
export interface Attestation {
  readonly commit: string;
  /** The machine that vouches for it and what it says; null where none does. */
  readonly by: { readonly machine: MachineRecord["machine"]; readonly manifest: Manifest } | null;
  /** What people let pass on any of the machines. */
  readonly allowed: readonly RecordedAllowance[];
  /**
   * Proves the commit against what is said of it, once everything that arrived was staged and digested.
   * @throws {Failure} `integrity-mismatch` naming the files, or the folders, that are not what was attested.
   */
  readonly prove: () => Promise<void>;
}

type Voucher = NonNullable<Attestation["by"]>;

/**
 * Looks for a machine that vouches for a commit among the records of the last fetch.
 * @throws {Failure} `halted` for another folder's records, and for an unattested commit where attestation is required.
 */
export async function attestationOf(
  session: Session,
  commit: string,
  newFolders: readonly string[],
): Promise<Attestation> {
  const { git, context } = session;
  const records = await readRecords(git, session.repository, context.settings.remote);
  await refuseForeign(session, records, commit);
  const allowed = records.flatMap(({ record }) => record?.allowed ?? []);
  const by = voucherOf(records, commit);
  if (by !== null) return { commit, by, allowed, prove: await beginProof(session, commit, by, newFolders) };
  const pass = isAllowed({ guard: "unattested", path: null, says: "" }, context.allow);
  if (context.settings.attestRequired && !pass) throw unattested(session, commit, records);
  return { commit, by, allowed, prove: () => Promise.resolve() };
}

/** The machine that vouches for a commit, by its record and a sound manifest; null where there is none. */
export function voucherOf(records: readonly SeenRecord[], commit: string): Voucher | null {
  for (const seen of records) {
    if (seen.record === null || seen.record.commit !== commit) continue;
    const manifest = seen.manifest();
    if (manifest !== null && manifest.commit === commit) return { machine: seen.record.machine, manifest };
  }
  return null;
}

interface Attested {
  commit: string;
  /** The role of the machine that vouched for it, null where none did. */
  by: string | null;
}

const ATTESTED = "attested";

/** Puts into the report who vouches for a commit that has come in or gone out, and keeps it for quiet runs. */
export function rememberAttested(session: Session, commit: string, by: string | null): void {
  session.state.setFact(ATTESTED, JSON.stringify({ commit, by } satisfies Attested));
  session.report.verified.attestedBy = by;
}

/**
 * Puts into a quiet run's report who vouches for what is checked out. A commit that came in by other ways than a run is
 * proven once.
 * @throws {Failure} `integrity-mismatch` where it is not what was attested.
 */
export async function recallVoucher(session: Session, commit: string): Promise<void> {
  const fact = session.state.fact(ATTESTED);
  // written by rememberAttested
  const attested = fact === null ? null : (JSON.parse(fact) as Attested);
  if (attested?.commit === commit) {
    session.report.verified.attestedBy = attested.by;
    return;
  }
  const { git, context } = session;
  const by = voucherOf(await readRecords(git, session.repository, context.settings.remote), commit);
  if (by !== null) await (await beginProof(session, commit, by, []))();
  rememberAttested(session, commit, by?.machine.role ?? null);
}

/** What is said of a commit that came in without anybody vouching for it. */
export function unattestedNote(commit: string): string {
  return `no machine vouches for ${commit.slice(0, 7)} (published with plain git?): it was proven against git's objects alone`;
}

async function refuseForeign(session: Session, records: readonly SeenRecord[], commit: string): Promise<void> {
  const folder = await folderOf(session, commit);
  const { remote, branch } = session.context.settings;
  for (const { id, kept, record } of records) {
    if (record === null || record.branch !== branch || record.folder === folder) continue;
    throw new Failure("halted", {
      cause: `foreign-remote: the record of ${record.machine.role} (${id}) at ${remote} belongs to another folder, whose history begins with ${record.folder.slice(0, 7)} and not ${folder.slice(0, 7)}`,
      remedy: [
        `git ls-remote ${remote}   # is it the right remote?`,
        `${retirementOf(session.repository.folder, remote, kept)}   # if that machine is gone for good`,
      ],
    });
  }
}

function unattested(session: Session, commit: string, records: readonly SeenRecord[]): Failure {
  const unreadable = records.filter(({ record }) => record === null).map(({ id }) => id);
  const why = unreadable.length > 0 ? `; the record of ${unreadable.join(", ")} cannot be read` : "";
  return new Failure("halted", {
    cause: `unattested: no machine vouches for commit ${commit.slice(0, 7)}, and the settings require it ([attest] required)${why}`,
    remedy: [
      `git log -1 ${commit} && git diff --stat HEAD ${commit}   # who made it, and what it would bring`,
      `petesbrain-sync ${session.command} --allow unattested   # brings it in, proven against git's objects alone`,
    ],
  });
}

/** Asks git for all that the proof needs, so that only digests are compared once everything is staged. */
async function beginProof(
  session: Session,
  commit: string,
  by: Voucher,
  newFolders: readonly string[],
): Promise<() => Promise<void>> {
  const { git, state } = session;
  const { oidBytes } = await session.configuration;
  const place = await shadowPlace(session);
  const { manifest, machine } = by;
  const tree = await session.entries.treeOf(commit);
  const paths = manifest.files.map(({ path }) => path);
  const [entries, finishRoot] = await together(session.entries.of(commit, paths), beginRoot(place, tree, newFolders));
  return async () => {
    const root = await finishRoot();
    const oids = [...entries.values()].map(({ oid }) => oid);
    const files = wrongFiles(manifest, entries, await contentDigests(git, state, oids, oidBytes));
    if (files.length === 0 && root === manifest.root) return;
    const folders = root === manifest.root ? [] : wrongFolders(manifest, await upperFolders(place, tree));
    throw notAttested(commit, machine.role, files, folders);
  };
}

function notAttested(commit: string, role: string, files: readonly string[], folders: readonly string[]): Failure {
  const where = files.length > 0 ? files : folders.map((folder) => `${folder}/`);
  const some = where.length === 0 ? "its whole content" : named(where);
  return new Failure("integrity-mismatch", {
    cause: `commit ${commit.slice(0, 7)} does not hold what ${role} attested: ${some}; nothing was changed here`,
    paths: files,
    remedy: [
      "petesbrain-sync verify --all   # on both machines: is what lies there sound?",
      `git fsck --full   # is the local store sound? then on ${role}: change a file and petesbrain-sync push`,
    ],
  });
}

/** Attested files that the tree lacks, or holds with another content or mode. */
function wrongFiles(
  manifest: Manifest,
  entries: ReadonlyMap<string, Entry>,
  digests: ReadonlyMap<string, KnownDigest>,
): string[] {
  return manifest.files.flatMap(({ path, sha256, mode, sizeBytes }) => {
    const entry = entries.get(path);
    const digest = entry === undefined ? undefined : digests.get(entry.oid);
    const same = digest?.sha256 === sha256 && digest.sizeBytes === sizeBytes && entry?.mode === mode;
    return same ? [] : [path];
  });
}

/** The lowest folders that differ, of the levels that the manifest names. */
function wrongFolders(manifest: Manifest, found: ReadonlyMap<string, string>): string[] {
  const all = new Set([...manifest.folders.keys(), ...found.keys()]);
  const wrong = [...all].filter((path) => path !== "" && manifest.folders.get(path) !== found.get(path)).sort();
  return wrong.filter((path) => !wrong.some((other) => other.startsWith(`${path}/`)));
}
