// Which folder, which settings, which log: everything a run is given, put together from the command line and the
// process. Secrets are read here, and only from a file that nobody else can read.
import { closeSync, constants, existsSync, fstatSync, openSync, readFileSync, realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import { Failure, systemCode } from "../lib/failure.ts";
import { findFolder, locateRepository } from "../lib/git/repository.ts";
import type { Context, Environment } from "../lib/machine/context.ts";
import { openLog } from "../lib/machine/log.ts";
import { readSettings, type Settings, settingsPaths } from "../lib/machine/settings.ts";
import { secretsOf } from "../lib/machine/settings-alerts.ts";
import { pasted } from "../lib/paste.ts";
import type { Invocation } from "./answer.ts";
import { PROGRAM } from "./help-form.ts";
import type { Surroundings } from "./surroundings.ts";

/** What the file of secrets may hold beside `PETESBRAIN_SYNC_*`; anything else there would be a mistake nobody notices. */
const SECRETS: readonly string[] = ["SMTP_URL", "RESEND_API_KEY"];

function secretsText(path: string): string | null {
  try {
    const handle = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const mode = fstatSync(handle).mode & 0o777;
      if ((mode & 0o077) === 0) return readFileSync(handle, "utf8");
      const cause = `${path} holds secrets and can be read by others (mode ${mode.toString(8).padStart(4, "0")})`;
      throw new Failure("config-invalid", { cause, remedy: [`chmod 600 ${pasted(path)}`] });
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    if (error instanceof Failure) throw error;
    throw new Failure("config-invalid", {
      cause: `${path} cannot be read (${code})`,
      remedy: [`ls -l ${pasted(path)}`],
      because: error,
    });
  }
}

/**
 * The environment with the secrets of `.env` under it: what the process was given wins.
 * @throws Failure `config-invalid` when others can read the file, or for a name that means nothing here
 */
export async function withSecrets(environment: Environment, path: string): Promise<Environment> {
  const text = secretsText(path);
  if (text === null) return environment;
  const { parse } = await import("dotenv"); // loaded only where there is something to parse
  const secrets = parse(text);
  for (const name of Object.keys(secrets)) {
    if (SECRETS.includes(name) || name.startsWith("PETESBRAIN_SYNC_")) continue;
    const line = text.split("\n").findIndex((row) => row.includes(name)) + 1;
    throw new Failure("config-invalid", {
      cause: `${path}, line ${line}: there is no secret "${name}"; known: ${SECRETS.join(", ")}; for example: SMTP_URL=smtps://me:secret@example.com`,
      remedy: [`"\${EDITOR:-nano}" ${pasted(path)}`],
    });
  }
  return { ...secrets, ...environment };
}

function settle(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path; // what is wrong with it is said by whoever looks inside
  }
}

/** True when a checkout has been set up: a run in any other one would publish something nobody meant. */
function isSetUp(folder: string): boolean {
  try {
    return existsSync(locateRepository(folder).stateDir);
  } catch {
    return false;
  }
}

/**
 * Chooses the folder: the option; else the checkout around the current directory, where it is the one in the
 * settings, was set up, or the settings name none; else the one in the settings (the environment first).
 * @throws Failure `not-a-repository`, naming `init`
 */
export function chooseFolder(option: string | null, cwd: string, settings: Pick<Settings, "folder">): string {
  if (option !== null) return settle(resolve(cwd, option));
  const around = findFolder(settle(cwd));
  const configured = settings.folder === null ? null : settle(settings.folder);
  if (around !== null && (configured === null || configured === around || isSetUp(around))) return around;
  if (configured !== null) return configured;
  throw new Failure("not-a-repository", {
    cause: `${cwd} is in no synced folder, and the settings name none`,
    remedy: [`${PROGRAM} init ~/brain --role desktop --remote URL`, `${PROGRAM} status --folder ~/brain`],
  });
}

/** Settings and folder of a command; the folder is null where none is known and the command can do without. */
export interface Wiring {
  readonly environment: Environment;
  readonly settings: Settings;
  readonly folder: string | null;
}

/** Reads the settings, with those of the folder when one is known. @throws Failure `config-invalid` */
export async function readWiring(surroundings: Surroundings, option: string | null): Promise<Wiring> {
  const { home, hostname, cwd } = surroundings;
  const paths = settingsPaths({ home, environment: surroundings.environment, folder: null });
  const environment = await withSecrets(surroundings.environment, paths.secrets);
  const machine = await readSettings({ home, hostname, environment, folder: null });
  let folder: string | null = null;
  try {
    folder = chooseFolder(option, cwd, machine);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
  const hasOwn = folder !== null && existsSync(join(folder, ".petesbrain-sync.toml"));
  const settings = hasOwn ? await readSettings({ home, hostname, environment, folder }) : machine;
  return { environment, settings, folder };
}

/** This machine's settings where they can be read; the built-in ones where they are what is wrong. */
export async function readableSettings(
  surroundings: Surroundings,
): Promise<{ settings: Settings; environment: Environment }> {
  const { home, hostname, environment } = surroundings;
  try {
    const all = await withSecrets(environment, settingsPaths({ ...surroundings, folder: null }).secrets);
    return { settings: await readSettings({ home, hostname, environment: all, folder: null }), environment: all };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const notifications = environment["PETESBRAIN_SYNC_NOTIFICATIONS"] === "off" ? "off" : "on";
    const builtIn = { XDG_CONFIG_HOME: "/nowhere", PETESBRAIN_SYNC_NOTIFICATIONS: notifications };
    return { settings: await readSettings({ home, hostname, environment: builtIn, folder: null }), environment };
  }
}

/** Everything a run is given. @throws Failure `not-a-repository`, `config-invalid` */
export async function openContext(
  surroundings: Surroundings,
  invocation: Pick<Invocation, "folder" | "allow" | "scheduled">,
  given: Pick<Context, "onStep" | "later">,
): Promise<Context> {
  const { environment, settings, folder } = await readWiring(surroundings, invocation.folder);
  const { home, now, signal, version, cwd } = surroundings;
  const log = openLog({ home, now, secrets: secretsOf(settings.alerts, environment) });
  return {
    folder: folder ?? chooseFolder(invocation.folder, cwd, settings),
    settings,
    allow: invocation.allow,
    scheduled: invocation.scheduled,
    environment,
    log,
    now,
    signal,
    ...given,
    version,
  };
}
