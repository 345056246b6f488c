// Notifications on the screen: `osascript` on a Mac, `notify-send` on Linux. Texts are arguments, never part of a script
// or of options. Best effort: whether anybody saw it cannot be known, so nothing rests on it.
import { platform as hostPlatform } from "node:os";
import { type ProgramAnswer, runProgram } from "../machine/command.ts";
import type { Environment } from "../machine/context.ts";
import { printable } from "../printable.ts";
import type { EventName, Shown } from "./loudness.ts";

export interface Notice {
  readonly event: EventName;
  readonly title: string;
  /** The machine and the command it is about. */
  readonly subtitle: string;
  readonly text: string;
  readonly shown: Exclude<Shown, "none">;
}

export interface Notifier {
  /** The words that start the program, for one notice. */
  readonly argv: readonly string[];
  /** Its standard input. */
  readonly input: string;
}

const DEADLINE_MS = 5_000;
const LONGEST_TEXT = 240;
const OSASCRIPT = "/usr/bin/osascript";

/** Source: osascript(1), and "display notification" in the StandardAdditions dictionary. */
const SCRIPT = `on run argv
  set theTitle to item 1 of argv
  set theSubtitle to item 2 of argv
  set theText to item 3 of argv
  if (count of argv) > 3 then
    display notification theText with title theTitle subtitle theSubtitle sound name (item 4 of argv)
  else
    display notification theText with title theTitle subtitle theSubtitle
  end if
end run
`;

/** Sounds that every Mac has, in /System/Library/Sounds. */
const SOUNDS: Readonly<Partial<Record<EventName, string>>> = {
  halted: "Funk",
  "rolled-back": "Submarine",
  "rollback-failed": "Sosumi",
  failed: "Basso",
  integrity: "Sosumi",
  overdue: "Basso",
};
const OTHER_SOUND = "Ping";

const URGENCY: Readonly<Record<Notice["shown"], string>> = { silent: "low", shown: "normal", sound: "critical" };

function short(text: string): string {
  const clean = printable(text);
  return clean.length <= LONGEST_TEXT ? clean : `${clean.slice(0, LONGEST_TEXT - 1)}…`;
}

/** notify-send hands the text on to a server that reads markup in it. Source: Desktop Notifications Specification. */
function withoutMarkup(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** How a notice is shown on that kind of system; null where it has no way. `find` looks a program up. */
export function notifierFor(
  platform: string,
  notice: Notice,
  find: (program: string) => string | null,
): Notifier | null {
  const [title, subtitle, text] = [short(notice.title), short(notice.subtitle), short(notice.text)];
  if (platform === "darwin") {
    const sound = notice.shown === "sound" ? [SOUNDS[notice.event] ?? OTHER_SOUND] : [];
    return { argv: [find(OSASCRIPT) ?? OSASCRIPT, "-", title, subtitle, text, ...sound], input: SCRIPT };
  }
  const program = find("notify-send");
  if (program === null) return null;
  const options = ["--app-name=petesbrain-sync", `--urgency=${URGENCY[notice.shown]}`];
  return { argv: [program, ...options, "--", title, withoutMarkup(`${subtitle}\n${text}`)], input: "" };
}

export interface NotifyPlace {
  readonly environment: Environment;
  readonly signal: AbortSignal;
  /** The kind of system; this one's when not given. */
  readonly platform?: string;
  /** Looks a program up; on the search path when not given. */
  readonly find?: (program: string) => string | null;
}

/** What the program may see of the environment: enough to find the session of whoever is logged in. */
const PASSED_ON = [
  "HOME",
  "USER",
  "LOGNAME",
  "PATH",
  "DISPLAY",
  "WAYLAND_DISPLAY",
  "XDG_RUNTIME_DIR",
  "DBUS_SESSION_BUS_ADDRESS",
] as const;

/** Shows a notice. Never throws for what the program does; null where this system has no way to show anything. */
export async function notify(notice: Notice, place: NotifyPlace): Promise<ProgramAnswer | null> {
  const { environment, signal, platform = hostPlatform() } = place;
  const path = environment["PATH"] ?? "/usr/bin:/bin";
  const notifier = notifierFor(platform, notice, place.find ?? ((program) => Bun.which(program, { PATH: path })));
  if (notifier === null) return null;
  const passed = PASSED_ON.map((name) => [name, environment[name]] as const).filter(([, value]) => value !== undefined);
  return await runProgram(notifier.argv, {
    environment: { ...Object.fromEntries(passed), LC_ALL: "C.UTF-8" },
    timeoutMs: DEADLINE_MS,
    signal,
    input: notifier.input,
  });
}
