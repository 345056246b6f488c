// The part of the table of commands that is about being told: alerts, the watchdog, the logs.
import type { CommandHelp } from "./help-form.ts";

const PLAIN = { more: [], positionals: [], options: [], examples: [], hidden: false } as const;

export const TELLING: readonly CommandHelp[] = [
  {
    ...PLAIN,
    name: "alerts",
    says: "what was told, the newest first; unread ones stay in status",
    options: [
      { name: "read", value: null, says: "mark all of them as read" },
      { name: "try", value: null, says: "send a test by every channel, and say where to look for it" },
      { name: "limit", value: "N", says: "how many (20)" },
    ],
    examples: [[`petesbrain-sync alerts --read`, "seen, and done with"]],
  },
  {
    ...PLAIN,
    name: "watchdog",
    says: "are this machine's runs and the other machines' on time?",
    more: [
      "What its agent runs every hour: tells when a machine is overdue (three slots missed, or a day), when agents,",
      "baseline, disk or channels are not well, and when that is over. 10 when something is late or broken.",
    ],
    examples: [[`petesbrain-sync watchdog`, "look now"]],
  },
  {
    ...PLAIN,
    name: "report",
    says: "one page for a browser: the machines, 30 days of runs, integrity, conflicts, alerts",
    more: ["The page loads nothing and never leaves this machine; each report takes the place of the one before."],
    options: [{ name: "open", value: null, says: "show it in the browser" }],
    examples: [[`petesbrain-sync report --open`, "see how it has gone"]],
  },
  {
    ...PLAIN,
    name: "logs",
    says: "the newest lines of a log, by time or by run",
    more: ["With --json one object; with --json and -f one object a line, as the lines come."],
    positionals: [
      { name: "log", required: false, choices: ["sync", "error", "rollback"], says: "sync unless another is named" },
    ],
    options: [
      { name: "follow", short: "f", value: null, says: "go on as lines are added, until Ctrl-C" },
      { name: "since", value: "TIME", says: "lines since then: 30m, 2h, 3d, 2026-01-04, 2026-01-04T10:25 (UTC)" },
      { name: "run", value: "ID", says: "lines of one run; the beginning of its ID is enough" },
      { name: "limit", value: "N", says: "how many lines (50; all of them with --since or --run)" },
    ],
    examples: [
      [`petesbrain-sync logs error --since 1d`, "what went wrong since yesterday"],
      [`petesbrain-sync logs -f`, "what is going on now"],
    ],
  },
];
