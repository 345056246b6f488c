// A recording `notify-send`: what a machine lacks here, a screen, is a file that says what would have been shown.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Notifier {
  /** Puts the recorder before everything else on the search path, and turns notifications on. */
  readonly environment: Readonly<Record<string, string>>;
  /** The words of each call so far, without the program's own options. */
  shown(): string[][];
}

/** A recorder below `root`. `behave` is a line of shell run after the words were noted: `exit 1`, `sleep 60`. */
export function recordNotifications(root: string, behave = "exit 0"): Notifier {
  const folder = join(root, "recorder");
  const calls = join(folder, "calls");
  mkdirSync(folder, { recursive: true });
  const script = `#!/bin/sh\nprintf '%s\\0' "$@" >> '${calls}'\nprintf '\\n\\0' >> '${calls}'\n${behave}\n`;
  writeFileSync(join(folder, "notify-send"), script, { mode: 0o755 });
  return {
    environment: { PATH: `${folder}:${process.env["PATH"] ?? ""}`, PETESBRAIN_SYNC_NOTIFICATIONS: "on" },
    shown: () => {
      const text = existsSync(calls) ? readFileSync(calls, "utf8") : "";
      return text
        .split("\n\0")
        .slice(0, -1)
        .map((call) => call.split("\0").filter((word) => word !== "" && !word.startsWith("--")));
    },
  };
}
