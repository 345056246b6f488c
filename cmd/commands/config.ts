// `config`: the settings in effect, each with its source; whether they are valid; where the files are.
import { existsSync } from "node:fs";
import { Failure } from "../../lib/failure.ts";
import { findFolder } from "../../lib/git/repository.ts";
import { type Settings, settingsPaths } from "../../lib/machine/settings.ts";
import { shownAddress } from "../../lib/machine/settings-alerts.ts";
import type { FileClass } from "../../lib/machine/settings-classes.ts";
import { wordOf } from "../../lib/merge/classes.ts";
import type { Answer, Call } from "../answer.ts";
import { readWiring } from "../wiring.ts";
import { columns } from "../words.ts";

type Value = string | number | boolean | null | readonly string[];

const BYTES_PER_MB = 1_000_000;

function guardValues({ guards }: Settings): [key: string, value: Value][] {
  return [
    ["guards.largest_file_mb", guards.largestFileBytes / BYTES_PER_MB],
    ["guards.mass_delete_percent", guards.massDeletePercent],
    ["guards.mass_delete_files", guards.massDeleteFiles],
    ["guards.mass_delete_least", guards.massDeleteLeast],
    ["guards.all_changed_percent", guards.allChangedPercent],
    ["guards.all_changed_least", guards.allChangedLeast],
    ["guards.shrunk_percent", guards.shrunkPercent],
    ["guards.shrunk_least_bytes", guards.shrunkLeastBytes],
    ["guards.never_sync", guards.neverSync],
  ];
}

/** Name, globs, what is done, and where it is written. */
function describeClass({ name, globs, policy, source }: FileClass): string {
  return `${name}: ${globs.join(", ")}: ${wordOf(policy)} (${source})`;
}

/** Addresses of webhooks and pings are as good as passwords: only where they lead is shown. */
function channelValues({ alerts }: Settings): [key: string, value: Value][] {
  const { notifications, email, webhooks, pingUrl } = alerts;
  return [
    ["notifications", notifications ? "on" : "off"],
    ["email.to", email?.to ?? null],
    ["email.from", email?.from ?? null],
    ["email.api", email?.api ?? null],
    ...webhooks.flatMap(({ url, kind }, n): [string, Value][] => [
      [`webhook[${n}].url`, shownAddress(url)],
      [`webhook[${n}].kind`, kind],
    ]),
    ["ping.url", pingUrl === null ? null : shownAddress(pingUrl)],
  ];
}

function valuesOf(settings: Settings): [key: string, value: Value][] {
  return [
    ["folder", settings.folder],
    ["role", settings.role],
    ["name", settings.name],
    ["remote", settings.remote],
    ["branch", settings.branch],
    ["hooks", settings.hooks],
    ["snapshots.most_mb", settings.snapshotsMostBytes / 1_000_000],
    ["network.attempts", settings.networkAttempts],
    ["network.timeout_seconds", settings.networkTimeoutMs / 1000],
    ["critical", settings.critical],
    ["local", settings.local],
    ["class", settings.classes.map(describeClass)],
    ["classes.built_in", settings.classes.some(({ source }) => source === "built-in")],
    ...guardValues(settings),
    ["schedule.command", settings.schedule.command],
    ...Object.entries(settings.schedule.everyMinutes).map(([what, minutes]): [string, Value] => [
      `schedule.${what}_minutes`,
      minutes,
    ]),
    ["attest.required", settings.attestRequired],
    ...channelValues(settings),
  ];
}

/** The folder whose file is named by `config path`, which must work where a file is wrong. */
async function folderOf(call: Call): Promise<string | null> {
  const { invocation, surroundings } = call;
  try {
    return (await readWiring(surroundings, invocation.folder)).folder;
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== "config-invalid") throw error;
    return invocation.folder ?? findFolder(surroundings.cwd);
  }
}

function filesOf(call: Call, folder: string | null): { kind: string; path: string | null; exists: boolean }[] {
  const paths = settingsPaths({ ...call.surroundings, folder });
  return Object.entries(paths).map(([kind, path]) => ({ kind, path, exists: path !== null && existsSync(path) }));
}

async function answerOfPath(call: Call): Promise<Answer> {
  const files = filesOf(call, await folderOf(call));
  const object = { schema: 1, command: "config", exit: 0, files, settings: null, failure: null } as const;
  const words = columns(files.map((file) => [file.kind, file.path ?? "(no folder)", file.exists ? "" : "(not there)"]));
  return { object, words, keepFirst: false };
}

export async function configCommand(call: Call): Promise<Answer> {
  const [action] = call.invocation.words;
  if (action === "path") return await answerOfPath(call);
  const { settings, folder } = await readWiring(call.surroundings, call.invocation.folder);
  const entries = valuesOf(settings).map(([key, value]) => ({
    key,
    value,
    source: settings.sources[key] ?? "built-in",
  }));
  const object = {
    schema: 1,
    command: "config",
    exit: 0,
    files: filesOf(call, folder),
    settings: entries,
    failure: null,
  } as const;
  const shown = columns(
    entries.map(({ key, value, source }) => [key, source, value === null ? "-" : JSON.stringify(value)]),
  );
  return { object, words: action === "check" ? ["the settings are valid"] : shown, keepFirst: false };
}
