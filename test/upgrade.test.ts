// `upgrade` and `uninstall` of an installed executable: the compiled product itself, in a home of its own, against a real
// web server in all its moods. Whatever goes wrong, the executable that was there is there.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { hostTarget } from "../.ci/bun-packages.mjs";
import { removeAgents } from "../cmd/agent-removal.ts";
import { addressOf, parseReleaseAddress } from "../lib/product/release-address.ts";
import { compareVersions, parseSums, parseVersionFile } from "../lib/product/release-files.ts";
import packageJson from "../package.json" with { type: "json" };
import { productCommand } from "./support/binary.ts";
import { failureOf } from "./support/failure-of.ts";
import {
  pretendProduct,
  publish,
  type ReleaseMood,
  type ReleaseServer,
  startReleaseServer,
} from "./support/installer.ts";
import { gitText, machineEnvironment } from "./support/plain-git.ts";
import { testUnless } from "./support/skip.ts";
import { cannotMount, mountSmallDisk } from "./support/small-disk.ts";

const target = hostTarget();
const NAME = `petesbrain-sync-${target}.gz`;
const NEXT = pretendProduct("99.0.0");
const fromSource = process.env["PETESBRAIN_TEST_FROM_SOURCE"] === "1" ? "the product runs from its sources" : null;
let release: ReleaseServer;

beforeAll(() => {
  release = startReleaseServer();
  publish(release.folder, () => NEXT, { version: "99.0.0" });
  const at = (name: string): string => join(release.folder, name);
  publish(at("v98.0.0"), () => pretendProduct("98.0.0"), { version: "98.0.0" });
  publish(at("v97.0.0"), () => NEXT, { version: "99.0.0" });
  publish(at("older"), () => pretendProduct("1.0.0"), { version: "1.0.0" });
  publish(at("older/v1.0.0"), () => pretendProduct("1.0.0"), { version: "1.0.0" });
  for (const name of ["changed", "unnamed", "no-file", "not-gzip"])
    publish(at(name), () => NEXT, { version: "99.0.0" });
  publish(at("liar"), () => pretendProduct("98.0.0"), { version: "99.0.0" });
  publish(at("broken"), () => "#!/bin/sh\nexit 3\n", { version: "99.0.0" });
  publish(at("silent"), () => "#!/bin/sh\necho hello\n", { version: "99.0.0" });
  writeFileSync(join(at("changed"), NAME), gzipSync(pretendProduct("6.6.6")));
  writeFileSync(
    join(at("unnamed"), "SHA256SUMS"),
    readFileSync(join(at("unnamed"), "SHA256SUMS"), "utf8").replaceAll(NAME, "other.gz"),
  );
  rmSync(join(at("no-file"), NAME));
  const sums = readFileSync(join(at("not-gzip"), "SHA256SUMS"), "utf8");
  const digest = new Bun.CryptoHasher("sha256").update("no gzip").digest("hex");
  writeFileSync(join(at("not-gzip"), NAME), "no gzip");
  writeFileSync(join(at("not-gzip"), "SHA256SUMS"), sums.replace(new RegExp(`^.{64}(?=  ${NAME}$)`, "m"), digest));
});
afterAll(() => release[Symbol.asyncDispose]());

interface Said {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

interface Desk extends Disposable {
  readonly home: string;
  readonly bin: string;
  readonly executable: string;
  run(args: readonly string[], environment?: Record<string, string>): Promise<Said>;
  json(args: readonly string[]): Promise<Record<string, unknown>>;
  files(): string[];
}

/** The product, installed. */
async function installed(): Promise<Desk> {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "sync-upgrade-")));
  const bin = join(home, "bin");
  const executable = join(bin, "petesbrain-sync");
  mkdirSync(bin);
  copyFileSync((await productCommand())[0] ?? "", executable, constants.COPYFILE_FICLONE);
  mkdirSync(join(home, ".config", "petesbrain-sync"), { recursive: true });
  writeFileSync(join(home, ".config", "petesbrain-sync", "config.toml"), "[network]\ntimeout_seconds = 1\n");
  const run: Desk["run"] = async (args, environment = {}) => {
    const env = { ...machineEnvironment(home), ...environment };
    const child = Bun.spawn([executable, ...args], { cwd: home, env, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
    const [out, err, exit] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    return { exit, out, err };
  };
  return {
    home,
    bin,
    executable,
    run,
    json: async (args) => JSON.parse((await run([...args, "--json"])).out),
    files: () => readdirSync(bin).sort(),
    [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }),
  };
}

const testInstalled = testUnless(fromSource);

describe("upgrade", () => {
  testInstalled("brings the newest, keeps the one before it, and goes back and forth", async () => {
    using at = await installed();
    const own = readFileSync(at.executable);
    const dry = await at.run(["upgrade", "--base-url", release.url, "--dry-run"]);
    expect([dry.exit, dry.err]).toEqual([0, ""]);
    expect(dry.out).toBe(
      `planned: 99.0.0 (pretended) would take the place of ${packageJson.version} (test); nothing was changed\n`,
    );
    expect(at.files()).toEqual(["petesbrain-sync"]);
    const said = await at.run(["upgrade"], { PETESBRAIN_SYNC_BASE_URL: `${release.url}/` });
    expect([said.exit, said.err]).toEqual([0, ""]);
    expect(said.out).toBe(
      `upgraded: ${at.executable} is 99.0.0 (pretended) now, and was ${packageJson.version} (test)\nto go back: petesbrain-sync upgrade --rollback\n`,
    );
    expect(at.files()).toEqual(["petesbrain-sync", "petesbrain-sync.previous"]);
    expect([readFileSync(at.executable, "utf8"), readFileSync(`${at.executable}.previous`).equals(own)]).toEqual([
      NEXT,
      true,
    ]);
    // the way out of an executable that does not run at all: the one before it is a whole program
    const back = Bun.spawnSync([`${at.executable}.previous`, "upgrade", "--rollback"], {
      env: machineEnvironment(at.home),
      cwd: at.home,
    });
    expect(back.stdout.toString()).toContain(
      `rolled-back: ${at.executable} is ${packageJson.version} (test) now, and was 99.0.0 (pretended)`,
    );
    expect([readFileSync(at.executable).equals(own), readFileSync(`${at.executable}.previous`, "utf8")]).toEqual([
      true,
      NEXT,
    ]);
    expect(await at.json(["upgrade", "--rollback"])).toMatchObject({
      outcome: "rolled-back",
      to: { version: "99.0.0" },
    });
    expect([readFileSync(at.executable, "utf8"), at.files().length]).toEqual([NEXT, 2]);
  });

  testInstalled(
    "finds the address that the installer noted, and follows it through a link to the executable",
    async () => {
      using at = await installed();
      writeFileSync(join(at.home, ".config", "petesbrain-sync", "release-url"), `${release.url}\n`);
      const link = join(at.home, "link");
      symlinkSync(at.executable, link);
      const child = Bun.spawn([link, "upgrade"], { env: machineEnvironment(at.home), cwd: at.home, stdout: "ignore" });
      expect([await child.exited, readFileSync(at.executable).equals(Buffer.from(NEXT)), existsSync(link)]).toEqual([
        0,
        true,
        true,
      ]);
    },
  );

  testInstalled("brings a version that is asked for, older ones too, and only when asked", async () => {
    using at = await installed();
    expect(await at.json(["upgrade", "--base-url", `${release.url}/older`])).toMatchObject({
      outcome: "up-to-date",
      previous: null,
    });
    expect(await at.json(["upgrade", "--base-url", `${release.url}/older`, "--to", "1.0.0"])).toMatchObject({
      outcome: "upgraded",
    });
    expect(readFileSync(at.executable, "utf8")).toBe(pretendProduct("1.0.0"));
  });

  testInstalled("is up to date where the release is what it is", async () => {
    using at = await installed();
    const folder = join(release.folder, "same");
    publish(folder, () => NEXT);
    writeFileSync(join(folder, "VERSION"), `${packageJson.version} test\n`);
    const digest = new Bun.CryptoHasher("sha256").update(`${packageJson.version} test\n`).digest("hex");
    const sums = readFileSync(join(folder, "SHA256SUMS"), "utf8");
    writeFileSync(join(folder, "SHA256SUMS"), sums.replace(/^.{64}(?= {2}VERSION$)/m, digest));
    const said = await at.run(["upgrade", "--base-url", `${release.url}/same`]);
    expect([said.exit, at.files()]).toEqual([0, ["petesbrain-sync"]]);
    expect(said.out).toStartWith("up to date: ");
  });

  const wrong: readonly (readonly [what: string, path: string, mood: ReleaseMood, exit: number, says: string])[] = [
    ["nothing at the address", "/nowhere", "serve", 12, "/nowhere/SHA256SUMS: the answer is 404 Not Found"],
    ["a server that is broken", "", "error", 12, "the answer is 503"],
    ["a server that never answers", "", "stall", 12, "nothing has arrived for 1 seconds"],
    ["a server that stops in the middle", "", "stall-in-body", 12, "nothing has arrived for 1 seconds"],
    ["a file that is cut off", "", "cut-off", 31, "is not the file that was published"],
    ["a page that wants a login", "", "portal", 31, "its SHA256SUMS say nothing about VERSION"],
    ["a page that is elsewhere", "", "redirect", 12, "it leads to http://example.invalid, which is not https"],
    ["a way that has no end", "", "circle", 12, "it leads in a circle"],
    ["another file than the sums say", "/changed", "serve", 31, "is not the file that was published (SHA-256 "],
    ["sums without the executable", "/unnamed", "serve", 31, `its SHA256SUMS say nothing about ${NAME}`],
    ["a release without the executable", "/no-file", "serve", 12, `${NAME}: the answer is 404`],
    ["a file that is no gzip", "/not-gzip", "serve", 31, "its executable cannot be unpacked"],
    ["an executable that does not run", "/broken", "serve", 31, "does not run here (exit 3)"],
    ["an executable that is another program", "/silent", "serve", 31, "does not say its version"],
    ["an executable of another version", "/liar", "serve", 31, "the executable says 98.0.0, its release 99.0.0"],
  ];
  for (const [what, path, mood, exit, says] of wrong) {
    testInstalled(`${what} changes nothing`, async () => {
      using at = await installed();
      const own = Bun.hash(readFileSync(at.executable));
      await using server = startReleaseServer(release.folder);
      server.mood = mood;
      const said = await at.run(["upgrade", "--base-url", `${server.url}${path}`]);
      expect([said.exit, said.out]).toEqual([exit, ""]);
      expect(said.err).toContain(says);
      expect(said.err).toContain("to go on:\n");
      expect([at.files(), Bun.hash(readFileSync(at.executable))]).toEqual([["petesbrain-sync"], own]);
    });
  }

  for (const [what, mebibytes, spareBytes] of [
    ["download", 12, 4_000_000],
    ["executable", 64, 24_000_000],
  ] as const) {
    testUnless(fromSource ?? cannotMount())(
      `a disk too small for the ${what} is named, and keeps what it had`,
      async () => {
        using at = await installed();
        const own = readFileSync(at.executable);
        const folder = join(release.folder, what);
        const filling = what === "download" ? crypto.getRandomValues(new Uint8Array(65_536)) : new Uint8Array(65_536);
        const program = Buffer.concat([
          Buffer.from(`${NEXT}exit 0\n`),
          ...Array.from({ length: mebibytes * 16 }, () => filling),
        ]);
        publish(folder, (name) => (name === target ? program : ""), { version: "99.0.0" });
        using _disk = mountSmallDisk(at.bin, own.length + spareBytes);
        writeFileSync(at.executable, own, { mode: 0o755 });
        const said = await at.run(["upgrade", "--base-url", `${release.url}/${what}`]);
        expect([said.exit, said.out]).toEqual([14, ""]);
        expect(said.err).toMatch(/the disk of \S+ is full; nothing was changed\nto go on:\n {2}df -h /);
        expect([at.files(), Bun.hash(readFileSync(at.executable))]).toEqual([["petesbrain-sync"], Bun.hash(own)]);
      },
    );
  }

  testInstalled("ended from outside it leaves nothing behind", async () => {
    using at = await installed();
    await using server = startReleaseServer(release.folder);
    server.mood = "stall-in-body";
    const env = machineEnvironment(at.home);
    writeFileSync(join(at.home, ".config", "petesbrain-sync", "config.toml"), "[network]\ntimeout_seconds = 600\n");
    const child = Bun.spawn([at.executable, "upgrade", "--base-url", server.url], {
      cwd: at.home,
      env,
      stderr: "pipe",
    });
    while (!server.requests.some((path) => path.endsWith(".gz"))) await server.asked();
    child.kill("SIGTERM");
    expect([await child.exited, at.files()]).toEqual([143, ["petesbrain-sync"]]);
  });

  const words: readonly (readonly [args: string, says: string])[] = [
    ["upgrade", "this executable was not installed from a release, so its next one is not known"],
    ["upgrade --base-url http://example.com", "this is no address of a release: http://example.com"],
    ["upgrade --base-url http://127.0.0.1@example.com/", "this is no address of a release: http://…@example.com/"],
    ["upgrade --rollback", "there is no executable from before"],
    ["upgrade --rollback --to 1.0.0", "--rollback goes back to the executable before this one"],
    ["upgrade --base-url URL/ --to 97.0.0", "the release of version 97.0.0 is one of version 99.0.0"],
  ];
  for (const [args, says] of words) {
    testInstalled(`"${args}" is refused with what to do`, async () => {
      using at = await installed();
      const { exit, err } = await at.run(args.replace("URL", release.url).split(" "));
      expect([exit === 0, at.files()]).toEqual([false, ["petesbrain-sync"]]);
      expect(err).toContain(says);
      expect(err).toContain("to go on:\n");
    });
  }
});

describe("the address of a release", () => {
  const found: readonly (readonly [base: string, version: string | null, address: string])[] = [
    ["https://h/r", null, "https://h/r/VERSION"],
    ["https://h/r/", "2.0.1", "https://h/r/v2.0.1/VERSION"],
    ["https://h/o/r/releases/latest/download", null, "https://h/o/r/releases/latest/download/VERSION"],
    ["https://h/o/r/releases/latest/download/", "2.0.1", "https://h/o/r/releases/download/v2.0.1/VERSION"],
    ["http://[::1]:80/", null, "http://[::1]/VERSION"],
  ];
  test.each(found)("%s, version %p", (base, version, address) =>
    expect(addressOf(parseReleaseAddress(base), version, "VERSION").href).toBe(address),
  );

  const refused = [
    "",
    "h/r",
    "ftp://h/r",
    "file:///etc",
    "http://h/r",
    "http://localhost.h/r",
    "http://127.0.0.1.h/",
    "https://u:p@h/r",
    "javascript:1",
  ];
  test.each(refused)("is not %p", (text) => {
    const failure = failureOf(() => parseReleaseAddress(text));
    expect(failure.kind).toBe("usage");
    expect(failure.message).not.toContain("u:p");
  });
});

describe("the files of a release", () => {
  test("say what they say and nothing else", () => {
    expect(parseVersionFile("2.0.1 0123abcd\n")).toEqual({ version: "2.0.1", commit: "0123abcd" });
    expect(parseVersionFile("2.0.1-beta.1 0123abcd-dirty\n")?.version).toBe("2.0.1-beta.1");
    for (const text of ["", "2.0.1\n", "<html>2.0.1 a</html>\n", "2.0.1 a\nmore\n", "v2.0.1 a\n"])
      expect(parseVersionFile(text)).toBeNull();
    const digest = "a".repeat(64);
    expect([...parseSums(`${digest}  one.gz\n${digest} *two\nnonsense\n${digest}  ../three\n`)]).toEqual([
      ["one.gz", digest],
      ["two", digest],
    ]);
  });

  test("are in order", () => {
    const ordered = ["1.9.9", "2.0.0-alpha", "2.0.0-beta", "2.0.0", "2.0.10", "2.1.0", "10.0.0"];
    for (const [at, left] of ordered.entries())
      for (const [other, right] of ordered.entries())
        expect(Math.sign(compareVersions(left, right))).toBe(Math.sign(at - other));
  });
});

describe("uninstall", () => {
  async function used(): Promise<Desk & { readonly brain: string }> {
    const at = await installed();
    gitText(at.home, at.home, ["init", "--quiet", "--bare", "--initial-branch=main", "remote.git"]);
    const brain = join(at.home, "brain");
    mkdirSync(brain);
    writeFileSync(join(brain, "a.md"), "one\n");
    for (const args of [["init", "brain", "--role", "desktop", "--remote", "remote.git", "--yes"], ["push"]])
      expect((await at.run(args)).exit).toBe(0);
    writeFileSync(`${at.executable}.previous`, "x");
    return { ...at, brain };
  }

  const things = (at: Desk): string[] =>
    readdirSync(at.home)
      .filter((name) => name !== "bin")
      .sort();

  testInstalled("takes the executables and keeps everything else", async () => {
    using at = await used();
    const before = [things(at), readdirSync(join(at.brain, ".git")), gitText(at.brain, at.home, ["for-each-ref"])];
    const dry = await at.run(["uninstall", "--dry-run"]);
    expect([dry.exit, at.files().length]).toEqual([0, 2]);
    const said = await at.run(["uninstall"]);
    expect([said.exit, said.err, at.files()]).toEqual([0, "", []]);
    expect(said.out).toContain("\nsettings, logs, snapshots and the folder are as they were\ngone for good?");
    expect([things(at), readdirSync(join(at.brain, ".git")), gitText(at.brain, at.home, ["for-each-ref"])]).toEqual(
      before,
    );
  });

  testInstalled("with --purge takes what the product wrote about itself, and no file, commit or branch", async () => {
    using at = await used();
    const kept = (): string[] => [
      gitText(at.brain, at.home, ["for-each-ref", "refs/heads", "refs/remotes"]),
      gitText(at.brain, at.home, ["status", "--porcelain"]),
      gitText(join(at.home, "remote.git"), at.home, ["for-each-ref"]),
      readFileSync(join(at.brain, "a.md"), "utf8"),
    ];
    const before = kept();
    expect(gitText(at.brain, at.home, ["for-each-ref", "refs/petesbrain-sync"])).not.toBe("");
    const refused = await at.run(["uninstall", "--purge"]);
    expect([refused.exit, at.files().length]).toEqual([2, 2]);
    expect(refused.err).toContain("--purge asks first, and there is nobody here to ask");
    expect(await at.json(["uninstall", "--purge", "--dry-run"])).toMatchObject({ outcome: "planned", failure: null });
    const said = await at.run(["uninstall", "--purge", "--yes"]);
    expect([said.exit, said.err, at.files()]).toEqual([0, "", []]);
    expect(kept()).toEqual(before);
    expect(gitText(at.brain, at.home, ["for-each-ref", "refs/petesbrain-sync"])).toBe("");
    expect(readdirSync(at.brain).sort()).toEqual([".git", "a.md"]);
    expect(readdirSync(join(at.brain, ".git"))).not.toContain("petesbrain-sync");
    expect([things(at), readdirSync(join(at.home, ".config"))]).toEqual([[".config", "brain", "remote.git"], []]);
  });

  for (const [answer, exit, left] of [
    ["n\n", 130, 2],
    ["y\n", 0, 0],
  ] as const) {
    testInstalled(`with --purge asks on a terminal, and ${JSON.stringify(answer)} is obeyed`, async () => {
      using at = await used();
      let screen = "";
      let waiting = true;
      const child = Bun.spawn([at.executable, "uninstall", "--purge"], {
        cwd: at.home,
        env: { ...machineEnvironment(at.home), TERM: "xterm" },
        terminal: {
          cols: 200,
          data: (terminal, bytes) => {
            screen += new TextDecoder().decode(bytes);
            if (!waiting || !screen.includes("go ahead? [y/N]")) return;
            waiting = false;
            terminal.write(answer);
          },
        },
      });
      expect([await child.exited, at.files().length, waiting]).toEqual([exit, left, false]);
      expect(screen).toContain(
        "this would go, and does not come back (the folder's files, its commits and the remote stay):",
      );
      expect(existsSync(join(at.brain, ".git", "petesbrain-sync"))).toBe(left === 2);
    });
  }

  testInstalled("goes also where the settings are not valid any more", async () => {
    using at = await used();
    writeFileSync(join(at.home, ".config", "petesbrain-sync", "config.toml"), "nonsense\n");
    expect((await at.run(["uninstall", "--purge", "--yes"])).exit).toBe(3);
    const said = await at.run(["uninstall"]);
    expect([said.exit, at.files(), said.out.includes("gone for good")]).toEqual([0, [], false]);
  });

  testInstalled("with --purge is refused while a run that was cut off waits to be put right", async () => {
    using at = await used();
    writeFileSync(join(at.brain, ".git", "petesbrain-sync", "journal.json"), "{}");
    const said = await at.run(["uninstall", "--purge", "--yes"]);
    expect([said.exit, at.files().length, existsSync(join(at.brain, ".git", "petesbrain-sync"))]).toEqual([
      22,
      2,
      true,
    ]);
    expect(said.err).toContain("# recovers first\n  petesbrain-sync sync\n");
  });

  test("has the scheduled jobs taken away first, and stops where that fails", async () => {
    const home = realpathSync(mkdtempSync(join(tmpdir(), "sync-agents-")));
    try {
      const program = join(home, "program");
      const surroundings = { binary: [program], environment: machineEnvironment(home), cwd: home };
      writeFileSync(program, '#!/bin/sh\necho "removed $*"\n', { mode: 0o755 });
      expect(await removeAgents(surroundings)).toEqual(["removed agents uninstall --no-color"]);
      writeFileSync(
        program,
        "#!/bin/sh\nprintf 'failed: no\\n  launchctl says 125\\nto go on:\\n  x\\n' >&2\nexit 14\n",
        { mode: 0o755 },
      );
      await expect(removeAgents(surroundings)).rejects.toThrow(
        "the scheduled jobs could not be removed, so nothing else was: launchctl says 125",
      );
    } finally {
      rmSync(home, { recursive: true });
    }
  });
});
