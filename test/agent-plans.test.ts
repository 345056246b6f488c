// Schedules, property lists and units as data: slots at odd minutes that differ per machine, what launchd and systemd
// read back from what is written, by parsers that are not ours.
import { describe, expect, test } from "bun:test";
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { parse } from "plist";
import { type AgentPlan, type Job, jobsOf } from "../lib/agent/jobs.ts";
import { formatPropertyList, propertyListOf } from "../lib/agent/property-list.ts";
import { isDue, minuteOf, nextSlot, slotsOf, watchdogMinuteOf } from "../lib/agent/schedule.ts";
import { calendarOf, serviceOf, timerOf, unitNamesOf } from "../lib/agent/units.ts";
import { EVERY_MINUTES, scheduleSettings } from "../lib/machine/settings-schedule.ts";
import { failureOf } from "./support/failure-of.ts";
import { testUnless } from "./support/skip.ts";

const HOME = "/Users/administrator";

function plan(role: string, more: Partial<AgentPlan> = {}): AgentPlan {
  return {
    role,
    machineId: `${role}-0a1b2c3d`,
    schedule: scheduleSettings(role, (_, otherwise) => otherwise),
    program: `${HOME}/.local/bin/petesbrain-sync`,
    folder: `${HOME}/PetesBrain`,
    configHome: null,
    ...more,
  };
}

function jobs(role: string, more: Partial<AgentPlan> = {}): [Job, Job] {
  const [own, watchdog] = jobsOf(plan(role, more));
  if (own === undefined || watchdog === undefined) throw new Error("a machine has two jobs");
  return [own, watchdog];
}

function day(slots: readonly { hour: number | null; minute: number }[]): number[] {
  const hours = (hour: number | null): number[] => (hour === null ? Array.from({ length: 24 }, (_, at) => at) : [hour]);
  return slots.flatMap(({ hour, minute }) => hours(hour).map((one) => one * 60 + minute)).sort((a, b) => a - b);
}

const ids = fc.stringMatching(/^[a-z]{1,12}-[0-9a-f]{8}$/);

describe("slots", () => {
  test("come evenly through the day, at odd minutes, for every rhythm there is", () => {
    fc.assert(
      fc.property(
        ids,
        fc.constantFrom(...EVERY_MINUTES),
        fc.constantFrom("desktop", "laptop", "studio"),
        (id, every, role) => {
          const times = day(slotsOf(every, minuteOf(role, id)));
          expect(times.length).toBe(1440 / every);
          expect(times.every((time) => time % 2 === 1)).toBe(true);
          const gaps = times.map((time, at) => (times[(at + 1) % times.length] ?? 0) - time);
          expect(gaps.map((gap) => (gap + 1440) % 1440 || 1440)).toEqual(times.map(() => every));
        },
      ),
    );
  });

  test("of machines of different roles never meet, and the watchdog never meets its own machine's run", () => {
    fc.assert(
      fc.property(ids, ids, fc.constantFrom(...EVERY_MINUTES), (one, other, every) => {
        const slots = (role: string, id: string): Set<number> => new Set(day(slotsOf(every, minuteOf(role, id))));
        const [desktop, laptop, studio] = [slots("desktop", one), slots("laptop", other), slots("studio", other)];
        expect([...desktop].some((time) => laptop.has(time) || studio.has(time))).toBe(false);
        expect([...laptop].some((time) => studio.has(time))).toBe(false);
        const watchdog = day(slotsOf(every, watchdogMinuteOf("desktop", one)));
        expect(watchdog.some((time) => desktop.has(time))).toBe(false);
      }),
    );
  });

  test("of one machine stay what they are", () => {
    expect([minuteOf("desktop", "desktop-0a1b2c3d"), minuteOf("laptop", "laptop-0a1b2c3d")]).toEqual([5, 27]);
    const spread = new Set(Array.from({ length: 200 }, (_, at) => minuteOf("studio", `studio-${at}`)));
    expect([...spread].sort()).toEqual([19, 29, 39, 49, 59, 9]);
  });

  test("the next one is the first later one, over midnight too", () => {
    const at = (text: string): Date => new Date(`2026-01-04T${text}`);
    const every2h = slotsOf(120, 7);
    expect(nextSlot(every2h, at("10:00:00"))).toEqual(at("11:07:00"));
    expect(nextSlot(every2h, at("11:07:00"))).toEqual(at("13:07:00"));
    expect(nextSlot(every2h, at("23:30:00"))).toEqual(new Date("2026-01-05T01:07:00"));
    expect(nextSlot(slotsOf(60, 13), at("23:13:01"))).toEqual(new Date("2026-01-05T00:13:00"));
    expect(nextSlot(slotsOf(1440, 9), at("09:10:00"))).toEqual(new Date("2026-01-05T09:09:00"));
    fc.assert(
      fc.property(
        fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }),
        fc.constantFrom(...EVERY_MINUTES),
        (now, every) => {
          const next = nextSlot(slotsOf(every, 7), now).getTime() - now.getTime();
          expect(next > 0 && next <= every * 60_000).toBe(true);
        },
      ),
    );
  });
});

test("a run is due unless one ended well within a third of the rhythm before", () => {
  const now = new Date("2026-01-04T10:00:00Z");
  const ago = (minutes: number): Date => new Date(now.getTime() - minutes * 60_000);
  expect(isDue(null, now, 60)).toBe(true);
  expect([0, 1, 19.9, 20, 60].map((minutes) => isDue(ago(minutes), now, 60))).toEqual([
    false,
    false,
    false,
    true,
    true,
  ]);
  expect([39, 40].map((minutes) => isDue(ago(minutes), now, 120))).toEqual([false, true]);
  expect(isDue(ago(-5), now, 60), "the clock was set back").toBe(true);
});

describe("jobs", () => {
  test("of the two machines and of any other", () => {
    const rows = ["desktop", "laptop", "studio", "watchdog", "Büro 2/x"].flatMap((role) =>
      jobsOf(plan(role)).map((job) => [job.label, job.command, job.everyMinutes]),
    );
    const watchdog = ["com.petesbrain.sync-watchdog", "watchdog", 60];
    expect(rows).toEqual([
      ["com.petesbrain.sync-desktop", "push", 120],
      watchdog,
      ["com.petesbrain.sync-laptop", "pull", 60],
      watchdog,
      ["com.petesbrain.sync-studio", "sync", 60],
      watchdog,
      ["com.petesbrain.sync-machine-watchdog", "sync", 60],
      watchdog,
      ["com.petesbrain.sync-B-ro-2-x", "sync", 60],
      watchdog,
    ]);
  });

  test("begin with the program itself and name the folder", () => {
    const [own, watchdog] = jobs("desktop");
    const program = `${HOME}/.local/bin/petesbrain-sync`;
    expect(own.argv).toEqual([program, "push", "--scheduled", "--folder", `${HOME}/PetesBrain`]);
    expect(watchdog.argv).toEqual([program, "watchdog", "--folder", `${HOME}/PetesBrain`]);
  });

  test("follow the settings", () => {
    const says: Record<string, unknown> = { command: "sync", sync_minutes: 30, watchdog_minutes: 240 };
    const schedule = scheduleSettings(
      "desktop",
      (key, otherwise) => (says[key] as typeof otherwise | undefined) ?? otherwise,
    );
    const rows = jobs("desktop", { schedule }).map(({ command, everyMinutes, slots }) => [
      command,
      everyMinutes,
      slots.length,
    ]);
    expect(rows).toEqual([
      ["sync", 30, 2],
      ["watchdog", 240, 6],
    ]);
  });
});

const HOSTILE = ["a & b", "<string>", "]]>", "q\"u'o", "ü 漢 🙂", "  two  ", "-n", "$HOME `id` %h %%", "a\tb\nc"];

describe("a property list", () => {
  test("is what launchd is meant to read, by a parser that is not ours", () => {
    const [own] = jobs("desktop");
    expect(parse(formatPropertyList(propertyListOf(own, HOME)))).toEqual({
      Label: "com.petesbrain.sync-desktop",
      ProgramArguments: [...own.argv],
      StartCalendarInterval: Array.from({ length: 12 }, (_, at) => ({ Hour: at * 2 + 1, Minute: 5 })),
      RunAtLoad: true,
      EnvironmentVariables: {
        LANG: "en_US.UTF-8",
        PATH: "/opt/homebrew/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
        SHLVL: "2",
      },
      MaterializeDatalessFiles: true,
      ExitTimeOut: 60,
      Umask: 63,
      LimitLoadToSessionType: "Aqua",
      StandardOutPath: `${HOME}/Library/Logs/petesbrain-sync/sync-desktop.out.log`,
      StandardErrorPath: `${HOME}/Library/Logs/petesbrain-sync/sync-desktop.err.log`,
    });
    const hourly = propertyListOf(jobs("laptop")[0], HOME) as Record<string, unknown>;
    expect(hourly["StartCalendarInterval"]).toEqual([{ Minute: 27 }]);
  });

  test("keeps every text as it is, and is well-formed whatever the texts", () => {
    for (const folder of HOSTILE.map((name) => `/Users/x/${name}`)) {
      const [own] = jobs("desktop", { folder, configHome: folder });
      const read = parse(formatPropertyList(propertyListOf(own, HOME))) as Record<string, unknown>;
      expect(read["ProgramArguments"]).toEqual([...own.argv]);
      expect(read["EnvironmentVariables"]).toMatchObject({ XDG_CONFIG_HOME: folder });
    }
  });

  test("refuses what XML cannot hold, and names it", () => {
    for (const character of ["\u0000", "\u001b", "\ud800", "\uffff"]) {
      const [own] = jobs("desktop", { folder: `/Users/x/${character}` });
      expect(failureOf(() => formatPropertyList(propertyListOf(own, HOME))).message).toContain("cannot hold");
    }
  });

  const noPython = Bun.which("python3") === null ? "python3 is not installed" : null;
  testUnless(noPython)("is read by Python's plistlib, which refuses what is broken", () => {
    const [own] = jobs("desktop", { folder: `/Users/x/${HOSTILE.slice(0, 8).join(" ")}` });
    const script = "import plistlib,json,sys; print(json.dumps(plistlib.load(sys.stdin.buffer)))";
    const said = Bun.spawnSync(["python3", "-c", script], {
      stdin: Buffer.from(formatPropertyList(propertyListOf(own, HOME))),
    });
    expect(said.stderr.toString()).toBe("");
    expect(JSON.parse(said.stdout.toString())).toEqual(JSON.parse(JSON.stringify(propertyListOf(own, HOME))));
  });
});

describe("units", () => {
  test("say what runs and when", () => {
    const [own, watchdog] = jobs("desktop");
    expect(unitNamesOf(own)).toEqual({
      service: "petesbrain-sync-desktop.service",
      timer: "petesbrain-sync-desktop.timer",
    });
    expect(calendarOf(own.slots)).toBe("*-*-* 01,03,05,07,09,11,13,15,17,19,21,23:05:00");
    expect(calendarOf(watchdog.slots)).toBe("*-*-* *:33:00");
    expect(calendarOf(slotsOf(20, 7))).toBe("*-*-* *:07,27,47:00");
    expect(timerOf(own)).toContain("\nPersistent=true\n");
    expect(serviceOf(own)).toContain(`\nExecStart="${own.argv.join('" "')}"\n`);
  });

  test("refuse a control character", () => {
    expect(failureOf(() => serviceOf(jobs("desktop", { folder: "/x/a\nExecStart=/bin/false" })[0])).message).toContain(
      "cannot hold",
    );
  });

  const noSystemd = Bun.which("systemd-analyze") === null ? "systemd-analyze is not installed" : null;
  testUnless(noSystemd)("are accepted by systemd-analyze verify, whatever the folder is called", () => {
    const place = realpathSync(mkdtempSync(join(tmpdir(), "units-")));
    try {
      for (const name of HOSTILE.filter((one) => !/[\t\n]/.test(one))) {
        const [own] = jobs("desktop", {
          program: "/bin/true",
          folder: `/home/x/${name}`,
          configHome: `/home/x/${name}`,
        });
        const names = unitNamesOf(own);
        writeFileSync(join(place, names.service), serviceOf(own));
        writeFileSync(join(place, names.timer), timerOf(own));
        const units = [join(place, names.service), join(place, names.timer)];
        const said = Bun.spawnSync(["systemd-analyze", "verify", "--man=no", "--user", ...units], {
          env: { PATH: "/usr/bin:/bin", HOME: place, XDG_RUNTIME_DIR: place },
        });
        const ours = said.stderr
          .toString()
          .split("\n")
          .filter((line) => line.includes("petesbrain-"));
        expect([name, said.exitCode, ours]).toEqual([name, 0, []]);
      }
      const broken = join(place, "broken.timer");
      writeFileSync(broken, timerOf(jobs("desktop")[0]).replace("OnCalendar=*-*-*", "OnCalendar=never"));
      const said = Bun.spawnSync(["systemd-analyze", "verify", "--man=no", "--user", broken], {
        env: { PATH: "/usr/bin:/bin", HOME: place, XDG_RUNTIME_DIR: place },
      });
      expect(said.stderr.toString(), "what is broken is seen").toContain("broken.timer");
      for (const every of EVERY_MINUTES) {
        const times = Bun.spawnSync(["systemd-analyze", "calendar", calendarOf(slotsOf(every, 41))]);
        expect([every, times.exitCode]).toEqual([every, 0]);
      }
    } finally {
      rmSync(place, { recursive: true });
    }
  });
});
