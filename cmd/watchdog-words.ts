// The words of `watchdog`: what is late or broken with the command that helps, then every machine.
import { spoken } from "../lib/paste.ts";
import type { WatchdogReport } from "../lib/sync/watchdog.ts";
import { machineLines } from "./machine-words.ts";

/** What `watchdog` reads like at a time. */
export function wordsOfWatchdog({ machines, findings, reached, busy }: WatchdogReport, now: Date): string[] {
  if (busy) return ["a run is at work now: nothing to look at"];
  const unknown = reached ? [] : ["the remote did not answer: of the other machines only what was last seen is known"];
  return [
    ...(findings.length === 0 ? ["every machine is on time"] : []),
    ...findings.flatMap(({ says, remedy }) => [
      `attention: ${says}`,
      ...remedy.flatMap(spoken).map((line) => `  ${line}`),
    ]),
    ...unknown,
    ...machineLines(machines, now),
  ];
}
