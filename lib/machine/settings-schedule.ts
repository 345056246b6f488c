// How often scheduled runs come, and which command they are: the built-in values and what the settings may say instead.
// The times are such that every day has the same slots.

export const EVERY_MINUTES = [10, 20, 30, 60, 120, 180, 240, 360, 480, 720, 1440] as const;
export type EveryMinutes = (typeof EVERY_MINUTES)[number];

export const SCHEDULED_COMMANDS = ["push", "pull", "sync"] as const;
/** The commands that agents run on a schedule of their own. */
export type ScheduledCommand = (typeof SCHEDULED_COMMANDS)[number];

export type ScheduleKey = `${ScheduledCommand | "watchdog"}_minutes`;

/** Minutes between two runs of each kind. */
export const SCHEDULES: Readonly<Record<ScheduleKey, EveryMinutes>> = {
  push_minutes: 120,
  pull_minutes: 60,
  sync_minutes: 60,
  watchdog_minutes: 60,
};

export interface ScheduleSettings {
  /** What this machine's own agent runs. */
  readonly command: ScheduledCommand;
  readonly everyMinutes: Readonly<Record<ScheduledCommand | "watchdog", EveryMinutes>>;
}

/** What a machine of that role runs unless its settings say otherwise. */
function usualCommand(role: string): ScheduledCommand {
  if (role === "desktop") return "push";
  return role === "laptop" ? "pull" : "sync";
}

/** The schedule in effect. `value` gives what the settings say for a key of `[schedule]`, else what it is given. */
export function scheduleSettings(role: string, value: <T>(key: string, otherwise: T) => T): ScheduleSettings {
  const every = (key: ScheduleKey): EveryMinutes => value<EveryMinutes>(key, SCHEDULES[key]);
  return {
    command: value<ScheduledCommand>("command", usualCommand(role)),
    everyMinutes: {
      push: every("push_minutes"),
      pull: every("pull_minutes"),
      sync: every("sync_minutes"),
      watchdog: every("watchdog_minutes"),
    },
  };
}
