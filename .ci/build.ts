// Builds the product's executables with the pinned Bun: `build.ts [--host] [TARGET…]`; without words all four targets,
// and what a release is made of. PETESBRAIN_SYNC_RELEASE_URL is the address that its installer will know.
// The same commit gives the same bytes; nothing of the building machine is inside. Those for macOS are signed here.
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import packageJson from "../package.json" with { type: "json" };
import { BUN_PACKAGES, BUN_VERSION, CACHE, fetchBun, hostTarget, ROOT, type Target } from "./bun-packages.mjs";
import { writeRelease } from "./release.ts";
import { PRODUCT_SIGNING, signMachO } from "./sign-macho.ts";
import { faultsOfMachO } from "./verify-macho.ts";

export interface BuildRequest {
  readonly target: Target;
  /** True for the test build, whose fault points can be made to strike. */
  readonly faults: boolean;
  /** Where the executable goes. Its base name is part of its bytes. */
  readonly outfile: string;
  /** The Bun that becomes part of the executable; the pinned package of the target when absent. */
  readonly template?: string;
  /** The commit to embed; that of HEAD when absent. */
  readonly commit?: string;
  /** Root of the sources; this repository when absent. */
  readonly root?: string;
}

export const TARGETS = Object.keys(BUN_PACKAGES).filter((name): name is Target => name in BUN_PACKAGES);

/**
 * A run is over before machine code pays for itself: what a compiled function costs in time and memory is spent only where
 * one is called a hundred times as often as usual (measured: a third of the time of quiet runs, 5 to 8 MB of every peak).
 */
export const JIT_POLICY = "--compile-jit-policy=100";

/** The program, and what runs in a thread of its own. */
const ENTRIES = ["./cmd/main.ts", "./lib/integrity/digest-thread.ts"];

const FLAGS = [
  "--compile",
  // A synced folder is a folder someone else can write to: nothing in it may be loaded (measured on Bun 1.4.5).
  "--no-compile-autoload-dotenv",
  "--no-compile-autoload-bunfig",
  "--no-compile-autoload-tsconfig",
  "--no-compile-autoload-package-json",
  "--no-env-file",
  "--env=disable",
  "--minify",
  JIT_POLICY,
  // Embedded and compressed; stack traces in the log name our files and lines.
  "--sourcemap=linked",
  // Start-up: bytecode spares the parsing, and only with splitting is an `import()` not loaded until it is reached.
  "--bytecode",
  "--splitting",
  "--format=esm",
];

/** Path of the built executable of `target`. */
export function executableOf(target: Target): string {
  return join(ROOT, "dist", target, "petesbrain-sync");
}

/** The commit of HEAD with `-dirty` when a source differs from it; `unknown` outside a repository. */
export function headCommit(): string {
  const head = git(["rev-parse", "HEAD"]);
  if (head === null) return "unknown";
  return git(["status", "--porcelain", "--", "cmd", "lib", "package.json", "bun.lock"]) === "" ? head : `${head}-dirty`;
}

/**
 * Compiles `cmd/main.ts` and puts the executable at `outfile` by one rename.
 *
 * @throws {Error} with the bundler's own words when it fails.
 */
export async function build(request: BuildRequest): Promise<void> {
  if (Bun.version !== BUN_VERSION) throw new Error(`this is Bun ${Bun.version}, not ${BUN_VERSION}: npm run build`);
  const { target, faults, outfile, root = ROOT } = request;
  const template = request.template ?? fetchBun(target);
  const folder = dirname(outfile);
  mkdirSync(folder, { recursive: true });
  // The bundler writes source maps beside the executable as well; they stay in this folder and go with it.
  const scratch = mkdtempSync(join(folder, ".build-"));
  try {
    const built = join(scratch, basename(outfile));
    const defines = {
      PETESBRAIN_VERSION: JSON.stringify(packageJson.version),
      PETESBRAIN_COMMIT: JSON.stringify(request.commit ?? headCommit()),
      PETESBRAIN_FAULTS: String(faults),
    };
    const args = [
      "build",
      ...ENTRIES,
      ...FLAGS,
      `--target=bun-${target}`,
      `--compile-executable-path=${template}`,
      `--outfile=${built}`,
      ...Object.entries(defines).flatMap(([name, value]) => ["--define", `${name}=${value}`]),
    ];
    await runBun(args, root);
    refuseOtherFormat(built, target);
    renameSync(sealed(built, target, template), outfile);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** First bytes of an executable of each target: Mach-O magic and CPU type, or ELF magic; the ELF machine is at 18. */
const FORMATS: Readonly<Record<Target, readonly (readonly [at: number, hex: string])[]>> = {
  "darwin-arm64": [[0, "cffaedfe0c000001"]],
  "darwin-x64": [[0, "cffaedfe07000001"]],
  "linux-x64": [
    [0, "7f454c4602"],
    [18, "3e00"],
  ],
  "linux-arm64": [
    [0, "7f454c4602"],
    [18, "b700"],
  ],
};

function refuseOtherFormat(path: string, target: Target): void {
  const head = Buffer.alloc(32);
  const file = openSync(path, "r");
  readSync(file, head, 0, head.length, 0);
  closeSync(file);
  for (const [at, hex] of FORMATS[target]) {
    const found = head.subarray(at, at + hex.length / 2).toString("hex");
    if (found !== hex) throw new Error(`the build for ${target} has ${found} at byte ${at} instead of ${hex}`);
  }
}

/** The architecture of each target that must be signed, as macOS calls it. */
export const SIGNED: Readonly<Partial<Record<Target, "arm64" | "x86_64">>> = {
  "darwin-arm64": "arm64",
  "darwin-x64": "x86_64",
};

/** The oldest macOS that Bun's own executables ask for, and so ours. */
export const MINIMUM_MACOS = "13.0";

/**
 * Signs a file for macOS into a new file and reads that as macOS will; other targets are ready as they are. Bun signs
 * arm64 as `a.out` and leaves on x64 a signature that no longer fits (measured on 1.4.5), so both are signed here.
 *
 * @throws {Error} naming every fault that would keep the file from running
 */
function sealed(built: string, target: Target, template: string): string {
  const architecture = SIGNED[target];
  if (architecture === undefined) return built;
  const signed = `${built}.signed`;
  writeFileSync(signed, signMachO(readFileSync(built), PRODUCT_SIGNING), { mode: 0o755 });
  const { identifier } = PRODUCT_SIGNING;
  // Bun's own executable may hold such a text by itself.
  const own = readFileSync(template);
  const forbidden = [ROOT.replace(/\/$/, ""), dirname(built), `${homedir()}/`].filter((path) => !own.includes(path));
  const faults = faultsOfMachO(readFileSync(signed), { architecture, minimumOs: MINIMUM_MACOS, identifier, forbidden });
  if (faults.length === 0) return signed;
  throw new Error(`macOS would not run the build for ${target}:\n${faults.map((fault) => `  ${fault}`).join("\n")}`);
}

async function runBun(args: readonly string[], cwd: string): Promise<void> {
  // A bare environment, because bundlers read NODE_ENV and BUN_OPTIONS.
  const env = { PATH: process.env["PATH"] ?? "", HOME: CACHE, TMPDIR: process.env["TMPDIR"] ?? "/tmp" };
  const child = Bun.spawn([process.execPath, ...args], { cwd, env, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const said = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  const code = await child.exited;
  if (code !== 0) throw new Error(`bun build ends with ${code}:\n${said.join("").trim()}`);
}

function git(args: readonly string[]): string | null {
  const ended = Bun.spawnSync(["git", "-C", ROOT, ...args], { stdin: "ignore", stderr: "ignore" });
  return ended.exitCode === 0 ? ended.stdout.toString().trim() : null;
}

function requestedTargets(words: readonly string[]): Target[] {
  if (words.includes("--host")) return [hostTarget()];
  if (words.length === 0) return TARGETS;
  return words.map((word) => {
    const target = TARGETS.find((name) => name === word);
    if (target === undefined) throw new Error(`there is no target ${word}: the targets are ${TARGETS.join(", ")}`);
    return target;
  });
}

/** Puts the files of a release of all four executables into dist/, from where any web server can serve them. */
export function releaseOfDist(url: string | null): string[] {
  const executables = Object.fromEntries(TARGETS.map((target) => [target, executableOf(target)]));
  return writeRelease({
    executables,
    installer: join(ROOT, "install.sh"),
    commit: headCommit(),
    url,
    folder: join(ROOT, "dist"),
  });
}

if (import.meta.main) {
  const words = process.argv.slice(2);
  for (const target of requestedTargets(words)) {
    const outfile = executableOf(target);
    await build({ target, faults: false, outfile });
    console.log(`built ${outfile.slice(ROOT.length)} (${(statSync(outfile).size / 1e6).toFixed(0)} MB)`);
  }
  if (words.length === 0) {
    const files = releaseOfDist(process.env["PETESBRAIN_SYNC_RELEASE_URL"] ?? null);
    console.log(`wrote ${files.map((name) => `dist/${name}`).join(", ")}`);
  }
}
