// `install.sh` in the shells it has to work in, against a real web server: what it puts in place, and that it changes
// nothing whatever goes wrong on the way.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { hostTarget } from "../.ci/bun-packages.mjs";
import {
  cannotInstall,
  INSTALLER,
  installerDesk,
  pretendProduct,
  publish,
  type ReleaseServer,
  SHELLS,
  startReleaseServer,
} from "./support/installer.ts";
import { testUnless } from "./support/skip.ts";
import { cannotMount, mountSmallDisk } from "./support/small-disk.ts";

const target = hostTarget();
const NAME = `petesbrain-sync-${target}.gz`;
const OLD = pretendProduct("1.0.0");
const NEW = pretendProduct("2.0.0");
let release: ReleaseServer;

beforeAll(() => {
  release = startReleaseServer();
  publish(release.folder, () => NEW, { url: release.url });
});
afterAll(() => release[Symbol.asyncDispose]());

/** A desk with an older version in place, which must survive whatever goes wrong. */
function deskWithOld(): ReturnType<typeof installerDesk> {
  const at = installerDesk();
  for (const folder of [join(at.home, ".local"), at.bin]) {
    mkdirSync(folder);
    at.give(folder);
  }
  writeFileSync(join(at.bin, "petesbrain-sync"), OLD, { mode: 0o755 });
  at.give(join(at.bin, "petesbrain-sync"));
  return at;
}

for (const [name, shell, missing] of SHELLS) {
  describe(`under ${name}`, () => {
    const testHere = testUnless(missing);

    testHere("curl -fsSL URL/install.sh | sh installs, says what is next, and can be run again", async () => {
      using at = installerDesk();
      const line = `curl -fsSL ${release.url}/install.sh | ${shell.join(" ")}`;
      const first = await at.run(["sh", "-c", line]);
      const place = join(at.bin, "petesbrain-sync");
      expect(first).toEqual({
        exit: 0,
        err: "",
        out: [
          `installed petesbrain-sync 2.0.0 (pretended) as ${place}`,
          `${at.bin} is not in PATH yet. To add it:  echo 'export PATH="${at.bin}:$PATH"' >> ~/.zshrc`,
          "next:  petesbrain-sync init ~/brain --role desktop --remote git@example.com:me/brain.git\n",
        ].join("\n"),
      });
      expect(at.files()).toEqual(["petesbrain-sync"]);
      expect([readFileSync(place, "utf8"), statSync(place).mode & 0o777]).toEqual([NEW, 0o755]);
      expect(readFileSync(join(at.home, ".config/petesbrain-sync/release-url"), "utf8")).toBe(`${release.url}\n`);
      const inode = statSync(place).ino;
      const second = await at.run(["sh", "-c", line]);
      expect(second.out).toStartWith(`petesbrain-sync 2.0.0 (pretended) is installed already, as ${place}\n`);
      expect([statSync(place).ino, at.files()]).toEqual([inode, ["petesbrain-sync"]]);
    });

    testHere("a version that is running goes on, and is kept", async () => {
      using at = deskWithOld();
      const place = join(at.bin, "petesbrain-sync");
      rmSync(place);
      copyFileSync(Bun.which("sleep") ?? "", place);
      at.give(place);
      const old = readFileSync(place);
      const running = at.child([place, "600"]);
      const said = await at.install(["--base-url", release.url], { shell });
      expect([said.exit, said.err]).toEqual([0, ""]);
      expect(said.out).toContain("the one before is kept: petesbrain-sync upgrade --rollback\n");
      expect([running.exitCode, running.signalCode]).toEqual([null, null]);
      running.kill("SIGKILL");
      await running.exited;
      expect(at.files()).toEqual(["petesbrain-sync", "petesbrain-sync.previous"]);
      expect(readFileSync(place, "utf8")).toBe(NEW);
      expect(readFileSync(`${place}.previous`).equals(old)).toBe(true);
    });

    testHere("a copy of the script that was cut off does nothing, wherever it ends", async () => {
      using at = installerDesk();
      for (const program of ["curl", "mkdir", "mktemp", "mv", "rm", "uname", "id", "git"]) {
        at.pretend(program, `echo ${program} >> ${at.home}/ran`);
      }
      const whole = readFileSync(INSTALLER);
      const ends = [...whole.entries()].filter(([, byte]) => byte === 10).map(([index]) => index + 1);
      const lengths = [...ends.slice(0, -1), ...Array.from({ length: 16 }, (_, back) => whole.length - 2 - back)];
      for (const length of lengths) {
        const { out } = await at.install(["--base-url", release.url], { shell, script: whole.subarray(0, length) });
        expect([length, out, existsSync(join(at.home, "ran")), at.files()]).toEqual([length, "", false, []]);
      }
      // and the whole one does run
      await at.install(["--base-url", release.url], { shell, script: whole });
      expect(existsSync(join(at.home, "ran"))).toBe(true);
    });

    const wrong: readonly (readonly [what: string, mood: ReleaseServer["mood"], path: string, says: RegExp])[] = [
      [
        "nothing at the address",
        "serve",
        "/nowhere",
        /SHA256SUMS: curl: \(22\) .*404\ninstall: no release can be reached/,
      ],
      ["a server that is broken", "error", "", /curl: \(22\) .*503\ninstall: no release can be reached/],
      ["a server that never answers", "stall", "", /curl: \(28\) .*\ninstall: no release can be reached/],
      ["a server that stops in the middle", "stall-in-body", "", /curl: \(28\) .*\ninstall: no release can be reached/],
      ["a file that is cut off", "cut-off", "", /is not the file that was published|curl: \(18\)/],
      ["a page that wants a login", "portal", "", /SHA256SUMS of the release say nothing about/],
      [
        "another file than the sums say",
        "serve",
        "/changed",
        /is not the file that was published \(SHA-256 [0-9a-f]{64} instead of [0-9a-f]{64}\)/,
      ],
      ["sums without this file", "serve", "/unnamed", /SHA256SUMS of the release say nothing about petesbrain-sync-/],
      ["sums without the file", "serve", "/sums-only", /\.gz: curl: \(22\) .*404\ninstall: no release can be reached/],
      ["a program that does not run", "serve", "/broken", /the new executable does not run on this machine/],
      ["a file that is no gzip", "serve", "/not-gzip", /cannot be unpacked: it is damaged/],
    ];
    // curl takes seven seconds to be sure of that one
    const here = name === "dash" ? wrong : wrong.filter(([, mood]) => mood !== "stall-in-body");
    for (const [what, mood, path, says] of here) {
      testHere(`${what} changes nothing`, async () => {
        using at = deskWithOld();
        await using server = startReleaseServer();
        publish(server.folder, () => NEW);
        publishWrongs(server.folder);
        server.mood = mood;
        const said = await at.install(["--base-url", `${server.url}${path}`, "--stall", "1"], { shell });
        expect([said.exit, said.out]).toEqual([1, ""]);
        expect(said.err).toMatch(says);
        expect([at.files(), at.files(at.home).includes(".config")]).toEqual([["petesbrain-sync"], false]);
        expect(readFileSync(join(at.bin, "petesbrain-sync"), "utf8")).toBe(OLD);
      });
    }

    testHere("ended from outside it leaves nothing behind", async () => {
      using at = deskWithOld();
      await using server = startReleaseServer();
      server.mood = "stall";
      const asked = server.asked();
      const child = at.child([...shell, "-s", "--", "--base-url", server.url], { script: readFileSync(INSTALLER) });
      await asked;
      process.kill(-child.pid, "SIGTERM");
      expect(await child.exited).toBe(143);
      expect(at.files()).toEqual(["petesbrain-sync"]);
    });
  });
}

/** Releases with one thing wrong each, in folders named for it. */
function publishWrongs(folder: string): void {
  for (const name of ["changed", "unnamed", "sums-only", "not-gzip"]) publish(join(folder, name), () => NEW);
  publish(join(folder, "broken"), () => "#!/bin/sh\nexit 3\n");
  writeFileSync(join(folder, "changed", NAME), gzipSync(pretendProduct("6.6.6")));
  writeFileSync(join(folder, "unnamed", "SHA256SUMS"), `${"a".repeat(64)}  petesbrain-sync-other.gz\n`);
  rmSync(join(folder, "sums-only", NAME));
  const junk = Buffer.from("this is no gzip");
  writeFileSync(join(folder, "not-gzip", NAME), junk);
  writeFileSync(
    join(folder, "not-gzip", "SHA256SUMS"),
    `${new Bun.CryptoHasher("sha256").update(junk).digest("hex")}  ${NAME}\n`,
  );
}

/** Text that does not shrink much. */
const LARGE = Buffer.concat([
  Buffer.from(NEW),
  Buffer.from("exit 0\n"),
  Buffer.from(crypto.getRandomValues(new Uint8Array(48_000))),
]);

for (const [what, program] of [
  ["the download does not fit", Buffer.concat([LARGE, LARGE])],
  ["the executable does not fit", Buffer.concat([LARGE, Buffer.alloc(400_000)])],
] as const) {
  testUnless(cannotInstall() ?? cannotMount())(`a disk on which ${what} is named, and keeps what it had`, async () => {
    using at = deskWithOld();
    await using server = startReleaseServer();
    publish(server.folder, () => program);
    const small = join(at.home, "small");
    mkdirSync(small);
    using _disk = mountSmallDisk(small, 65_536);
    const said = await at.install(["--base-url", server.url, "--dir", small]);
    expect([said.exit, said.out]).toEqual([1, ""]);
    expect(said.err).toMatch(/the disk under .*small is full/);
    expect(at.files(small)).toEqual([]);
  });
}

test("the script is published with the address of its release, and nothing else is changed", () => {
  const [own, published] = [INSTALLER, join(release.folder, "install.sh")].map((path) => readFileSync(path, "utf8"));
  expect(own).toContain("\nRELEASE_URL=''\n");
  expect(published).toBe(own?.replace("\nRELEASE_URL=''\n", `\nRELEASE_URL='${release.url}'\n`));
});

test("the same executables give the same release, whose sums are right", () => {
  const again = mkdtempSync(join(tmpdir(), "sync-again-"));
  try {
    publish(again, () => NEW, { url: release.url });
    const names = readdirSync(again).filter((name) => !name.startsWith("."));
    expect(names.length).toBe(7);
    for (const name of names)
      expect(readFileSync(join(again, name)).equals(readFileSync(join(release.folder, name)))).toBe(true);
    const checked = Bun.spawnSync(["sha256sum", "--check", "--strict", "SHA256SUMS"], { cwd: again, stderr: "pipe" });
    expect([checked.exitCode, checked.stderr.toString()]).toEqual([0, ""]);
  } finally {
    rmSync(again, { recursive: true });
  }
});
