// The rules of the house as data, and the checks that read a source text against them. `test/architecture.test.ts` runs
// them on every file, and on made-up texts that break each rule.
import { dirname, join } from "node:path/posix";
import { importsOf, namesOnly, withoutComments } from "./imports.ts";

export interface Breach {
  readonly file: string;
  readonly line: number;
  readonly why: string;
}

/** Each room and the rooms below it that it may use; a room may always use itself. The drawing is in lib/README.md. */
export const MAY_USE: Readonly<Record<string, readonly string[]>> = {
  cmd: [
    "lib/doctor",
    "lib/sync",
    "lib/snapshot",
    "lib/merge",
    "lib/integrity",
    "lib/alert",
    "lib/agent",
    "lib/product",
    "lib/machine",
    "lib/git",
    "lib",
  ],
  "lib/doctor": [
    "lib/sync",
    "lib/snapshot",
    "lib/integrity",
    "lib/alert",
    "lib/agent",
    "lib/machine",
    "lib/git",
    "lib",
  ],
  "lib/sync": ["lib/snapshot", "lib/merge", "lib/integrity", "lib/alert", "lib/agent", "lib/machine", "lib/git", "lib"],
  "lib/snapshot": ["lib/integrity", "lib/machine", "lib/git", "lib"],
  "lib/merge": ["lib/integrity", "lib/machine", "lib/git", "lib"],
  "lib/integrity": ["lib/machine", "lib/git", "lib"],
  "lib/alert": ["lib/machine", "lib/git", "lib"],
  "lib/agent": ["lib/machine", "lib/git", "lib"],
  "lib/product": ["lib/machine", "lib/git", "lib"],
  "lib/machine": ["lib/git", "lib"],
  "lib/git": ["lib"],
  lib: [],
};

/** Each outside package and the files or folders that may name it. */
const DOORS: Readonly<Record<string, readonly string[]>> = {
  yargs: ["cmd/invocation.ts", "cmd/commands/"],
  consola: ["cmd/terminal.ts"],
  dotenv: ["cmd/wiring.ts"],
  zx: ["lib/git/shell.ts"],
  diff: ["cmd/diff-match.ts"],
  "@noble/hashes": ["lib/integrity/digest.ts"],
  "bun:sqlite": ["lib/machine/"],
  "bun:jsc": ["lib/tidy.ts"],
  "smol-toml": ["lib/machine/"],
  valibot: ["lib/machine/"],
  ofetch: ["lib/alert/"],
  nodemailer: ["lib/alert/"],
};

/** Files that only decide: no file system, no process, no effect of Bun's. */
const PURE = [
  "lib/merge/{reconcile,united,by-id*,json-*,append,entry-*,refused,classes,preference,resolution}.ts",
  "lib/snapshot/retention.ts",
  "lib/git/parse*.ts",
  "lib/integrity/{baseline-form,compare,scrub}.ts",
  "lib/product/release-{address,files}.ts",
  "lib/agent/{schedule,jobs,property-list,units}.ts",
  "lib/doctor/two-columns.ts",
  "lib/alert/{loudness,happening,tidings-of-run,message,page,webhook}.ts",
];

interface Allowance {
  /** What the file may use of the process; everything when absent. */
  readonly member?: string;
  readonly why: string;
}

/** Who else may touch the process, what of it, and why. */
export const PROCESS_ALLOWED: Readonly<Record<string, Allowance>> = {
  "cmd/main.ts": { why: "the one place; everything else is handed the context" },
  "lib/fault.ts": { why: "a fault point has no context by design, and none of it is in the product" },
  "lib/git/watch-child.ts": { member: "kill", why: "no other call ends a child's whole group" },
  "lib/machine/lock.ts": { member: "pid", why: "the note beside the lock says which process holds it" },
};

const PROCESS_USED =
  /(?<![\w.$])(?:globalThis\.)?process\b(?!\s*[:=,}])(?:\s*(?:\?\.|\.)\s*(?<member>\w+))?|\bBun\s*\.\s*(?:env|argv|main)\b|\bimport\.meta\.env\b|\bDate\.now\s*\(|\bnew Date\s*(?:\(\s*\)|(?=[;,)\s]))/g;
const PURE_FORBIDDEN =
  /^(?:node:)?(?:fs|fs\/promises|child_process|net|http|https|os|process|worker_threads)$|^bun(?::|$)|^zx$/;

/** The room a file belongs to: `cmd`, `lib`, `lib/git`…; null outside the house. */
export function roomOf(file: string): string | null {
  if (file.startsWith("cmd/")) return "cmd";
  const [top, room, rest] = file.split("/");
  if (top !== "lib" || room === undefined) return null;
  return rest === undefined ? "lib" : `lib/${room}`;
}

/** The file a relative specifier leads to, from the root of the repository; null for a package. */
function fileOf(from: string, specifier: string): string | null {
  return specifier.startsWith(".") ? join(dirname(from), specifier) : null;
}

/** Imports of a room that is above or beside, or of a place outside the house. */
export function layerBreaches(file: string, source: string): Breach[] {
  const room = roomOf(file);
  if (room === null) return [];
  const allowed = MAY_USE[room];
  if (allowed === undefined) return [{ file, line: 1, why: `${room} is not a room of the table MAY_USE` }];
  return importsOf(source).flatMap(({ specifier, line }) => {
    const target = fileOf(file, specifier);
    if (target === null || target === "package.json") return [];
    const used = roomOf(target);
    if (used === room || (used !== null && allowed.includes(used))) return [];
    return [{ file, line, why: `${room} may not use ${used ?? target}: see lib/README.md` }];
  });
}

/** Packages named outside their door, and packages without one. */
export function doorBreaches(file: string, source: string): Breach[] {
  if (roomOf(file) === null) return [];
  return importsOf(source).flatMap(({ specifier, line }) => {
    if (specifier.startsWith(".") || specifier.startsWith("node:") || specifier === "bun") return [];
    const name = Object.keys(DOORS).find((door) => specifier === door || specifier.startsWith(`${door}/`));
    if (name === undefined) return [{ file, line, why: `${specifier} has no door in the table DOORS` }];
    const doors = DOORS[name] ?? [];
    if (doors.some((door) => file === door || (door.endsWith("/") && file.startsWith(door)))) return [];
    return [{ file, line, why: `${name} belongs in ${doors.join(", ") || "no file yet"}` }];
  });
}

/** Uses of the process, its environment or the wall clock beyond what `PROCESS_ALLOWED` grants. */
export function processBreaches(file: string, source: string): Breach[] {
  const allowed = PROCESS_ALLOWED[file];
  if (roomOf(file) === null || (allowed !== undefined && allowed.member === undefined)) return [];
  const why = "the process and the clock are handed down by cmd/main.ts";
  const named = importsOf(source).filter(({ specifier }) => /^(?:node:)?process$/.test(specifier));
  const used = [...namesOnly(source).matchAll(PROCESS_USED)].filter(
    ({ groups }) => groups?.["member"] === undefined || groups["member"] !== allowed?.member,
  );
  return [...used.map((match) => lineOf(source, match)), ...named.map(({ line }) => line)].map((line) => ({
    file,
    line,
    why,
  }));
}

/** Effects in a file that must only decide. */
export function purityBreaches(file: string, source: string): Breach[] {
  if (!PURE.some((pattern) => new Bun.Glob(pattern).match(file))) return [];
  return [
    ...importsOf(source)
      .filter(({ specifier }) => PURE_FORBIDDEN.test(specifier))
      .map(({ specifier, line }) => ({ file, line, why: `a pure file does not import ${specifier}` })),
    ...linesOf(namesOnly(source), /\bBun\s*\.\s*(?!Glob\b)\w+|\bfetch\s*\(|\bsetTimeout\s*\(/g).map((line) => ({
      file,
      line,
      why: "a pure file has no effects",
    })),
  ];
}

/** Barrels and default exports. */
export function exportBreaches(file: string, source: string): Breach[] {
  const code = withoutComments(source);
  return [
    ...linesOf(code, /(?:^|[;\n])\s*export\s+default\b/g).map((line) => ({ file, line, why: "no default exports" })),
    ...linesOf(code, /(?:^|[;\n])\s*export\s+(?:type\s+)?(?:\*|\{[^}]*\})[^;\n]*\bfrom\b/g).map((line) => ({
      file,
      line,
      why: "no re-exports: import it from where it is made",
    })),
    ...(/(?:^|\/)(?:utils?|helpers?|common|index|misc)\.ts$/.test(file)
      ? [{ file, line: 1, why: "a file is named for what it holds" }]
      : []),
  ];
}

/** The cycles among files, each as the list of its members from the one that closes it. */
export function cyclesIn(sources: ReadonlyMap<string, string>): string[][] {
  const done = new Set<string>();
  const cycles: string[][] = [];
  const visit = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file);
    if (start !== -1) {
      cycles.push([...path.slice(start), file]);
      return;
    }
    if (done.has(file)) return;
    for (const { specifier } of importsOf(sources.get(file) ?? "")) {
      const target = fileOf(file, specifier);
      if (target !== null && sources.has(target)) visit(target, [...path, file]);
    }
    done.add(file);
  };
  for (const file of sources.keys()) visit(file, []);
  return cycles;
}

function linesOf(code: string, pattern: RegExp): number[] {
  return [...code.matchAll(pattern)].map((match) => lineOf(code, match));
}

function lineOf(code: string, match: RegExpExecArray): number {
  return code.slice(0, match.index + match[0].length).split("\n").length;
}
