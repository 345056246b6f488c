// The commands about the installation: scheduled runs, the old names, checks, settings, this program itself.
import { type CommandHelp, DRY_RUN, PLAIN, PROGRAM } from "./help-form.ts";

export const INSTALLATION: readonly CommandHelp[] = [
  {
    ...PLAIN,
    name: "agents",
    says: "the scheduled runs of this machine: launchd on a Mac, systemd on Linux",
    more: [
      "A desktop pushes every two hours, a laptop pulls every hour, any other role syncs every hour, unless",
      "[schedule] in the settings says otherwise. A watchdog looks every hour whether all runs are on time.",
      "status: what really ran and what comes; print: the files that install would write; resume: ends a pause.",
    ],
    positionals: [
      {
        name: "action",
        required: true,
        choices: ["install", "uninstall", "status", "print", "resume"],
        says: "install, uninstall, status, print or resume",
      },
    ],
    examples: [
      [`${PROGRAM} agents install`, "after a week of syncing by hand; can be run again at any time"],
      [`${PROGRAM} agents status`, "did they really run?"],
    ],
  },
  {
    ...PLAIN,
    name: "shims",
    says: "put the old scripts' names under shared/scripts, each handing over to this program",
    more: [
      "sync-petesbrain-v2.sh push|pull|status, rollback-sync.sh [--force|status] and verify-sync-integrity.py",
      "pre-sync|post-sync|update go on working. What stands there under those names is kept beside as .old.",
    ],
    positionals: [{ name: "action", required: true, choices: ["install"], says: "install" }],
    examples: [[`${PROGRAM} shims install`, "once; push brings them to the other machines"]],
  },
  {
    ...PLAIN,
    name: "doctor",
    says: "check the whole installation; each finding comes with the command that mends it",
    more: [
      "Tries what a run needs in this shell and, on a Mac, under launchd as well: what differs is privacy, the search",
      "path or credentials. Ends with 10 when a finding is an error.",
    ],
    options: [{ name: "fix", value: null, says: "mend what is safe: excludes, modes, missing directories of our own" }],
    examples: [[`${PROGRAM} doctor --fix`, "after installing, and whenever something is odd"]],
  },
  {
    ...PLAIN,
    name: "probe",
    says: "what doctor starts in the shell and under launchd",
    positionals: [
      { name: "what", required: false, choices: ["near", "far"], says: "without the network, or with it alone" },
    ],
    hidden: true,
  },
  {
    ...PLAIN,
    name: "config",
    says: "the settings in effect, and where each came from",
    positionals: [
      {
        name: "action",
        required: true,
        choices: ["show", "check", "path"],
        says: "show: every setting; check: 0 when valid, 3 when not; path: the files",
      },
    ],
    examples: [[`${PROGRAM} config show`, "every setting and its source"]],
  },
  {
    ...PLAIN,
    name: "completion",
    says: "a script that completes the words of this program in your shell",
    positionals: [
      { name: "shell", required: true, choices: ["bash", "zsh", "fish"], says: "where each belongs is its first line" },
    ],
    examples: [[`source <(${PROGRAM} completion zsh)`, "in ~/.zshrc, after compinit"]],
  },
  {
    ...PLAIN,
    name: "upgrade",
    says: "put the newest release in the place of this executable; the one before it is kept",
    more: ["What arrives is compared with the sums of its release and tried before it takes its place, in one step."],
    options: [
      { name: "base-url", value: "URL", says: "the folder of a release; otherwise the one the installer took" },
      { name: "to", value: "VERSION", says: "that version, older ones too" },
      { name: "rollback", value: null, says: "back to the executable before this one" },
      DRY_RUN,
    ],
    examples: [
      [`${PROGRAM} upgrade --dry-run`, "is there a newer one?"],
      [`${PROGRAM} upgrade --rollback`, "the one before was better"],
    ],
  },
  {
    ...PLAIN,
    name: "uninstall",
    says: "take away the scheduled jobs and this executable; settings, logs and snapshots stay",
    options: [
      { name: "purge", value: null, says: "settings, logs and snapshots too; the folder's files stay in any case" },
      DRY_RUN,
    ],
    examples: [[`${PROGRAM} uninstall --purge --dry-run`, "what would go"]],
  },
];
