// Files that git wrote beside the folder and that have other bytes than their objects: right only if its filters make them so.
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../failure.ts";
import { type Entry, parseTree } from "../git/parse.ts";
import { digestIfSteady } from "../integrity/digest.ts";
import { contentDigests } from "../integrity/objects.ts";
import { MOST_NAMED } from "./destination.ts";
import type { Session } from "./session.ts";
import { workingTree, writeFiles } from "./write-files.ts";

type Files = readonly (readonly [path: string, entry: Entry])[];

/** Where files were written, and the index that they were written from. */
interface Place {
  readonly indexFile: string;
  readonly folder: string;
}

/**
 * Those that are not what git makes of their objects: neither do they come to them again by its filters, under the
 * attributes of the index that they were written from; nor, where they were committed under other attributes, does git write
 * the same a second time.
 * @param files no links.
 */
export async function notAsGitMakes(session: Session, files: Files, place: Place): Promise<string[]> {
  if (files.length === 0) return [];
  const proof = join(session.workDir, "index-proof");
  copyFileSync(place.indexFile, proof);
  const call = { ...workingTree(session, place.folder), indexFile: proof };
  const paths = files.map(([path]) => path);
  const input = paths.map((path) => `${path}\0`).join("");
  await session.git.run(["update-index", "-z", "--stdin"], { ...call, input });
  const named = paths.length > MOST_NAMED ? [] : paths;
  const found = parseTree((await session.git.run(["ls-files", "-s", "-z", "--", ...named], call)).stdout);
  const others = files.filter(([path, { oid }]) => found.get(path)?.oid !== oid);
  return others.length === 0 ? [] : notWrittenTwice(session, others, place);
}

async function notWrittenTwice(session: Session, files: Files, { indexFile, folder }: Place): Promise<string[]> {
  const { git, state, workDir } = session;
  const { oidBytes } = await session.configuration;
  const paths = files.map(([path]) => path);
  const oids = files.map(([, { oid }]) => oid);
  try {
    await contentDigests(git, state, oids, oidBytes);
  } catch (error) {
    if (error instanceof Failure && error.kind === "integrity-mismatch") return paths;
    throw error;
  }
  const again = join(workDir, "written-again");
  rmSync(again, { recursive: true, force: true });
  mkdirSync(again, { mode: 0o700 });
  await writeFiles(session, paths, { indexFile, folder: again });
  const digestIn = (place: string, path: string): string | null => {
    const digest = digestIfSteady(join(place, path));
    return digest === null || digest === "unsteady" ? null : digest.sha256;
  };
  const wrong = paths.filter((path) => {
    const first = digestIn(folder, path);
    return first === null || first !== digestIn(again, path);
  });
  rmSync(again, { recursive: true });
  return wrong;
}
