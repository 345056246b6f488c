// Digests against published vectors, against git, and both implementations against each other.
import { describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { digestOf, secondReading } from "../lib/integrity/digest.ts";

const folder = mkdtempSync(join(tmpdir(), "digest-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, "file");

const KIB = 1024;
/** A block of SHA-256 has 64 bytes, of which the last may hold 55 of content; files are read in pieces of 256 KiB. */
const BORDERS = [0, 55, 56, 63, 64, 65, 119, 127, 128, 256 * KIB - 1, 256 * KIB, 256 * KIB + 1, 512 * KIB];

// NIST: the examples of FIPS 180-4, and of SHA256ShortMsg.rsp the first of one and two bytes
const vectors: readonly (readonly [name: string, content: string | Uint8Array, sha256: string])[] = [
  ["empty", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  ["one byte", Uint8Array.of(0xd3), "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1"],
  ["two bytes", Uint8Array.of(0x11, 0xaf), "5ca7133fa735326081558ac312c620eeca9970d1e70a4b95533d956f072d1f98"],
  ["abc", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  [
    "448 bits",
    "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  ],
  [
    "896 bits",
    "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
    "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1",
  ],
  [
    "a million letters",
    Buffer.alloc(1_000_000, "a"),
    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
  ],
];

test.each(vectors)("published vector, by both implementations: %s", (_, content, sha256) => {
  writeFileSync(file, content);
  expect(digestOf(file)?.sha256).toBe(sha256);
  expect(secondReading(file)).toBe(sha256);
});

test("both implementations agree on random bytes, and the object id is git's formula", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc
      .tuple(fc.constantFrom(...BORDERS), fc.uint8Array({ minLength: 1, maxLength: 97 }))
      .map(([size, seed]) => new Uint8Array(Buffer.alloc(size, seed))),
  );
  fc.assert(
    fc.property(bytes, fc.constantFrom(20, 32), (content, oidBytes) => {
      writeFileSync(file, content);
      const digest = digestOf(file, oidBytes);
      expect(digest).toEqual({
        sha256: new Bun.CryptoHasher("sha256").update(content).digest("hex"),
        oid: blobId(content, oidBytes),
        sizeBytes: content.length,
        mode: "100644",
      });
      expect(secondReading(file)).toBe(digest?.sha256 ?? "");
    }),
    { numRuns: 100 },
  );
});

test("one changed bit anywhere gives another digest, by both implementations", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.nat(), (content, place) => {
      writeFileSync(file, content);
      const before = [digestOf(file)?.sha256, secondReading(file)];
      const bit = place % (content.length * 8);
      writeFileSync(
        file,
        content.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte)),
      );
      expect(digestOf(file)?.sha256).not.toBe(before[0]);
      expect(secondReading(file)).not.toBe(before[1]);
    }),
  );
});

describe.each([
  ["sha1", 20],
  ["sha256", 32],
] as const)("in a repository of %s", (format, oidBytes) => {
  const repository = join(folder, format);
  mkdirSync(repository);
  const git = (...words: string[]): string[] => {
    const ended = Bun.spawnSync(["git", "-C", repository, ...words]);
    if (ended.exitCode !== 0) throw new Error(ended.stderr.toString());
    return ended.stdout.toString().trim().split("\n");
  };

  test("the id of each size of file is the one git gives", () => {
    git("init", "-q", `--object-format=${format}`);
    const paths = BORDERS.map((size) => join(repository, `${size}`));
    for (const [n, size] of BORDERS.entries()) {
      writeFileSync(
        paths[n] ?? "",
        Uint8Array.from({ length: size }, (_, at) => (at * 31 + size) & 255),
      );
    }
    expect(paths.map((path) => digestOf(path, oidBytes)?.oid)).toEqual(git("hash-object", "--no-filters", ...paths));
  });

  test("the id and mode of links, programs and plain files are those git writes into its index", () => {
    git("init", "-q", `--object-format=${format}`);
    symlinkSync("nowhere/at all", join(repository, "link"));
    writeFileSync(join(repository, "plain"), "plain\r\n");
    writeFileSync(join(repository, "program"), "#!/bin/sh\n", { mode: 0o755 });
    const names = ["link", "plain", "program"];
    git("-c", "core.autocrlf=false", "add", "--", ...names);
    const found = names.map((name) => {
      const digest = digestOf(join(repository, name), oidBytes);
      return `${digest?.mode} ${digest?.oid} 0\t${name}`;
    });
    expect(found).toEqual(git("ls-files", "-s", "--", ...names));
  });
});

function blobId(content: Uint8Array, oidBytes: 20 | 32): string {
  const hasher = new Bun.CryptoHasher(oidBytes === 20 ? "sha1" : "sha256");
  return hasher.update(`blob ${content.length}\0`).update(content).digest("hex");
}
