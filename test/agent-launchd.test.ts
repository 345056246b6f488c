// Installing agents against a launchd that behaves as the real one was seen to: slow to let go, refusing now and then,
// and with agents in place that were written by hand for the old scripts.
import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Job, jobsOf } from "../lib/agent/jobs.ts";
import { installLaunchd, type LaunchdPlace, launchdStates, uninstallLaunchd } from "../lib/agent/launchd.ts";
import { Failure } from "../lib/failure.ts";
import { scheduleSettings } from "../lib/machine/settings-schedule.ts";
import { FakeMac } from "./support/fake-mac.ts";

const DESKTOP = "com.petesbrain.sync-desktop";
const LAPTOP = "com.petesbrain.sync-laptop";
const WATCHDOG = "com.petesbrain.sync-watchdog";

function jobs(role: string, folder = "/Users/x/PetesBrain"): readonly Job[] {
  const schedule = scheduleSettings(role, (_, otherwise) => otherwise);
  const program = "/Users/x/.local/bin/petesbrain-sync";
  return jobsOf({ role, machineId: `${role}-0a1b2c3d`, schedule, program, folder, configHome: null });
}

function at(mac: FakeMac): LaunchdPlace {
  return { home: mac.home, userId: 501, tools: mac.tools };
}

function agentFile(mac: FakeMac, name: string): string {
  return join(mac.home, "Library", "LaunchAgents", name);
}

function filesOf(mac: FakeMac): string[] {
  return readdirSync(join(mac.home, "Library", "LaunchAgents")).sort();
}

/** The specification's own agent, as its users have it. */
function byHand(label: string, command: string, seconds: number): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
    <key>Label</key>
    <string>${label}</string>
    <key>ProgramArguments</key>
    <array>
        <string>/Users/administrator/Documents/PetesBrain.nosync/shared/scripts/sync-petesbrain-v2.sh</string>
        <string>${command}</string>
    </array>
    <key>StartInterval</key>
    <integer>${seconds}</integer>
</dict>
</plist>
`;
}

async function putByHand(mac: FakeMac, label: string, command: string): Promise<string> {
  mkdirSync(join(mac.home, "Library", "LaunchAgents"), { recursive: true });
  const path = agentFile(mac, `${label}.plist`);
  const text = byHand(label, command, 7200);
  writeFileSync(path, text);
  expect((await mac.tools.run(["launchctl", "load", path])).exit).toBe(0);
  mac.verbs();
  return text;
}

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

describe("installing", () => {
  test("puts both jobs in place, loads them, and each runs at once", async () => {
    using mac = new FakeMac();
    expect(await installLaunchd(at(mac), jobs("desktop"))).toEqual([`installed ${DESKTOP}`, `installed ${WATCHDOG}`]);
    expect(mac.launchd.started).toEqual([DESKTOP, WATCHDOG]);
    expect(filesOf(mac)).toEqual([`${DESKTOP}.plist`, `${WATCHDOG}.plist`]);
    expect(statSync(agentFile(mac, `${DESKTOP}.plist`)).mode & 0o777).toBe(0o644);
    expect(statSync(join(mac.home, "Library", "Logs", "petesbrain-sync")).mode & 0o777).toBe(0o700);
    expect(await launchdStates(at(mac), jobs("desktop"))).toMatchObject([
      { name: DESKTOP, file: "current", registered: true },
      { name: WATCHDOG, file: "current", registered: true },
    ]);
  });

  test("again changes nothing and stops nothing", async () => {
    using mac = new FakeMac();
    await installLaunchd(at(mac), jobs("desktop"));
    mac.verbs();
    expect(await installLaunchd(at(mac), jobs("desktop"))).toEqual([]);
    expect(mac.verbs()).toEqual(["print", "print"]);
    expect(mac.launchd.started.length).toBe(2);
  });

  test("waits until the old job is gone before the new one is loaded", async () => {
    using mac = new FakeMac();
    await installLaunchd(at(mac), jobs("desktop"));
    expect(await installLaunchd(at(mac), jobs("desktop", "/Users/x/Other"))).toEqual([
      `renewed ${DESKTOP}`,
      `renewed ${WATCHDOG}`,
    ]);
    expect(mac.launchd.now).toBeGreaterThanOrEqual(10_000);
    const { jobs: loaded } = mac.launchd;
    expect(
      Object.values(loaded).map(({ list, goneAt }) => [(list["ProgramArguments"] as string[]).at(-1), goneAt]),
    ).toEqual([
      ["/Users/x/Other", null],
      ["/Users/x/Other", null],
    ]);
  });

  test("is patient with 5, 36 and 37, and with an answer of 0 that was none", async () => {
    using mac = new FakeMac();
    mac.change((state) => {
      state.nextBootstraps = [5, 37, 0, 36];
    });
    expect(await installLaunchd(at(mac), jobs("desktop"))).toEqual([`installed ${DESKTOP}`, `installed ${WATCHDOG}`]);
    expect(Object.keys(mac.launchd.jobs)).toEqual([DESKTOP, WATCHDOG]);
  });

  test("switches an agent on again that was switched off", async () => {
    using mac = new FakeMac();
    mac.change((state) => {
      state.disabled = [DESKTOP];
    });
    await installLaunchd(at(mac), jobs("desktop"));
    expect(mac.launchd).toMatchObject({ disabled: [], started: [DESKTOP, WATCHDOG] });
  });

  test("loads a job whose file is right and that is not loaded, as after a cut", async () => {
    using mac = new FakeMac();
    await installLaunchd(at(mac), jobs("desktop"));
    mac.change((state) => {
      state.jobs = {};
    });
    expect(await installLaunchd(at(mac), jobs("desktop"))).toEqual([`renewed ${DESKTOP}`, `renewed ${WATCHDOG}`]);
  });

  test("for another role takes the former one away", async () => {
    using mac = new FakeMac();
    await installLaunchd(at(mac), jobs("desktop"));
    expect(await installLaunchd(at(mac), jobs("laptop"))).toEqual([
      `removed ${DESKTOP}, which is for another role`,
      `installed ${LAPTOP}`,
      `renewed ${WATCHDOG}`,
    ]);
    expect(filesOf(mac)).toEqual([`${LAPTOP}.plist`, `${WATCHDOG}.plist`]);
    expect(Object.keys(mac.launchd.jobs).sort()).toEqual([LAPTOP, WATCHDOG]);
  });
});

describe("what launchd refuses is said in its own words, with the way on", () => {
  const cases: readonly (readonly [exit: number, text: string, remedy: string])[] = [
    [133, "Multiple errors were returned", "plutil -lint"],
    [122, "bad ownership/permissions", "chmod 644"],
    [134, "unknown error", "in Terminal at the Mac itself"],
    [119, "Service is disabled", "LoginItems"],
  ];
  test.each(cases)("%i", async (exit, text, remedy) => {
    using mac = new FakeMac();
    mac.change((state) => {
      state.nextBootstraps = [exit];
    });
    const failure = await failureOf(installLaunchd(at(mac), jobs("desktop")));
    expect([failure.kind, failure.message]).toEqual(["permission-denied", expect.stringContaining(text)]);
    expect(failure.message).toContain(`(${exit})`);
    expect(failure.remedy[0]).toContain(remedy);
  });

  test("125: nobody is logged in at the screen", async () => {
    using mac = new FakeMac();
    mac.change((state) => {
      state.hasLogin = false;
    });
    const failure = await failureOf(installLaunchd(at(mac), jobs("desktop")));
    expect(failure.message).toContain("Domain does not support specified action (125)");
    expect(failure.remedy[0]).toContain("at the Mac itself");
  });

  test("5, for longer than the patience lasts", async () => {
    using mac = new FakeMac();
    mac.change((state) => {
      state.nextBootstraps = Array.from({ length: 100 }, () => 5);
    });
    const failure = await failureOf(installLaunchd(at(mac), jobs("desktop")));
    expect(failure.message).toContain("Input/output error (5)");
    expect(mac.launchd.now).toBeGreaterThanOrEqual(20_000);
    expect(mac.launchd.now).toBeLessThan(25_000);
  });

  test("a job that never goes away", async () => {
    using mac = new FakeMac();
    await installLaunchd(at(mac), jobs("desktop"));
    const before = readFileSync(agentFile(mac, `${DESKTOP}.plist`), "utf8");
    mac.change((state) => {
      state.neverGone = true;
    });
    const failure = await failureOf(installLaunchd(at(mac), jobs("desktop", "/Users/x/Other")));
    expect(failure.message).toContain("still there 15 seconds after");
    expect(readFileSync(agentFile(mac, `${DESKTOP}.plist`), "utf8"), "the file still says what is loaded").toBe(before);
  });

  test("no launchctl at all", async () => {
    using mac = new FakeMac();
    const tools = {
      ...mac.tools,
      run: () => Promise.resolve({ exit: 127, stdout: "", stderr: "not there", timedOut: false }),
    };
    const failure = await failureOf(installLaunchd({ ...at(mac), tools }, jobs("desktop")));
    expect(failure.message).toContain("not there (127)");
  });
});

describe("agents written by hand", () => {
  test("are unloaded, kept beside, replaced, and that is said", async () => {
    using mac = new FakeMac();
    const [text, other] = [await putByHand(mac, DESKTOP, "push"), await putByHand(mac, LAPTOP, "pull")];
    expect(await installLaunchd(at(mac), jobs("desktop"))).toEqual([
      `unloaded ${DESKTOP}, an agent written by hand; its file is kept as ${agentFile(mac, `${DESKTOP}.plist.old`)}`,
      `unloaded ${LAPTOP}, an agent written by hand; its file is kept as ${agentFile(mac, `${LAPTOP}.plist.old`)}`,
      `installed ${DESKTOP}`,
      `installed ${WATCHDOG}`,
    ]);
    expect(readFileSync(agentFile(mac, `${DESKTOP}.plist.old`), "utf8")).toBe(text);
    expect(readFileSync(agentFile(mac, `${LAPTOP}.plist.old`), "utf8")).toBe(other);
    expect(Object.keys(mac.launchd.jobs).sort()).toEqual([DESKTOP, WATCHDOG]);
    expect(mac.launchd.jobs[DESKTOP]?.list["StartInterval"]).toBeUndefined();
  });

  test("never overwrite what was kept before", async () => {
    using mac = new FakeMac();
    const text = await putByHand(mac, DESKTOP, "push");
    writeFileSync(agentFile(mac, `${DESKTOP}.plist.old`), "kept long ago");
    await installLaunchd(at(mac), jobs("desktop"));
    expect(readFileSync(agentFile(mac, `${DESKTOP}.plist.old`), "utf8")).toBe("kept long ago");
    expect(readFileSync(agentFile(mac, `${DESKTOP}.plist.old.2`), "utf8")).toBe(text);
  });

  test("that stand in our place and do something else are kept too; others are left alone", async () => {
    using mac = new FakeMac();
    await putByHand(mac, "com.petesbrain.sync-photos", "push");
    const photos = agentFile(mac, "com.petesbrain.sync-photos.plist");
    writeFileSync(photos, readFileSync(photos, "utf8").replaceAll("sync-petesbrain-v2", "photos"));
    writeFileSync(agentFile(mac, `${WATCHDOG}.plist`), "not even a list");
    chmodSync(agentFile(mac, `${WATCHDOG}.plist`), 0o600);
    await installLaunchd(at(mac), jobs("desktop"));
    expect(readFileSync(agentFile(mac, `${WATCHDOG}.plist.old`), "utf8")).toBe("not even a list");
    expect(Object.keys(mac.launchd.jobs).sort()).toEqual([DESKTOP, "com.petesbrain.sync-photos", WATCHDOG]);
  });
});

test("uninstalling takes ours away, waits until they are gone, and leaves what a person wrote", async () => {
  using mac = new FakeMac();
  await installLaunchd(at(mac), jobs("desktop"));
  await putByHand(mac, LAPTOP, "pull");
  expect(await uninstallLaunchd(at(mac))).toEqual([
    `removed ${DESKTOP}`,
    `left ${agentFile(mac, `${LAPTOP}.plist`)} as it is: it was written by hand`,
    `removed ${WATCHDOG}`,
  ]);
  expect(Object.keys(mac.launchd.jobs)).toEqual([LAPTOP]);
  expect(existsSync(agentFile(mac, `${DESKTOP}.plist`))).toBe(false);
  expect(await launchdStates(at(mac), jobs("desktop"))).toMatchObject([
    { file: "missing", registered: false },
    { file: "missing", registered: false },
  ]);
  expect(await uninstallLaunchd(at(mac))).toHaveLength(1);
});
