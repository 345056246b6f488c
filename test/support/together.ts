// What several stories ask of a world: that its machines agree, and that a quiet round costs nothing.
import { expect } from "bun:test";
import type { Machine } from "./machine.ts";
import type { World } from "./world.ts";

/** Lets every machine sync in turn, twice, so that each has seen what the others published. */
export async function settle(world: World): Promise<void> {
  for (let round = 0; round < 2; round++) {
    for (const machine of world.machines) expect(await machine.sync()).toSucceed();
  }
}

/** Every folder is the same, byte, mode and link, and is what the remote has; nothing is left to publish. */
export function expectAgreement(world: World): void {
  const [first, ...others] = world.machines;
  if (first === undefined) throw new Error("a world needs a machine");
  for (const machine of others) expect(machine.tree()).toEqual(first.tree());
  for (const machine of world.machines) {
    expect(machine.gitText("rev-parse", "HEAD")).toBe(world.remote.head() ?? "nothing on the remote");
    expect(machine.gitText("symbolic-ref", "HEAD")).toBe("refs/heads/main");
    expect(machine.gitText("status", "--porcelain")).toBe("");
  }
}

/** A round in which nobody changed anything: no write in a folder, no commit, no ref, no push. */
export async function expectQuietRound(world: World): Promise<void> {
  const before = picture(world);
  for (const machine of world.machines) {
    const run = await machine.sync();
    expect(run).toSucceed();
    expect(run.report?.outcome).toBe("up-to-date");
  }
  expect(picture(world)).toEqual(before);
}

function picture(world: World) {
  return {
    remote: world.remote.refs(),
    machines: world.machines.map((machine) => ({
      state: { ...machine.state(), baseline: baselineOf(machine) },
      // but for what other machines say of themselves: that comes along with any look
      refs: machine
        .gitText("for-each-ref", "--format=%(refname) %(objectname)")
        .split("\n")
        .filter((line) => !line.startsWith("refs/petesbrain-sync/machines/")),
      reflog: machine.gitText("reflog", "show", "--format=%H", "HEAD"),
    })),
  };
}

/** What the baseline says of the files; which command wrote it last is told beside that, and may change. */
function baselineOf(machine: Machine): unknown {
  const { checksums } = JSON.parse(machine.read(".sync-checksums.json")) as { checksums: unknown };
  return checksums;
}

/** In the remote's reflog every value of the branch has the one before as an ancestor: nobody forced anything. */
export function expectMonotoneRemote(world: World): void {
  const values = world.remote.git("log", "-g", "--format=%H", "refs/heads/main").split("\n").filter(Boolean);
  for (const [at, newer] of values.entries()) {
    const older = values[at + 1];
    if (older !== undefined) world.remote.git("merge-base", "--is-ancestor", older, newer);
  }
}
