// One run of a program as launchd would start it, and what it printed: the only way to see what an agent will see.
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Job } from "./jobs.ts";
import { writeAgent } from "./launch-agents.ts";
import { load, unload } from "./launchctl.ts";
import type { LaunchdPlace } from "./launchd.ts";
import { formatPropertyList, type PropertyValue, propertyListOf } from "./property-list.ts";

const LABEL = "com.petesbrain.doctor";
const POLL_MS = 250;

/** The same surroundings as the agent's, started once, when it is loaded. */
function onceOf(like: Job, words: readonly string[], output: string, home: string): PropertyValue {
  const { StartCalendarInterval: _, ...list } = propertyListOf({ ...like, label: LABEL, argv: words }, home);
  return { ...list, StandardOutPath: output, StandardErrorPath: output };
}

/**
 * Starts words once, with the environment of `like`, and waits until their output satisfies `isWhole` or the time is
 * over. Leaves nothing behind: the job is loaded from a file outside of the user's launch agents, which no log-in reads.
 * @returns what was printed, whole or not
 * @throws Failure `permission-denied` when launchd does not take the job
 */
export async function runOnce(
  place: LaunchdPlace,
  like: Job,
  words: readonly string[],
  until: { readonly isWhole: (text: string) => boolean; readonly withinMs: number },
): Promise<string> {
  const directory = join(place.home, "Library", "Caches", "petesbrain-sync");
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, `${LABEL}.plist`);
  const output = join(directory, "doctor.out");
  const session = { domain: `gui/${place.userId}`, tools: place.tools };
  await unload(session, LABEL, path); // left by one that was cut off
  rmSync(output, { force: true });
  writeAgent(path, formatPropertyList(onceOf(like, words, output, place.home)));
  const read = (): string => (existsSync(output) ? readFileSync(output, "utf8") : "");
  try {
    await load(session, LABEL, path);
    const began = place.tools.elapsedMs();
    while (!until.isWhole(read()) && place.tools.elapsedMs() - began < until.withinMs) await place.tools.sleep(POLL_MS);
    return read();
  } finally {
    await unload(session, LABEL, path);
    rmSync(path, { force: true });
    rmSync(output, { force: true });
  }
}
