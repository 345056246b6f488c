// Every key of the two settings files: which file it belongs to, what it may hold, and a valid line to show beside a
// wrong one. What is not in this table is refused by name.
import * as v from "valibot";
import { WEBHOOK_KINDS } from "./settings-alerts.ts";
import { POLICIES } from "./settings-classes.ts";
import { builtInThreshold, THRESHOLDS, type Threshold } from "./settings-guards.ts";
import { EVERY_MINUTES, SCHEDULED_COMMANDS, SCHEDULES, type ScheduleKey } from "./settings-schedule.ts";

/** `machine`: config.toml of this machine. `folder`: .petesbrain-sync.toml inside the folder, which others can write to. */
export type SettingsFile = "machine" | "folder";

export interface KeyRule {
  /** `either`: shared policy in the folder's file, over which this machine's own file stands. */
  readonly file: SettingsFile | "either";
  readonly schema: v.GenericSchema;
  /** A valid line, or lines, with the table it stands in. */
  readonly example: string;
}

const LONGEST_NAME = 64;
const ROLE = /^[\p{L}\p{N}][\p{L}\p{N}._-]*$/u;
const REMOTE = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;
const MAIL_ADDRESS = /^[^\s@<>"]+@[^\s@<>"]+$/;
/** git-check-ref-format(1), and no leading dash. */
const WRONG_BRANCH = /^[-/.]|[\u0000-\u0020\u007f~^:?*[\\]|\.\.|\/\/|\/\.|@\{|[/.]$|\.lock(\/|$)|^@$/u;
/** Nothing that could end the line, or steer a terminal. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

const text = v.string("must be text in quotes");
const line = v.pipe(
  text,
  v.nonEmpty("must not be empty"),
  v.check((value) => !UNPRINTABLE.test(value), "must be plain text on one line"),
);
const yesOrNo = v.boolean("must be true or false, without quotes");

const name = v.pipe(line, v.maxLength(LONGEST_NAME, `must have at most ${LONGEST_NAME} characters`));

function isInside(glob: string): boolean {
  const parts = glob.split("/");
  const leaves = glob.startsWith("/") || glob.startsWith("~") || /^[A-Za-z]:/.test(glob) || glob.includes("\\");
  return (
    !leaves && parts.every((part) => part !== ".." && part !== "." && part !== "" && part.toLowerCase() !== ".git")
  );
}

const globs = v.array(
  v.pipe(line, v.check(isInside, "must stay inside the folder: no leading /, no .., no .git")),
  "must be a list of texts in brackets",
);

/** Globs of a class: one that no path can match is a mistake, and what it was meant for would be merged otherwise. */
const classGlobs = v.pipe(
  v.array(
    v.pipe(
      line,
      v.check(
        (value) => !value.endsWith("/"),
        "must match files: a glob that ends in / matches none (folder/** is all that is in a folder)",
      ),
      v.check((value) => !value.startsWith("!"), "must not begin with !: a class says what it matches"),
      v.check(isInside, "must stay inside the folder: no leading /, no .., no .git"),
      v.check(isBalanced, "has a bracket that is not closed, so that it can match nothing"),
    ),
    "must be a list of texts in brackets",
  ),
  v.minLength(1, "must name at least one glob"),
);

function isBalanced(glob: string): boolean {
  const open: string[] = [];
  for (const letter of glob) {
    if (letter === "[" || letter === "{") open.push(letter === "[" ? "]" : "}");
    else if ((letter === "]" || letter === "}") && open.pop() !== letter) return false;
  }
  return open.length === 0;
}

/** As globs, and one that begins with `!` spares what it matches. */
const sparingGlobs = v.array(
  v.pipe(
    line,
    v.check(
      (value) => isInside(value.replace(/^!/, "")) && !value.startsWith("!!"),
      "must stay inside the folder: no leading /, no .., no .git",
    ),
  ),
  "must be a list of texts in brackets",
);

function whole(lowest: number, highest: number): v.GenericSchema {
  const says = `must be a whole number from ${lowest} to ${highest}`;
  return v.pipe(v.number(says), v.integer(says), v.minValue(lowest, says), v.maxValue(highest, says));
}

function isWebAddress(value: string): boolean {
  return URL.canParse(value) && ["http:", "https:"].includes(new URL(value).protocol);
}

const address = v.pipe(line, v.check(isWebAddress, "must be an http or https address"));
const mail = v.pipe(line, v.regex(MAIL_ADDRESS, "must be a mail address"));
const path = v.pipe(
  line,
  v.check((value) => /^(\/|~\/|~$)/.test(value), "must be a full path, beginning with / or ~/"),
);

/** The same rules for the words of `init` and the environment. */
export const ROLE_SCHEMA = v.pipe(name, v.regex(ROLE, "must be letters, digits, dots, dashes and underscores"));
export const BRANCH_SCHEMA = v.pipe(
  line,
  v.check((value) => !WRONG_BRANCH.test(value), "must be a name git accepts for a branch"),
);

function thresholdRule(name: Threshold): readonly [key: string, rule: KeyRule] {
  const { least, most } = THRESHOLDS[name];
  const example = `[guards] ${name} = ${builtInThreshold(name)}`;
  return [`guards.${name}`, { file: "either", schema: whole(least, most), example }];
}

function scheduleRule(name: ScheduleKey): readonly [key: string, rule: KeyRule] {
  const schema = v.picklist(EVERY_MINUTES, `must be one of ${EVERY_MINUTES.join(", ")}`);
  return [`schedule.${name}`, { file: "either", schema, example: `[schedule] ${name} = ${SCHEDULES[name]}` }];
}

/** Keys by their full name; those of a table carry its name, `webhook[]` is a list of tables. */
export const KEYS: Readonly<Record<string, KeyRule>> = {
  folder: { file: "machine", schema: path, example: 'folder = "~/brain"' },
  role: { file: "machine", schema: ROLE_SCHEMA, example: 'role = "desktop"' },
  name: { file: "machine", schema: name, example: 'name = "Peters-Mac-mini"' },
  remote: {
    file: "machine",
    schema: v.pipe(line, v.regex(REMOTE, "must be the name of a git remote, not its address")),
    example: 'remote = "origin"',
  },
  branch: { file: "machine", schema: BRANCH_SCHEMA, example: 'branch = "main"' },
  hooks: { file: "machine", schema: yesOrNo, example: "hooks = false" },
  "snapshots.most_mb": { file: "machine", schema: whole(10, 1_000_000), example: "[snapshots] most_mb = 2000" },
  "network.attempts": { file: "machine", schema: whole(1, 20), example: "[network] attempts = 3" },
  "network.timeout_seconds": { file: "machine", schema: whole(1, 3600), example: "[network] timeout_seconds = 120" },
  "email.to": { file: "machine", schema: mail, example: '[email] to = "me@example.com"' },
  "email.from": { file: "machine", schema: mail, example: '[email] from = "sync@example.com"' },
  "email.api": { file: "machine", schema: address, example: '[email] api = "https://api.resend.com"' },
  notifications: {
    file: "machine",
    schema: v.picklist(["on", "off"], 'must be "on" or "off"'),
    example: 'notifications = "off"',
  },
  "webhook[].url": { file: "machine", schema: address, example: '[[webhook]] url = "https://example.com/hook"' },
  "webhook[].kind": {
    file: "machine",
    schema: v.picklist(WEBHOOK_KINDS, 'must be "json", "slack" or "ntfy"'),
    example: '[[webhook]] kind = "slack"',
  },
  "ping.url": { file: "machine", schema: address, example: '[ping] url = "https://example.com/ping"' },
  "class[].name": { file: "folder", schema: name, example: '[[class]] name = "invoices"' },
  "class[].globs": { file: "folder", schema: classGlobs, example: '[[class]] globs = ["invoices/**"]' },
  "class[].policy": {
    file: "folder",
    schema: v.picklist(POLICIES, `must be one of ${POLICIES.join(", ")}`),
    example: '[[class]] policy = "ask"',
  },
  "class[].prefer": {
    file: "folder",
    schema: ROLE_SCHEMA,
    example: '[[class]] prefer = "desktop"',
  },
  "classes.built_in": { file: "folder", schema: yesOrNo, example: "[classes] built_in = true" },
  "schedule.command": {
    file: "machine",
    schema: v.picklist(SCHEDULED_COMMANDS, 'must be "push", "pull" or "sync"'),
    example: '[schedule] command = "sync"',
  },
  critical: { file: "folder", schema: globs, example: 'critical = ["clients/*/tasks.json"]' },
  local: { file: "folder", schema: globs, example: 'local = [".mcp.json"]' },
  ...Object.fromEntries((Object.keys(THRESHOLDS) as Threshold[]).map(thresholdRule)),
  "guards.never_sync": {
    file: "either",
    schema: sparingGlobs,
    example: '[guards] never_sync = ["private/**", "!private/readme.md"]',
  },
  ...Object.fromEntries((Object.keys(SCHEDULES) as ScheduleKey[]).map(scheduleRule)),
  "attest.required": { file: "either", schema: yesOrNo, example: "[attest] required = true" },
};

/** Says what is wrong with a value, or null when nothing is. */
export function faultOf(schema: v.GenericSchema, value: unknown): string | null {
  const result = v.safeParse(schema, value, { abortEarly: true });
  return result.success ? null : result.issues[0].message;
}
