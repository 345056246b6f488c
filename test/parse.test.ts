// The readers of git's machine formats, against real git where it can make the case, and against damage.
import { describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { Failure } from "../lib/failure.ts";
import { judgeUrl } from "../lib/git/configuration.ts";
import { IndexBytes } from "../lib/git/index-bytes.ts";
import {
  type Change,
  DiffReader,
  decodePath,
  parseConfig,
  parseDiffTree,
  parseLsRemote,
  parsePush,
  parseStatus,
  parseTree,
  splitRecords,
} from "../lib/git/parse.ts";
import { parseIndex } from "../lib/git/parse-index.ts";
import { unsafeName } from "../lib/git/path-name.ts";

const bytes = (text: string): Uint8Array => Buffer.from(text);
const OID = "a".repeat(40);
const OTHER = "b".repeat(40);
const NONE = "0".repeat(40);

function repository(): { folder: string; git: (...args: string[]) => Uint8Array; [Symbol.dispose](): void } {
  const folder = mkdtempSync(join(tmpdir(), "parse-"));
  const env = { PATH: process.env["PATH"] ?? "", HOME: folder, GIT_CONFIG_NOSYSTEM: "1" };
  const git = (...args: string[]): Uint8Array => {
    const ended = Bun.spawnSync(["git", "-c", "user.name=T", "-c", "user.email=t@t", ...args], { cwd: folder, env });
    if (ended.exitCode !== 0) throw new Error(`git ${args.join(" ")}: ${ended.stderr.toString()}`);
    return ended.stdout;
  };
  git("init", "-q", "-b", "main");
  return { folder, git, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

describe("paths", () => {
  test("any UTF-8 name is read as it is", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", minLength: 1 }).filter((name) => name.isWellFormed() && !name.includes("\0")),
        (name) => {
          expect(decodePath(bytes(name))).toBe(name);
        },
      ),
    );
  });

  test("a name that is not UTF-8 is refused by name, with a command to mend it", () => {
    const error = (() => {
      try {
        decodePath(new Uint8Array([0x62, 0xff, 0x64]));
      } catch (thrown) {
        return thrown;
      }
      return null;
    })();
    expect(error).toBeInstanceOf(Failure);
    expect((error as Failure).kind).toBe("halted");
    expect((error as Failure).message).toContain("b\\xffd");
    expect((error as Failure).remedy[0]).toContain("mv --");
  });

  const unsafe: [string, boolean][] = [
    ["notes.md", false],
    ["a/b/c.md", false],
    ["-rf", false],
    ["...", false],
    ["new\nline", false],
    ["gitignore", false],
    [".github/x", false],
    ["x.git", false],
    ["", true],
    ["/etc/passwd", true],
    ["a//b", true],
    ["../x", true],
    ["a/../b", true],
    ["./a", true],
    [".git/config", true],
    ["a/.GIT/hooks/post-checkout", true],
    [".g\u200cit/config", true],
    ["GIT~1/config", true],
    [".git. /config", true],
    [`${"x".repeat(256)}`, true],
    [`${"ü".repeat(128)}`, true],
    [`${"x".repeat(255)}`, false],
  ];
  test.each(unsafe)("%j may be written: refused %p", (path, refused) => {
    expect(unsafeName(path) !== null).toBe(refused);
  });
});

describe("git's listings", () => {
  test("diff-tree: added, changed, deleted, mode and type", () => {
    const text = [
      `:000000 100644 ${NONE} ${OID} A\0new\0`,
      `:100644 100755 ${OID} ${OID} M\0mode\0`,
      `:100644 000000 ${OID} ${NONE} D\0gone\nline\0`,
      `:100644 120000 ${OID} ${OTHER} T\0"link"\0`,
    ].join("");
    expect(parseDiffTree(bytes(text))).toEqual([
      { path: "new", before: null, after: { mode: "100644", oid: OID } },
      { path: "mode", before: { mode: "100644", oid: OID }, after: { mode: "100755", oid: OID } },
      { path: "gone\nline", before: { mode: "100644", oid: OID }, after: null },
      { path: '"link"', before: { mode: "100644", oid: OID }, after: { mode: "120000", oid: OTHER } },
    ]);
  });

  test.each([
    ["a record without its end", `:000000 100644 ${NONE} ${OID} A\0new`],
    ["a header without its path", `:000000 100644 ${NONE} ${OID} A\0`],
    ["a rename, which was not asked for", `:100644 100644 ${OID} ${OID} R100\0a\0b\0`],
    ["something else", "hello\0world\0"],
  ])("diff-tree: %s is refused", (_, text) => {
    expect(() => parseDiffTree(bytes(text))).toThrow();
  });

  test("however the output is cut into pieces, the records are the same", () => {
    const text = [
      `:000000 100644 ${NONE} ${OID} A\0new\0`,
      `:100644 100755 ${OID} ${OTHER} M\0ünïcode/mode\0`,
      `:100644 000000 ${"c".repeat(64)} ${"0".repeat(64)} D\0gone\nline\0`,
    ].join("");
    const whole = bytes(text);
    const read = (cuts: readonly number[]): Change[] => {
      const changes: Change[] = [];
      const reader = new DiffReader((change) => changes.push(change));
      const places = [0, ...cuts.toSorted((a, b) => a - b), whole.length];
      for (const [n, end] of places.slice(1).entries()) reader.take(whole.slice(places[n] ?? 0, end));
      reader.end();
      return changes;
    };
    const expected = parseDiffTree(whole);
    expect(expected).toHaveLength(3);
    fc.assert(
      fc.property(fc.array(fc.nat({ max: whole.length })), (cuts) => {
        expect(read(cuts)).toEqual(expected);
      }),
    );
  });

  test("random bytes never pass for a listing of changes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (noise) => {
        expect(() => parseDiffTree(noise)).toThrow();
      }),
      { numRuns: 2000 },
    );
  });

  test("records are what lies between NULs", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 20 }).filter((part) => !part.includes(0))), (parts) => {
        const joined = Buffer.concat(parts.flatMap((part) => [part, new Uint8Array([0])]));
        expect([...splitRecords(joined)].map((part) => Buffer.from(part).toString("hex"))).toEqual(
          parts.map((part) => Buffer.from(part).toString("hex")),
        );
      }),
    );
  });

  test("status of a real repository in every state of a file", () => {
    using place = repository();
    const { folder, git } = place;
    for (const name of ["same", "staged", "unstaged", "both", "gone", "removed", "mode"])
      writeFileSync(join(folder, name), "one\n");
    git("add", "-A");
    git("commit", "-q", "-m", "one");
    writeFileSync(join(folder, "staged"), "two\n");
    writeFileSync(join(folder, "both"), "two\n");
    git("add", "-A");
    writeFileSync(join(folder, "both"), "three\n");
    writeFileSync(join(folder, "unstaged"), "two\n");
    rmSync(join(folder, "gone"));
    git("rm", "-q", "removed");
    chmodSync(join(folder, "mode"), 0o755);
    writeFileSync(join(folder, "new file\n"), "x");
    symlinkSync("nowhere", join(folder, "-link"));
    mkdirSync(join(folder, "nested"));
    Bun.spawnSync(["git", "init", "-q", join(folder, "nested")]);
    const listing = parseStatus(
      git("status", "--porcelain=v2", "--branch", "-z", "--no-renames", "--untracked-files=all"),
    );
    expect(listing.branch).toBe("main");
    expect(listing.head).toMatch(/^[0-9a-f]{40}$/);
    const seen = Object.fromEntries(listing.lines.map(({ path, ...line }) => [path, line]));
    const line = { kind: "changed", staged: false, unstaged: false, gone: false, repository: false };
    expect(seen).toEqual({
      staged: { ...line, staged: true },
      unstaged: { ...line, unstaged: true },
      both: { ...line, staged: true, unstaged: true },
      gone: { ...line, unstaged: true, gone: true },
      removed: { ...line, staged: true },
      mode: { ...line, unstaged: true },
      "new file\n": { ...line, kind: "untracked", unstaged: true },
      "-link": { ...line, kind: "untracked", unstaged: true },
      nested: { ...line, kind: "untracked", unstaged: true, repository: true },
    } as never);
  });

  test("status says unborn and detached", () => {
    expect(parseStatus(bytes("# branch.oid (initial)\0# branch.head main\0"))).toEqual({
      head: null,
      branch: "main",
      lines: [],
    });
    expect(parseStatus(bytes(`# branch.oid ${OID}\0# branch.head (detached)\0`))).toEqual({
      head: OID,
      branch: null,
      lines: [],
    });
    expect(() => parseStatus(bytes("7 what is this\0"))).toThrow();
  });

  test("ls-tree and ls-files", () => {
    const expected = new Map([["a b", { mode: "100644", oid: OID }]]);
    expect(parseTree(bytes(`100644 blob ${OID}\ta b\0`))).toEqual(expected);
    expect(parseTree(bytes(`100644 ${OID} 0\ta b\0`))).toEqual(expected);
    expect(() => parseTree(bytes(`100644 ${OID} 2\ta b\0`))).toThrow();
  });

  test("push and ls-remote", () => {
    expect(parsePush("To somewhere\n!\tabc:refs/heads/main\t[rejected] (stale info)\nDone\n")).toEqual([
      { flag: "!", remoteRef: "refs/heads/main", summary: "[rejected] (stale info)" },
    ]);
    expect(parseLsRemote(`${OID}\trefs/heads/main\n<html>login</html>\n`)).toEqual(new Map([["refs/heads/main", OID]]));
    expect(parseLsRemote("")).toEqual(new Map());
  });

  test("configuration keeps every value of a key, line ends included", () => {
    expect(parseConfig(bytes("remote.origin.url\na\0remote.origin.url\nb\nc\0core.bare\0"))).toEqual(
      new Map([
        ["remote.origin.url", ["a", "b\nc"]],
        ["core.bare", ["true"]],
      ]),
    );
  });
});

describe("the index file", () => {
  test.each([2, 3, 4])("version %d, as git writes it", (version) => {
    using place = repository();
    const { folder, git } = place;
    const names = [
      "a",
      "dir/b",
      "dir/bc",
      "dir/deeper/still/c",
      `long-${"x".repeat(200)}`,
      "ünïcode",
      "seen",
      "blind",
      "hidden",
    ];
    for (const name of names) {
      mkdirSync(join(folder, name, ".."), { recursive: true });
      writeFileSync(join(folder, name), name);
    }
    git("add", "-A");
    const look = (): ReturnType<typeof parseIndex> =>
      IndexBytes.read(join(folder, ".git", "index"), (index) => parseIndex(index, 20));
    git("update-index", "--index-version", String(version));
    expect(look()).toEqual({
      entries: names.length,
      // nothing was committed, so that git has no trees to note behind the entries
      extensionsAt: statSync(join(folder, ".git", "index")).size - 20,
      blinded: 0,
      // in version 4 that is not looked for
      attributes: version === 4,
      repositories: [],
      unmerged: false,
      sparse: false,
      split: false,
    });
    git("update-index", "--add", "--cacheinfo", `100644,${OID},dir/not.gitattributes.md`);
    expect(look().attributes).toBe(version === 4);
    git("update-index", "--add", "--cacheinfo", `100644,${OID},dir/.gitattributes`);
    expect(look().attributes).toBe(true);
    git("update-index", "--assume-unchanged", "blind");
    expect(look().blinded).toBe(1);
    git("update-index", "--skip-worktree", "hidden");
    expect(look().blinded).toBe(2);
    git("update-index", "--add", "--cacheinfo", `160000,${OID},dir/module`);
    expect(look().repositories).toEqual(version === 4 ? [expect.stringContaining("module")] : ["dir/module"]);
    const stages = [1, 2, 3]
      .map((stage) => `100644 ${git("hash-object", "-w", "a").toString().trim()} ${stage}\tclash\n`)
      .join("");
    const ended = Bun.spawnSync(["git", "update-index", "--index-info"], { cwd: folder, stdin: Buffer.from(stages) });
    expect(ended.exitCode).toBe(0);
    expect(look().unmerged).toBe(true);
  });

  test("any cut, and any damage to its frame, is noticed", () => {
    using place = repository();
    for (let i = 0; i < 20; i++) writeFileSync(join(place.folder, `file-${i}`), String(i));
    place.git("add", "-A");
    const whole = readFileSync(join(place.folder, ".git", "index"));
    for (let length = 0; length < whole.length; length += 7)
      expect(() => parseIndex(IndexBytes.of(whole.subarray(0, length)), 20)).toThrow();
    expect(() => parseIndex(IndexBytes.of(Buffer.concat([Buffer.from("XXXX"), whole.subarray(4)])), 20)).toThrow();
    expect(() => parseIndex(IndexBytes.of(new Uint8Array()), 20)).toThrow();
  });
});

describe("remote URLs", () => {
  const table: [string, string | null, string][] = [
    ["https://github.com/a/b.git", null, "https://github.com/a/b.git"],
    ["git@github.com:a/b.git", null, "git@github.com:a/b.git"],
    ["ssh://git@host:22/a.git", null, "ssh://git@host:22/a.git"],
    ["../remote.git", null, "../remote.git"],
    ["/srv/remote.git", null, "/srv/remote.git"],
    ["file:///srv/remote.git", null, "file:///srv/remote.git"],
    ["http://127.0.0.1:8080/a.git", null, "http://127.0.0.1:8080/a.git"],
    ["http://localhost/a.git", null, "http://localhost/a.git"],
    ["http://example.org/a.git", "not a way", "http://example.org/a.git"],
    ["http://127.0.0.1.example.org/a.git", "not a way", "http://127.0.0.1.example.org/a.git"],
    ["git://example.org/a.git", "not a way", "git://example.org/a.git"],
    ["ext::sh -c 'touch /tmp/x'", "run a program", "ext::sh -c 'touch /tmp/x'"],
    ["--upload-pack=touch", "run a program", "--upload-pack=touch"],
    ["https://pete:hunter2@example.org/a.git", "holds credentials", "https://example.org/a.git"],
    ["https://ghp_token@example.org/a.git", "holds credentials", "https://example.org/a.git"],
    ["ssh://git:secret@host/a.git", "holds credentials", "ssh://git@host/a.git"],
  ];
  test.each(table)("%s", (url, refusal, shown) => {
    const judged = judgeUrl(url);
    if (refusal === null) expect(judged.refusal).toBeNull();
    else expect(judged.refusal?.cause).toContain(refusal);
    expect(judged.shown).toBe(shown);
    if (refusal === "holds credentials") expect(JSON.stringify(judged)).not.toMatch(/hunter2|ghp_token|secret/);
  });
});
