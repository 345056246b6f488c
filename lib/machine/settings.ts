// The effective settings of this machine for this folder, and where each of them came from.

import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { Failure, systemCode } from "../failure.ts";
import { quoted } from "../paste.ts";
import { type AlertSettings, alertSettings } from "./settings-alerts.ts";
import { classesIn, type FileClass } from "./settings-classes.ts";
import type { FileValues } from "./settings-file.ts";
import {
  ALLOW_NOWHERE,
  builtInThreshold,
  type GuardSettings,
  guardSettings,
  type Threshold,
} from "./settings-guards.ts";
import { type ScheduleSettings, scheduleSettings } from "./settings-schedule.ts";

/** Where a setting was read: `built-in`, `environment PETESBRAIN_SYNC_ROLE`, or `<file>:<line>`. */
export type SettingSource = string;

export interface Settings {
  /** The synced folder named in this machine's own settings; null where none is. Absolute. */
  readonly folder: string | null;
  /** `desktop`, `laptop` or another name; what people see. Falls back to the machine's name. */
  readonly role: string;
  /** This machine's name; falls back to the host name. */
  readonly name: string;
  /** Name of the git remote. */
  readonly remote: string;
  /** Short name of the branch that is synced. */
  readonly branch: string;
  /** Globs of critical files, relative to the folder. */
  readonly critical: readonly string[];
  /** Globs of files that never leave this machine, yet are in every snapshot. */
  readonly local: readonly string[];
  /** The classes of files, in order: what happens to one that both machines changed. */
  readonly classes: readonly FileClass[];
  /** Run the user's own git hooks for our commands too (this machine's settings only). */
  readonly hooks: boolean;
  readonly guards: GuardSettings;
  readonly schedule: ScheduleSettings;
  /** A head that no machine vouches for is a halt. */
  readonly attestRequired: boolean;
  /** Space that the snapshots of this machine may take. */
  readonly snapshotsMostBytes: number;
  /** How often a network step is tried before the run gives up. */
  readonly networkAttempts: number;
  /** Longest time one network step may take, milliseconds. */
  readonly networkTimeoutMs: number;
  /** The channels that alerts go out by. */
  readonly alerts: AlertSettings;
  /** Source of each setting by its key in the TOML files. */
  readonly sources: Readonly<Record<string, SettingSource>>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Where settings are read from. */
export interface SettingsPlace {
  readonly home: string;
  readonly hostname: string;
  readonly environment: Environment;
  /** The folder whose own settings apply; null while none is known. */
  readonly folder: string | null;
}

export interface SettingsPaths {
  readonly machine: string;
  readonly secrets: string;
  /** Null while no folder is known. */
  readonly folder: string | null;
}

export const BUILT_IN = {
  remote: "origin",
  branch: "main",
  critical: [
    "clients/*/tasks.json",
    "clients/*/CONTEXT.md",
    "clients/*/tasks-completed.md",
    "roksys/tasks.json",
    "roksys/tasks-completed.md",
  ],
  local: [".mcp.json", "data/state/*.json"],
  hooks: false,
  attestRequired: false,
  snapshotsMostMegabytes: 2000,
  networkAttempts: 3,
  networkTimeoutSeconds: 120,
} as const;

const BYTES_PER_MEGABYTE = 1_000_000;
const LONGEST_FILE_BYTES = 1_000_000;

/** Where the settings of this machine and of the folder stand, existing or not. */
export function settingsPaths(place: Pick<SettingsPlace, "home" | "environment" | "folder">): SettingsPaths {
  const chosen = place.environment["XDG_CONFIG_HOME"];
  const base = chosen !== undefined && isAbsolute(chosen) ? chosen : join(place.home, ".config");
  const directory = join(base, "petesbrain-sync");
  const folder = place.folder === null ? null : join(place.folder, ".petesbrain-sync.toml");
  return { machine: join(directory, "config.toml"), secrets: join(directory, ".env"), folder };
}

/** A settings file's text, or null where there is none. @throws Failure `config-invalid` when it cannot be read */
function textOf(path: string, follow: boolean): string | null {
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | (follow ? 0 : constants.O_NOFOLLOW);
  let handle: number;
  try {
    handle = openSync(path, flags);
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    const cause =
      code === "ELOOP"
        ? `${path} is a link; settings inside the folder must be a plain file`
        : `${path} cannot be read (${code})`;
    throw new Failure("config-invalid", { cause, remedy: [`ls -l ${quoted(path)}`], because: error });
  }
  try {
    const { size } = fstatSync(handle);
    if (size <= LONGEST_FILE_BYTES) return readFileSync(handle, "utf8");
    throw new Failure("config-invalid", {
      cause: `${path} has ${size} bytes, which no settings file needs`,
      remedy: [`ls -l ${quoted(path)}`],
    });
  } finally {
    closeSync(handle);
  }
}

async function valuesOf(path: string | null, file: "machine" | "folder"): Promise<FileValues> {
  const text = path === null ? null : textOf(path, file === "machine");
  if (path === null || text === null) return new Map();
  const { parseSettingsFile } = await import("./settings-file.ts"); // the parsers are loaded only where there is something to parse
  return parseSettingsFile(path, file, text);
}

const VARIABLES: Readonly<Record<string, string>> = {
  folder: "PETESBRAIN_SYNC_FOLDER",
  role: "PETESBRAIN_SYNC_ROLE",
  name: "PETESBRAIN_SYNC_NAME",
  remote: "PETESBRAIN_SYNC_REMOTE",
  branch: "PETESBRAIN_SYNC_BRANCH",
  notifications: "PETESBRAIN_SYNC_NOTIFICATIONS",
};

async function checkedVariables(environment: Environment): Promise<Map<string, string>> {
  if ((environment["PETESBRAIN_SYNC_ALLOW"] ?? "") !== "")
    throw new Failure("config-invalid", {
      cause: `the environment variable PETESBRAIN_SYNC_ALLOW ${ALLOW_NOWHERE}`,
      remedy: ["unset PETESBRAIN_SYNC_ALLOW"],
    });
  const given = new Map<string, string>();
  for (const [key, variable] of Object.entries(VARIABLES)) {
    const value = environment[variable];
    if (value !== undefined && value !== "") given.set(key, value);
  }
  if (given.size === 0) return given;
  const { faultOf, KEYS } = await import("./settings-keys.ts");
  for (const [key, value] of given) {
    const rule = KEYS[key];
    const fault = rule === undefined ? null : faultOf(rule.schema, value);
    if (fault === null) continue;
    const variable = VARIABLES[key] ?? key;
    throw new Failure("config-invalid", {
      cause: `the environment variable ${variable} ${fault}; for example: ${rule?.example.replace(`${key} = `, `${variable}=`)}`,
      remedy: [`unset ${variable}`],
    });
  }
  return given;
}

/** The roots of one reading: what was found, from the strongest to the built-in. */
class Reading {
  readonly sources: Record<string, SettingSource> = {};
  private readonly variables: ReadonlyMap<string, string>;
  private readonly files: readonly (readonly [path: string, values: FileValues])[];

  constructor(variables: ReadonlyMap<string, string>, files: readonly (readonly [string, FileValues])[]) {
    this.variables = variables;
    this.files = files;
  }

  /** The strongest value of a key, whose form has been checked; `otherwise` where it is nowhere set. */
  value<T>(key: string, otherwise: T): T {
    const variable = this.variables.get(key);
    if (variable !== undefined) {
      this.sources[key] = `environment ${VARIABLES[key]}`;
      return variable as T;
    }
    for (const [path, values] of this.files) {
      const found = values.get(key);
      if (found === undefined) continue;
      this.sources[key] = `${path}:${found.line}`;
      return found.value as T;
    }
    this.sources[key] = "built-in";
    return otherwise;
  }

  /** A list that adds to the built-in one: what each file says of it, this machine's first. */
  additions(key: string): readonly [machine: readonly string[], folder: readonly string[]] {
    const named = this.files.flatMap(([path, values]) => {
      const found = values.get(key);
      return found === undefined ? [] : [`${path}:${found.line}`];
    });
    this.sources[key] = ["built-in", ...named].join(" and ");
    const [machine = [], folder = []] = this.files.map(([, values]) => (values.get(key)?.value ?? []) as string[]);
    return [machine, folder];
  }

  /** A switch that any file may turn on and none may turn off. */
  eitherIsOn(key: string, otherwise: boolean): boolean {
    const on = this.files.find(([, values]) => values.get(key)?.value === true);
    if (on === undefined) return this.value<boolean>(key, otherwise);
    this.sources[key] = `${on[0]}:${on[1].get(key)?.line}`;
    return true;
  }
}

function guardsOf(reading: Reading): GuardSettings {
  const [machine, folder] = reading.additions("guards.never_sync");
  return guardSettings({
    threshold: (name: Threshold) => reading.value<number>(`guards.${name}`, builtInThreshold(name)),
    neverSync: { machine, folder },
  });
}

function expanded(path: string | null, home: string): string | null {
  if (path === null) return null;
  return resolve(path === "~" || path.startsWith("~/") ? join(home, path.slice(1)) : path);
}

/**
 * Reads the effective settings: environment, then this machine's file, then the folder's, then the built-in ones.
 * @throws Failure `config-invalid`
 */
export async function readSettings(place: SettingsPlace): Promise<Settings> {
  const paths = settingsPaths(place);
  const folderValues = await valuesOf(paths.folder, "folder");
  const reading = new Reading(await checkedVariables(place.environment), [
    [paths.machine, await valuesOf(paths.machine, "machine")],
    [paths.folder ?? "", folderValues],
  ]);
  reading.value("classes.built_in", true);
  const name = reading.value<string>("name", place.hostname);
  const role = reading.value("role", name);
  return {
    folder: expanded(reading.value<string | null>("folder", null), place.home),
    role,
    name,
    remote: reading.value<string>("remote", BUILT_IN.remote),
    branch: reading.value<string>("branch", BUILT_IN.branch),
    critical: reading.value<readonly string[]>("critical", BUILT_IN.critical),
    local: reading.value<readonly string[]>("local", BUILT_IN.local),
    classes: classesIn(paths.folder ?? "", folderValues),
    hooks: reading.value<boolean>("hooks", BUILT_IN.hooks),
    guards: guardsOf(reading),
    schedule: scheduleSettings(role, (key, otherwise) => reading.value(`schedule.${key}`, otherwise)),
    attestRequired: reading.eitherIsOn("attest.required", BUILT_IN.attestRequired),
    snapshotsMostBytes:
      reading.value<number>("snapshots.most_mb", BUILT_IN.snapshotsMostMegabytes) * BYTES_PER_MEGABYTE,
    networkAttempts: reading.value<number>("network.attempts", BUILT_IN.networkAttempts),
    networkTimeoutMs: reading.value<number>("network.timeout_seconds", BUILT_IN.networkTimeoutSeconds) * 1000,
    alerts: alertSettings((key, otherwise) => reading.value(key, otherwise)),
    sources: reading.sources,
  };
}
