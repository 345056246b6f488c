// What macOS would refuse is found here: the signer against Bun's own, byte for byte; the verifier against every kind of
// damage; and the finished executables for both kinds of Mac, read as macOS reads them.
import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { build, MINIMUM_MACOS, SIGNED } from "../.ci/build.ts";
import { fetchBun, ROOT, type Target } from "../.ci/bun-packages.mjs";
import { parseMachO } from "../.ci/macho.ts";
import { AD_HOC, PRODUCT_SIGNING, signMachO } from "../.ci/sign-macho.ts";
import { type Expectation, faultsOfMachO } from "../.ci/verify-macho.ts";
import { smallMachO } from "./support/macho.ts";
import { missingTemplate, testUnless } from "./support/skip.ts";

const scratch = mkdtempSync(join(tmpdir(), "petesbrain-sign-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
// each executable is 100 MB: let it go before the next
afterEach(() => Bun.gc(true));

const { identifier } = PRODUCT_SIGNING;
const EXPECTED: Expectation = { architecture: "arm64", minimumOs: MINIMUM_MACOS, identifier, forbidden: [] };

function signedSmall(): Buffer {
  return signMachO(smallMachO(), PRODUCT_SIGNING);
}

/** The signed file with one byte changed, counted from the start or, when negative, from the end. */
function flipped(at: number): Buffer {
  const file = signedSmall();
  const index = at < 0 ? file.length + at : at;
  file.writeUInt8(file.readUInt8(index) ^ 1, index);
  return file;
}

describe("a signed file", () => {
  test("has no fault, and signing it again changes nothing", () => {
    const signed = signedSmall();
    expect(faultsOfMachO(signed, EXPECTED)).toEqual([]);
    expect(signMachO(signed, PRODUCT_SIGNING).equals(signed)).toBe(true);
  });

  test("is the old file but for the two sizes and what follows the signature's place", () => {
    const [old, signed] = [smallMachO(), signedSmall()];
    const { signature, linkEdit } = parseMachO(old);
    const changed = Array.from({ length: signature.offset }, (_, at) => at).filter((at) => old[at] !== signed[at]);
    const within = (at: number, start: number, size: number): boolean => at >= start && at < start + size;
    const elsewhere = changed.filter(
      (at) => !(within(at, signature.commandAt + 12, 4) || within(at, linkEdit.commandAt + 32, 24)),
    );
    expect(elsewhere).toEqual([]);
    expect(signed.includes("an old signature")).toBe(false);
  });

  test("hashes a last page that is not full without padding", () => {
    const signed = signMachO(smallMachO({ linkEditBytes: 16 }), PRODUCT_SIGNING);
    const { signature } = parseMachO(signed);
    const last = createHash("sha256").update(signed.subarray(12_288, signature.offset)).digest();
    expect(signed.indexOf(last)).toBeGreaterThan(signature.offset);
    expect(faultsOfMachO(signed, EXPECTED)).toEqual([]);
  });

  test("carries the requirement in the form in which codesign compiles it", () => {
    // designated => identifier "abcde"
    const wanted = "fade0c01000000300000000100000003000000 14fade0c000000001c000000010000000200000005 6162636465000000";
    const signed = signMachO(smallMachO(), { ...PRODUCT_SIGNING, identifier: "abcde" });
    expect(signed.includes(Buffer.from(wanted.replaceAll(" ", ""), "hex"))).toBe(true);
  });
});

describe("the verifier finds", () => {
  const damage: readonly (readonly [name: string, file: () => Buffer, fault: RegExp])[] = [
    ["a changed byte of the first page", () => flipped(900), /^1 of 4 page hashes are wrong, the first of page 0$/],
    ["a changed byte of the last page", () => flipped(12_300), /the first of page 3$/],
    ["a changed page hash", () => flipped(-9), /^1 of 4 page hashes are wrong, the first of page 3$|CMS|requirement/],
    ["a file that was cut off", () => signedSmall().subarray(0, -1), /the signature ends at byte \d+, the file at/],
    ["bytes after the signature", () => Buffer.concat([signedSmall(), Buffer.alloc(8)]), /__LINKEDIT ends at byte/],
    ["another architecture", () => signMachO(smallMachO({ cpu: 0x01000007 }), PRODUCT_SIGNING), /is for x86_64/],
    ["an unknown architecture", () => signMachO(smallMachO({ cpu: 12 }), PRODUCT_SIGNING), /is for CPU type 12/],
    ["a newer macOS", () => signMachO(smallMachO({ minimumOs: 0x0e0500 }), PRODUCT_SIGNING), /asks for macOS 14\.5/],
    ["the hardened runtime", () => signMachO(smallMachO(), { ...PRODUCT_SIGNING, flags: 0x10002 }), /hardened runtime/],
    ["other flags", () => signMachO(smallMachO(), { ...PRODUCT_SIGNING, flags: 0x20002 }), /flags are 0x20002/],
    ["another identifier", () => signMachO(smallMachO(), { ...PRODUCT_SIGNING, identifier: "a.out" }), /is a\.out/],
    [
      "a missing requirement",
      () => signMachO(smallMachO(), { identifier, flags: AD_HOC, withRequirement: false }),
      /requirement is not: designated/,
    ],
    ["a file without a signature of ours", () => smallMachO(), /signature does not begin as one/],
    ["a file of another kind", () => Buffer.from("\u007fELF and so on, long enough to be read"), /first bytes are not/],
    ["an empty file", () => Buffer.alloc(0), /cannot be read/],
  ];
  test.each(damage)("%s", (_, file, fault) => expect(faultsOfMachO(file(), EXPECTED).join("\n")).toMatch(fault));

  test("a changed byte, wherever it is in the load commands and in the signature", () => {
    const file = signedSmall();
    const { signature } = parseMachO(file);
    const silent: number[] = [];
    for (let at = 0; at < file.length; at = at === 400 ? signature.offset : at + 1) {
      file.writeUInt8(file.readUInt8(at) ^ 0x11, at);
      if (faultsOfMachO(file, EXPECTED).length === 0) silent.push(at);
      file.writeUInt8(file.readUInt8(at) ^ 0x11, at);
    }
    expect(silent).toEqual([]);
    expect(faultsOfMachO(file, EXPECTED)).toEqual([]);
  });

  test("a path that should not be inside", () =>
    expect(
      faultsOfMachO(signMachO(Buffer.from(smallMachO()), PRODUCT_SIGNING), { ...EXPECTED, forbidden: ["__TEXT"] }),
    ).toEqual(["it holds the text __TEXT"]));
});

describe("the signer refuses", () => {
  const wrong: readonly (readonly [name: string, file: Buffer, why: RegExp])[] = [
    ["another kind of file", Buffer.alloc(64), /not a thin 64-bit Mach-O/],
    ["bytes behind the signature", smallMachO({ trailing: 4 }), /not the aligned end of __LINKEDIT and file/],
    ["a signature at an odd place", smallMachO({ linkEditBytes: 100 }), /not the aligned end/],
    ["load commands that are cut off", smallMachO().subarray(0, 120), /load command 1 is cut off|load command 0/],
    ["a file without a signature", withoutSignature(), /no LC_CODE_SIGNATURE/],
  ];
  test.each(wrong)("%s", (_, file, why) => expect(() => signMachO(file, PRODUCT_SIGNING)).toThrow(why));
});

function withoutSignature(): Buffer {
  const file = smallMachO();
  file.writeUInt32LE(0x2b, parseMachO(file).signature.commandAt);
  return file;
}

describe("for a Mac", () => {
  testUnless(missingTemplate("darwin-arm64"))("signing as Bun signs gives Bun's own bytes", async () => {
    const hello = join(scratch, "hello.ts");
    writeFileSync(hello, 'console.log("hello");\n');
    const outfile = join(scratch, "hello");
    const words = ["--compile", "--target=bun-darwin-arm64", `--compile-executable-path=${fetchBun("darwin-arm64")}`];
    const child = Bun.spawn([process.execPath, "build", hello, ...words, `--outfile=${outfile}`], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    expect(await child.exited).toBe(0);
    const byBun = readFileSync(outfile);
    const signed = signMachO(byBun, { identifier: "a.out", flags: 0x20002, withRequirement: false });
    expect(signed.equals(byBun)).toBe(true);
    // and the test would see a difference
    expect(signMachO(byBun, { identifier: "b.out", flags: 0x20002, withRequirement: false }).equals(byBun)).toBe(false);
  });

  for (const [target, architecture] of Object.entries(SIGNED) as [Target, Expectation["architecture"]][]) {
    testUnless(missingTemplate(target))(`the finished ${target} executable is as macOS wants it`, async () => {
      const outfile = join(scratch, target, "petesbrain-sync");
      await build({ target, faults: false, outfile, commit: "0123456789abcdef" });
      const bytes = readFileSync(outfile);
      // Bun has words of its own inside, such as `/$bunfs/root/`.
      const own = readFileSync(fetchBun(target));
      const words = [ROOT.replace(/\/$/, ""), scratch, `${homedir()}/`, "PETESBRAIN_SYNC_FAULT"];
      const forbidden = words.filter((word) => !own.includes(word));
      expect(faultsOfMachO(bytes, { ...EXPECTED, architecture, forbidden })).toEqual([]);
      const again = join(scratch, `${target}-again`, "petesbrain-sync");
      await build({ target, faults: false, outfile: again, commit: "0123456789abcdef" });
      expect(readFileSync(again).equals(bytes)).toBe(true);
    });
  }
});
