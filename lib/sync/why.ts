// why: everything that is known about one file. Reads only: no lock, no run, no journal, and the remote is not asked.

import { join } from "node:path";
import { Failure } from "../failure.ts";
import { readConfiguration } from "../git/configuration.ts";
import { decodePath, parseTree, splitRecords } from "../git/parse.ts";
import { locateRepository, type Repository } from "../git/repository.ts";
import { Git } from "../git/shell.ts";
import { readBaseline } from "../integrity/baseline.ts";
import { digestOf } from "../integrity/digest.ts";
import { statOf } from "../integrity/file-state.ts";
import { digestObjects } from "../integrity/objects.ts";
import type { Context } from "../machine/context.ts";
import { commandOf, quoted } from "../paste.ts";
import type { FolderLook } from "../snapshot/take.ts";
import { glanceAtFolder } from "./glance.ts";
import { type Voucher, voucherFor } from "./voucher.ts";
import { type LastChange, lastChangeOf } from "./why-history.ts";
import { type Rule, rulesFor } from "./why-rules.ts";

export type Standing = "tracked" | "new" | "ignored" | "held-back" | "absent";

export interface Known {
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** The line that makes git ignore a file. */
export interface IgnoreLine {
  /** Relative to the folder, or absolute. */
  readonly file: string;
  readonly line: number;
  readonly pattern: string;
}

/** A machine that vouches for the commit that is checked out, in which the file is. */
export interface Attested extends Voucher {
  readonly commit: string;
  /** What it says of this file; null where its manifest names only the whole commit. */
  readonly sha256: string | null;
}

export interface Why {
  readonly schema: 1;
  readonly command: "why";
  readonly exit: 0;
  readonly failure: null;
  readonly path: string;
  readonly standing: Standing;
  /** It differs from the last commit: changed, or deleted and not yet committed. */
  readonly changed: boolean;
  readonly rules: readonly Rule[];
  readonly ignoredBy: IgnoreLine | null;
  /** The guard that holds it back. */
  readonly heldBackBy: string | null;
  readonly digests: {
    /** Of the bytes on disk, and of the content as committed; null where there is none. */
    readonly disk: Known | null;
    readonly committed: Known | null;
    readonly baseline: (Known & { readonly takenAt: string }) | null;
  };
  readonly attested: Attested | null;
  readonly lastChange: LastChange | null;
  /** Sentences a person should read. */
  readonly notes: readonly string[];
}

/** What `why` was asked about is no file: a folder, or a name that is nowhere and never was. */
export interface NoFile {
  readonly isFolder: boolean;
  /** Every file git tracks or would take; empty for a folder. */
  readonly names: readonly string[];
}

interface Place {
  readonly context: Context;
  readonly git: Git;
  readonly repository: Repository;
  readonly oidBytes: 20 | 32;
}

/**
 * Explains one path of the folder.
 * @throws {Failure} `not-a-repository`; `permission-denied` and `integrity-mismatch` for what cannot be read.
 */
export async function why(context: Context, path: string): Promise<Why | NoFile> {
  const repository = locateRepository(context.folder);
  const git = new Git({ folder: repository.folder, environment: context.environment, signal: context.signal });
  const { oidBytes } = await readConfiguration(git, context.settings.remote);
  const place = { context, git, repository, oidBytes };
  const [look, listing] = await Promise.all([
    glanceAtFolder(context, git, repository, oidBytes),
    git.run(["ls-files", "-z", "--", path]),
  ]);
  const names = namesOf(listing.stdout);
  if (names.some((name) => name.startsWith(`${path}/`)) || isFolder(repository, path, look))
    return { isFolder: true, names: [] };
  return await explain(place, path, { look, isTracked: names.includes(path) });
}

function namesOf(bytes: Uint8Array): string[] {
  return [...splitRecords(bytes)].map(decodePath);
}

/** Another repository is not looked into and counts as one file that is held back, as git sees it. */
function isFolder({ folder }: Repository, path: string, look: FolderLook): boolean {
  return !look.heldBack.some((held) => held.path === path) && statOf(join(folder, path))?.isDirectory() === true;
}

async function explain(
  place: Place,
  path: string,
  { look, isTracked }: { look: FolderLook; isTracked: boolean },
): Promise<Why | NoFile> {
  const { context, git, repository } = place;
  const held = look.heldBack.find((one) => path === one.path || path.startsWith(`${one.path}/`));
  const line = look.lines.find((one) => one.path === path);
  const isThere = held === undefined && statOf(join(repository.folder, path)) !== null;
  const ignoredBy = isTracked || held !== undefined || line !== undefined ? null : await ignoreLineOf(git, path);
  const standing = standingOf({ held: held !== undefined, isTracked, isThere, ignored: ignoredBy !== null });
  const { change, note } = await lastChangeOf(place, path, look.head);
  if (standing === "absent" && change === null) return { isFolder: false, names: await allNames(git) };
  const committed = await committedDigest(place, look.head, path);
  const baseline = inBaseline(repository, path);
  const rules = rulesFor(path, context.settings);
  return {
    schema: 1,
    command: "why",
    exit: 0,
    failure: null,
    path,
    standing,
    changed: line !== undefined && isTracked,
    rules,
    ignoredBy,
    heldBackBy: held?.guard ?? null,
    digests: { disk: isThere ? diskDigest(repository, path) : null, committed, baseline: baseline.known },
    attested: committed === null ? null : await attestedBy(place, look.head, path),
    lastChange: change,
    notes: [...notesOn(path, standing, rules), note, baseline.note].filter((text) => text !== null),
  };
}

function standingOf(found: { held: boolean; isTracked: boolean; isThere: boolean; ignored: boolean }): Standing {
  if (found.held) return "held-back";
  if (found.isTracked) return "tracked";
  if (!found.isThere) return "absent";
  return found.ignored ? "ignored" : "new";
}

/** git reads the path with its magic switched off by `./`; check-ignore refuses the literal form that all other calls use. */
async function ignoreLineOf(git: Git, path: string): Promise<IgnoreLine | null> {
  const answer = await git.run(["check-ignore", "-v", "-z", "--stdin"], {
    input: `./${path}\0`,
    accept: [0, 1],
    environment: { GIT_LITERAL_PATHSPECS: "0" },
  });
  const [file, line, pattern] = namesOf(answer.stdout);
  if (file === undefined || line === undefined || pattern === undefined || pattern.startsWith("!")) return null;
  return { file, line: Number(line), pattern };
}

function diskDigest({ folder }: Repository, path: string): Known | null {
  const digest = digestOf(join(folder, path));
  return digest === null ? null : { sha256: digest.sha256, sizeBytes: digest.sizeBytes };
}

/** A baseline that cannot be read is told, and the rest is explained all the same. */
function inBaseline({ folder }: Repository, path: string): { known: Why["digests"]["baseline"]; note: string | null } {
  try {
    const baseline = readBaseline(folder);
    const file = baseline?.files.get(path);
    if (baseline === null || file === undefined) return { known: null, note: null };
    return { known: { sha256: file.sha256, sizeBytes: file.sizeBytes, takenAt: baseline.takenAt }, note: null };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { known: null, note: `${error.message}: ${commandOf(error.remedy[0] ?? "")}` };
  }
}

async function committedDigest({ git, oidBytes }: Place, head: string | null, path: string): Promise<Known | null> {
  if (head === null) return null;
  const answer = await git.run(["ls-tree", "-r", "-z", "--full-tree", head, "--", path]);
  const entry = parseTree(answer.stdout).get(path);
  if (entry === undefined || entry.mode === "160000") return null;
  return (await digestObjects(git, [entry.oid], oidBytes)).get(entry.oid) ?? null;
}

async function allNames(git: Git): Promise<string[]> {
  return namesOf((await git.run(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])).stdout);
}

async function attestedBy({ git, context }: Place, head: string | null, path: string): Promise<Attested | null> {
  const vouched = head === null ? null : await voucherFor(git, context, head);
  if (vouched === null) return null;
  const { voucher, manifest } = vouched;
  const sha256 = manifest.files.find((file) => file.path === path)?.sha256 ?? null;
  return { ...voucher, commit: manifest.commit, sha256 };
}

function notesOn(path: string, standing: Standing, rules: readonly Rule[]): string[] {
  const isLocal = rules.some((rule) => rule.class === "local");
  const isCritical = rules.some((rule) => rule.class === "critical");
  const notes: string[] = [];
  if (isLocal && standing === "tracked")
    notes.push(`declared local, yet git tracks it and it is published: git rm --cached -- ${quoted(path)}`);
  if (isLocal && standing === "new")
    notes.push("declared local, so that it stays here; git does not ignore it: add it to .gitignore");
  if (isCritical && !isLocal && standing === "ignored")
    notes.push("critical, yet git ignores it and it is not synced: take the ignore line out, or declare it local");
  return notes;
}
