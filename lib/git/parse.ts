// Pure readers of git's machine formats (always `-z`). Each refuses what it does not know instead of guessing.
// Sources: git-status(1) "Porcelain Format Version 2", git-diff-tree(1) "Raw output format", git-ls-tree(1), git-push(1).
import { Failure } from "../failure.ts";
import { RecordReader } from "./records.ts";

/** A file as git records it. `mode` is one of 100644, 100755, 120000 (link) and 160000 (another repository). */
export interface Entry {
  readonly mode: string;
  readonly oid: string;
}

/** One path's difference between two trees; `null` means absent. */
export interface Change {
  readonly path: string;
  readonly before: Entry | null;
  readonly after: Entry | null;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Decodes a path exactly as git stores it.
 * @throws {Failure} `halted` for a name that is not UTF-8: a Mac cannot hold it, and no text could name it.
 */
export function decodePath(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    const shown = Buffer.from(bytes)
      .toString("latin1")
      .replace(/[^\x20-\x7e]|\\/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`);
    throw new Failure("halted", {
      cause: `bad-name: the file name ${shown} is not UTF-8, which a Mac cannot hold`,
      paths: [shown],
      remedy: [`mv -- $'${shown.replaceAll("'", "\\'")}' a-new-name`],
    });
  }
}

/** Gives NUL-ended records one by one. The last record must be ended too, or the output was cut. */
export function* splitRecords(bytes: Uint8Array): Generator<Uint8Array> {
  let start = 0;
  while (start < bytes.length) {
    const end = bytes.indexOf(0, start);
    if (end < 0) throw new Error("git's answer is cut off: the last record has no end");
    yield bytes.subarray(start, end);
    start = end + 1;
  }
}

function ascii(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

/** Every mode as one and the same string, however many entries have it. */
const MODES = new Map(["100644", "100755", "120000", "160000", "040000", "000000"].map((mode) => [mode, mode]));

function entryOf(header: Buffer, modeAt: number, oidAt: number, oidEnd: number): Entry | null {
  const read = header.toString("latin1", modeAt, modeAt + 6);
  const mode = MODES.get(read) ?? read;
  return mode === "000000" ? null : { mode, oid: header.toString("latin1", oidAt, oidEnd) };
}

/** Reads `git diff-tree -r -z --no-renames --raw` (and `diff-index --cached` of the same form), as it arrives. */
export class DiffReader {
  private readonly onChange: (change: Change) => void;
  private readonly records = new RecordReader((record) => this.readRecord(record));
  private sides: Pick<Change, "before" | "after"> | null = null;

  constructor(onChange: (change: Change) => void) {
    this.onChange = onChange;
  }

  take(piece: Uint8Array): void {
    this.records.take(piece);
  }

  /** @throws {Error} when the output was cut off. */
  end(): void {
    this.records.end();
    if (this.sides !== null) throw new Error("git diff-tree answered a record without its path");
  }

  private readRecord(record: Uint8Array): void {
    if (this.sides !== null) {
      const { before, after } = this.sides;
      this.sides = null;
      this.onChange({ path: decodePath(record), before, after });
      return;
    }
    const header = Buffer.from(record.buffer, record.byteOffset, record.length);
    const text = header.toString("latin1");
    if (!/^:\d{6} \d{6} (?:[0-9a-f]{40} [0-9a-f]{40}|[0-9a-f]{64} [0-9a-f]{64}) [AMDT]$/.test(text))
      throw new Error(`git diff-tree answered an unknown record: ${text.slice(0, 120)}`);
    // ":100644 100755 <id> <id> M"
    const middle = 15 + (header.length - 18) / 2;
    this.sides = {
      before: entryOf(header, 1, 15, middle),
      after: entryOf(header, 8, middle + 1, header.length - 2),
    };
  }
}

/** The same, of output that is there as a whole. */
export function parseDiffTree(bytes: Uint8Array): Change[] {
  const changes: Change[] = [];
  const reader = new DiffReader((change) => changes.push(change));
  reader.take(bytes);
  reader.end();
  return changes;
}

/** Reads `git ls-tree -r -z --full-tree` and `git ls-files -s -z` (whose stage must be 0). */
export function parseTree(bytes: Uint8Array): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const record of splitRecords(bytes)) {
    const tab = record.indexOf(9);
    const header = ascii(record.subarray(0, tab));
    const match = /^(\d{6}) (?:(?:blob|commit) )?([0-9a-f]{40,64})(?: 0)?$/.exec(header);
    if (tab < 0 || match === null) throw new Error(`git answered an unknown tree record: ${header.slice(0, 120)}`);
    const [, mode = "", oid = ""] = match;
    entries.set(decodePath(record.subarray(tab + 1)), { mode: MODES.get(mode) ?? mode, oid: flat(oid) });
  }
  return entries;
}

/** A string of its own: the engine keeps the whole text that a match was cut out of. */
function flat(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}

export interface StatusLine {
  readonly path: string;
  /** `changed`: tracked, differs from HEAD or the index. `untracked`: not in the index. `unmerged`: of a merge by hand. */
  readonly kind: "changed" | "untracked" | "unmerged";
  /** The index differs from HEAD. */
  readonly staged: boolean;
  /** The file on disk differs from the index, or is gone. */
  readonly unstaged: boolean;
  /** The file is gone from disk. */
  readonly gone: boolean;
  /** The entry is another repository (a submodule, or a folder with its own `.git`). */
  readonly repository: boolean;
}

export interface StatusListing {
  /** Commit id of HEAD; null on an unborn branch. */
  readonly head: string | null;
  /** Short branch name; null when HEAD is detached. */
  readonly branch: string | null;
  readonly lines: StatusLine[];
}

/** Reads `git status --porcelain=v2 --branch -z --no-renames --untracked-files=all`. */
export function parseStatus(bytes: Uint8Array): StatusListing {
  let head: string | null = null;
  let branch: string | null = null;
  const lines: StatusLine[] = [];
  for (const record of splitRecords(bytes)) {
    const kind = record[0];
    if (kind === 0x23) {
      const text = ascii(record);
      if (text.startsWith("# branch.oid ")) head = text.endsWith("(initial)") ? null : text.slice(13);
      else if (text.startsWith("# branch.head ")) {
        const name = decodePath(record.subarray(14));
        branch = name === "(detached)" ? null : name;
      }
    } else lines.push(parseStatusLine(record));
  }
  return { head, branch, lines };
}

function parseStatusLine(record: Uint8Array): StatusLine {
  const kind = String.fromCharCode(record[0] ?? 0);
  if (kind === "?") {
    const name = decodePath(record.subarray(2));
    const repository = name.endsWith("/");
    return {
      path: repository ? name.slice(0, -1) : name,
      kind: "untracked",
      staged: false,
      unstaged: true,
      gone: false,
      repository,
    };
  }
  // fields before the path: "1 XY sub mH mI mW hH hI path" and "u XY sub m1 m2 m3 mW h1 h2 h3 path"
  const fields = { "1": 8, u: 10 }[kind];
  if (fields === undefined) throw new Error(`git status answered an unknown record: ${ascii(record).slice(0, 120)}`);
  let at = 0;
  for (let i = 0; i < fields; i++) at = record.indexOf(0x20, at) + 1;
  const [, xy = "..", sub = "N..."] = ascii(record.subarray(0, at)).split(" ");
  return {
    path: decodePath(record.subarray(at)),
    kind: kind === "1" ? "changed" : "unmerged",
    staged: xy[0] !== ".",
    unstaged: xy[1] !== ".",
    gone: xy[1] === "D",
    repository: sub.startsWith("S"),
  };
}

export interface PushedRef {
  readonly flag: string;
  readonly remoteRef: string;
  readonly summary: string;
}

/** Reads `git push --porcelain`: one line a ref, then `Done` (also when refs were rejected). */
export function parsePush(text: string): PushedRef[] {
  const refs: PushedRef[] = [];
  for (const line of text.split("\n")) {
    const match = /^([ +\-*=!])\t([^\t]*):([^\t:]+)\t(.*)$/.exec(line);
    if (match !== null) refs.push({ flag: match[1] ?? "", remoteRef: match[3] ?? "", summary: match[4] ?? "" });
  }
  return refs;
}

/** Reads `git ls-remote`: ref to object id. */
export function parseLsRemote(text: string): Map<string, string> {
  const refs = new Map<string, string>();
  for (const line of text.split("\n")) {
    const match = /^([0-9a-f]{40,64})\t(.+)$/.exec(line);
    if (match !== null) refs.set(match[2] ?? "", match[1] ?? "");
  }
  return refs;
}

/** Reads `git config -z --list`: each key (section and name in lower case) with its values, in order. */
export function parseConfig(bytes: Uint8Array): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const record of splitRecords(bytes)) {
    const text = Buffer.from(record).toString("utf8");
    const line = text.indexOf("\n");
    const key = line < 0 ? text : text.slice(0, line);
    const list = values.get(key) ?? [];
    list.push(line < 0 ? "true" : text.slice(line + 1));
    values.set(key, list);
  }
  return values;
}
