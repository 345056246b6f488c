// The roads a real remote is reached by, on loopback: a real sshd and a real smart-HTTP server with a password, and what
// happens when they refuse, stall or answer nonsense.
import { describe, expect } from "bun:test";
import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { type Mood, missingHttpBackend, startHttpServer } from "./support/http-server.ts";
import type { Machine } from "./support/machine.ts";
import { testUnless } from "./support/skip.ts";
import { freePort, missingSshd, startSshServer } from "./support/ssh-server.ts";
import { expectAgreement } from "./support/together.ts";
import { twoMachines, type World } from "./support/world.ts";

const testSsh = testUnless(missingSshd());
const testHttp = testUnless(missingHttpBackend());

async function exchange(world: World): Promise<void> {
  const { desktop, laptop } = world;
  desktop.write("a", "from the desktop").write("new/x", "x", 0o755);
  expect(await desktop.push()).toSucceed();
  laptop.write("b", "from the laptop");
  expect(await laptop.sync()).toSucceed();
  expect(await desktop.pull()).toSucceed();
  expect(desktop.tree()).toEqual({ a: "from the desktop", b: "from the laptop", "new/x": "755:x" });
  expectAgreement(world);
}

function setRemote(machines: readonly Machine[], url: string): void {
  for (const machine of machines) machine.git("remote", "set-url", "origin", url);
}

/** No more patience than a test needs. */
function hurry(machine: Machine, seconds: number): void {
  const path = join(machine.home, ".config", "petesbrain-sync", "config.toml");
  writeFileSync(
    path,
    readFileSync(path, "utf8")
      .replace(/attempts = \d+/, "attempts = 1")
      .replace(/timeout_seconds = \d+/, `timeout_seconds = ${seconds}`),
  );
}

type Refusal = "remote-rejected" | "remote-unreachable" | "halted";

/** Runs push, pull and sync: each fails with this kind and changes nothing. */
async function expectRefusals(world: World, kind: Refusal): Promise<void> {
  const { laptop } = world;
  const before = laptop.write("b", "edited").state();
  for (const command of ["push", "pull", "sync"]) {
    expect(await laptop.run([command], { hangsAfterMs: 30_000 })).toFailWith(kind);
    expect(laptop.state()).toEqual(before);
  }
}

describe("ssh", () => {
  testSsh("two machines through a real sshd", async () => {
    await using world = await twoMachines({ a: "1" });
    await using server = await startSshServer(world.root);
    for (const machine of world.machines) server.introduce(machine);
    setRemote(world.machines, server.urlOf(world.remote.path));
    await exchange(world);
  });

  testSsh("a key that the host does not know: remote-rejected, without a question", async () => {
    await using world = await twoMachines({ a: "1", b: "1" });
    await using server = await startSshServer(world.root);
    server.introduce(world.laptop, { key: false });
    setRemote([world.laptop], server.urlOf(world.remote.path));
    await expectRefusals(world, "remote-rejected");
  });

  testSsh("a host whose key is not the known one: remote-rejected, without a question", async () => {
    await using world = await twoMachines({ a: "1", b: "1" });
    await using server = await startSshServer(world.root);
    server.introduce(world.laptop);
    rmSync(join(world.laptop.home, ".ssh", "known_hosts"));
    setRemote([world.laptop], server.urlOf(world.remote.path));
    await expectRefusals(world, "remote-rejected");
  });

  testSsh("a repository that is not there: refused or unreachable, nothing changed", async () => {
    await using world = await twoMachines({ a: "1", b: "1" });
    await using server = await startSshServer(world.root);
    server.introduce(world.laptop);
    setRemote([world.laptop], server.urlOf(`${world.remote.path}-not-there`));
    const before = world.laptop.state();
    expect([12, 13]).toContain((await world.laptop.sync()).exit ?? -1);
    expect(world.laptop.state()).toEqual(before);
  });

  testSsh("a server that ended: remote-unreachable", async () => {
    await using world = await twoMachines({ a: "1", b: "1" });
    const server = await startSshServer(world.root);
    server.introduce(world.laptop);
    setRemote([world.laptop], server.urlOf(world.remote.path));
    await server[Symbol.asyncDispose]();
    await expectRefusals(world, "remote-unreachable");
  });
});

describe("http", () => {
  testHttp("two machines through a real smart-HTTP server with a password", async () => {
    await using world = await twoMachines({ a: "1" });
    await using server = startHttpServer(world.root);
    for (const machine of world.machines) server.introduce(machine);
    setRemote(world.machines, server.url);
    await exchange(world);
    expect(server.requests.some((line) => line.startsWith("POST /remote.git/git-receive-pack"))).toBe(true);
    for (const machine of world.machines) {
      expect(readFileSync(join(machine.home, ".petesbrain-sync-v2.log"), "utf8")).not.toContain("correct-horse");
    }
  });

  testHttp("a wrong password: remote-rejected, without a question", async () => {
    await using world = await twoMachines({ a: "1", b: "1" });
    await using server = startHttpServer(world.root);
    server.introduce(world.laptop, "wrong");
    setRemote([world.laptop], server.url);
    await expectRefusals(world, "remote-rejected");
  });

  testHttp("no password at all: remote-rejected, without a question", async () => {
    await using world = await twoMachines({ a: "1", b: "1" });
    await using server = startHttpServer(world.root);
    setRemote([world.laptop], server.url);
    await expectRefusals(world, "remote-rejected");
  });

  const moods: readonly (readonly [Mood, Refusal])[] = [
    ["forbid", "remote-rejected"],
    ["error", "remote-unreachable"],
    // git takes such a page for an answer without refs: it must never be taken for an empty remote
    ["portal", "halted"],
    ["empty", "halted"],
    ["stall", "remote-unreachable"],
  ];
  for (const [mood, kind] of moods) {
    testHttp(`a server in the mood "${mood}": ${kind}, and the tracking refs stay`, async () => {
      await using world = await twoMachines({ a: "1", b: "1" });
      const { laptop } = world;
      await using server = startHttpServer(world.root);
      server.introduce(laptop);
      setRemote([laptop], server.url);
      expect(await laptop.sync()).toSucceed();
      const tracking = laptop.gitText("for-each-ref", "refs/remotes");
      hurry(laptop, 2);
      server.mood = mood;
      await expectRefusals(world, kind);
      expect(laptop.gitText("for-each-ref", "refs/remotes")).toBe(tracking);
      server.mood = "serve";
      expect(await laptop.sync()).toSucceed();
    });
  }

  testHttp("a server that ended: remote-unreachable", async () => {
    await using world = await twoMachines({ a: "1", b: "1" });
    const server = startHttpServer(world.root);
    server.introduce(world.laptop);
    setRemote([world.laptop], server.url);
    await server[Symbol.asyncDispose]();
    await expectRefusals(world, "remote-unreachable");
  });
});

describe("a connection that is cut in the middle of an answer", () => {
  for (const bytes of [0, 1, 200, 1500]) {
    testHttp(`after ${bytes} bytes: nothing changed, and the next run is fine`, async () => {
      await using world = await twoMachines({ a: "1", b: "1" });
      const { laptop, desktop } = world;
      await using server = startHttpServer(world.root);
      server.introduce(laptop);
      desktop.write(
        "big",
        new Uint8Array(100_000).map((_, at) => (at * 31) % 256),
      );
      expect(await desktop.push()).toSucceed();
      const cutter = await startCutter(Number(new URL(server.url).port), bytes);
      setRemote([laptop], server.url.replace(/:\d+\//, `:${cutter.port}/`));
      const stored = join(laptop.home, ".git-credentials");
      appendFileSync(stored, readFileSync(stored, "utf8").replace(/:\d+\n/, `:${cutter.port}\n`));
      hurry(laptop, 10);
      const before = laptop.state();
      // a cut inside the headers looks like an answer without refs to git
      expect([12, 21]).toContain((await laptop.pull()).exit ?? -1);
      expect(laptop.state()).toEqual(before);
      cutter.close();
      setRemote([laptop], server.url);
      expect(await laptop.pull()).toSucceed();
      expect(laptop.tree()).toEqual(desktop.tree());
    });
  }
});

/** Passes connections on to `target` and cuts each after so many bytes of the answer. */
async function startCutter(target: number, bytes: number): Promise<{ port: number; close: () => void }> {
  const port = await freePort();
  const server = createServer((client) => {
    const upstream = connect(target, "127.0.0.1");
    let left = bytes;
    client
      .on("data", (chunk) => upstream.write(chunk))
      .on("error", () => upstream.destroy())
      .on("close", () => upstream.destroy());
    upstream.on("error", () => client.destroy()).on("close", () => client.end());
    upstream.on("data", (chunk: Buffer) => {
      client.write(chunk.subarray(0, left));
      left -= chunk.length;
      if (left <= 0) client.end(() => client.destroy());
    });
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(port, "127.0.0.1", resolve);
  await promise;
  return { port, close: () => void server.close() };
}
