// The one table of commands and options: the help texts are printed from it (help-words.ts) and yargs is fed from it,
// so that they cannot drift. It loads nothing, for `--help` must start as fast as an empty program.
import { type CommandHelp, DRY_RUN, type OptionHelp, PLAIN, PROGRAM } from "./help-form.ts";
import { INSTALLATION } from "./help-installation.ts";
import { TELLING } from "./help-telling.ts";

const ALLOW: OptionHelp = {
  name: "allow",
  value: "GUARD[:PATH]",
  says: "let what this guard stops pass, in this run only; can be given more than once",
  repeats: true,
};
const SCHEDULED: OptionHelp = {
  name: "scheduled",
  value: null,
  says: "what agents add: only when due and not paused, once the network is up, quietly",
};

export const EVERYWHERE: readonly OptionHelp[] = [
  {
    name: "folder",
    value: "PATH",
    says: "the synced folder; otherwise the one you are in, or the one in the settings",
  },
  { name: "json", value: null, says: "exactly one JSON object on standard output" },
  { name: "quiet", value: null, says: "say nothing unless something is wrong" },
  { name: "verbose", value: null, says: "every file, every step and how long it took" },
  { name: "no-color", value: null, says: "no colours (also: NO_COLOR=1)" },
  { name: "yes", value: null, says: "answer every question with yes" },
];

export const COMMANDS: readonly CommandHelp[] = [
  {
    ...PLAIN,
    name: "init",
    says: "set up this machine: adopt a checkout, make one of a plain folder, or clone",
    more: [
      "Adopts PATH (or the current directory) when it is a checkout, makes it one when it is a plain folder,",
      "and clones when it is empty and the remote is not. Can be run again at any time.",
    ],
    positionals: [
      { name: "path", required: false, choices: null, says: "the folder; the current directory if not given" },
    ],
    options: [
      { name: "role", value: "NAME", says: "this machine's role: desktop, laptop or another name" },
      { name: "remote", value: "URL", says: "where the machines meet: https, ssh or a local path" },
      { name: "branch", value: "NAME", says: "the branch that is synced (main)" },
    ],
    examples: [
      [`${PROGRAM} init ~/brain --role desktop --remote git@example.com:me/brain.git`, "the first machine"],
      [`${PROGRAM} init ~/brain --role laptop --remote git@example.com:me/brain.git`, "the second: clones"],
    ],
  },
  {
    ...PLAIN,
    name: "push",
    says: "publish this machine's changes",
    more: ["Commits and publishes what changed here, merged with what the remote has gained, and reads it back."],
    options: [DRY_RUN, ALLOW, SCHEDULED],
    examples: [
      [`${PROGRAM} push --dry-run`, "what would be published"],
      [`${PROGRAM} push --allow emptied:notes/old.md`, "it was emptied on purpose"],
    ],
  },
  {
    ...PLAIN,
    name: "pull",
    says: "bring the remote's changes in; uncommitted edits stay",
    options: [DRY_RUN, ALLOW, SCHEDULED],
    examples: [[`${PROGRAM} pull`, "on the laptop, before starting work"]],
  },
  {
    ...PLAIN,
    name: "sync",
    says: "pull, then push, as one run",
    options: [DRY_RUN, ALLOW, SCHEDULED],
    examples: [[`${PROGRAM} sync`, "before switching machines"]],
  },
  {
    ...PLAIN,
    name: "status",
    says: "may I switch machines? and why not",
    more: ["The first line is SAFE TO SWITCH, NOT YET: why, or ATTENTION: why."],
    examples: [[`${PROGRAM} status --quiet`, "the first line only"]],
  },
  {
    ...PLAIN,
    name: "why",
    says: "one file: its class and rules, whether it is synced, its digests, who changed it last",
    positionals: [
      { name: "path", required: true, choices: null, says: "the file, from the current directory or absolute" },
    ],
    examples: [[`${PROGRAM} why clients/acme/tasks.json`, "everything that is known about it"]],
  },
  {
    ...PLAIN,
    name: "verify",
    says: "are the files what they were? edited, damaged or gone",
    more: [
      "Without a word: the critical and local files against the baseline. Honest edits are listed; a file that",
      "changed though nobody saved it (rot), or that is missing, ends with 31.",
    ],
    positionals: [
      {
        name: "word",
        required: false,
        choices: ["pre-sync", "post-sync", "update"],
        says: "pre-sync: take a new baseline; post-sync: any difference is 31; update: accept what is there",
      },
    ],
    options: [
      { name: "all", value: null, says: "every tracked file too, and the object store" },
      { name: "subset", value: "n/t", says: "part n of t of all tracked files; next/t: the part that comes next" },
      { name: "repair", value: null, says: "mend rotten files from git or a snapshot; the rotten copies are kept" },
      DRY_RUN,
    ],
    examples: [
      [`${PROGRAM} verify --all --repair`, "everything, and mend what can be mended"],
      [`${PROGRAM} verify --subset next/30`, "once a day: the whole folder in a month"],
      [`${PROGRAM} verify update`, "all that changed was meant"],
    ],
  },
  {
    ...PLAIN,
    name: "rollback",
    says: "undo the last run, or make the folder what a snapshot saw",
    more: [
      "Without a word: undoes the last run that changed something; edits made since stay.",
      "Shows what would change, with a diff, and asks first. A rollback can itself be rolled back.",
    ],
    positionals: [
      {
        name: "what",
        required: false,
        choices: null,
        says: "a snapshot's ID; list: the snapshots, and why each is kept; status: the newest",
      },
    ],
    options: [
      {
        name: "path",
        value: "P",
        says: "only this file, folder or glob, out of the newest snapshot or ID; repeatable",
        repeats: true,
      },
      { name: "exact", value: null, says: "HEAD, branch and what was staged too; scheduled runs here then rest" },
      { name: "rehearse", value: null, says: "restore the newest snapshot beside the folder, and compare every file" },
      DRY_RUN,
      ALLOW,
      { name: "force", value: null, says: "do not ask" },
    ],
    examples: [
      [`${PROGRAM} rollback --dry-run`, "what undoing the last run would change"],
      [`${PROGRAM} rollback list`, "the snapshots one can go back to"],
      [`${PROGRAM} rollback --path 'clients/acme/*.json'`, "some files as they were before the last run"],
    ],
  },
  {
    ...PLAIN,
    name: "resolve",
    says: "end the conflicts of a blocked run, then complete it",
    more: [
      "On a terminal each conflict is shown and asked; with --take or --edit nothing is asked. An answer holds",
      "for exactly these versions, on every machine. As long as one is left, nothing is changed anywhere (20).",
    ],
    positionals: [
      { name: "path", required: false, choices: null, says: "one file in conflict; all of them if not given" },
    ],
    options: [
      {
        name: "take",
        value: "VERSION",
        says: "a role (desktop, laptop); merged: the proven union; both: two files; base: as before",
      },
      { name: "edit", value: null, says: "open it in $VISUAL or $EDITOR; no markers may remain" },
      { name: "all", value: null, says: "the same for all of them" },
      DRY_RUN,
      ALLOW,
    ],
    examples: [
      [`${PROGRAM} resolve`, "asks, one conflict at a time"],
      [`${PROGRAM} resolve clients/acme/tasks.json --take merged`, "every task of both machines"],
      [`${PROGRAM} resolve --all --take desktop`, "the desktop's version of every file"],
    ],
  },
  {
    ...PLAIN,
    name: "history",
    says: "what ran here, and how it ended",
    positionals: [
      { name: "run", required: false, choices: null, says: "one run in full; the beginning of its name is enough" },
    ],
    options: [{ name: "limit", value: "N", says: "how many runs (20)" }],
    examples: [[`${PROGRAM} history --limit 5`, "the last five runs"]],
  },
  ...TELLING,
  ...INSTALLATION,
  {
    ...PLAIN,
    name: "demo",
    says: "two machines and a remote in a scratch folder, narrated, for real",
    options: [{ name: "keep", value: "DIR", says: "make it in DIR and keep it" }],
    examples: [[`${PROGRAM} demo --keep /tmp/demo`, "to look around in afterwards"]],
  },
  { ...PLAIN, name: "version", says: "the version, and the commit it was built from" },
  {
    ...PLAIN,
    name: "help",
    says: "this text, or that of one command",
    positionals: [{ name: "command", required: false, choices: null, says: "the command to explain" }],
  },
  {
    ...PLAIN,
    name: "schema",
    says: "the JSON Schema of what a command prints with --json",
    positionals: [{ name: "command", required: false, choices: null, says: "one command; otherwise all" }],
    hidden: true,
  },
];

/** Finds a command by its exact name. */
export function commandNamed(name: string): CommandHelp | null {
  return COMMANDS.find((command) => command.name === name) ?? null;
}
