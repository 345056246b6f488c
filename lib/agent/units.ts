// A job as systemd reads it: a service and a timer of the user's own manager (systemd.service(5), systemd.timer(5),
// systemd.syntax(7)).
import { Failure } from "../failure.ts";
import type { Job } from "./jobs.ts";
import type { Slot } from "./schedule.ts";

/** Says that the file is ours to replace and to remove. */
export const UNIT_BY_US = "# written by petesbrain-sync agents install";

/** Units are named by the product, for they stand among those of all others. */
export function unitNamesOf(job: Job): { service: string; timer: string } {
  const stem = `petesbrain-${job.name}`;
  return { service: `${stem}.service`, timer: `${stem}.timer` };
}

/** One word of ExecStart or Environment: quoted, with `%` and, in commands, `$` doubled. */
function word(text: string, inCommand: boolean): string {
  if (/[\u0000-\u001f\u007f]/.test(text)) {
    const cause = `a unit of systemd cannot hold the control character in ${JSON.stringify(text)}`;
    throw new Failure("usage", { cause, remedy: ["petesbrain-sync config show   # which path or name is it?"] });
  }
  const escaped = text.replaceAll("\\", String.raw`\\`).replaceAll('"', String.raw`\"`).replaceAll("%", "%%");
  return `"${inCommand ? escaped.replaceAll("$", "$$$$") : escaped}"`;
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}

/** The slots as one calendar expression (systemd.time(7)). They share the hour or the minute, as schedule.ts makes them. */
export function calendarOf(slots: readonly Slot[]): string {
  const hours = [...new Set(slots.map(({ hour }) => (hour === null ? "*" : two(hour))))];
  const minutes = [...new Set(slots.map(({ minute }) => two(minute)))];
  return `*-*-* ${hours.join(",")}:${minutes.join(",")}:00`;
}

/** The text of the service. @throws Failure `usage` for a character that a unit cannot hold */
export function serviceOf(job: Job): string {
  const environment = Object.entries(job.environment).map(([name, value]) => word(`${name}=${value}`, false));
  return [
    UNIT_BY_US,
    "[Unit]",
    `Description=petesbrain-sync ${job.command}`,
    "",
    "[Service]",
    "Type=oneshot",
    `ExecStart=${job.argv.map((text) => word(text, true)).join(" ")}`,
    `Environment=${environment.join(" ")}`,
    "UMask=0077",
    "TimeoutStopSec=60",
    "",
  ].join("\n");
}

/** The text of the timer: the slots, those missed while the computer was off, and once after each log-in. */
export function timerOf(job: Job): string {
  return [
    UNIT_BY_US,
    "[Unit]",
    `Description=petesbrain-sync ${job.command}, every ${job.everyMinutes} minutes`,
    "",
    "[Timer]",
    `OnCalendar=${calendarOf(job.slots)}`,
    "OnStartupSec=60",
    "AccuracySec=1s",
    "Persistent=true",
    `Unit=${unitNamesOf(job).service}`,
    "",
    "[Install]",
    "WantedBy=timers.target",
    "",
  ].join("\n");
}
