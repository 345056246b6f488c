// What a run is given by the process: the folder, the settings, the environment, the clock and the way to stop.
// Only cmd/main.ts touches the process itself; everything below takes this.
import type { Allowance } from "../guard.ts";
import type { Log } from "./log.ts";
import type { Settings } from "./settings.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Context {
  /** Absolute path of the synced folder. */
  readonly folder: string;
  readonly settings: Settings;
  /** What a person lets pass in this run, by words of the command line alone; never read from settings or environment. */
  readonly allow: readonly Allowance[];
  /** An agent started it, not a person: nobody is there to read, and the same run comes again. */
  readonly scheduled: boolean;
  readonly environment: Environment;
  readonly log: Log;
  /** Wall clock; durations are taken with `performance.now()`. */
  readonly now: () => Date;
  /** Aborted with a `Failure` of kind `interrupted` or `terminated` as its reason when the process is told to end. */
  readonly signal: AbortSignal;
  /** Told the name of each step as it begins; the terminal may show it. */
  readonly onStep: (step: string) => void;
  /** Takes work that is done once the answer has been given: what it costs holds nobody up. */
  readonly later: (work: () => Promise<void>) => void;
  /** Version of the tool, for records and commit trailers. */
  readonly version: string;
}
