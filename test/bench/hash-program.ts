// The product's own hashing as a program, so that whole processes can be compared: `files LIST` digests the files named
// in LIST, `critical FOLDER` times the finding and reading of 107 critical files, `root FOLDER STATE BEFORE AFTER` times
// the digest of a whole commit and of the one after it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Git } from "../../lib/git/shell.ts";
import { digestMany } from "../../lib/integrity/digest-many.ts";
import { readSeen } from "../../lib/integrity/file-state.ts";
import { rootOf } from "../../lib/integrity/shadow.ts";
import { matchingFiles } from "../../lib/machine/globs.ts";
import { BUILT_IN } from "../../lib/machine/settings.ts";
import { State } from "../../lib/machine/state.ts";

export interface CriticalTimes {
  readonly files: number;
  readonly ms: number;
}

export interface RootTimes {
  readonly wholeMs: number;
  readonly afterChangeMs: number;
}

/** What the user's own specification counts. */
const CRITICAL_FILES = 107;

async function digestFiles(list: string): Promise<string> {
  const paths = readFileSync(list, "utf8").split("\0").slice(0, -1);
  const lines: string[] = [];
  for await (const batch of digestMany(paths, null, () => Promise.resolve()))
    for (const found of batch) {
      const sha256 = typeof found === "object" ? found?.sha256 : found;
      lines.push(`${sha256}  ${paths[lines.length]}\n`);
    }
  return lines.join("");
}

function timeCritical(folder: string): CriticalTimes {
  const began = performance.now();
  const seen = matchingFiles(folder, BUILT_IN.critical)
    .slice(0, CRITICAL_FILES)
    .map((path) => readSeen(join(folder, path)));
  const ms = performance.now() - began;
  if (seen.includes(null)) throw new Error("a critical file was not read");
  return { files: seen.length, ms };
}

async function timeRoots(folder: string, stateDir: string, before: string, after: string): Promise<RootTimes> {
  const git = new Git({ folder, environment: process.env, signal: new AbortController().signal });
  const state = State.open(stateDir);
  const oidBytes = before.length === 40 ? 20 : 32;
  const began = performance.now();
  await rootOf({ git, state, oidBytes, trees: new Map() }, before);
  const between = performance.now();
  await rootOf({ git, state, oidBytes, trees: new Map() }, after);
  const ended = performance.now();
  state.close();
  return { wholeMs: between - began, afterChangeMs: ended - between };
}

const [verb, first = "", second = "", third = "", fourth = ""] = process.argv.slice(2);
if (verb === "files") await Bun.write(Bun.stdout, await digestFiles(first));
else if (verb === "critical") console.log(JSON.stringify(timeCritical(first)));
else if (verb === "root") console.log(JSON.stringify(await timeRoots(first, second, third, fourth)));
else throw new Error(`files, critical or root, not ${verb}`);
