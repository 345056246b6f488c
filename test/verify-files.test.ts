// Files that differ from their objects though nobody saved them, in a run that brought other attributes.
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Git } from "../lib/git/shell.ts";
import { saveOf } from "../lib/integrity/file-state.ts";
import { verifyFiles } from "../lib/integrity/verify.ts";
import { State } from "../lib/machine/state.ts";
import { digestOf } from "./support/observe.ts";

let folder = "";
let git: Git;
let state: State;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "verify-files-"));
  mkdirSync(join(folder, "state"));
  state = State.open(join(folder, "state"));
  const environment = { PATH: process.env["PATH"] ?? "", HOME: folder, GIT_CONFIG_NOSYSTEM: "1" };
  git = new Git({ folder, environment, signal: new AbortController().signal });
  await git.run(["init", "-q"]);
});

afterEach(() => {
  state.close();
  rmSync(folder, { recursive: true, force: true });
});

test("are what filters made of them only where they are as before the run; else they are damaged", async () => {
  const oid = await git.text(["hash-object", "-w", "--stdin"], { input: "what a filter stores\n" });
  const path = join(folder, "file");
  writeFileSync(path, "what it shows\n");
  const save = saveOf(statSync(path, { bigint: true }));
  const verdicts = async (asBefore: ReadonlyMap<string, string>) => {
    const place = { git, state, folder, oidBytes: 20 as const, since: Date.now() + 3_600_000, asBefore };
    return await verifyFiles(place, [{ path: "file", entry: { mode: "100644", oid }, save }]);
  };
  const before = new Map([["file", digestOf(Buffer.from("what it shows\n"))]]);
  expect(await verdicts(before)).toMatchObject({ refiltered: ["file"], damaged: [] });
  expect(await verdicts(new Map([["file", digestOf(Buffer.from("what it sh0ws\n"))]]))).toMatchObject({
    damaged: ["file"],
  });
  expect(await verdicts(new Map())).toMatchObject({ refiltered: [], damaged: ["file"] });
});
