// What lies where a run's files will go: names that must not be written, parents that are no folders, files that
// nobody planned for. Looked at before anything is changed.

import {
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { Failure } from "../failure.ts";
import { type Change, parseTree } from "../git/parse.ts";
import { unsafeName } from "../git/path-name.ts";
import { isAllowed } from "../guard.ts";
import { digestIfSteady, type FileDigest, secondReading, type WantedOid } from "../integrity/digest.ts";
import { type FileState, fileState, stateOf, statOf } from "../integrity/file-state.ts";
import { isSameText } from "../integrity/same-text.ts";
import { warmUp } from "../integrity/warm.ts";
import { flushFolder } from "../machine/durable.ts";
import { pasted, quoted } from "../paste.ts";
import { copyIndex } from "../snapshot/private-index.ts";
import { LEFT_BY_FILE, tidy } from "../tidy.ts";
import { FolderMoved } from "./adopt.ts";
import { breathe } from "./pause.ts";
import type { Session } from "./session.ts";

/** @throws {Failure} `halted` for a name that must not be written into the folder. */
export function refuseBadNames(changes: readonly Change[]): void {
  for (const { path, after } of changes) {
    if (after === null) continue;
    const why = after.mode === "160000" ? "is another repository, whose files would not come along" : unsafeName(path);
    if (why === null) continue;
    throw new Failure("halted", {
      cause: `bad-name: ${path} ${why}`,
      paths: [path],
      remedy: [
        "git log -1 -- PATH   # who added it? have it renamed or removed there, then run the same command again",
      ],
    });
  }
}

/** Every parent must be a real folder, or absent, or a file that this run takes away. Returns those to be made. */
export function lookAtParents(session: Session, changes: readonly Change[], goers: ReadonlySet<string>): string[] {
  const judged = new Map<string, "here" | "missing">();
  const judge = (parent: string): "here" | "missing" => {
    const known = judged.get(parent);
    if (known !== undefined) return known;
    const above = dirname(parent);
    const missing = (above !== "." && judge(above) === "missing") || goers.has(parent) || !isFolder(session, parent);
    judged.set(parent, missing ? "missing" : "here");
    return missing ? "missing" : "here";
  };
  for (const { path, after } of changes) if (after !== null && path.includes("/")) judge(dirname(path));
  return [...judged].flatMap(([parent, state]) => (state === "missing" ? [parent] : [])).sort();
}

/** False when nothing is there. @throws {Failure} `halted` when something else than a folder is. */
function isFolder(session: Session, parent: string): boolean {
  const found = statOf(join(session.repository.folder, parent));
  if (found === null) return false;
  if (found.isDirectory()) return true;
  const what = found.isSymbolicLink()
    ? "is a link, and a file would arrive behind it"
    : "is a file where a folder must be";
  throw inTheWay(parent, what);
}

/** A file in the folder as it was found; both null where nothing is. */
export interface Present {
  readonly digest: FileDigest | null;
  readonly state: FileState;
}

const LOOKED_AT_ONCE = 32;

/** What lies where the changes go: it must be what the folder's tree says, or nothing. */
export async function lookAtPresent(
  session: Session,
  changes: readonly Change[],
  goers: ReadonlySet<string>,
  newFolders: ReadonlySet<string>,
): Promise<Present[]> {
  const { oidBytes } = await session.configuration;
  // the commands that run at the same time are started first
  await breathe();
  const there = changes.flatMap(({ path, before }) => (before === null || before.mode === LINK ? [] : [path]));
  await warmUp(there.map((path) => join(session.repository.folder, path)));
  const remembered = session.state.digestsOf(changes.flatMap(({ before }) => (before === null ? [] : [before.oid])));
  const doubtful: { path: string; oid: string }[] = [];
  const present: Present[] = [];
  for (const [n, change] of changes.entries()) {
    // what runs at the same time must not wait for all of them
    if (n % LOOKED_AT_ONCE === 0) await breathe();
    tidy(LEFT_BY_FILE);
    const { path, before, after } = change;
    // where the folder is still to be made, a link of that name must not be looked through
    if (after !== null && newFolders.has(dirname(path))) {
      present.push(requireAsPlanned(session, change, NOTHING));
      continue;
    }
    // the object's SHA-256 is nearly always remembered; only where it is not, git's own id has to be computed
    const known = before === null ? undefined : remembered.get(before.oid)?.sha256;
    const found = lookAt(session.repository.folder, path, goers, known === undefined ? oidBytes : null);
    if (before !== null && found.digest !== null && found.digest.mode !== before.mode) throw new FolderMoved(path);
    const same = known === undefined ? found.digest?.oid === before?.oid : found.digest?.sha256 === known;
    if (before !== null && !same) doubtful.push({ path, oid: before.oid });
    present.push(requireAsPlanned(session, change, found));
  }
  await requireFiltered(session, doubtful);
  return present;
}

function requireAsPlanned(session: Session, { path, before, after }: Change, found: Present): Present {
  if (found.digest === null && before !== null) throw new FolderMoved(path);
  if (found.digest !== null && before === null && found.digest.oid !== after?.oid) {
    const says = "is here already, ignored by git, and differs from the one that would arrive";
    if (!isAllowed({ guard: "in-the-way", path, says }, session.context.allow))
      throw inTheWay(path, says, [allowed(session, path)]);
    keepReplaced(session, path);
  }
  return found;
}

/** What a person lets be replaced is in no snapshot, because git ignores it: a copy stays beside the state. */
function keepReplaced(session: Session, path: string): void {
  const { folder, stateDir } = session.repository;
  const kept = join(stateDir, "replaced", session.run, path);
  mkdirSync(dirname(kept), { recursive: true, mode: 0o700 });
  keepCopy(join(folder, path), kept);
  session.report.notes.push(`${path} was replaced; yours is kept as ${kept}`);
}

function keepCopy(path: string, kept: string): void {
  if (statOf(path)?.isSymbolicLink() === true) symlinkSync(readlinkSync(path, { encoding: "buffer" }), kept);
  else {
    copyFileSync(path, kept, constants.COPYFILE_FICLONE);
    const fd = openSync(kept, constants.O_RDONLY);
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }
  flushFolder(dirname(kept));
  // it goes for good where the copy is not what it should be
  if (secondReading(kept) !== secondReading(path)) throw new FolderMoved(path);
}

const LINK = "120000";
/** More names than this do not fit on a command line everywhere. */
export const MOST_NAMED = 1_000;
const NOTHING: Present = { digest: null, state: null };

/** What is at one place now; a folder counts as nothing when all in it goes. */
function lookAt(folder: string, path: string, goers: ReadonlySet<string>, wanted: WantedOid): Present {
  const place = join(folder, path);
  const stat = statOf(place);
  if (stat === null) return NOTHING;
  if (stat.isDirectory()) {
    refuseFullFolder(place, path, goers);
    return NOTHING;
  }
  const digest = digestIfSteady(place, wanted);
  if (digest === null || digest === "unsteady") throw new FolderMoved(path);
  return { digest, state: stateOf(stat) };
}

/**
 * Files whose bytes differ from the object are the object only if git's filters make them so: by themselves, or as in the look,
 * which goes by what git's index says of them as well. The rest was edited.
 */
async function requireFiltered(session: Session, files: readonly { path: string; oid: string }[]): Promise<void> {
  const { git, repository, workDir } = session;
  const others: { path: string; oid: string }[] = [];
  for (const { path, oid } of files) {
    const found = await git.text(["hash-object", "--", join(repository.folder, path)]);
    if (found !== oid) others.push({ path, oid });
  }
  if (others.length === 0) return;
  const [index, indexFile] = [join(repository.gitDir, "index"), join(workDir, "index-present")];
  copyIndex({ path: index, state: fileState(index), facts: null }, indexFile);
  const input = others.map(({ path }) => `${path}\0`).join("");
  await git.run(["update-index", "--add", "--remove", "--replace", "-z", "--stdin"], { indexFile, input });
  const named = others.length > MOST_NAMED ? [] : others.map(({ path }) => path);
  const found = parseTree((await git.run(["ls-files", "-s", "-z", "--", ...named], { indexFile })).stdout);
  for (const { path, oid } of others) {
    // the index goes by size and time, which rot leaves as they are
    const isThat = found.get(path)?.oid === oid && (await isSameText(git, join(repository.folder, path), oid));
    if (!isThat) throw new FolderMoved(path);
  }
}

/** A folder gives way to a file only when this run takes away everything in it. */
function refuseFullFolder(place: string, path: string, goers: ReadonlySet<string>): void {
  for (const entry of readdirSync(place, { withFileTypes: true })) {
    const inner = `${path}/${entry.name}`;
    if (entry.isDirectory()) refuseFullFolder(join(place, entry.name), inner, goers);
    else if (!goers.has(inner)) throw inTheWay(inner, `is in the folder ${path}, where a file would arrive`);
  }
}

function inTheWay(path: string, why: string, more: readonly string[] = []): Failure {
  const name = quoted(path);
  return new Failure("halted", {
    cause: `in-the-way: ${path} ${why}`,
    paths: [path],
    remedy: [`mv -- ${name} ${name}.mine   # keeps yours under another name; then run the same command again`, ...more],
  });
}

function allowed({ command }: Session, path: string): string {
  return `petesbrain-sync ${command} --allow ${pasted(`in-the-way:${path}`)}   # replaces yours, once; a copy of it is kept`;
}
