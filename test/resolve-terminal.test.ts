// Conflicts answered by a person at a real terminal: `resolve` shows each and asks, push, pull and sync ask in place, and
// an editor may be the answer.

import { expect, test } from "bun:test";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Machine } from "./support/machine.ts";
import { onTerminal, type Seen, type Typed, visible } from "./support/on-terminal.ts";
import { machineEnvironment } from "./support/plain-git.ts";
import { expectAgreement } from "./support/together.ts";
import { twoMachines, type World } from "./support/world.ts";

const CONTEXT = "clients/acme/CONTEXT.md";
const LINES = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";

function type(machine: Machine, args: readonly string[], answers: Typed, environment = {}): Promise<Seen> {
  return onTerminal(
    { cwd: machine.folder, environment: { ...machineEnvironment(machine.home), ...environment }, columns: 80 },
    args,
    answers,
  );
}

async function meeting(): Promise<World> {
  const world = await twoMachines({ [CONTEXT]: LINES, "b.txt": LINES });
  const { desktop, laptop } = world;
  expect(await desktop.write(CONTEXT, LINES.replace("1", "desk")).write("b.txt", "desk\n").push()).toSucceed();
  laptop.write(CONTEXT, LINES.replace("9", "lap")).write("b.txt", "lap\n");
  return world;
}

test("sync asks in place, one conflict at a time, shows what was chosen, and completes", async () => {
  await using world = await meeting();
  const { desktop, laptop } = world;
  const seen = await type(
    laptop,
    ["sync"],
    [
      ["1 of 2  b.txt", ""],
      ["answer (", "x\n"],
      ["answer (", "d\n"],
      ["2 of 2", ""],
      ["answer (", "m\n"],
      ["go on", "y\n"],
    ],
  );
  expect(visible(seen.screen)).toContain("synced: ");
  expect(seen.exit).toBe(0);
  expect(laptop.read("b.txt")).toBe("desk\n");
  expect(laptop.read(CONTEXT)).toBe(LINES.replace("1", "desk").replace("9", "lap"));
  expect(await desktop.pull()).toSucceed();
  expectAgreement(world);
});

test("who stops is left with the blocked run, and nothing is changed; resolve asks for one path alone", async () => {
  await using world = await meeting();
  const { laptop } = world;
  const before = laptop.state();
  const stopped = await type(laptop, ["sync"], [["answer (", "q\n"]]);
  expect(stopped.exit).toBe(20);
  expect(laptop.state()).toEqual(before);
  const one = await type(
    laptop,
    ["resolve", CONTEXT],
    [
      ["1 of 1", ""],
      ["answer (", "l\n"],
      ["go on", "y\n"],
    ],
  );
  expect(one.exit).toBe(20);
  expect(visible(one.screen)).toContain("b.txt");
  expect(laptop.state()).toEqual(before);
  const rest = await type(
    laptop,
    ["resolve"],
    [
      ["1 of 1  b.txt", ""],
      ["answer (", "l\n"],
      ["go on", "y\n"],
    ],
  );
  expect(visible(rest.screen)).toContain("resolved");
  expect(rest.exit).toBe(0);
});

test("an answer is edited in the editor, and markers or broken JSON are refused", async () => {
  await using world = await twoMachines({ "a.json": '{"a": 1}\n', "b.txt": LINES });
  const { desktop, laptop } = world;
  expect(await desktop.write("a.json", '{"a": 2}\n').write("b.txt", "desk\n").push()).toSucceed();
  expect(await laptop.write("a.json", '{"a": 3}\n').write("b.txt", "lap\n").sync()).toFailWith("conflicts");
  const editor = join(laptop.home, "editor with a space");
  const setEditor = (script: string): void => {
    writeFileSync(editor, `#!/bin/sh\n${script}\n`);
    chmodSync(editor, 0o755);
  };
  const EDITOR = `'${editor}' --wait`;
  const edit = (path: string) => laptop.run(["resolve", path, "--edit"], { environment: { EDITOR } });
  const before = laptop.state();

  setEditor('printf "%s" "{\\"a\\": " > "$2"');
  const broken = await edit("a.json");
  expect(broken).toFailWith("usage");
  expect(broken.report?.failure?.cause).toContain("a.json does not parse as JSON");
  setEditor("exit 0");
  const markers = await edit("b.txt");
  expect(markers).toFailWith("usage");
  expect(markers.report?.failure?.cause).toContain("b.txt still has a conflict marker on line 1: <<<<<<< laptop");
  // the draft is this machine's version: an editor that was merely left does not take it
  expect(await edit("a.json")).toFailWith("conflicts");
  setEditor("exit 1");
  expect(await edit("b.txt")).toFailWith("conflicts");
  expect(laptop.state()).toEqual(before);

  setEditor('printf "both\\n" > "$2"');
  expect(await edit("b.txt")).toFailWith("conflicts");
  setEditor('printf "{\\"a\\": 5}\\n" > "$2"');
  expect(await edit("a.json")).toSucceed();
  expect(laptop.tree()).toEqual({ "a.json": '{"a": 5}\n', "b.txt": "both\n" });
});

test("a rollback asks in place about a file that was edited since; who stops finds nothing changed and a snapshot", async () => {
  await using world = await twoMachines({ "b.txt": "one\n", "c.txt": "one\n" });
  const { desktop, laptop } = world;
  expect(await desktop.write("b.txt", "two\n").write("c.txt", "two\n").push()).toSucceed();
  expect(await laptop.pull()).toSucceed();
  laptop.write("b.txt", "three\n");
  const before = laptop.state();
  const stopped = await type(laptop, ["rollback"], [["answer (", "q\n"]]);
  expect(stopped.exit).toBe(20);
  expect(visible(stopped.screen)).toContain("yours is in the snapshot");
  expect(laptop.state()).toEqual(before);
  const seen = await type(
    laptop,
    ["rollback"],
    [
      ["take before's", ""],
      ["answer (", "f\n"],
      ["go on", "y\n"],
      ["[y/N]", "y\n"],
    ],
  );
  expect(seen.exit).toBe(0);
  expect(laptop.tree()).toEqual({ "b.txt": "one\n", "c.txt": "one\n" });
  expect(await laptop.rollback()).toSucceed();
  expect(laptop.tree()).toEqual({ "b.txt": "three\n", "c.txt": "two\n" });
});
