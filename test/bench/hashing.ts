// The rows about hashing: the product's digests beside the tools of the system, its memory, the critical files, and the
// digest of a whole commit.
import { closeSync, mkdirSync, openSync, statfsSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { changeBrain } from "../../cmd/demo/change-brain.ts";
import { type Bench, ratioRow } from "./cases.ts";
import { compileProgram } from "./compile.ts";
import type { Row } from "./goals.ts";
import type { CriticalTimes, RootTimes } from "./hash-program.ts";
import { type Command, outputOf, peakOf, spreadOf, timeInRounds, timeOf } from "./measure.ts";

export interface Rows {
  readonly rows: readonly Row[];
  /** Why rows are missing. */
  readonly skipped: readonly string[];
}

interface Place {
  readonly bench: Bench;
  readonly program: string;
  readonly command: (argv: readonly string[], cwd?: string) => Command;
}

const SMALL = { files: 10_000, bytes: 3_000, perFolder: 100 };
const LARGE_BYTES = 1_000_000_000;
const PIECE_BYTES = 1_000_000;

/** All rows about hashing, and what could not be measured here. */
export async function hashRows(bench: Bench): Promise<Rows> {
  const environment = bench.trees.environmentOf("desktop");
  const source = join(import.meta.dir, "hash-program.ts");
  const threads = [join(import.meta.dir, "../../lib/integrity/digest-thread.ts")];
  const program = compileProgram(source, { name: "hash-program", scratch: bench.scratch, environment, threads });
  const command = (argv: readonly string[], cwd = bench.scratch): Command => ({ argv, cwd, environment });
  const place: Place = { bench, program, command };
  const groups = [await smallRows(place), await largeRows(place), criticalRow(place), rootRow(place)];
  return { rows: groups.flatMap(({ rows }) => rows), skipped: groups.flatMap(({ skipped }) => skipped) };
}

async function smallRows(place: Place): Promise<Rows> {
  const missing = missingTool("sha256sum") ?? missingTool("xargs");
  if (missing !== null) return skip(`${SMALL.files} small files: ${missing}`);
  const { list, paths } = writeSmallFiles(join(place.bench.scratch, "small"));
  const own = place.command([place.program, "files", list]);
  // 500 files a process, of which two run at a time
  const plain = place.command(["sh", "-c", `xargs -0 -P2 -n 500 sha256sum -- < '${list}'`]);
  requireSame(outputOf(own), outputOf(plain), paths.length);
  const times = await timeInRounds(
    [
      { name: "sha256sum", command: plain },
      { name: "own", command: own },
    ],
    place.bench.rounds,
  );
  const name = `digest of ${SMALL.files} files of ${SMALL.bytes} bytes, beside sha256sum on two processes`;
  return {
    rows: [ratioRow(times, { name, goal: place.bench.goals.hashSmall, plain: "sha256sum", own: "own" })],
    skipped: [],
  };
}

async function largeRows(place: Place): Promise<Rows> {
  const { scratch, goals, rounds } = place.bench;
  const { bavail, bsize } = statfsSync(scratch);
  const free = bavail * bsize;
  if (free < 2 * LARGE_BYTES) return skip(`a file of 1 GB: only ${Math.floor(free / 1e6)} MB are free in ${scratch}`);
  const path = join(scratch, "large");
  writeLargeFile(path);
  const list = join(scratch, "large-list");
  writeFileSync(list, `${path}\0`);
  const own = place.command([place.program, "files", list]);
  const peak = await peakOf(own);
  const memory: Row = {
    name: `${peak.own ? "own" : "largest process's"} memory: digest of a file of 1 GB`,
    goal: goals.hashMegabytes,
    unit: "MB",
    measured: spreadOf([peak.megabytes]),
    times: null,
  };
  const missing = missingTool("openssl");
  if (missing !== null) return { rows: [memory], skipped: [`a file of 1 GB: ${missing}`] };
  const plain = place.command(["openssl", "dgst", "-sha256", "-r", path]);
  requireSame(outputOf(own).replace("  ", " *"), outputOf(plain), 1);
  const times = await timeInRounds(
    [
      { name: "openssl", command: plain },
      { name: "own", command: own },
    ],
    rounds,
  );
  const name = "digest of a file of 1 GB, beside openssl dgst";
  return {
    rows: [ratioRow(times, { name, goal: goals.hashLarge, plain: "openssl", own: "own" }), memory],
    skipped: [],
  };
}

/** Time inside the process, as a run spends it: a run reads them once, before anything is compiled or warm. */
function criticalRow(place: Place): Rows {
  const { trees, goals, rounds } = place.bench;
  const measured = Array.from(
    { length: rounds },
    () => JSON.parse(outputOf(place.command([place.program, "critical", trees.product.desktop]))) as CriticalTimes,
  );
  const row: Row = {
    name: `${measured[0]?.files ?? 0} critical files found and read, inside the process`,
    goal: goals.criticalMs,
    unit: "ms",
    measured: spreadOf(measured.map(({ ms }) => ms)),
    times: null,
  };
  return { rows: [row], skipped: [] };
}

/** The digest of a commit in which one file changed, beside the digest of the whole commit before it. */
function rootRow(place: Place): Rows {
  const { scratch, trees, plan, goals, rounds } = place.bench;
  const folder = join(scratch, "root");
  const git = (...words: string[]): string => outputOf(place.command(["git", ...words], folder)).trim();
  timeOf(place.command(["git", "clone", "-q", "--no-hardlinks", trees.plain.remote, folder]));
  const measured: RootTimes[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const before = git("rev-parse", "HEAD^{tree}");
    changeBrain(folder, plan, { count: 1, round: round + 1, kind: "edit" });
    git("commit", "-q", "-a", "-m", "change");
    const stateDir = join(scratch, `root-state-${round}`);
    mkdirSync(stateDir);
    const words = [place.program, "root", folder, stateDir, before, git("rev-parse", "HEAD^{tree}")];
    measured.push(JSON.parse(outputOf(place.command(words))) as RootTimes);
  }
  const middle = (values: number[]): number => spreadOf(values).median;
  const row: Row = {
    name: "digest of a whole commit after 1 file changed, beside the first",
    goal: goals.rootAfterChange,
    unit: "×",
    measured: spreadOf(measured.map(({ wholeMs, afterChangeMs }) => afterChangeMs / wholeMs)),
    times: {
      plain: middle(measured.map(({ wholeMs }) => wholeMs)),
      product: middle(measured.map(({ afterChangeMs }) => afterChangeMs)),
    },
  };
  return { rows: [row], skipped: [] };
}

function skip(why: string): Rows {
  return { rows: [], skipped: [why] };
}

function missingTool(name: string): string | null {
  return Bun.which(name) === null ? `${name} is not installed` : null;
}

/** A fast digest that is wrong would be worth nothing. */
function requireSame(own: string, plain: string, lines: number): void {
  const sorted = (text: string): string[] => text.trimEnd().split("\n").sort();
  const [mine, theirs] = [sorted(own), sorted(plain)];
  if (mine.length !== lines || mine.some((line, at) => line !== theirs[at]))
    throw new Error(`the digests differ: ${mine.find((line, at) => line !== theirs[at]) ?? `${mine.length} lines`}`);
}

function writeSmallFiles(folder: string): { list: string; paths: string[] } {
  const paths = Array.from({ length: SMALL.files }, (_, at) => {
    const inside = join(folder, `${Math.floor(at / SMALL.perFolder)}`);
    if (at % SMALL.perFolder === 0) mkdirSync(inside, { recursive: true });
    const path = join(inside, `${at}.txt`);
    writeFileSync(path, Buffer.alloc(SMALL.bytes, `${at} `));
    return path;
  });
  const list = `${folder}-list`;
  writeFileSync(list, paths.map((path) => `${path}\0`).join(""));
  return { list, paths };
}

function writeLargeFile(path: string): void {
  const piece = Buffer.alloc(PIECE_BYTES, "a file of a thousand million bytes ");
  const file = openSync(path, "w");
  for (let written = 0; written < LARGE_BYTES; written += PIECE_BYTES) writeSync(file, piece);
  closeSync(file);
}
