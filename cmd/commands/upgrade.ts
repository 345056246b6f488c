// `upgrade`: the newest release in the place of this executable, or the executable before it.
import { platform } from "node:os";
import { dirname, join } from "node:path";
import { Failure } from "../../lib/failure.ts";
import { settingsPaths } from "../../lib/machine/settings.ts";
import { rollbackUpgrade, type Upgrade, upgrade } from "../../lib/product/upgrade.ts";
import type { Answer, Call } from "../answer.ts";
import { PROGRAM } from "../help-form.ts";
import type { Surroundings } from "../surroundings.ts";
import { readWiring } from "../wiring.ts";

/** The file this program runs from. @throws Failure `usage` where it runs from its sources */
export function installedExecutable({ binary }: Surroundings): string {
  const [executable, source] = binary;
  if (executable !== undefined && source === undefined) return executable;
  const cause = "this runs from its sources, so there is no executable of its own";
  throw new Failure("usage", { cause, remedy: ["git pull   # in the checkout"] });
}

function wordsOf({ outcome, from, to, executable, previous }: Upgrade): string[] {
  const version = ({ version, commit }: Upgrade["to"]): string => `${version} (${commit.slice(0, 12)})`;
  if (outcome === "up-to-date") return [`up to date: ${version(from)}; the release is ${version(to)}`];
  if (outcome === "planned")
    return [`planned: ${version(to)} would take the place of ${version(from)}; nothing was changed`];
  const words = [`${outcome}: ${executable} is ${version(to)} now, and was ${version(from)}`];
  if (previous !== null) words.push(`to go back: ${PROGRAM} upgrade --rollback`);
  if (platform() === "darwin")
    words.push(
      "if the old one was given access to protected folders (System Settings, Privacy & Security), give it to this one again",
    );
  return words;
}

export async function upgradeCommand(call: Call): Promise<Answer> {
  const { invocation, surroundings, onStep } = call;
  const { environment, version, commit, signal, home } = surroundings;
  if (invocation.rollback && (invocation.to ?? invocation.baseUrl) !== null) {
    const cause = "--rollback goes back to the executable before this one, and takes no version and no address";
    throw new Failure("usage", { cause, remedy: [`${PROGRAM} upgrade --rollback`] });
  }
  const request = {
    running: installedExecutable(surroundings),
    current: { version, commit },
    dryRun: invocation.dryRun,
    environment,
  };
  const settingsDir = dirname(settingsPaths({ home, environment, folder: null }).machine);
  const done = invocation.rollback
    ? await rollbackUpgrade(request)
    : await upgrade({
        ...request,
        address: invocation.baseUrl ?? (environment["PETESBRAIN_SYNC_BASE_URL"] || null),
        addressFile: join(settingsDir, "release-url"),
        wanted: invocation.to?.replace(/^v/, "") ?? null,
        stallMs: (await readWiring(surroundings, null)).settings.networkTimeoutMs,
        signal,
        onStep,
      });
  return {
    object: { schema: 1, command: "upgrade", exit: 0, ...done, failure: null },
    words: wordsOf(done),
    keepFirst: false,
  };
}
