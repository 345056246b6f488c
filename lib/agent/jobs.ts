// The scheduled jobs of one machine, as data: what runs, when, under which name and environment. launchd's property
// lists and systemd's units are both written from this.
import type { ScheduledCommand, ScheduleSettings } from "../machine/settings-schedule.ts";
import { minuteOf, type Slot, slotsOf, watchdogMinuteOf } from "./schedule.ts";

/** Everything the jobs of a machine depend on. */
export interface AgentPlan {
  /** `desktop`, `laptop` or another name. */
  readonly role: string;
  readonly machineId: string;
  readonly schedule: ScheduleSettings;
  /** The product's own file. Absolute, no link. */
  readonly program: string;
  /** The synced folder. Absolute. */
  readonly folder: string;
  /** `XDG_CONFIG_HOME` where it is set: without it a scheduled run would read other settings than this one does. */
  readonly configHome: string | null;
}

export interface Job {
  /** `com.petesbrain.sync-desktop`. */
  readonly label: string;
  /** The part of the label behind `com.petesbrain.`, for names of files. */
  readonly name: string;
  readonly command: ScheduledCommand | "watchdog";
  readonly argv: readonly string[];
  readonly everyMinutes: number;
  readonly slots: readonly Slot[];
  readonly environment: Readonly<Record<string, string>>;
}

const DOMAIN = "com.petesbrain";
const WATCHDOG = "watchdog";
/** launchd gives its jobs no Homebrew; where git is must not depend on who starts it. */
const SEARCHED = "/opt/homebrew/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";

/** The role as part of a label: letters, digits, dots and dashes; never the watchdog's own name. */
function slugOf(role: string): string {
  const slug = role.replace(/[^A-Za-z0-9._-]+/g, "-");
  return slug === WATCHDOG ? `machine-${slug}` : slug;
}

function environmentOf(plan: AgentPlan): Record<string, string> {
  // SHLVL: a shell that is started without it takes itself for a remote one and runs the user's rc file
  const base = { LANG: "en_US.UTF-8", PATH: SEARCHED, SHLVL: "2" };
  return plan.configHome === null ? base : { ...base, XDG_CONFIG_HOME: plan.configHome };
}

/** The job that syncs, and the one that watches whether it does. */
export function jobsOf(plan: AgentPlan): readonly Job[] {
  const { role, machineId, schedule, program, folder } = plan;
  const { command, everyMinutes } = schedule;
  const job = (name: string, word: Job["command"], more: readonly string[], minute: number): Job => ({
    label: `${DOMAIN}.${name}`,
    name,
    command: word,
    argv: [program, word, ...more, "--folder", folder],
    everyMinutes: everyMinutes[word],
    slots: slotsOf(everyMinutes[word], minute),
    environment: environmentOf(plan),
  });
  return [
    job(`sync-${slugOf(role)}`, command, ["--scheduled"], minuteOf(role, machineId)),
    job(`sync-${WATCHDOG}`, WATCHDOG, [], watchdogMinuteOf(role, machineId)),
  ];
}
