// Files with a size and without blocks: in the cloud they are never read, a hole is named, anything else is read.
import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { digestOf, readFile, secondReading } from "../lib/integrity/digest.ts";
import { evictionOn, flagsByStat, type IsEvicted } from "../lib/integrity/evicted.ts";
import { failureOf } from "./support/failure-of.ts";
import { testUnless } from "./support/skip.ts";

const folder = mkdtempSync(join(tmpdir(), "evicted-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, "file");
const sha256 = (content: string | Uint8Array): string => new Bun.CryptoHasher("sha256").update(content).digest("hex");

function makeHole(size: number): void {
  writeFileSync(file, "");
  truncateSync(file, size);
}

function made(...words: string[]): void {
  const ended = Bun.spawnSync(words);
  if (ended.exitCode !== 0) throw new Error(ended.stderr.toString());
}

describe("a file with a size and no blocks", () => {
  const DATALESS = 0x40000000;
  const ways: readonly (readonly [name: string, evicted: IsEvicted, inCloud: boolean])[] = [
    ["on a Mac, flagged", evictionOn("darwin", () => DATALESS | 0x20), true],
    ["on a Mac, not flagged", evictionOn("darwin", () => 0x20), false],
    ["on a Mac that does not say", evictionOn("darwin", () => null), true],
    ["on Linux", evictionOn("linux", () => DATALESS), false],
  ];
  const contents: readonly (readonly [name: string, fill: (size: number) => void, hole: boolean])[] = [
    ["a hole", makeHole, true],
    ["zeros", (size) => writeFileSync(file, Buffer.alloc(size)), false],
    ["content", (size) => writeFileSync(file, Buffer.alloc(size, "x")), false],
  ];
  const cases = ways.flatMap((way) =>
    contents.flatMap((content) =>
      [0, 512, 513, 300 * 1024].map((size) => ({
        way,
        content,
        size,
        name: `${way[0]}: ${content[0]}, ${size} bytes`,
      })),
    ),
  );

  test.each(cases)("$name", ({ way: [, evicted, inCloud], content: [, fill, hole], size }) => {
    rmSync(file, { force: true });
    fill(size);
    const counts = hole && size > 512;
    if (counts) expect(statSync(file).blocks).toBe(0);
    let begun = 0;
    const read = () =>
      readFile(
        file,
        20,
        () => {
          begun += 1;
          return () => undefined;
        },
        evicted,
      );
    if (!counts) {
      expect(read()).toMatchObject({ digest: { sizeBytes: size } });
      return;
    }
    const failure = failureOf(read);
    expect(failure.kind).toBe(inCloud ? "permission-denied" : "integrity-mismatch");
    expect(failure.remedy.join("\n")).toContain(
      inCloud ? `brctl download '${file}'` : "restore --source=HEAD -- 'file'",
    );
    expect(begun, "a file in the cloud is never read").toBe(inCloud ? 0 : 1);
  });

  test("what the messages say", () => {
    makeHole(4096);
    expect(failureOf(() => readFile(file, null, undefined, () => true)).message).toBe(
      `${file} is in the cloud only: its 4096 bytes are not on this disk`,
    );
    expect(failureOf(() => readFile(file, null, undefined, () => false)).message).toBe(
      `${file} is a hole: 4096 bytes long, and nothing of it is on the disk (a power cut leaves this)`,
    );
    expect(failureOf(() => secondReading(file)).kind).toBe("integrity-mismatch");
  });

  test("the remedy for a hole brings the content back, also for a name with quotes", () => {
    const repository = join(folder, "it's a repository");
    const path = join(repository, 'it\'s "here"');
    mkdirSync(repository);
    writeFileSync(path, "good\n");
    const git = ["git", "-C", repository, "-c", "user.name=t", "-c", "user.email=t@example.com"];
    for (const words of [
      ["init", "-q"],
      ["add", "-A"],
      ["commit", "-q", "-m", "good"],
    ])
      made(...git, ...words);
    writeFileSync(path, "");
    truncateSync(path, 4096);
    const [restore = "", fill = ""] = failureOf(() => digestOf(path)).remedy;
    made("sh", "-c", fill);
    expect(digestOf(path)?.sha256).toBe(sha256(Buffer.alloc(4096)));
    made("sh", "-c", restore);
    expect(digestOf(path)?.sha256).toBe(sha256("good\n"));
  });

  const KERNEL_FILE = "/sys/kernel/btf/vmlinux";
  testUnless(existsSync(KERNEL_FILE) ? null : `there is no ${KERNEL_FILE}`)(
    "is read where it has content after all",
    () => {
      expect(statSync(KERNEL_FILE).blocks).toBe(0);
      expect(digestOf(KERNEL_FILE)?.sha256).toBe(secondReading(KERNEL_FILE) ?? "");
    },
  );

  testUnless(process.platform === "darwin" ? null : "only a Mac has these flags")("a Mac gives a file's flags", () => {
    writeFileSync(file, "x");
    expect(flagsByStat(file)).toBe(0);
    expect(flagsByStat(join(folder, "absent"))).toBeNull();
  });
});
