// Times whole commands in rounds, case after case, so that a ratio compares runs made side by side on a machine whose
// speed moves; and takes a process's own peak memory.
import { existsSync, readFileSync } from "node:fs";

export type Variables = Readonly<Record<string, string | undefined>>;

export interface Command {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly environment: Variables;
}

export interface Case {
  readonly name: string;
  readonly command: Command;
  /** Done before each round's command and not timed. */
  readonly before?: (round: number) => void;
}

export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** Runs a command to its end and returns its time in milliseconds. @throws {Error} when it does not end with 0 */
export function timeOf(command: Command): number {
  return runOf(command).ms;
}

/** Runs a command to its end and returns what it prints. @throws {Error} when it does not end with 0 */
export function outputOf(command: Command): string {
  return runOf(command).stdout.toString();
}

function runOf(command: Command): { ms: number; stdout: Buffer } {
  const began = performance.now();
  const ended = Bun.spawnSync([...command.argv], {
    cwd: command.cwd,
    env: { ...command.environment },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const ms = performance.now() - began;
  if (ended.exitCode !== 0)
    throw new Error(`${command.argv.join(" ")} ends with ${ended.exitCode}\n${ended.stdout}${ended.stderr}`);
  return { ms, stdout: ended.stdout };
}

/** Times of each case by its name, in milliseconds, the rounds in order; one more round goes before and is not counted. */
export async function timeInRounds(cases: readonly Case[], rounds: number): Promise<Map<string, number[]>> {
  const times = new Map(cases.map((one) => [one.name, [] as number[]]));
  for (let round = -1; round < rounds; round += 1) {
    await Bun.sleep(0); // a signal is heard here
    for (const one of cases) {
      one.before?.(round);
      const ms = timeOf(one.command);
      if (round >= 0) times.get(one.name)?.push(ms);
    }
  }
  return times;
}

/** Ratios taken round by round, then spread. */
export function ratioOf(times: ReadonlyMap<string, readonly number[]>, one: string, other: string): Spread {
  const below = times.get(other) ?? [];
  return spreadOf((times.get(one) ?? []).map((ms, round) => ms / (below[round] ?? Number.NaN)));
}

/** Smallest, middle and largest of the values. @throws {Error} when there are none */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((one, other) => one - other);
  const [min, max] = [sorted[0], sorted.at(-1)];
  const middle = sorted.length >> 1;
  const high = sorted[middle];
  const low = sorted.length % 2 === 0 ? sorted[middle - 1] : high;
  if (min === undefined || max === undefined || low === undefined || high === undefined)
    throw new Error("nothing was measured");
  return { min, median: (low + high) / 2, max };
}

export interface Peak {
  readonly megabytes: number;
  /** Linux tells a process's own peak; elsewhere the figure is that of the largest of it and the programs it started. */
  readonly own: boolean;
}

/** Peak resident memory of a command. @throws {Error} when it does not end with 0 */
export async function peakOf(command: Command): Promise<Peak> {
  const child = Bun.spawn([...command.argv], {
    cwd: command.cwd,
    env: { ...command.environment },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "ignore",
  });
  const status = `/proc/${child.pid}/status`;
  const own = existsSync("/proc/self/status");
  let peakKiB = 0;
  // VmHWM never falls, so only growth within the last look is missed; it is gone once the process has ended.
  while (own && child.exitCode === null && child.signalCode === null) {
    peakKiB = Math.max(peakKiB, highWaterMark(status));
    await Bun.sleep(1);
  }
  const exit = await child.exited;
  if (exit !== 0) throw new Error(`${command.argv.join(" ")} ends with ${exit}`);
  // Bun gives bytes on every system.
  return { megabytes: own ? (peakKiB * 1024) / 1e6 : (child.resourceUsage()?.maxRSS ?? Number.NaN) / 1e6, own };
}

function highWaterMark(status: string): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(status, "utf8"))?.[1] ?? 0);
  } catch {
    return 0; // ended between the look and the read
  }
}
