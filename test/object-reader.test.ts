// The git that stays up to be asked about objects, and what is found out with it: how commits stand to each other.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isNearAncestor } from "../lib/git/ancestry.ts";
import { objectHeads, readObjects, smallContents } from "../lib/git/cat-file.ts";
import { Git, GitError } from "../lib/git/shell.ts";
import { treesOf } from "../lib/git/trees.ts";

let folder = "";
let environment: Record<string, string> = {};
/** The doors that a test opened: none of them is left open. */
let doors: Git[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "object-reader-"));
  environment = { PATH: process.env["PATH"] ?? "", HOME: folder, GIT_CONFIG_NOSYSTEM: "1" };
  git("init", "-q", "-b", "main");
});

afterEach(async () => {
  for (const door of doors) await door.objects?.end();
  doors = [];
  rmSync(folder, { recursive: true, force: true });
});

function git(...args: string[]): string {
  const identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
  const ended = Bun.spawnSync(["git", ...identity, ...args], { cwd: folder, env: environment });
  if (ended.exitCode !== 0) throw new Error(`git ${args.join(" ")}: ${ended.stderr.toString()}`);
  return ended.stdout.toString().trim();
}

function store(text: string): string {
  writeFileSync(join(folder, "content"), text);
  return git("hash-object", "-w", "content");
}

function commit(message: string): string {
  git("commit", "-q", "--allow-empty", "-m", message);
  return git("rev-parse", "HEAD");
}

function door(signal = new AbortController().signal): Git {
  const opened = new Git({ folder, environment, signal, keepsReader: true });
  doors.push(opened);
  return opened;
}

/** Puts a program in the place of git for the doors that are opened from now on. */
function wrapGit(words: string): void {
  const bin = join(folder, "bin");
  mkdirSync(bin);
  const program = `#!/bin/sh\n${words}\nPATH='${environment["PATH"]}' exec git "$@"\n`;
  writeFileSync(join(bin, "git"), program, { mode: 0o755 });
  environment = { ...environment, PATH: `${bin}:${environment["PATH"]}` };
}

/** Has each `cat-file` that is started noted. Returns how many there were. */
function countStarts(): () => number {
  const log = join(folder, "starts");
  wrapGit(`case "$*" in *cat-file*) echo started >> '${log}';; esac`);
  return () => readFileSync(log, "utf8").trimEnd().split("\n").length;
}

describe("questions", () => {
  test("are answered in their order by one process, however many are asked at once", async () => {
    const starts = countStarts();
    const [one, two] = [store("one"), store("two\n\0\n")];
    const at = door();
    const [contents, heads, again] = await Promise.all([
      smallContents(at, [one, "0".repeat(40), two], 100),
      objectHeads(at, [two, "no such name", one]),
      smallContents(at, [two], 3),
    ]);
    expect(contents.map((content) => content?.toString() ?? null)).toEqual(["one", null, "two\n\0\n"]);
    expect(heads).toEqual([{ oid: two, type: "blob", sizeBytes: 6 }, null, { oid: one, type: "blob", sizeBytes: 3 }]);
    expect(again).toEqual([null]);
    expect(starts()).toBe(1);
  });

  test("find objects that came into the store after git was started", async () => {
    const at = door();
    expect(await objectHeads(at, [store("early")])).toHaveLength(1);
    const late = store("late");
    expect(await smallContents(at, [late], 10)).toEqual([Buffer.from("late")]);
    git("repack", "-a", "-d", "-q");
    const tree = git("write-tree");
    expect(await treesOf(at, [commit("packed")])).toEqual([tree]);
  });

  test("about a large number of contents go to a process of their own, with the same answer", async () => {
    const starts = countStarts();
    const oids = Array.from({ length: 40 }, (_, n) => store(`content ${n}`));
    const at = door();
    expect((await smallContents(at, oids, 100)).map(String)).toEqual(oids.map((_, n) => `content ${n}`));
    expect((await objectHeads(at, oids)).map((head) => head?.oid)).toEqual(oids);
    expect(starts()).toBe(2);
  });

  test("a door without a git that stays up gives the same answers", async () => {
    const one = store("one");
    const at = new Git({ folder, environment, signal: new AbortController().signal });
    expect(at.objects).toBeNull();
    expect(await smallContents(at, [one, "0".repeat(40)], 100)).toEqual([Buffer.from("one"), null]);
    expect(await objectHeads(at, ["0".repeat(40), one])).toEqual([null, { oid: one, type: "blob", sizeBytes: 3 }]);
  });
});

describe("what goes wrong", () => {
  test("git ends over a damaged object: it and what follows is lacking, and the next question is answered", async () => {
    const [one, two, three] = [store("one"), store("two".repeat(100)), store("three")];
    const damaged = join(folder, ".git", "objects", two.slice(0, 2), two.slice(2));
    chmodSync(damaged, 0o644);
    writeFileSync(damaged, "no object at all");
    const at = door();
    const seen: string[] = [];
    const visitor = {
      begin: ({ oid }: { oid: string }) => seen.push(oid),
      take: () => undefined,
      end: () => undefined,
    };
    const lacking = await readObjects(at, [one, two, three], visitor);
    expect(lacking).toContain(1);
    expect(lacking).not.toContain(0);
    expect(await smallContents(at, [three], 10)).toEqual([Buffer.from("three")]);
  });

  test("whoever is told of an object and fails leaves nothing behind for the next question", async () => {
    const [one, two] = [store("one"), store("two")];
    const at = door();
    const failing = {
      begin: () => undefined,
      take: () => undefined,
      end: () => {
        throw new Error("not this one");
      },
    };
    const [failed, answered] = await Promise.allSettled([
      readObjects(at, [one, one, one], failing),
      smallContents(at, [two], 10),
    ]);
    expect(failed).toMatchObject({ status: "rejected", reason: new Error("not this one") });
    expect(answered).toMatchObject({ status: "fulfilled", value: [Buffer.from("two")] });
  });

  test("a git that is killed is an error like that of any other command, and the next question starts one anew", async () => {
    const one = store("one");
    const flag = join(folder, "die");
    writeFileSync(flag, "");
    wrapGit(`if [ -e '${flag}' ]; then rm '${flag}'; kill -KILL $$; fi`);
    const at = door();
    expect(await smallContents(at, [one], 10).catch((error: unknown) => error)).toBeInstanceOf(GitError);
    expect(await smallContents(at, [one], 10)).toEqual([Buffer.from("one")]);
  });

  test("a git that no longer listens when it is asked is that error too", async () => {
    const one = store("one");
    const [flag, asked] = [join(folder, "deaf"), join(folder, "asked")];
    writeFileSync(flag, "");
    const answer = `echo '${one} blob 3'; exec 0<&-; echo one`;
    const end = `until [ -e '${asked}' ]; do :; done; kill -KILL $$`;
    wrapGit(`if [ -e '${flag}' ]; then rm '${flag}'; read question; read flush; ${answer}; ${end}; fi`);
    const at = door();
    expect(await smallContents(at, [one], 10)).toEqual([Buffer.from("one")]);
    const unheard = smallContents(at, [one], 10).catch((error: unknown) => error);
    setImmediate(() => writeFileSync(asked, ""));
    expect(await unheard).toMatchObject({ name: "GitError", command: "cat-file", exit: 137 });
    expect(await smallContents(at, [one], 10)).toEqual([Buffer.from("one")]);
  });

  test("a git that has ended between two questions may be told to end", async () => {
    const one = store("one");
    const noted = join(folder, "pid");
    wrapGit(`echo $$ > '${noted}'`);
    const at = door();
    expect(await smallContents(at, [one], 10)).toEqual([Buffer.from("one")]);
    process.kill(Number(readFileSync(noted, "utf8")), "SIGKILL");
    await at.objects?.end();
    expect(await smallContents(at, [one], 10)).toEqual([Buffer.from("one")]);
  });

  test("a git that ends in the middle of a long question is an error like any other", async () => {
    const one = store("one");
    const flag = join(folder, "die");
    writeFileSync(flag, "");
    wrapGit(`if [ -e '${flag}' ]; then rm '${flag}'; read first; exit 3; fi`);
    const at = door();
    const longerThanAPipe = new Array(50_000).fill(one);
    const answer = at.objects?.ask("info", longerThanAPipe, () => false);
    expect(await answer?.catch((error: unknown) => error)).toMatchObject({ command: "cat-file", exit: 3 });
    expect(await smallContents(at, [one], 10)).toEqual([Buffer.from("one")]);
  });

  test("told to end, it says so to whoever asks", async () => {
    const one = store("one");
    const controller = new AbortController();
    const at = door(controller.signal);
    expect(await objectHeads(at, [one])).toHaveLength(1);
    const reason = new Error("the run was told to end");
    controller.abort(reason);
    expect(await objectHeads(at, [one]).catch((error: unknown) => error)).toBe(reason);
  });
});

describe("ancestors", () => {
  test("those a few generations back are found, on either side of a merge", async () => {
    const base = commit("base");
    const one = commit("one");
    git("switch", "-q", "-c", "side", base);
    const side = commit("side");
    git("switch", "-q", "main");
    git("merge", "-q", "-m", "both", "side");
    const merged = git("rev-parse", "HEAD");
    const at = door();
    for (const ancestor of [base, one, side]) expect(await isNearAncestor(at, ancestor, merged)).toBe(true);
    expect(await isNearAncestor(at, merged, base)).toBe(false);
    expect(await isNearAncestor(at, merged, merged)).toBe(false);
    expect(await isNearAncestor(at, side, one)).toBe(false);
  });

  test("those far back are left to git", async () => {
    const base = commit("base");
    const line = Array.from({ length: 10 }, (_, n) => commit(`${n}`));
    const at = door();
    expect(await isNearAncestor(at, base, line[7] ?? "")).toBe(true);
    expect(await isNearAncestor(at, base, line[9] ?? "")).toBe(false);
  });

  test("a message that looks like a header names no parent", async () => {
    const base = commit("base");
    git("switch", "-q", "--orphan", "other");
    const other = commit(`words\n\nparent ${base}\n`);
    expect(await isNearAncestor(door(), base, other)).toBe(false);
  });
});
