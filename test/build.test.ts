// The executable as it is built: the same bytes from the same sources, nothing of the building machine inside, no fault
// points, nothing loaded from the folder it runs in, and a set-up that needs no Bun and takes no other file for Bun.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { build, TARGETS } from "../.ci/build.ts";
import { BUN_PACKAGES, BUN_VERSION, hostTarget, ROOT } from "../.ci/bun-packages.mjs";
import packageJson from "../package.json" with { type: "json" };
import { cannotTrace, testUnless } from "./support/skip.ts";

const target = hostTarget();
const scratch = mkdtempSync(join(tmpdir(), "petesbrain-build-"));
const executable = join(scratch, "one", "petesbrain-sync");
// The Bun that runs the tests is the pinned one; a build with it as the template downloads nothing.
const request = { target, faults: false, template: process.execPath, commit: "0123456789abcdef" };
let bytes: Buffer;

beforeAll(async () => {
  await build({ ...request, outfile: executable });
  bytes = readFileSync(executable);
}, 60_000);
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function run(args: readonly string[], cwd: string, env: Record<string, string> = {}): { code: number; said: string } {
  const home = join(scratch, "home");
  mkdirSync(home, { recursive: true });
  const ended = Bun.spawnSync([executable, ...args], {
    cwd,
    env: { HOME: home, PATH: process.env["PATH"] ?? "", ...env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  return { code: ended.exitCode, said: `${ended.stdout.toString()}${ended.stderr.toString()}` };
}

describe("the executable", () => {
  test("is the same twice, also from another directory", async () => {
    const elsewhere = join(scratch, "a checkout elsewhere");
    for (const part of ["cmd", "lib", "package.json", "tsconfig.json"]) {
      cpSync(join(ROOT, part), join(elsewhere, part), { recursive: true });
    }
    // Copied, not linked: the bundler follows links to the real path.
    const filter = (path: string): boolean => !/node_modules\/(?:\.|@biomejs|@typescript|typescript|knip)/.test(path);
    cpSync(join(ROOT, "node_modules"), join(elsewhere, "node_modules"), { recursive: true, filter });
    const again = join(scratch, "two", "petesbrain-sync");
    await build({ ...request, outfile: again, root: elsewhere });
    expect(Bun.hash(readFileSync(again))).toBe(Bun.hash(bytes));
    expect(readFileSync(again).equals(bytes)).toBe(true);
  }, 120_000);

  test("holds no path of the machine that built it", () => {
    const paths = [ROOT.replace(/\/$/, ""), scratch, `${homedir()}/`];
    // Bun has words of its own inside, such as `/$bunfs/root/`.
    const template = readFileSync(process.execPath);
    expect(paths.filter((path) => bytes.includes(path) && !template.includes(path))).toEqual([]);
  });

  test("holds what runs in a thread of its own, under the name it is called by", () =>
    expect(bytes.includes("/$bunfs/root/lib/integrity/digest-thread.js")).toBe(true));

  test("holds no fault point", () => expect(bytes.includes("PETESBRAIN_SYNC_FAULT")).toBe(false));

  test("says its version and commit", () => {
    const { code, said } = run(["version", "--json"], scratch);
    expect(code).toBe(0);
    expect(said).toContain(packageJson.version);
    expect(bytes.includes("0123456789abcdef")).toBe(true);
  });

  describe("in a folder of somebody else", () => {
    const folder = join(scratch, "hostile");
    const marker = join(folder, "marker");
    const WORDS = [["--version"], ["--help"], ["config", "show"], ["status"], ["completion", "zsh"], ["psuh"]];

    beforeAll(() => {
      mkdirSync(folder);
      writeFileSync(join(folder, "evil.ts"), `require("node:fs").writeFileSync(${JSON.stringify(marker)}, "ran");`);
      writeFileSync(join(folder, "bunfig.toml"), 'preload = ["./evil.ts"]\n');
      writeFileSync(join(folder, ".env"), "PETESBRAIN_SYNC_ROLE=from-the-folder\n");
      writeFileSync(join(folder, "tsconfig.json"), '{ "compilerOptions": { "paths": { "*": ["./evil.ts"] } } }');
      writeFileSync(join(folder, "package.json"), '{ "imports": { "#x": "./evil.ts" }, "type": "commonjs" }');
    });

    test("nothing of it takes effect", () => {
      for (const words of WORDS) expect(run(words, folder).said).not.toContain("from-the-folder");
      expect(existsSync(marker)).toBe(false);
    });

    testUnless(cannotTrace())("nothing of it is opened or looked at, as the kernel sees it", () => {
      for (const words of WORDS) expect([words, touched([executable, ...words], folder)]).toEqual([words, []]);
      // and what is opened would be seen
      expect(touched(["cat", "bunfig.toml", join(folder, ".env")], folder).length).toBe(2);
    });
  });
});

/** The hostile files among those that a program, or any it starts, names to the kernel. */
function touched(command: readonly string[], folder: string): string[] {
  const trace = join(scratch, "trace");
  const env = { HOME: join(scratch, "home"), PATH: process.env["PATH"] ?? "" };
  const words = ["strace", "-f", "-qq", "-s", "4096", "-e", "trace=%file", "-o", trace, ...command];
  Bun.spawnSync(words, { cwd: folder, env, stdin: "ignore", stdout: "ignore", stderr: "ignore" });
  const named = [...readFileSync(trace, "utf8").matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, path = ""]) =>
    resolve(folder, path),
  );
  const hostile = ["bunfig.toml", ".env", "tsconfig.json", "package.json", "evil.ts"].map((name) => join(folder, name));
  return hostile.filter((path) => named.includes(path));
}

const missingNode =
  Bun.which("node") === null ? "node is not installed, and Bun would take itself for the pinned one" : null;

describe("the set-up", () => {
  test("pins the same Bun everywhere", () => {
    expect(packageJson.packageManager).toBe(`bun@${BUN_VERSION}`);
    expect(packageJson.devDependencies["bun-types"]).toBe(BUN_VERSION);
    expect(Bun.version).toBe(BUN_VERSION);
  });

  test("knows an integrity for each target", () => {
    expect(TARGETS.toSorted()).toEqual(["darwin-arm64", "darwin-x64", "linux-arm64", "linux-x64"]);
    for (const { integrity } of Object.values(BUN_PACKAGES)) expect(integrity).toMatch(/^sha512-[A-Za-z0-9+/]{86}==$/);
  });

  testUnless(missingNode)("does not take another file for Bun", () => {
    const { code, said, fetched } = setUpWith(`printf 'not bun' > "$4/oven-bun.tgz"`);
    expect(code).toBe(1);
    expect(said).toContain("is not the file it should be");
    expect(fetched).toBe(false);
  });

  testUnless(missingNode)("says why nothing could be fetched", () => {
    const { code, said } = setUpWith("echo 'network is unreachable' >&2; exit 1");
    expect(code).toBe(1);
    expect(said).toContain("set-up failed: npm pack ends with 1: network is unreachable");
  });
});

/** Runs the launcher in a copy of the repository without packages, with `npm` replaced by the shell text given. */
function setUpWith(npm: string): { code: number; said: string; fetched: boolean } {
  const copy = mkdtempSync(join(scratch, "set-up-"));
  cpSync(join(ROOT, ".ci"), join(copy, ".ci"), { recursive: true });
  for (const file of ["package.json", "bun.lock"]) cpSync(join(ROOT, file), join(copy, file));
  const programs = join(copy, "programs");
  mkdirSync(programs);
  writeFileSync(join(programs, "npm"), `#!/bin/sh\n${npm}\n`, { mode: 0o755 });
  // A Bun under another version number: the launcher must not accept it.
  writeFileSync(join(programs, "bun"), "#!/bin/sh\necho 1.0.0\n", { mode: 0o755 });
  symlinkSync(Bun.which("node") ?? "", join(programs, "node"));
  const path = [programs, "/usr/bin", "/bin"].join(delimiter);
  const launcher = join(copy, ".ci", "with-bun.mjs");
  const ended = Bun.spawnSync([join(programs, "node"), launcher, "--version"], {
    cwd: copy,
    env: { PATH: path, HOME: copy },
    stderr: "pipe",
  });
  const fetched =
    Bun.file(join(copy, "node_modules/.cache/petesbrain-sync", `bun-${BUN_VERSION}`, target, "bun")).size > 0;
  return { code: ended.exitCode, said: ended.stderr.toString(), fetched };
}
