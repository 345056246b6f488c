// `uninstall`: agents, then what was asked for, then the executable. Says what goes, and with `--purge` asks first.
import { dirname } from "node:path";
import { Failure } from "../../lib/failure.ts";
import { locateRepository } from "../../lib/git/repository.ts";
import { Git } from "../../lib/git/shell.ts";
import { openLog } from "../../lib/machine/log.ts";
import { settingsPaths } from "../../lib/machine/settings.ts";
import { ownRetirement } from "../../lib/product/retirement.ts";
import {
  type PurgedFolder,
  planUninstall,
  type UninstallPlan,
  type UninstallRequest,
  uninstall,
} from "../../lib/product/uninstall.ts";
import { removeAgents } from "../agent-removal.ts";
import type { Answer, Call } from "../answer.ts";
import { commandNamed } from "../help.ts";
import { PROGRAM } from "../help-form.ts";
import { readWiring } from "../wiring.ts";
import { columns, count } from "../words.ts";
import { installedExecutable } from "./upgrade.ts";

interface Known extends PurgedFolder {
  /** The command that takes this machine's record from the remote. */
  readonly retirement: string | null;
}

/** The folder this machine syncs; null where none is set up. */
async function folderOf({ invocation, surroundings }: Call): Promise<Known | null> {
  const { environment, folder, settings } = await readWiring(surroundings, invocation.folder);
  if (folder === null) return null;
  try {
    const repository = locateRepository(folder);
    const git = new Git({ folder, environment, signal: surroundings.signal });
    return { repository, git, retirement: await ownRetirement(repository, git, settings.remote) };
  } catch (error) {
    if (error instanceof Failure && error.kind === "not-a-repository") return null;
    throw error;
  }
}

/** What cannot be read is no reason to stay: without `--purge` the folder matters for a hint only. */
async function folderIfKnown(call: Call): Promise<Known | null> {
  try {
    return await folderOf(call);
  } catch (error) {
    if (call.invocation.purge || !(error instanceof Failure)) throw error;
    return null;
  }
}

function purgeOf({ surroundings }: Call, folder: PurgedFolder | null): UninstallRequest["purge"] {
  const { home, environment, now } = surroundings;
  const log = openLog({ home, now });
  return {
    settingsDir: dirname(settingsPaths({ home, environment, folder: null }).machine),
    logs: (["sync", "error", "rollback"] as const).map((file) => log.pathOf(file)),
    folder,
  };
}

function wordsOfPlan({ removals, snapshots }: UninstallPlan): string[] {
  const rows = removals.map(({ what, path }) => [`  ${what}`, path]);
  if (snapshots.length > 0) rows.push(["  snapshots", `${count(snapshots.length, "ref")} of the folder's repository`]);
  return columns(rows);
}

/** Snapshots and settings do not come back: a person says yes to that, on the terminal or beforehand. */
async function guardAgainstUnmeantPurge(call: Call, plan: UninstallPlan): Promise<void> {
  const { invocation, ask, say } = call;
  if (!invocation.purge || invocation.yes) return;
  const remedy = [`${PROGRAM} uninstall --purge --dry-run`, `${PROGRAM} uninstall --purge --yes`];
  if (ask === null)
    throw new Failure("usage", { cause: "--purge asks first, and there is nobody here to ask", remedy });
  say("this would go, and does not come back (the folder's files, its commits and the remote stay):");
  for (const line of wordsOfPlan(plan)) say(line);
  if (/^(y|yes)$/i.test(((await ask("go ahead? [y/N]")) ?? "").trim())) return;
  throw new Failure("interrupted", { cause: "nothing was removed, as you answered", remedy });
}

export async function uninstallCommand(call: Call): Promise<Answer> {
  const { invocation, surroundings } = call;
  const running = installedExecutable(surroundings);
  const folder = await folderIfKnown(call);
  const plan = await planUninstall({ running, purge: invocation.purge ? purgeOf(call, folder) : null });
  const retirement = folder?.retirement ?? null;
  const told = { retirement, removed: plan.removals, snapshots: plan.snapshots.length, failure: null };
  if (invocation.dryRun) {
    const object = { schema: 1, command: "uninstall", exit: 0, outcome: "planned", agents: [], ...told } as const;
    return { object, words: ["planned: this would go; nothing was changed", ...wordsOfPlan(plan)], keepFirst: false };
  }
  await guardAgainstUnmeantPurge(call, plan);
  const agents = commandNamed("agents") === null ? [] : await removeAgents(surroundings);
  await uninstall(plan, invocation.purge ? folder : null, surroundings.now());
  const kept = invocation.purge
    ? "the folder's files, its commits and the remote"
    : "settings, logs, snapshots and the folder";
  const words = [
    "uninstalled:",
    ...agents.map((line) => `  ${line}`),
    ...wordsOfPlan(plan),
    `${kept} are as they were`,
    ...(retirement === null
      ? []
      : ["gone for good? then, so that the other machines do not miss it:", `  ${retirement}`]),
  ];
  const object = { schema: 1, command: "uninstall", exit: 0, outcome: "uninstalled", agents, ...told } as const;
  return { object, words, keepFirst: false };
}
