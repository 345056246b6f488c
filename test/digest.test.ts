// Digests against published vectors, against git, and both implementations against each other.
import { describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { Failure } from "../lib/failure.ts";
import { digestOf, secondReading } from "../lib/integrity/digest.ts";

const folder = mkdtempSync(join(tmpdir(), "digest-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, "file");

// FIPS 180-4 examples and the NIST long vector of a million letters
const vectors: [string, string | Uint8Array, string][] = [
  ["empty", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  ["abc", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  [
    "two blocks",
    "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  ],
  [
    "a million letters",
    Buffer.alloc(1_000_000, "a"),
    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
  ],
];

test.each(vectors)("published vector: %s", (_, content, sha256) => {
  writeFileSync(file, content);
  expect(digestOf(file, 20)?.sha256).toBe(sha256);
  expect(secondReading(file)).toBe(sha256);
});

test("both implementations agree, and the object id is git's, at every size around a buffer's end", () => {
  const sizes = fc.oneof(fc.nat(300), fc.constantFrom(262_143, 262_144, 262_145, 524_288));
  fc.assert(
    fc.property(sizes, fc.nat(255), (size, seed) => {
      const content = Buffer.alloc(
        size,
        Uint8Array.from({ length: 97 }, (_, i) => (i * seed) & 255),
      );
      writeFileSync(file, content);
      const digest = digestOf(file, 20);
      expect(digest?.sha256).toBe(new Bun.CryptoHasher("sha256").update(content).digest("hex"));
      expect(secondReading(file)).toBe(digest?.sha256 ?? "");
      expect(digest?.oid).toBe(new Bun.CryptoHasher("sha1").update(`blob ${size}\0`).update(content).digest("hex"));
      expect(digest?.sizeBytes).toBe(size);
    }),
    { numRuns: 60 },
  );
  writeFileSync(file, "as git sees it\n");
  expect(Bun.spawnSync(["git", "hash-object", "--no-filters", file]).stdout.toString().trim()).toBe(
    digestOf(file, 20)?.oid ?? "",
  );
});

describe("what is no plain file", () => {
  test("a link is its target's name, also when that does not exist", () => {
    const link = join(folder, "link");
    symlinkSync("nowhere/at all", link);
    expect(digestOf(link, 20)).toEqual({
      sha256: new Bun.CryptoHasher("sha256").update("nowhere/at all").digest("hex"),
      oid: new Bun.CryptoHasher("sha1").update("blob 14\0nowhere/at all").digest("hex"),
      sizeBytes: 14,
      mode: "120000",
    });
    expect(secondReading(link)).toBe(digestOf(link, 20)?.sha256 ?? "");
  });

  test("nothing there, or below a file, is null", () => {
    expect(digestOf(join(folder, "absent"), 20)).toBeNull();
    writeFileSync(file, "x");
    expect(digestOf(join(file, "below"), 20)).toBeNull();
  });

  test("a folder and a pipe are named failures, never a hang", () => {
    const place = join(folder, "place");
    mkdirSync(place);
    const pipe = join(folder, "pipe");
    expect(Bun.spawnSync(["mkfifo", pipe]).exitCode).toBe(0);
    for (const odd of [place, pipe]) {
      expect(() => digestOf(odd, 20)).toThrow(Failure);
      expect(() => digestOf(odd, 20)).toThrow("neither a file nor a link");
    }
  });
});
