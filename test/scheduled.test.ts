// Runs that agents start: due or not, paused or not, and the network that is not there yet when a Mac wakes up.
import { describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Git } from "../lib/git/shell.ts";
import { pauseRuns } from "../lib/machine/paused.ts";
import { hostOfUrl, type NetworkWait, nameToWaitFor, waitForName } from "../lib/sync/await-network.ts";
import { type Spoken, speak } from "./support/command-line.ts";
import type { Machine } from "./support/machine.ts";
import { machineEnvironment } from "./support/plain-git.ts";
import { twoMachines } from "./support/world.ts";

const START = new Date("2026-01-04T10:25:00Z").getTime();

function scheduled(machine: Machine, command: string, minutes: number, ...more: string[]): Promise<Spoken> {
  const now = (): Date => new Date(START + minutes * 60_000);
  return speak(machine, [command, "--scheduled", "--folder", machine.folder, ...more], { now });
}

function logOf(machine: Machine): string[] {
  return readFileSync(join(machine.home, ".petesbrain-sync-v2.log"), "utf8").trimEnd().split("\n");
}

async function historyOf(machine: Machine): Promise<[string, number][]> {
  const said = JSON.parse((await speak(machine, ["history", "--json"])).out);
  return said.entries.map((entry: { command: string; exit: number }) => [entry.command, entry.exit]);
}

describe("a scheduled run", () => {
  test("says nothing when all is well, and does its work", async () => {
    await using world = await twoMachines({ "a.md": "a" });
    world.desktop.write("a.md", "b");
    expect(await scheduled(world.desktop, "push", 0)).toEqual({ exit: 0, out: "", err: "" });
    expect(world.remote.files()).toEqual({ "a.md": "b" });
  });

  test("is not made again within a third of its rhythm, and leaves a line", async () => {
    await using world = await twoMachines({ "a.md": "a" });
    await scheduled(world.laptop, "pull", 0);
    for (const minutes of [0, 19])
      expect(await scheduled(world.laptop, "pull", minutes)).toEqual({ exit: 0, out: "", err: "" });
    expect(await historyOf(world.laptop)).toEqual([["pull", 0]]);
    expect(logOf(world.laptop).filter((line) => line.includes(" not-due "))).toHaveLength(2);
    await scheduled(world.laptop, "pull", 20);
    expect(await historyOf(world.laptop)).toEqual([
      ["pull", 0],
      ["pull", 0],
    ]);
    const said = JSON.parse((await scheduled(world.laptop, "pull", 21, "--json")).out);
    expect(said).toMatchObject({
      outcome: "up-to-date",
      exit: 0,
      notes: [expect.stringContaining("not due: pull ran at 2026-01-04T10:45:00")],
    });
  });

  test("counts what a person ran and what does the same, but not what failed or does something else", async () => {
    await using world = await twoMachines({ "a.md": "a" });
    const { desktop } = world;
    desktop.write("a.md", "b");
    await speak(desktop, ["pull"], { now: () => new Date(START) });
    await scheduled(desktop, "push", 1);
    expect(await historyOf(desktop), "a pull is no push").toEqual([
      ["push", 0],
      ["pull", 0],
    ]);
    await speak(desktop, ["sync"], { now: () => new Date(START + 60 * 60_000) });
    await scheduled(desktop, "push", 99);
    expect((await historyOf(desktop))[0], "a sync is one").toEqual(["sync", 0]);
    desktop.git("remote", "set-url", "origin", join(world.root, "gone.git"));
    const failed = await scheduled(desktop, "push", 101);
    expect(failed.exit).not.toBe(0);
    desktop.git("remote", "set-url", "origin", world.remote.path);
    desktop.write("a.md", "c");
    await scheduled(desktop, "push", 102);
    expect(world.remote.files(), "what failed is made up for at the next chance").toEqual({ "a.md": "c" });
  });

  test("comes more often where the settings say so", async () => {
    await using world = await twoMachines({ "a.md": "a" });
    world.desktop.write(".petesbrain-sync.toml", "[schedule]\npush_minutes = 30\n");
    await scheduled(world.desktop, "push", 0);
    await scheduled(world.desktop, "push", 9);
    expect(await historyOf(world.desktop)).toHaveLength(1);
    await scheduled(world.desktop, "push", 10);
    expect(await historyOf(world.desktop)).toHaveLength(2);
  });

  test("ends well while paused, with one line; a person's run is not held up, and resume ends it", async () => {
    await using world = await twoMachines({ "a.md": "a" });
    const { desktop } = world;
    const stateDir = desktop.at(".git/petesbrain-sync");
    mkdirSync(stateDir, { recursive: true });
    pauseRuns(stateDir, { since: "2026-01-04T10:00:00Z", why: "went back to a snapshot" });
    desktop.write("a.md", "b");
    expect(await scheduled(desktop, "push", 0)).toEqual({ exit: 0, out: "", err: "" });
    expect(logOf(desktop)).toEqual([
      expect.stringMatching(
        /^2026-01-04T10:25:00Z INFO \S+ paused command=push why="scheduled runs are paused: went back to a snapshot/,
      ),
    ]);
    expect(world.remote.files()).toEqual({ "a.md": "a" });
    expect((await desktop.push()).exit).toBe(0);
    desktop.write("a.md", "c");
    await speak(desktop, ["agents", "resume"]);
    expect((await scheduled(desktop, "push", 10_000_000)).exit).toBe(0);
    expect(world.remote.files()).toEqual({ "a.md": "c" });
  });

  test("without a network ends with 12, quietly, and is counted", async () => {
    await using world = await twoMachines({ "a.md": "a" });
    const { laptop } = world;
    laptop.git("remote", "set-url", "origin", "https://nowhere.invalid/brain.git");
    const settings = join(laptop.home, ".config/petesbrain-sync/config.toml");
    writeFileSync(
      settings,
      readFileSync(settings, "utf8").replace(
        /attempts = \d+\ntimeout_seconds = \d+/,
        "attempts = 1\ntimeout_seconds = 1",
      ),
    );
    const run = await laptop.words(["pull", "--scheduled"]);
    expect(run).toMatchObject({ exit: 12, stdout: "", stderr: "" });
    expect(logOf(laptop).some((line) => / no-network command=pull host=nowhere\.invalid ms=\d+$/.test(line))).toBe(
      true,
    );
    expect(await historyOf(laptop)).toEqual([["pull", 12]]);
    expect((await laptop.words(["pull"])).stderr, "a person is told").toContain("the remote cannot be reached");
  });

  test("says what is wrong otherwise, as any run does", async () => {
    await using world = await twoMachines({ "a.md": "a" });
    world.desktop.remove(".git");
    const said = await scheduled(world.desktop, "push", 0);
    expect([said.exit, said.err.includes("it has no .git")]).toEqual([10, true]);
  });
});

/** Time that passes only by sleeping, and a name that resolves from a moment on. */
function clockwork(upAfterMs: number, longestMs: number): { wait: NetworkWait; looks: number[] } {
  let now = 0;
  const looks: number[] = [];
  return {
    looks,
    wait: {
      longestMs,
      elapsedMs: () => now,
      sleep: (ms) => {
        now += ms;
        return Promise.resolve();
      },
      resolves: () => {
        looks.push(now);
        return Promise.resolve(now >= upAfterMs);
      },
    },
  };
}

describe("waiting for the network", () => {
  test("looks at once, then less and less often, and not for ever", async () => {
    const up = clockwork(0, 75_000);
    expect([await waitForName("x", up.wait), up.looks]).toEqual([true, [0]]);
    const soon = clockwork(3_000, 75_000);
    expect([await waitForName("x", soon.wait), soon.looks]).toEqual([true, [0, 500, 1_500, 3_500]]);
    const never = clockwork(Number.POSITIVE_INFINITY, 75_000);
    expect(await waitForName("x", never.wait)).toBe(false);
    expect(never.looks.at(-1)).toBe(75_000);
    expect(never.looks.length).toBeLessThan(25);
  });

  const urls: readonly (readonly [url: string, host: string | null, login: string | null])[] = [
    ["https://github.com/me/brain.git", "github.com", "github.com"],
    ["https://github.com:8443/me/brain.git", "github.com", "github.com"],
    ["http://127.0.0.1:3000/brain.git", "127.0.0.1", "127.0.0.1"],
    ["ssh://git@host.example:22/~/brain", "host.example", "git@host.example"],
    ["ssh://[::1]:2222/brain", "::1", "::1"],
    ["git@github.com:me/brain.git", "github.com", "git@github.com"],
    ["mini:brain.git", "mini", "mini"],
    ["/srv/brain.git", null, null],
    ["../brain.git", null, null],
    ["./a:b", null, null],
    ["file:///srv/brain.git", null, null],
  ];
  test.each(urls)("the host of %s", (url, host, login) => {
    const found = hostOfUrl(url);
    expect([found?.host ?? null, found?.login ?? null]).toEqual([host, login]);
  });

  test("the name is the one ssh's configuration gives, and none where others resolve it", async () => {
    await using world = await twoMachines({ "a.md": "a" });
    const { desktop } = world;
    const bin = join(world.root, "bin");
    mkdirSync(bin);
    const ssh = (says: string): void => {
      writeFileSync(join(bin, "ssh"), `#!/bin/sh\n[ "$*" = "-G -- git@work" ] || exit 9\nprintf '%s\\n' ${says}\n`);
      chmodSync(join(bin, "ssh"), 0o755);
    };
    const name = (more: Record<string, string> = {}): Promise<string | null> => {
      const environment = { ...machineEnvironment(desktop.home), PATH: `${bin}:${process.env["PATH"]}`, ...more };
      const { signal } = new AbortController();
      return nameToWaitFor(new Git({ folder: desktop.folder, environment, signal }), "origin", environment, signal);
    };
    expect(await name(), "a path").toBeNull();
    desktop.git("remote", "set-url", "origin", "git@work:me/brain.git");
    ssh("'user git' 'hostname github.com' 'port 22'");
    expect(await name()).toBe("github.com");
    ssh("'hostname 10.0.0.7' 'proxyjump bastion.example'");
    expect(await name()).toBeNull();
    ssh("'hostname 10.0.0.7' 'proxycommand none'");
    expect(await name()).toBe("10.0.0.7");
    writeFileSync(join(bin, "ssh"), "#!/bin/sh\nexit 255\n");
    expect(await name(), "an ssh that cannot say").toBe("work");
    expect(await name({ GIT_SSH_COMMAND: "my-ssh" }), "a command of one's own").toBeNull();
    desktop.git("remote", "set-url", "origin", "https://host.example/brain.git");
    expect(await name()).toBe("host.example");
    expect(await name({ HTTPS_PROXY: "http://proxy:3128" })).toBeNull();
    desktop.git("config", "http.proxy", "http://proxy:3128");
    expect(await name()).toBeNull();
  });
});
