// A job as launchd reads it: an XML property list (launchd.plist(5), plist(5)). Paths go to execvp and open as they
// are, so they are absolute; every text is escaped, and what XML cannot hold at all is refused.
import { join } from "node:path";
import { Failure } from "../failure.ts";
import type { Job } from "./jobs.ts";

export type PropertyValue =
  | string
  | number
  | boolean
  | readonly PropertyValue[]
  | { readonly [key: string]: PropertyValue };

/** Says that the file is ours to replace and to remove. */
export const WRITTEN_BY_US = "<!-- written by petesbrain-sync agents install -->";

const HEAD = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
${WRITTEN_BY_US}
<plist version="1.0">
`;

/** XML 1.0, section 2.2: characters that no document can hold, not even escaped. */
const NO_CHARACTER = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/u;
const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;" };

function escaped(text: string): string {
  if (NO_CHARACTER.test(text)) {
    const cause = `a property list cannot hold the character in ${JSON.stringify(text)}`;
    throw new Failure("usage", { cause, remedy: ["petesbrain-sync config show   # which path or name is it?"] });
  }
  return text.replace(/[&<>\r]/g, (character) => ESCAPES[character] ?? character);
}

function lines(value: PropertyValue, indent: string): string[] {
  if (typeof value === "string") return [`${indent}<string>${escaped(value)}</string>`];
  if (typeof value === "number") return [`${indent}<integer>${value.toFixed(0)}</integer>`];
  if (typeof value === "boolean") return [`${indent}<${value ? "true" : "false"}/>`];
  const deeper = `${indent}\t`;
  if (isList(value)) return [`${indent}<array>`, ...value.flatMap((one) => lines(one, deeper)), `${indent}</array>`];
  const entries = Object.entries(value).flatMap(([key, one]) => [
    `${deeper}<key>${escaped(key)}</key>`,
    ...lines(one, deeper),
  ]);
  return [`${indent}<dict>`, ...entries, `${indent}</dict>`];
}

function isList(value: PropertyValue): value is readonly PropertyValue[] {
  return Array.isArray(value);
}

/** The text of a property list. @throws Failure `usage` for a character that XML cannot hold */
export function formatPropertyList(value: PropertyValue): string {
  return `${HEAD}${lines(value, "").join("\n")}\n</plist>\n`;
}

/** Where launchd puts what a job prints: only a crash ever does, the product keeps its own log. */
function logPathsOf(job: Job, home: string): { out: string; err: string } {
  const directory = join(home, "Library", "Logs", "petesbrain-sync");
  return { out: join(directory, `${job.name}.out.log`), err: join(directory, `${job.name}.err.log`) };
}

const EXIT_SECONDS = 60; // longer than undoing a run takes
const PRIVATE_UMASK = 0o077;

/**
 * A job as a property list. Not set, on purpose: StartInterval (a firing during sleep is lost), KeepAlive, WatchPaths,
 * AbandonProcessGroup, WorkingDirectory (its chdir fails in a folder that privacy protects).
 */
export function propertyListOf(job: Job, home: string): { readonly [key: string]: PropertyValue } {
  const { out, err } = logPathsOf(job, home);
  return {
    Label: job.label,
    ProgramArguments: [...job.argv],
    StartCalendarInterval: job.slots.map(({ hour, minute }) => ({
      ...(hour === null ? {} : { Hour: hour }),
      Minute: minute,
    })),
    RunAtLoad: true, // the only way to catch up after a start of the Mac
    EnvironmentVariables: { ...job.environment },
    MaterializeDatalessFiles: true, // else reading a file that iCloud has evicted fails with EDEADLK
    ExitTimeOut: EXIT_SECONDS,
    Umask: PRIVATE_UMASK,
    LimitLoadToSessionType: "Aqua",
    StandardOutPath: out,
    StandardErrorPath: err,
  };
}
