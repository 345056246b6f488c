// `doctor`: what it says of an installation that is well, of each thing that can be wrong, and of a Mac whose launchd
// sees less than the shell.
import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Surroundings } from "../cmd/surroundings.ts";
import { formatProbe, PROBES, type ProbeResult, parseProbes } from "../lib/doctor/probe.ts";
import { judgeProbes, rowsOf } from "../lib/doctor/two-columns.ts";
import { pauseRuns } from "../lib/machine/paused.ts";
import { productCommand } from "./support/binary.ts";
import { speak } from "./support/command-line.ts";
import { FakeMac } from "./support/fake-mac.ts";
import type { Machine, RunResult } from "./support/machine.ts";
import { machineEnvironment } from "./support/plain-git.ts";
import { twoMachines, type World } from "./support/world.ts";

const TREE = { "clients/acme/tasks.json": "[1]\n", "a.md": "a\n" };

interface Shown {
  readonly check: string;
  readonly level: string;
  readonly says: string;
  readonly remedy: readonly string[];
  readonly fixable: boolean;
}

interface Doctor {
  readonly exit: number;
  readonly checks: readonly Shown[];
  readonly probes: readonly { probe: string; shell: { ok: boolean }; agent: { ok: boolean; says: string } | null }[];
  readonly fixed: readonly { check: string }[];
  readonly failure: { kind: string; cause: string } | null;
}

function read(said: { readonly stdout?: string; readonly out?: string }): Doctor {
  return JSON.parse(said.stdout ?? said.out ?? "") as Doctor;
}

/**
 * What `doctor` says of a machine that is no Mac. On a Mac launchd would start the probe in the user's own home, which no
 * test may touch: there the command line runs in this process, as if on Linux.
 */
async function asked(machine: Machine, ...more: string[]): Promise<RunResult> {
  const args = ["doctor", ...more];
  if (process.platform === "linux") return await machine.words(args);
  const said = await speak(machine, args, { binary: await productCommand() });
  return {
    command: "doctor",
    exit: said.exit,
    signal: null,
    stdout: said.out,
    stderr: said.err,
    report: null,
    hung: false,
  };
}

async function examined(machine: Machine, ...more: string[]): Promise<Doctor> {
  return read(await asked(machine, "--json", ...more));
}

function finding(doctor: Doctor, check: string): Shown {
  const found = doctor.checks.find((one) => one.check === check);
  if (found === undefined) throw new Error(`no finding ${check} in ${JSON.stringify(doctor.checks)}`);
  return found;
}

/** A desktop that has pushed once, and so has all that a run leaves. */
async function settled(): Promise<World> {
  const world = await twoMachines(TREE);
  expect((await world.desktop.write("a.md", "b\n").push()).exit).toBe(0);
  return world;
}

describe("an installation", () => {
  test("that is well has no error, and says of what only a Mac has that it is not looked at", async () => {
    await using world = await settled();
    const doctor = await examined(world.desktop);
    expect([doctor.exit, doctor.failure]).toEqual([0, null]);
    expect(doctor.checks.filter(({ level }) => level === "error")).toEqual([]);
    for (const check of [
      "folder",
      "write",
      "git",
      "git program",
      "remote",
      "repository",
      "excludes",
      "baseline",
      "snapshots",
      "disk",
      "clock",
    ])
      expect(finding(doctor, check).level).toBe("ok");
    for (const check of ["place", "evicted files", "signature", "launchd"])
      expect(finding(doctor, check)).toMatchObject({ level: "ok", says: expect.stringContaining("only on a Mac") });
    const columns = doctor.probes.map(({ probe, shell, agent }) => [probe, shell.ok, agent]);
    expect(columns).toEqual(PROBES.map((probe) => [probe, true, null]));
    const words = await asked(world.desktop);
    expect(words.stdout.split("\n")[0]).toMatch(/^attention: \d warnings? in \d\d checks$/);
    const quiet = await asked(world.desktop, "--quiet");
    expect(quiet.stdout.trimEnd().split("\n")).toHaveLength(1);
  });

  test("every warning and every error comes with a command, and leaves the folder as it is", async () => {
    await using world = await settled();
    const before = world.desktop.tree();
    const { checks } = await examined(world.desktop);
    for (const { check, level, says, remedy } of checks) {
      expect([check, says === "", remedy.length > 0]).toEqual([check, false, level !== "ok"]);
    }
    expect(world.desktop.tree()).toEqual(before);
    expect(existsSync(world.desktop.at(".git/petesbrain-sync.probe"))).toBe(false);
  });

  test("snapshots of a run that never said how it ended are told of, those from before the history are not", async () => {
    await using world = await settled();
    const { desktop } = world;
    desktop.git("update-ref", "refs/petesbrain-sync/snapshots/20010101T000000Z-abcd", "HEAD");
    expect(finding(await examined(desktop), "snapshots").level).toBe("ok");
    desktop.git("update-ref", "refs/petesbrain-sync/snapshots/20990101T000000Z-abcd", "HEAD");
    const told = finding(await examined(desktop), "snapshots");
    expect([told.level, told.remedy[0]]).toEqual([
      "warning",
      expect.stringContaining("rollback 20990101T000000Z-abcd"),
    ]);
  });

  test("with settings that cannot be read says which, and looks at everything else", async () => {
    await using world = await settled();
    const { desktop } = world;
    for (const harm of [
      () => desktop.write(".petesbrain-sync.toml", "[guards]\nlargest_file_mb = 'much'\n"),
      () => writeFileSync(join(desktop.home, ".config/petesbrain-sync/config.toml"), "role = \n"),
    ]) {
      harm();
      const doctor = await examined(desktop);
      expect([doctor.exit, doctor.probes]).toEqual([10, []]);
      const settings = finding(doctor, "settings");
      expect([settings.level, settings.remedy.length > 0]).toEqual(["error", true]);
      for (const check of ["git program", "repository", "baseline", "snapshots", "disk"])
        expect(finding(doctor, check).level).toBe("ok");
    }
  });

  test("a configuration that git cannot read is no mistake of this program", async () => {
    await using world = await settled();
    const { desktop } = world;
    const sound = desktop.read(".git/config");
    for (const broken of ["[user", "[core]\n\tcompression = fast\n", "[core]\n\tbare = maybe\n"]) {
      desktop.write(".git/config", `${sound}${broken}`);
      for (const command of ["push", "pull", "status"])
        expect([command, (await desktop.run([command])).exit]).toEqual([command, 10]);
      // what has no use for it goes on
      for (const words of [["verify"], ["report"], ["rollback", "--force"], ["doctor"]])
        expect([0, 10]).toContain((await desktop.run(words)).exit ?? -1);
      desktop.write(".git/config", sound);
    }
  });

  test("from elsewhere, the way to the folder comes before what holds there", async () => {
    await using world = await settled();
    const { desktop } = world;
    desktop.mkdir("below").git("commit", "--quiet", "--allow-empty", "--message", "x");
    writeFileSync(desktop.at(".git/MERGE_HEAD"), desktop.gitText("rev-parse", "HEAD"));
    const said = await desktop.run(["doctor"], { cwd: desktop.at("below") });
    const { checks } = JSON.parse(said.stdout) as Doctor;
    const merge = checks.find(({ remedy }) => remedy.some((line) => line.startsWith("git merge ")));
    expect(merge?.remedy[0]).toBe(`cd ${desktop.folder}`);
  });

  test("in no folder, and in one that is no repository, ends with 10 and names init", async () => {
    await using world = await twoMachines(TREE);
    world.desktop.remove(".git");
    const said = await asked(world.desktop);
    expect([said.exit, said.stderr.includes("petesbrain-sync init")]).toEqual([10, true]);
  });
});

type Harm = (machine: Machine, world: World) => void;

const HARMS: readonly (readonly [check: string, level: string, says: string, harm: Harm])[] = [
  ["baseline", "error", "cannot be used", (machine) => machine.write(".sync-checksums.json", "{")],
  ["baseline", "warning", "no baseline yet", (machine) => machine.remove(".sync-checksums.json")],
  [
    "repository",
    "error",
    "a merge is in progress",
    (machine) => machine.write(".git/MERGE_HEAD", `${"0".repeat(40)}\n`),
  ],
  [
    "repository",
    "error",
    "other is checked out, but main is synced",
    (machine) => machine.git("switch", "-q", "-c", "other"),
  ],
  ["repository", "error", "no branch is checked out", (machine) => machine.git("switch", "-q", "--detach")],
  ["repository", "warning", "index.lock", (machine) => machine.write(".git/index.lock", "")],
  [
    "repository",
    "error",
    "more than one URL",
    (machine) => machine.git("remote", "set-url", "--add", "origin", "/x.git"),
  ],
  ["cloud copies", "error", ".git/refs/heads/main 2", (machine) => machine.write(".git/refs/heads/main 2", "x")],
  ["cloud copies", "error", ".git/index 3", (machine) => machine.write(".git/index 3", "x")],
  [
    "remote",
    "error",
    "reaching the remote fails",
    (machine, { root }) => machine.git("remote", "set-url", "origin", join(root, "gone")),
  ],
  [
    "credentials",
    "warning",
    "no credential helper",
    (machine) => machine.git("remote", "set-url", "origin", "https://127.0.0.1:9/x.git"),
  ],
  [
    "pause",
    "warning",
    "paused since 2026-01-04T10:00:00Z: to look around",
    (machine) =>
      pauseRuns(machine.at(".git/petesbrain-sync"), { since: "2026-01-04T10:00:00Z", why: "to look around" }),
  ],
  ["clock", "warning", "minutes behind the newest commit", commitFromTheFuture],
];

describe("what is wrong is found, by name and number", () => {
  for (const [check, level, says, harm] of HARMS) {
    test(`${check}: ${says}`, async () => {
      await using world = await settled();
      harm(world.desktop, world);
      const doctor = await examined(world.desktop);
      expect(finding(doctor, check)).toMatchObject({ level, says: expect.stringContaining(says) });
      expect(finding(doctor, check).remedy.length).toBeGreaterThan(0);
      expect(doctor.exit).toBe(doctor.checks.some((one) => one.level === "error") ? 10 : 0);
      if (level === "error")
        expect(doctor.failure).toMatchObject({ kind: "not-a-repository", cause: expect.stringContaining(says) });
    });
  }
});

function commitFromTheFuture(machine: Machine): void {
  const tomorrow = `${Math.floor(Date.now() / 1000) + 86_400} +0000`;
  const said = Bun.spawnSync(["git", "commit", "-q", "--allow-empty", "-m", "x"], {
    cwd: machine.folder,
    env: { ...machineEnvironment(machine.home), GIT_COMMITTER_DATE: tomorrow },
  });
  expect(said.exitCode).toBe(0);
}

test("--fix mends excludes, modes and missing directories, says so, and touches nothing else", async () => {
  await using world = await settled();
  const { desktop } = world;
  const before = desktop.tree();
  const settings = join(desktop.home, ".config/petesbrain-sync/config.toml");
  writeFileSync(desktop.at(".git/info/exclude"), "# mine\n*.tmp\n");
  chmodSync(desktop.at(".git/petesbrain-sync"), 0o755);
  chmodSync(settings, 0o644);
  const found = await examined(desktop);
  expect(found.checks.filter(({ fixable }) => fixable).map(({ check }) => check)).toEqual([
    "own files",
    "own files",
    "excludes",
  ]);
  expect(readFileSync(desktop.at(".git/info/exclude"), "utf8"), "looking changes nothing").toBe("# mine\n*.tmp\n");
  const fixed = await examined(desktop, "--fix");
  expect(fixed.fixed.map(({ check }) => check)).toEqual(["own files", "own files", "excludes"]);
  expect([finding(fixed, "own files").level, finding(fixed, "excludes").level]).toEqual(["ok", "ok"]);
  expect(readFileSync(desktop.at(".git/info/exclude"), "utf8")).toStartWith("# mine\n*.tmp\n");
  expect([desktop.at(".git/petesbrain-sync"), settings].map((path) => statSync(path).mode & 0o777)).toEqual([
    0o700, 0o600,
  ]);
  expect(desktop.tree()).toEqual(before);
  expect((await examined(desktop, "--fix")).fixed).toEqual([]);
});

test("alerts: no way out of the machine, one that lacks its secret, one that is whole, and what could not be sent", async () => {
  await using world = await settled();
  const { desktop } = world;
  const settings = join(desktop.home, ".config/petesbrain-sync/config.toml");
  const none = await examined(desktop);
  expect(finding(none, "alerts")).toMatchObject({
    level: "warning",
    says: expect.stringContaining("stays on this machine"),
  });
  expect(finding(none, "notifications").level).toBe("ok");
  writeFileSync(settings, `notifications = "off"\n${readFileSync(settings, "utf8")}[email]\nto = "me@example.com"\n`);
  const poor = await examined(desktop);
  expect(finding(poor, "notifications").says).toBe("switched off in the settings");
  expect(finding(poor, "alerts")).toMatchObject({
    level: "warning",
    says: expect.stringContaining("e-mail to me@example.com cannot be sent: neither SMTP_URL nor"),
  });
  writeFileSync(join(desktop.home, ".config/petesbrain-sync/.env"), "SMTP_URL=smtp://127.0.0.1:9\n", { mode: 0o600 });
  expect(finding(await examined(desktop), "alerts")).toMatchObject({
    level: "ok",
    says: "e-mail to me@example.com; petesbrain-sync alerts --try sends a test by each",
  });
  desktop.write("clients/acme/tasks.json", "");
  expect((await desktop.push()).exit).toBe(21);
  const unsent = finding(await examined(desktop), "unsent alerts");
  expect(unsent).toMatchObject({ level: "warning", remedy: ["petesbrain-sync alerts"] });
  expect(unsent.says).toStartWith("an alert could not be sent by e-mail to me@example.com: 127.0.0.1:9");
});

/** The whole of a Mac that is well: its programs answer as they should. */
async function onMac(machine: Machine, mac: FakeMac): Promise<Partial<Surroundings>> {
  mac.change((state) => {
    state.drainMs = 0;
  });
  for (const [name, script] of [
    ["codesign", "exit 0"],
    ["xattr", "echo 'xattr: No such xattr: com.apple.quarantine' >&2; exit 1"],
    ["xcode-select", "echo /Library/Developer/CommandLineTools"],
    ["ssh-add", "echo '256 SHA256:x me (ED25519)'"],
  ])
    mac.program(name ?? "", script ?? "");
  const [program = ""] = await productCommand();
  const environment = { ...machineEnvironment(machine.home), PATH: `${mac.bin}:${process.env["PATH"]}` };
  return { platform: "darwin", environment, binary: [program] };
}

async function examinedOn(machine: Machine, given: Partial<Surroundings>, ...more: string[]): Promise<Doctor> {
  return read(await speak(machine, ["doctor", "--json", ...more], given));
}

const EVERY_WELL: readonly ProbeResult[] = PROBES.map((probe) => ({ probe, ok: true, says: "fine" }));

function printed(results: readonly ProbeResult[]): string {
  return `${results.map(formatProbe).join("\n")}\n"end of probes"\n`;
}

describe("on a Mac", () => {
  test("the same is tried in the shell and under launchd, for real, and nothing is left behind", async () => {
    await using world = await settled();
    using mac = new FakeMac(world.desktop.home);
    const given = await onMac(world.desktop, mac);
    await speak(world.desktop, ["agents", "install"], given);
    const doctor = await examinedOn(world.desktop, given);
    expect(doctor.probes.map(({ probe, shell, agent }) => [probe, shell.ok, agent?.ok])).toEqual(
      PROBES.map((probe) => [probe, true, true]),
    );
    expect(doctor.checks.filter(({ level }) => level === "error")).toEqual([]);
    for (const check of ["place", "evicted files", "signature", "com.petesbrain.sync-desktop"])
      expect(finding(doctor, check).level).toBe("ok");
    expect(finding(doctor, "com.petesbrain.sync-desktop").says).toContain("push ended well at");
    expect(Object.keys(mac.launchd.jobs).sort()).toEqual([
      "com.petesbrain.sync-desktop",
      "com.petesbrain.sync-watchdog",
    ]);
    const words = await speak(world.desktop, ["doctor"], given);
    expect(words.out).toMatch(/\n {2}tried +in this shell +under launchd\n {2}folder +ok +ok\n/);
  });

  test("what launchd is denied is told from what is wrong altogether, with both ways out", async () => {
    await using world = await settled();
    using mac = new FakeMac(world.desktop.home);
    const given = await onMac(world.desktop, mac);
    const denied: ProbeResult = { probe: "folder", ok: false, says: "operation not permitted: … (EPERM)" };
    mac.change((state) => {
      state.prints = printed([denied, ...EVERY_WELL.slice(1)]);
    });
    const doctor = await examinedOn(world.desktop, given);
    const found = finding(doctor, "folder");
    expect(found).toMatchObject({
      level: "error",
      says: expect.stringContaining("works in this shell and fails under launchd: operation not permitted"),
    });
    expect(found.remedy[0]).toStartWith("mv ");
    expect(found.remedy[1]).toMatch(
      /Privacy_AllFiles.*Full Disk Access for .*petesbrain-sync, again after each update/,
    );
    expect(doctor.exit).toBe(10);
  });

  test("a probe that hangs under launchd is told by its absence", async () => {
    await using world = await settled();
    using mac = new FakeMac(world.desktop.home);
    const given = await onMac(world.desktop, mac);
    mac.change((state) => {
      state.prints = `${printed(EVERY_WELL.slice(0, 2))}{"probe":"git","o`;
    });
    const doctor = await examinedOn(world.desktop, given);
    expect(doctor.probes.map(({ agent }) => agent?.ok)).toEqual([true, true, false, false]);
    expect(finding(doctor, "git").says).toContain("it hangs");
  });

  test("over ssh, where launchd has no session, that is said and the rest is looked at", async () => {
    await using world = await settled();
    using mac = new FakeMac(world.desktop.home);
    const given = await onMac(world.desktop, mac);
    mac.change((state) => {
      state.hasLogin = false;
    });
    const doctor = await examinedOn(world.desktop, given);
    expect(finding(doctor, "launchd")).toMatchObject({ level: "warning", says: expect.stringContaining("(125)") });
    expect(doctor.probes.every(({ agent }) => agent === null)).toBe(true);
    expect(finding(doctor, "baseline").level).toBe("ok");
  });

  const programs: readonly (readonly [check: string, level: string, says: string, name: string, script: string])[] = [
    ["signature", "error", "does not hold: invalid signature", "codesign", "echo 'invalid signature' >&2; exit 1"],
    ["signature", "error", "under quarantine", "xattr", "echo 0081"],
  ];
  test.each(programs)("%s: %s, %s", async (check, level, says, name, script) => {
    await using world = await settled();
    using mac = new FakeMac(world.desktop.home);
    const given = await onMac(world.desktop, mac);
    mac.program(name, script);
    const doctor = await examinedOn(world.desktop, given);
    expect(finding(doctor, check)).toMatchObject({
      level,
      says: expect.stringContaining(says),
      remedy: [expect.any(String)],
    });
  });

  test("git that is only a door to missing developer tools", async () => {
    await using world = await settled();
    using mac = new FakeMac(world.desktop.home);
    const given = await onMac(world.desktop, mac);
    mac.program("xcode-select", "echo 'unable to get active developer directory' >&2; exit 2");
    const doctor = await examinedOn(world.desktop, given);
    const isShim = Bun.which("git", { PATH: given.environment?.["PATH"] ?? "" }) === "/usr/bin/git";
    const git = doctor.checks.filter(({ check }) => check === "git program");
    expect(git.some(({ says }) => says.includes("unable to get active developer directory"))).toBe(isShim);
  });

  test("agents: by hand, missing, changed, not loaded, switched off, and long without a good run", async () => {
    await using world = await settled();
    using mac = new FakeMac(world.desktop.home);
    const given = await onMac(world.desktop, mac);
    const agents = join(world.desktop.home, "Library", "LaunchAgents");
    const own = "com.petesbrain.sync-desktop";
    mkdirSync(agents, { recursive: true });
    writeFileSync(join(agents, "com.petesbrain.sync-laptop.plist"), "<string>/x/sync-petesbrain-v2.sh</string>");
    const none = await examinedOn(world.desktop, given);
    expect(finding(none, "old agents").says).toContain("written by hand");
    expect(finding(none, "agents")).toMatchObject({ level: "warning", says: "nothing is scheduled on this machine" });
    await speak(world.desktop, ["agents", "install"], given);
    const well = await examinedOn(world.desktop, given);
    expect(well.checks.some(({ check }) => check === "old agents" || check === "agents")).toBe(false);
    const later = { ...given, now: () => new Date(Date.now() + 7 * 3_600_000) };
    expect(finding(await examinedOn(world.desktop, later), own)).toMatchObject({
      level: "warning",
      says: expect.stringMatching(/last push that ended well is [67] hours old/),
    });
    mac.change((state) => {
      delete state.jobs[own];
      state.disabled = [own];
    });
    const off = await examinedOn(world.desktop, given);
    expect(off.checks.filter(({ check }) => check === own).map(({ says }) => says)).toEqual([
      expect.stringContaining("switched off"),
      expect.stringContaining("the scheduler does not have it"),
    ]);
    writeFileSync(join(agents, `${own}.plist`), "changed");
    expect(finding(await examinedOn(world.desktop, given), own).says).toContain("switched off");
    rmSync(join(agents, `${own}.plist`));
    const gone = (await examinedOn(world.desktop, given)).checks.filter(({ check }) => check === own);
    expect(gone.at(-1)?.says).toContain("is missing");
  });

  test("a folder in a place that macOS or iCloud has its hands on", async () => {
    await using world = await settled();
    using mac = new FakeMac(world.desktop.home);
    const { desktop } = world;
    const given = await onMac(desktop, mac);
    const places: readonly (readonly [below: string, level: string, says: string])[] = [
      ["Documents/Brain", "warning", "iCloud may sync it too"],
      ["Documents/Brain.nosync", "warning", "keeps from scheduled programs"],
      ["Library/Mobile Documents/Brain", "error", "damages it"],
      ["Downloads/Brain", "warning", "keeps from scheduled programs"],
      ["Brain", "ok", "in no place"],
    ];
    for (const [below, level, says] of places) {
      const folder = join(desktop.home, below);
      mkdirSync(folder, { recursive: true });
      desktop.git("clone", "-q", world.remote.path, folder);
      const doctor = await examinedOn(desktop, given, "--folder", folder);
      expect([below, finding(doctor, "place")]).toMatchObject([below, { level, says: expect.stringContaining(says) }]);
      if (level !== "ok")
        expect(finding(doctor, "place").remedy[0]).toContain(
          ` ${join(desktop.home, "Brain")} && petesbrain-sync init `,
        );
    }
  });
});

describe("probes", () => {
  const advice = { protection: ["move it"], folder: "/f" };
  const bad = (probe: ProbeResult["probe"], says = "EACCES"): ProbeResult => ({ probe, ok: false, says });
  const withBad = (...results: ProbeResult[]): ProbeResult[] =>
    EVERY_WELL.map((one) => results.find(({ probe }) => probe === one.probe) ?? one);

  test("all four combinations of shell and launchd, for every probe", () => {
    for (const probe of PROBES) {
      const says = (shell: readonly ProbeResult[], agent: readonly ProbeResult[]): string[] =>
        judgeProbes(rowsOf(shell, agent), advice)
          .filter(({ check }) => check === probe)
          .map((one) => `${one.level} ${one.says}`);
      expect(says(EVERY_WELL, EVERY_WELL)[0]).toStartWith("ok ");
      expect(says(EVERY_WELL, withBad(bad(probe)))[0]).toContain("works in this shell and fails under launchd: EACCES");
      expect(says(withBad(bad(probe)), EVERY_WELL)[0]).toContain("works under launchd and fails in this shell: EACCES");
      expect(says(withBad(bad(probe)), withBad(bad(probe)))[0]).toMatch(/^error .* fails: EACCES$/);
    }
  });

  test("a probe without an answer hangs, in either column", () => {
    const rows = rowsOf([], EVERY_WELL.slice(0, 1));
    expect(rows.map(({ shell, agent }) => [shell.ok, agent?.ok])).toEqual(PROBES.map((_, at) => [false, at === 0]));
    expect(judgeProbes(rows, advice)[0]?.remedy).toEqual(["move it"]);
  });

  test("what is printed is read back, whatever else is in between", () => {
    const text = `warning: something\n${printed(EVERY_WELL)}{"probe":"git","ok":tr`;
    expect(parseProbes(text)).toEqual([...EVERY_WELL]);
    expect(parseProbes("")).toEqual([]);
  });

  test("run by the program itself, near and far", async () => {
    await using world = await settled();
    const lines = async (...words: string[]): Promise<string[]> => {
      const said: RunResult = await world.desktop.words(["probe", ...words]);
      expect([said.exit, said.stderr]).toEqual([0, ""]);
      return parseProbes(said.stdout).map(({ probe, ok }) => `${probe} ${ok}`);
    };
    expect(await lines()).toEqual(["folder true", "write true", "git true", "remote true"]);
    expect(await lines("near")).toEqual(["folder true", "write true", "git true"]);
    world.desktop.git("remote", "set-url", "origin", "/nowhere.git");
    expect(await lines("far")).toEqual(["remote false"]);
  });
});
