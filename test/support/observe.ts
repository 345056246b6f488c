// What a folder and its repository hold, written down so that two observations can be compared with `toEqual`.
// `treeOf` is for reading in a test, `stateOf` is everything that a run which does not complete must leave as it was.
import { createHash } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { gitAnswer } from "./plain-git.ts";

/** Path to content: text of a 0644 file as it is, everything else marked (`755:…`, `-> target`, `sha256:…`, `folder`). */
export type Tree = Record<string, string>;

const BASELINE = ".sync-checksums.json";
/** Files the product itself keeps in the folder; no machine ever sends them. */
const OWN = [BASELINE, ".sync-snapshot", "data/alerts"];
const LONGEST_SHOWN = 400;

interface Found {
  readonly path: string;
  readonly bytes: Buffer;
}

/** Every path below `folder` except `.git` at its top, as relative text and as exact bytes, sorted by path. */
function* pathsBelow(folder: string, prefix: Buffer = Buffer.alloc(0)): Generator<Found> {
  const names = readdirSync(joinBytes(folder, prefix), { encoding: "buffer" }).sort(Buffer.compare);
  for (const name of names) {
    if (prefix.length === 0 && name.toString() === ".git") continue;
    const bytes = prefix.length === 0 ? name : Buffer.concat([prefix, Buffer.from("/"), name]);
    yield { path: shown(bytes), bytes };
    if (lstatSync(joinBytes(folder, bytes)).isDirectory()) yield* pathsBelow(folder, bytes);
  }
}

function joinBytes(folder: string, relative: Buffer): Buffer {
  return relative.length === 0 ? Buffer.from(folder) : Buffer.concat([Buffer.from(`${folder}/`), relative]);
}

/** UTF-8 names as they are, others with a marker and hexadecimal digits, so that no two names look alike. */
function shown(bytes: Buffer): string {
  const text = bytes.toString("utf8");
  return Buffer.from(text, "utf8").equals(bytes) ? text : `not-utf8:${bytes.toString("hex")}`;
}

/** Everything in `folder`: ignored files and empty folders included, `.git` and the product's own files excluded. */
export function treeOf(folder: string): Tree {
  const tree: Tree = {};
  for (const { path, bytes } of pathsBelow(folder)) {
    if (isOwn(path)) continue;
    const entry = describe(joinBytes(folder, bytes));
    if (entry !== null) tree[path] = entry;
  }
  return tree;
}

/** Says whether a path in the folder is the product's own and not the user's. */
export function isOwn(path: string): boolean {
  // beside the baseline lies, for an instant or after a kill, the one that is being written
  if (path.startsWith(`${BASELINE}.`)) return true;
  return OWN.some((own) => path === own || path.startsWith(`${own}/`) || (own === "data/alerts" && path === "data"));
}

/** One entry in words; null for a folder that is not empty, because its children say so. */
function describe(place: Buffer): string | null {
  const stat = lstatSync(place);
  if (stat.isSymbolicLink()) return `-> ${readlinkSync(place)}`;
  if (stat.isDirectory()) return readdirSync(place).length === 0 ? "folder" : null;
  if (!stat.isFile()) return "special";
  const mode = (stat.mode & 0o777).toString(8);
  const content = describeBytes(readUnlocked(place, stat.mode));
  return mode === "644" ? content : `${mode}:${content}`;
}

function readUnlocked(place: Buffer, mode: number): Buffer {
  if ((mode & 0o400) === 0 && process.getuid?.() !== 0) return Buffer.from("unreadable");
  return readFileSync(place);
}

const MARKED = /^(-> |sha256:|folder$|special$|[0-7]{3}:)/;

function describeBytes(bytes: Buffer): string {
  const text = bytes.toString("utf8");
  const plain = bytes.length <= LONGEST_SHOWN && Buffer.from(text, "utf8").equals(bytes) && !MARKED.test(text);
  return plain ? text : `sha256:${digestOf(bytes)}`;
}

/** SHA-256 by node's engine, which is not the product's own code. */
export function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/**
 * All that promise 2 speaks of. Times are exact, so that a file written back with equal bytes is noticed as well; a
 * symbolic link's own time is left out, because where links cannot be hard-linked it is made anew.
 */
export interface State {
  readonly tree: Tree;
  readonly times: Record<string, string>;
  readonly git: Record<string, string> | null;
  /** Digest and time of the product's own baseline; null where there is none. Only a run that ends well may write it. */
  readonly baseline: string | null;
}

/** Everything that a refused, failed or undone run must leave as it was. `folder` need not be a repository. */
export function stateOf(folder: string, home: string): State {
  const times: Record<string, string> = {};
  for (const { path, bytes } of pathsBelow(folder)) {
    const stat = lstatSync(joinBytes(folder, bytes), { bigint: true });
    if (!isOwn(path) && stat.isFile()) times[path] = String(stat.mtimeNs);
  }
  const git = existsSync(join(folder, ".git")) ? repositoryOf(folder, home) : null;
  return { tree: treeOf(folder), times, git, baseline: baselineOf(folder) };
}

function baselineOf(folder: string): string | null {
  const place = join(folder, BASELINE);
  const stat = lstatSync(place, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? null : `${digestOf(readFileSync(place))} ${stat.mtimeNs}`;
}

const QUESTIONS: readonly (readonly [string, readonly string[]])[] = [
  ["status", ["status", "--porcelain=v2", "--branch", "--ignored", "--untracked-files=all"]],
  ["head", ["symbolic-ref", "-q", "HEAD"]],
  ["refs", ["for-each-ref", "--format=%(refname) %(objectname)"]],
  ["stash", ["stash", "list", "--format=%gd %H %s"]],
  ["index", ["ls-files", "-v", "--stage"]],
  ["staged", ["diff", "--cached", "--raw", "--no-abbrev", "--no-renames"]],
  ["config", ["config", "--local", "--list"]],
];

/** Git's own view. Refs of the product and remote-tracking branches may move: they are knowledge, not the user's state. */
function repositoryOf(folder: string, home: string): Record<string, string> {
  const answers: Record<string, string> = {};
  for (const [name, args] of QUESTIONS) {
    const answer = gitAnswer(folder, home, args);
    answers[name] = `${answer.exit}\n${answer.stdout}`;
  }
  answers["refs"] = (answers["refs"] ?? "")
    .split("\n")
    .filter((line) => !/^refs\/(petesbrain-sync|remotes)\//.test(line))
    .join("\n");
  // how far the tracking branch is away follows from that knowledge too
  answers["status"] = (answers["status"] ?? "")
    .split("\n")
    .filter((line) => !line.startsWith("# branch.ab ") && !(line.startsWith("! ") && isOwn(line.slice(2))))
    .join("\n");
  answers["files"] = gitDirFiles(folder);
  return answers;
}

/** Names at the top of the git folder: a lock, MERGE_HEAD or FETCH_HEAD left behind shows here. */
function gitDirFiles(folder: string): string {
  const dir = join(folder, ".git");
  if (!lstatSync(dir).isDirectory()) return readFileSync(dir, "utf8");
  const expected = new Set(["petesbrain-sync", "objects", "refs", "logs", "packed-refs"]);
  return readdirSync(dir)
    .filter((name) => !expected.has(name))
    .sort()
    .join(" ");
}
