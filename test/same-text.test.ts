// Files that git itself wrote under attributes, compared with their objects once these are gone.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Git } from "../lib/git/shell.ts";
import { isSameText } from "../lib/integrity/same-text.ts";

let folder = "";
let git: Git;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "same-text-"));
  const environment = { PATH: process.env["PATH"] ?? "", HOME: folder, GIT_CONFIG_NOSYSTEM: "1" };
  git = new Git({ folder, environment, signal: new AbortController().signal });
  await git.run(["init", "-q"]);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const WESTERN = "Grüße für Zoë\n£ 5 $Id$\n";
const CENTRAL = "Příliš žluťoučký kůň\n";
const RUSSIAN = "Съешь ещё\nбулок\n";
const JAPANESE = "いろは\nにほへと\n";
const ENCODED = [
  ["UTF-16", `${WESTERN}${JAPANESE}🎈\n`],
  ["UTF-16LE", `${WESTERN}${JAPANESE}🎈\n`],
  ["UTF-16BE", `${WESTERN}${JAPANESE}🎈\n`],
  ["UTF-16LE-BOM", `${WESTERN}${JAPANESE}🎈\n`],
  ["ISO-8859-1", `${WESTERN}\u0080\u009f\n`],
  ["CP1252", `${WESTERN}€\n`],
  ["ISO-8859-15", `${WESTERN}€\n`],
  ["ISO-8859-2", CENTRAL],
  ["CP1250", CENTRAL],
  ["CP1251", RUSSIAN],
  ["KOI8-R", RUSSIAN],
  ["MACINTOSH", WESTERN],
  ["SHIFT-JIS", JAPANESE],
  ["EUC-JP", JAPANESE],
  ["EUC-KR", "안녕\n하세요\n"],
  ["GB18030", "你好\n世界\n"],
  ["BIG5", "你好\n世界\n"],
] as const;
const ATTRIBUTES = [
  ...ENCODED.flatMap(([encoding, text]) => [
    [`working-tree-encoding=${encoding}`, text],
    [`text eol=crlf working-tree-encoding=${encoding}`, text],
  ]),
  ["text eol=crlf ident", WESTERN],
  ["ident", "bytes \0 and $Id$\n"],
] as [string, string][];

describe("what git writes under", () => {
  test.each(ATTRIBUTES)("%s is the same text without it; one other bit is not", async (attributes, text) => {
    const oid = await git.text(["hash-object", "-w", "--stdin"], { input: text });
    writeFileSync(join(folder, ".gitattributes"), `file ${attributes}\n`);
    await git.run(["update-index", "--add", "--cacheinfo", `100644,${oid},file`]);
    await git.run(["checkout-index", "file"]);
    rmSync(join(folder, ".gitattributes"));
    const path = join(folder, "file");
    const written = readFileSync(path);
    expect(written.toString("latin1")).not.toBe(Buffer.from(text).toString("latin1"));
    expect(await isSameText(git, path, oid)).toBe(true);
    // an id in the text may be that of an older content
    const id = written.toString("latin1").indexOf("$Id: ");
    for (let at = 0; at < written.length; at += 5) {
      if (id >= 0 && at >= id && at < id + "$Id: $".length + oid.length) continue;
      writeFileSync(path, written.with(at, (written[at] ?? 0) ^ (1 << (at % 8))));
      if (await isSameText(git, path, oid)) throw new Error(`a bit of byte ${at} makes no difference`);
    }
  });
});

test("a file that is gone, a folder and an object that is not there are the same as nothing", async () => {
  const path = join(folder, "file");
  const oid = await git.text(["hash-object", "-w", "--stdin"], { input: "text\n" });
  expect(await isSameText(git, path, oid)).toBe(false);
  expect(await isSameText(git, folder, oid)).toBe(false);
  writeFileSync(path, "text\r\n");
  expect(await isSameText(git, path, oid)).toBe(true);
  expect(await isSameText(git, path, "0".repeat(40))).toBe(false);
});

test("only an id as git writes it is taken for one", async () => {
  const oid = await git.text(["hash-object", "-w", "--stdin"], { input: "x = '$Id: abcdef $'\n" });
  writeFileSync(join(folder, "file"), "x = '$Id: aacdef $'\n");
  expect(await isSameText(git, join(folder, "file"), oid)).toBe(false);
});
