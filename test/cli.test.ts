// The command line as people and programs meet it: which words are read how, what a wrong one is answered with, where
// output goes. The product itself is run; nothing here needs an engine but the last stories of `init`.

import { describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { COMMANDS, EVERYWHERE } from "../cmd/help.ts";
import { formatCommandHelp, formatOverview } from "../cmd/help-words.ts";
import { parseInvocation } from "../cmd/invocation.ts";
import { nearest } from "../cmd/nearest.ts";
import * as plainWords from "../cmd/plain-words.ts";
import { count, listOf, summaryOf, wordsOfFailure, wordsOfReport } from "../cmd/words.ts";
import { FAILURES, Failure } from "../lib/failure.ts";
import { printable } from "../lib/printable.ts";
import type { Report } from "../lib/sync/report.ts";
import { productCommand } from "./support/binary.ts";
import { gitText, machineEnvironment } from "./support/plain-git.ts";

interface Said {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

interface Desk {
  readonly home: string;
  readonly [Symbol.dispose]: () => void;
  run(args: readonly string[], more?: { cwd?: string; environment?: Record<string, string> }): Promise<Said>;
}

function desk(): Desk {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "sync-cli-")));
  const run: Desk["run"] = async (args, { cwd = home, environment = {} } = {}) => {
    const child = Bun.spawn([...(await productCommand()), ...args], {
      cwd,
      env: { ...machineEnvironment(home), ...environment },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const [out, err, exit] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    return { exit, out, err };
  };
  return { home, run, [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }) };
}

async function refusal(words: string): Promise<Failure> {
  try {
    await parseInvocation(words.split(" ").filter((word) => word !== ""));
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error(`nothing was refused in: ${words}`);
}

const WRONG: readonly (readonly [words: string, cause: string, remedy: string])[] = [
  ["", "no command is given", "petesbrain-sync --help"],
  ["psuh", 'there is no command "psuh"; did you mean push?', "petesbrain-sync push"],
  ["stat", 'there is no command "stat"; did you mean status?', "petesbrain-sync status"],
  ["frobnicate", 'there is no command "frobnicate"', "petesbrain-sync --help"],
  ["constructor", 'there is no command "constructor"', "petesbrain-sync --help"],
  ["push --dry-run=1", "--dry-run takes no value: it is on where it is given", "petesbrain-sync --help"],
  ["push --json=yes", "--json takes no value: it is on where it is given", "petesbrain-sync --help"],
  ["push --dryrun", "push has no option --dryrun; did you mean --dry-run?", "petesbrain-sync push --help"],
  ["push --dry_run", "push has no option --dry_run; did you mean --dry-run?", "petesbrain-sync push --help"],
  ["pull -n", "pull has no option -n", "petesbrain-sync pull --help"],
  ["push --no-json", "push has no option --no-json", "petesbrain-sync push --help"],
  ["push --force", "--force belongs to rollback, not to push", "petesbrain-sync push --help"],
  ["status --dry-run", "--dry-run belongs to push, pull, sync, verify, rollback, ", "petesbrain-sync status --help"],
  ["--limit 3 push", "--limit belongs to history, alerts, logs, not to push", "petesbrain-sync push --help"],
  ["history --limit", "--limit needs a value: --limit N", "petesbrain-sync --help"],
  ["push --folder", "--folder needs a value: --folder PATH", "petesbrain-sync --help"],
  ["push --folder a --folder b", "--folder is given twice", "petesbrain-sync --help"],
  ["push now", '"now" is one word too many for push', "petesbrain-sync push --help"],
  ["config", "config needs a word more: show, check, path", "petesbrain-sync config --help"],
  ["config chekc", 'config does not know "chekc"; did you mean check?', "petesbrain-sync config check"],
  ["config frob", 'config does not know "frob"; one of show, check, path', "petesbrain-sync config --help"],
];

test.each(WRONG)("%j is answered with the right word", async (words, cause, remedy) => {
  const failure = await refusal(words);
  expect(failure.kind).toBe("usage");
  expect(failure.message.startsWith(cause)).toBe(true);
  expect(failure.remedy).toEqual([remedy]);
});

test("options stand before or behind the command, joined or apart, more than once where that is harmless", async () => {
  const plain = await parseInvocation(["push", "--folder", "/a", "--json"]);
  expect(await parseInvocation(["--json", "--folder=/a", "push", "--json"])).toEqual(plain);
  expect(plain).toMatchObject({ command: "push", folder: "/a", json: true, quiet: false, color: true, dryRun: false });
  expect(await parseInvocation(["--dry-run", "push", "--no-color"])).toMatchObject({
    command: "push",
    dryRun: true,
    color: false,
  });
  expect((await parseInvocation(["rollback", "20260104T102500Z-4f2a"])).words).toEqual(["20260104T102500Z-4f2a"]);
  expect((await parseInvocation(["init", "007"])).words).toEqual(["007"]);
  expect((await parseInvocation(["history", "--limit", "5"])).limit).toBe("5");
});

test.each(COMMANDS.map((command) => [command.name, command] as const))(
  "%s reads every option its help shows",
  async (_, command) => {
    for (const { name, value } of [...EVERYWHERE, ...command.options]) {
      const words = [
        command.name,
        ...command.positionals.filter(({ required }) => required).map(({ choices }) => choices?.[0] ?? "x"),
      ];
      if (command.name === "help") words.push("push");
      const option = value === null ? [`--${name}`] : [`--${name}`, name === "allow" ? "secret" : "x"];
      expect((await parseInvocation([...words, ...option])).command).toBe(command.name);
    }
  },
);

test("help shows every exit code, and no line is too wide for a terminal", () => {
  for (const text of [formatOverview(), ...COMMANDS.map(formatCommandHelp)]) {
    for (const [kind, { exit }] of Object.entries(FAILURES))
      expect(text).toMatch(new RegExp(`^ +${exit} +${kind}: `, "m"));
    for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(110);
  }
});

test("a word is guessed only when it is near", () => {
  const words = ["push", "pull", "status"];
  expect([
    nearest("psuh", words),
    nearest("PULL", words),
    nearest("statsu", words),
    nearest("xyz", words),
    nearest("", words),
  ]).toEqual(["push", "pull", "status", null, null]);
});

const ODD: readonly (readonly [string, string])[] = [
  ["plain/ä/🎉👩‍👩‍👧.md", "plain/ä/🎉👩‍👩‍👧.md"],
  ["a\nb\tc\r", String.raw`a\nb\tc\r`],
  ["\u001b[2J\u0007\u007f\u009b", String.raw`\x1b[2J\x07\x7f\x9b`],
  ["a\u202etxt\u2066\u200f", String.raw`a\u{202e}txt\u{2066}\u{200f}`],
  ["a\u2028b\ufeff\u{e0041}", String.raw`a\u{2028}b\u{feff}\u{e0041}`],
];

test.each(ODD)("%j is printed without steering the terminal", (text, shown) => {
  expect(printable(text)).toBe(shown);
});

function report(more: Partial<Report>): Report {
  return {
    schema: 1,
    command: "push",
    run: "20260104T102500Z-4f2a",
    outcome: "synced",
    exit: 0,
    machine: { name: "mini", role: "desktop" },
    branch: "main",
    head: { before: "a".repeat(40), after: "1a2b3c4".padEnd(40, "0") },
    remote: { before: "a".repeat(40), after: "1a2b3c4".padEnd(40, "0") },
    files: { added: ["c"], modified: ["a", "b"], deleted: [], merged: [], conflicts: [], heldBack: [] },
    verified: { critical: 132, changed: 3, attestedBy: null },
    snapshot: null,
    rolledBack: false,
    durationMs: 812,
    steps: [{ name: "fetch", ms: 310.4, ok: true }],
    failure: null,
    notes: [],
    ...more,
  };
}

const NOTHING = { added: [], modified: [], deleted: [], merged: [], conflicts: [], heldBack: [] };
const HEADLINES: readonly (readonly [string, Partial<Report>, string])[] = [
  ["a push", {}, "synced: 3 files published (2 changed, 1 new) as 1a2b3c4; 132 critical files proven"],
  [
    "a pull",
    { command: "pull", verified: { critical: 1, changed: 3, attestedBy: "desktop" } },
    "synced: 3 files brought in (2 changed, 1 new) as 1a2b3c4; 1 critical file proven, as desktop attested",
  ],
  [
    "a sync",
    { command: "sync", verified: { critical: 0, changed: 3, attestedBy: null } },
    "synced: 3 files (2 changed, 1 new) as 1a2b3c4; 3 files proven",
  ],
  [
    "a merge",
    { files: { ...NOTHING, modified: ["a"], merged: ["a"] } },
    "synced: 1 file published (1 merged) as 1a2b3c4; 132 critical files proven",
  ],
  ["a plan", { outcome: "planned" }, "planned: 3 files would be published (2 changed, 1 new); nothing was changed"],
  [
    "nothing to do",
    { outcome: "up-to-date", files: NOTHING },
    "up to date: 1a2b3c4 on main at noon; nothing to do; 132 critical files proven",
  ],
  [
    "an answer that is what lies here already",
    { command: "resolve", files: NOTHING, verified: { critical: 1, changed: 0, attestedBy: null } },
    "synced: every conflict is answered, and no file here had to change; 1 critical file proven",
  ],
  [
    "a rollback",
    { command: "rollback", outcome: "rolled-back" },
    "rolled back: 3 files put back (2 changed, 1 new); 3 files proven by SHA-256",
  ],
];

test.each(HEADLINES)("the first line of %s", (_, more, line) => {
  expect(wordsOfReport(report(more), { verbose: false, at: "noon" })[0]).toBe(line);
});

test("ten files are listed, then how many more; verbose lists all, and the steps", () => {
  const files = { ...NOTHING, added: Array.from({ length: 22 }, (_, at) => `f${String(at).padStart(2, "0")}`) };
  expect(listOf(files, false)).toHaveLength(11);
  expect(listOf(files, false).at(-1)).toBe("  and 12 more");
  const lines = wordsOfReport(report({ files, notes: ["run pull"] }), { verbose: true, at: "noon" });
  expect(lines).toContain("  new      f21");
  expect(lines).toContain("  fetch             310 ms");
  expect(lines.at(-1)).toBe("note: run pull");
  expect(summaryOf(NOTHING)).toBe("0 files");
  expect(count(1, "file")).toBe("1 file");
});

test("a failure says what, why, about what, and how to go on, once", () => {
  const failure = {
    kind: "conflicts",
    title: "both machines changed the same thing",
    cause: "1 file",
    paths: ["a.md"],
    remedy: ["git log"],
    log: "/l",
  } as const;
  expect(wordsOfFailure({ ...failure, paths: [...failure.paths], remedy: [...failure.remedy] }, "blocked")).toEqual([
    "blocked: both machines changed the same thing",
    "  1 file",
    "  a.md",
    "to go on:",
    "  git log",
  ]);
});

describe("the program", () => {
  test("version and help answer on standard output with 0", async () => {
    using at = desk();
    for (const args of [["--version"], ["version"], ["version", "--quiet"]]) {
      const { exit, out, err } = await at.run(args);
      expect([exit, err]).toEqual([0, ""]);
      expect(out).toMatch(/^petesbrain-sync \S+ \([0-9a-z]+\)\n$/);
    }
    for (const args of [["--help"], ["-h"], ["help"]])
      expect(await at.run(args)).toEqual({ exit: 0, out: `${formatOverview()}\n`, err: "" });
    const push = COMMANDS.find(({ name }) => name === "push");
    if (push === undefined) throw new Error("push is gone");
    for (const args of [
      ["push", "--help"],
      ["help", "push"],
      ["--json=false", "push", "-h"],
    ]) {
      expect((await at.run(args)).out).toBe(`${formatCommandHelp(push)}\n`);
    }
    expect(readdirSync(at.home).filter((name) => name.includes("petesbrain") || name === ".config")).toEqual([]);
  });

  test("a wrong word is complained about on standard error with 2, and with --json as one object", async () => {
    using at = desk();
    const spoken = await at.run(["psuh"]);
    expect(spoken).toEqual({
      exit: 2,
      out: "",
      err: 'failed: wrong usage\n  there is no command "psuh"; did you mean push?\nto go on:\n  petesbrain-sync push\n',
    });
    const told = await at.run(["push", "--nonsense", "--json"]);
    expect([told.exit, told.err, told.out.split("\n").length]).toEqual([2, "", 2]);
    expect(JSON.parse(told.out)).toMatchObject({ schema: 1, command: "push", exit: 2, failure: { kind: "usage" } });
  });

  test("output is the same with CI=1, without a terminal's name, and says nothing in colour to a pipe", async () => {
    using at = desk();
    const plain = await at.run(["config", "show"]);
    expect(plain.exit).toBe(0);
    expect(plain.out).not.toContain("\u001b");
    for (const environment of [
      { CI: "1" },
      { TERM: "xterm-256color", FORCE_COLOR: "1" },
      { CONSOLA_LEVEL: "0" },
      { NO_COLOR: "1" },
    ]) {
      expect(await at.run(["config", "show"], { environment })).toEqual(plain);
    }
  });

  test("outside of any folder the way to init is shown", async () => {
    using at = desk();
    for (const command of ["push", "pull", "sync", "status", "history"]) {
      const { exit, out, err } = await at.run([command]);
      expect([exit, out.split(":")[0]]).toEqual([10, command === "status" ? "ATTENTION" : ""]);
      expect(err).toContain("petesbrain-sync init");
    }
  });

  test("wrong settings end every command with 3, naming file and line; config path still works", async () => {
    using at = desk();
    const file = join(at.home, ".config", "petesbrain-sync", "config.toml");
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, "\nrole = 7\n");
    for (const args of [["config", "check"], ["config", "show"], ["push"], ["status"]]) {
      const { exit, err } = await at.run(args);
      expect([args[0], exit]).toEqual([args[0], 3]);
      expect(err).toContain(`${file}, line 2: role must be text in quotes; for example: role = "desktop"`);
    }
    const path = await at.run(["config", "path"]);
    expect([path.exit, path.out.includes(file)]).toEqual([0, true]);
    writeFileSync(file, 'role = "laptop"\n');
    expect(await at.run(["config", "check"])).toEqual({ exit: 0, out: "the settings are valid\n", err: "" });
  });

  test("a rollback with nobody to ask says which words to use", async () => {
    using at = desk();
    const { exit, err } = await at.run(["rollback"]);
    expect(exit).toBe(2);
    expect(err).toContain("  petesbrain-sync rollback --dry-run\n  petesbrain-sync rollback --force\n");
  });

  test("a reader that goes away is no failure", async () => {
    using at = desk();
    const words = (await productCommand()).map((word) => `'${word}'`).join(" ");
    const child = Bun.spawn(["/bin/sh", "-c", `${words} --help | true; ${words} config show | true; echo done`], {
      cwd: at.home,
      env: machineEnvironment(at.home),
      stdout: "pipe",
      stderr: "pipe",
    });
    expect([await child.stdout.text(), await child.stderr.text()]).toEqual(["done\n", ""]);
  });

  test("a current directory that is gone is said, not stumbled over", async () => {
    using at = desk();
    const words = (await productCommand()).map((word) => `'${word}'`).join(" ");
    const script = `mkdir gone && cd gone && rmdir ../gone && ${words} push; echo "exit $?"`;
    const child = Bun.spawn(["/bin/sh", "-c", script], {
      cwd: at.home,
      env: machineEnvironment(at.home),
      stdout: "pipe",
      stderr: "pipe",
    });
    const [out, err] = [await child.stdout.text(), await child.stderr.text()];
    expect(out).toBe("exit 1\n"); // the runtime ends before our first line
    expect(err).toContain("working directory");
  });
});

function emptyRemote(at: Desk): string {
  const remote = join(at.home, "remote.git");
  gitText(at.home, at.home, ["init", "--quiet", "--bare", "--initial-branch=main", remote]);
  return remote;
}

function filledRemote(at: Desk, branch = "main"): string {
  const remote = emptyRemote(at);
  const source = join(at.home, "source");
  mkdirSync(join(source, "d"), { recursive: true });
  writeFileSync(join(source, "a.txt"), "a\n");
  writeFileSync(join(source, "d", "run.sh"), "#!/bin/sh\n", { mode: 0o755 });
  gitText(source, at.home, ["init", "--quiet", `--initial-branch=${branch}`]);
  gitText(source, at.home, ["add", "--all"]);
  gitText(source, at.home, [
    "-c",
    "user.name=Peter",
    "-c",
    "user.email=peter@example.com",
    "commit",
    "--quiet",
    "-m",
    "first",
  ]);
  gitText(source, at.home, ["push", "--quiet", remote, branch]);
  gitText(remote, at.home, ["symbolic-ref", "HEAD", `refs/heads/${branch}`]);
  return remote;
}

describe("init", () => {
  test("makes a checkout of a plain folder, touches no file in it, and does nothing the second time", async () => {
    using at = desk();
    const remote = emptyRemote(at);
    const folder = join(at.home, "brain");
    mkdirSync(folder);
    writeFileSync(join(folder, "a.txt"), "a\n");
    const before = statSync(join(folder, "a.txt"), { bigint: true });
    const first = await at.run(["init", "brain", "--role", "desktop", "--remote", "remote.git"]);
    expect([first.exit, first.err]).toEqual([0, ""]);
    expect(first.out).toEndWith("next: petesbrain-sync push\n");
    expect(gitText(folder, at.home, ["remote", "get-url", "origin"]).trim()).toBe(remote);
    expect(statSync(join(folder, "a.txt"), { bigint: true })).toEqual(before);
    expect(readdirSync(folder).sort()).toEqual([".git", ".sync-checksums.json", "a.txt"]);
    const exclude = readFileSync(join(folder, ".git", "info", "exclude"), "utf8");
    expect(exclude).toContain("/.sync-checksums.json\n/.sync-snapshot/\n/data/alerts/\n");
    expect(readFileSync(join(at.home, ".config/petesbrain-sync/config.toml"), "utf8")).toBe(
      `folder = "${folder}"\nrole = "desktop"\n`,
    );

    const baseline = readFileSync(join(folder, ".sync-checksums.json"), "utf8");
    const second = await at.run(["init", "brain", "--json"]);
    expect(JSON.parse(second.out)).toMatchObject({
      command: "init",
      outcome: "up-to-date",
      exit: 0,
      notes: [],
      machine: { role: "desktop" },
    });
    expect(readFileSync(join(folder, ".git", "info", "exclude"), "utf8")).toBe(exclude);
    expect(readFileSync(join(folder, ".sync-checksums.json"), "utf8")).toBe(baseline);
  });

  test.each(["main", "trunk"])("brings a filled remote into an empty place, branch %s", async (branch) => {
    using at = desk();
    filledRemote(at, branch);
    const said = await at.run(["init", "brain", "--role", "laptop", "--remote", "remote.git"]);
    expect([said.exit, said.err]).toEqual([0, ""]);
    const folder = join(at.home, "brain");
    expect(readFileSync(join(folder, "a.txt"), "utf8")).toBe("a\n");
    expect(statSync(join(folder, "d", "run.sh")).mode & 0o111).toBe(0o111);
    expect(gitText(folder, at.home, ["status", "--porcelain=v2", "--branch"])).toContain(
      `# branch.upstream origin/${branch}\n# branch.ab +0 -0`,
    );
    expect(gitText(folder, at.home, ["diff-files"]).trim()).toBe("");
    const settings = readFileSync(join(at.home, ".config/petesbrain-sync/config.toml"), "utf8");
    expect(settings.includes("branch =")).toBe(branch !== "main");
  });

  test("goes on where it was cut while the files were being moved into place", async () => {
    using at = desk();
    filledRemote(at);
    await at.run(["init", "brain", "--role", "laptop", "--remote", "remote.git"]);
    const folder = join(at.home, "brain");
    const arrived = join(folder, ".petesbrain-sync-arrived");
    mkdirSync(arrived);
    for (const name of [".git", "a.txt"]) expect(Bun.spawnSync(["mv", join(folder, name), arrived]).exitCode).toBe(0);
    const said = await at.run(["init", "brain"]);
    expect([said.exit, said.err]).toEqual([0, ""]);
    expect(readdirSync(folder).sort()).toEqual([".git", ".sync-checksums.json", "a.txt", "d"]);
    expect(gitText(folder, at.home, ["status", "--porcelain"]).trim()).toBe("");
  });

  test("adopts a folder that holds exactly what the remote does, and refuses one that differs, unchanged", async () => {
    using at = desk();
    filledRemote(at);
    const folder = join(at.home, "source");
    rmSync(join(folder, ".git"), { recursive: true });
    writeFileSync(join(folder, "a.txt"), "mine\n");
    const refused = await at.run(["init", "source", "--role", "laptop", "--remote", "remote.git", "--json"]);
    expect(JSON.parse(refused.out)).toMatchObject({ exit: 21, failure: { kind: "halted", paths: ["a.txt"] } });
    expect(readdirSync(folder).sort()).toEqual(["a.txt", "d"]);
    expect(readFileSync(join(folder, "a.txt"), "utf8")).toBe("mine\n");
    writeFileSync(join(folder, "a.txt"), "a\n");
    const adopted = await at.run(["init", "source", "--role", "laptop", "--remote", "remote.git"]);
    expect([adopted.exit, adopted.err]).toEqual([0, ""]);
    expect(gitText(folder, at.home, ["status", "--porcelain"]).trim()).toBe("");
  });

  const REFUSED: readonly (readonly [url: string, exit: number, says: string])[] = [
    ["https://me:secret@example.com/x.git", 21, "holds credentials"],
    ["https://token@example.com/x.git", 21, "holds credentials"],
    ["http://example.com/x.git", 21, "http"],
    ["git://example.com/x.git", 21, "git"],
    ["ext::sh -c true", 21, "would run a program"],
    ["nowhere.git", 12, "nowhere.git"],
  ];

  test.each(REFUSED)("refuses %s and leaves nothing behind", async (url, exit, says) => {
    using at = desk();
    const said = await at.run(["init", "brain", "--role", "laptop", "--remote", url]);
    expect([said.exit, said.out]).toEqual([exit, ""]);
    expect(said.err).toContain(says);
    expect(said.err).not.toContain("secret");
    expect(existsSync(join(at.home, "brain"))).toBe(false);
    expect(existsSync(join(at.home, ".config"))).toBe(false);
    const log = join(at.home, ".petesbrain-sync-v2-error.log");
    expect(readFileSync(log, "utf8")).not.toContain("secret");
  });

  test("asks for what is missing only where there is somebody; otherwise says which words to add", async () => {
    using at = desk();
    const role = await at.run(["init", "brain"]);
    expect([role.exit, role.err.includes("--role desktop")]).toEqual([2, true]);
    const remote = await at.run(["init", "brain", "--role", "desktop"]);
    expect([remote.exit, remote.err.includes("--remote URL")]).toEqual([2, true]);
    const odd = await at.run(["init", "brain", "--role", "my desk"]);
    expect([odd.exit, odd.err.includes('which "my desk" is not')]).toEqual([2, true]);
  });

  test("keeps to the branch and the remote a checkout has", async () => {
    using at = desk();
    filledRemote(at, "trunk");
    const source = join(at.home, "source");
    const branch = await at.run(["init", "source", "--role", "desktop", "--branch", "main"]);
    expect([branch.exit, branch.err.includes("on the branch trunk, not on main")]).toEqual([10, true]);
    gitText(source, at.home, ["remote", "add", "origin", join(at.home, "remote.git")]);
    const other = await at.run(["init", "source", "--role", "desktop", "--remote", "elsewhere.git"]);
    expect([other.exit, other.err.includes("already has a remote origin")]).toEqual([21, true]);
    // the same place, told in another way
    gitText(source, at.home, ["remote", "set-url", "origin", "../remote.git"]);
    const below = await at.run(["init", "--role", "desktop"], { cwd: join(source, "d") });
    expect([below.exit, below.err.includes(`petesbrain-sync init ${source}\n`)]).toEqual([2, true]);
    const told = ["--remote", join(at.home, "remote.git")];
    const adopted = await at.run(["init", "--role", "desktop", ...told], { cwd: source });
    expect([adopted.exit, adopted.err]).toEqual([0, ""]);
    expect(adopted.out).toStartWith(`set up: ${source} as desktop, branch trunk\n`);
  });
});

describe("plain words and yargs", () => {
  const { readPlainWords } = plainWords;
  const options = [
    { name: "folder", value: "PATH", does: "" },
    { name: "json", value: null, does: "" },
    { name: "no-color", value: null, does: "" },
  ] as unknown as Parameters<typeof readPlainWords>[1];

  test.each([
    [["push"], { _: ["push"] }],
    [["push", "--json"], { _: ["push"], json: true }],
    [["--json", "rollback", "list"], { _: ["rollback", "list"], json: true }],
    [["push", "--folder", "a b", "--no-color"], { _: ["push"], folder: "a b", "no-color": true }],
  ])("%j is plain", (argv, parsed) => {
    expect(readPlainWords(argv, options)).toEqual(parsed);
  });

  test.each([
    [["push", "--folder=x"]],
    [["push", "--folder"]],
    [["push", "--folder", "--json"]],
    [["push", "--folder", ""]],
    [["push", "--json", "--json"]],
    [["push", "--jsn"]],
    [["push", "--", "x"]],
    [["push", "-q"]],
    [["push", "-"]],
  ])("%j is left to yargs", (argv) => {
    expect(readPlainWords(argv, options)).toBeNull();
  });
});
