// Reading refs and moving several of them in one transaction that holds only if each still has the value we saw.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { systemCode } from "../failure.ts";
import type { Repository } from "./repository.ts";
import type { Git } from "./shell.ts";

export interface RefUpdate {
  /** Full name, such as `refs/heads/main`. */
  readonly name: string;
  /** Value the ref must have now; null when it must not exist. */
  readonly before: string | null;
  /** New value; null deletes the ref. */
  readonly after: string | null;
}

const OID = /^[0-9a-f]{40,64}\n$/;

/** The commit a ref names, null when it does not exist. Read from git's files where it is there: that saves a process. */
export async function readRef(git: Git, repository: Repository, name: string): Promise<string | null> {
  const text = textOf(join(repository.commonDir, name));
  if (OID.test(text)) return text.trimEnd();
  // after the file of its own, as git does it: packing writes the list first and removes that file then
  const packed = text === "" ? packedRef(textOf(join(repository.commonDir, "packed-refs")), name) : null;
  if (packed !== null) return packed;
  const answer = await git.run(["rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`], {
    accept: [0, 1],
  });
  return answer.exit === 0 ? Buffer.from(answer.stdout).toString("latin1").trimEnd() : null;
}

/** A line of the list is an object id, a space and the name. */
function packedRef(list: string, name: string): string | null {
  const end = list.indexOf(` ${name}\n`);
  if (end === -1) return null;
  const line = list.slice(list.lastIndexOf("\n", end) + 1, end);
  return OID.test(`${line}\n`) ? line : null;
}

/**
 * Moves all refs or none.
 * @throws {GitError} when one of them no longer has its `before` value, or is locked by another process.
 */
export async function moveRefs(git: Git, updates: readonly RefUpdate[], reason: string): Promise<void> {
  if (updates.length === 0) return;
  const lines = ["start"];
  for (const { name, before, after } of updates) {
    if (after === null) lines.push(`delete ${name}${before === null ? "" : ` ${before}`}`);
    else if (before === null) lines.push(`create ${name} ${after}`);
    else lines.push(`update ${name} ${after} ${before}`);
  }
  lines.push("prepare", "commit", "");
  await git.run(["update-ref", "-m", reason, "--create-reflog", "--stdin"], { input: lines.join("\n") });
}

/** Every ref below a prefix, with its object id. */
export async function listRefs(git: Git, prefix: string): Promise<Map<string, string>> {
  const text = await git.text(["for-each-ref", "--format=%(refname) %(objectname)", "--end-of-options", prefix]);
  const refs = new Map<string, string>();
  for (const line of text.split("\n")) {
    const space = line.indexOf(" ");
    if (space > 0) refs.set(line.slice(0, space), line.slice(space + 1));
  }
  return refs;
}

/**
 * Refs directly below some prefixes (which end in a slash), with their object ids. Read from git's files, which saves a
 * process; a store that keeps its refs otherwise is asked.
 */
export async function refsBelow(
  git: Git,
  repository: Repository,
  prefixes: readonly string[],
): Promise<Map<string, string>> {
  if (existsSync(join(repository.commonDir, "reftable"))) {
    const all = await Promise.all(prefixes.map((prefix) => listRefs(git, prefix.slice(0, -1))));
    return new Map(all.flatMap((refs) => [...refs]));
  }
  const refs = new Map<string, string>();
  for (const line of textOf(join(repository.commonDir, "packed-refs")).split("\n")) {
    const [, oid, name = ""] = /^([0-9a-f]{40,64}) (.+)$/.exec(line) ?? [];
    if (oid !== undefined && prefixes.some((prefix) => name.startsWith(prefix))) refs.set(name, oid);
  }
  for (const prefix of prefixes) {
    for (const name of namesIn(join(repository.commonDir, prefix))) {
      const text = textOf(join(repository.commonDir, prefix, name));
      if (OID.test(text)) refs.set(`${prefix}${name}`, text.trimEnd());
    }
  }
  return refs;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "ENOTDIR" || code === "EISDIR") return "";
    throw error;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw error;
  }
}
