// One computer of a test: its own home, settings, identity and folder. File verbs act at once and return the machine;
// product verbs run the real binary and return what it said.
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { Report } from "../../lib/sync/report.ts";
import { productCommand } from "./binary.ts";
import { type State, stateOf, type Tree, treeOf } from "./observe.ts";
import { gitText, machineEnvironment } from "./plain-git.ts";

export interface RunChoice {
  /** What a person lets pass in this run: `GUARD` or `GUARD:PATH`, each given with `--allow`. */
  readonly allow?: readonly string[];
  /** `kill@7`, `ENOSPC@7`, `hook@7`: see lib/fault.ts. */
  readonly fault?: string;
  /** Program that a `hook@N` fault runs at that point, while the run waits. */
  readonly faultHook?: string;
  /** File that gets the name of each fault point passed. */
  readonly faultLog?: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Words put before the command, such as `setpriv …` or `strace …`. */
  readonly through?: readonly string[];
  /** The run counts as hanging after this time and is killed; the test then fails. Default a minute. */
  readonly hangsAfterMs?: number;
}

export interface RunResult {
  readonly command: string;
  readonly exit: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The object printed with `--json`; null when none was printed, as after a kill. */
  readonly report: Report | null;
  readonly hung: boolean;
}

export interface MachinePlace {
  readonly name: string;
  readonly home: string;
  readonly folder: string;
}

export class Machine {
  readonly name: string;
  readonly home: string;
  readonly folder: string;

  constructor(place: MachinePlace) {
    this.name = place.name;
    this.home = place.home;
    this.folder = place.folder;
  }

  /** Absolute path of something in the folder. */
  at(path: string): string {
    return join(this.folder, path);
  }

  /** Writes in place, making the folders above; `mode` is set only when given. */
  write(path: string, content: string | Uint8Array, mode?: number): this {
    mkdirSync(dirname(this.at(path)), { recursive: true });
    writeFileSync(this.at(path), content);
    if (mode !== undefined) chmodSync(this.at(path), mode);
    return this;
  }

  remove(...paths: string[]): this {
    for (const path of paths) {
      if (!existsSync(this.at(path)) && !isLink(this.at(path))) throw new Error(`nothing to remove at ${path}`);
      rmSync(this.at(path), { recursive: true });
    }
    return this;
  }

  rename(from: string, to: string): this {
    mkdirSync(dirname(this.at(to)), { recursive: true });
    renameSync(this.at(from), this.at(to));
    return this;
  }

  link(path: string, target: string): this {
    mkdirSync(dirname(this.at(path)), { recursive: true });
    symlinkSync(target, this.at(path));
    return this;
  }

  chmod(path: string, mode: number): this {
    chmodSync(this.at(path), mode);
    return this;
  }

  mkdir(path: string): this {
    mkdirSync(this.at(path), { recursive: true });
    return this;
  }

  read(path: string): string {
    return readFileSync(this.at(path), "utf8");
  }

  /** Runs plain git, which must succeed. */
  git(...args: string[]): this {
    gitText(this.folder, this.home, args);
    return this;
  }

  /** Output of a plain git command, which must succeed. */
  gitText(...args: string[]): string {
    return gitText(this.folder, this.home, args);
  }

  push(choice: RunChoice = {}): Promise<RunResult> {
    return this.run(["push"], choice);
  }

  pull(choice: RunChoice = {}): Promise<RunResult> {
    return this.run(["pull"], choice);
  }

  sync(choice: RunChoice = {}): Promise<RunResult> {
    return this.run(["sync"], choice);
  }

  status(choice: RunChoice = {}): Promise<RunResult> {
    return this.run(["status"], choice);
  }

  /** Undoes the last run, or goes to the snapshot `id`, without asking. */
  rollback(id?: string, choice: RunChoice = {}): Promise<RunResult> {
    return this.run(["rollback", ...(id === undefined ? [] : [id]), "--force"], choice);
  }

  /** Runs the product with `--json` in the folder. */
  run(args: readonly string[], choice: RunChoice = {}): Promise<RunResult> {
    const allowed = (choice.allow ?? []).flatMap((word) => ["--allow", word]);
    return this.words([...args, ...allowed, "--json"], choice);
  }

  /** Runs the product with exactly these words. */
  async words(args: readonly string[], choice: RunChoice = {}): Promise<RunResult> {
    const product = await productCommand();
    const child = Bun.spawn([...(choice.through ?? []), ...product, ...args], {
      cwd: choice.cwd ?? this.folder,
      env: this.environmentOf(choice),
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    let hung = false;
    const watch = setTimeout(() => {
      hung = true;
      child.kill("SIGKILL");
    }, choice.hangsAfterMs ?? 60_000);
    const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    clearTimeout(watch);
    const signal = child.signalCode === null ? null : String(child.signalCode);
    const exit = signal === null ? child.exitCode : null;
    return { command: args.join(" "), exit, signal, stdout, stderr, report: parsed(stdout), hung };
  }

  private environmentOf(choice: RunChoice): Record<string, string | undefined> {
    return {
      ...machineEnvironment(this.home),
      ...(choice.fault === undefined ? {} : { PETESBRAIN_SYNC_FAULT: choice.fault }),
      ...(choice.faultHook === undefined ? {} : { PETESBRAIN_SYNC_FAULT_HOOK: choice.faultHook }),
      ...(choice.faultLog === undefined ? {} : { PETESBRAIN_SYNC_FAULT_LOG: choice.faultLog }),
      ...choice.environment,
    };
  }

  tree(): Tree {
    return treeOf(this.folder);
  }

  state(): State {
    return stateOf(this.folder, this.home);
  }
}

function isLink(place: string): boolean {
  return lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

function parsed(stdout: string): Report | null {
  if (!stdout.startsWith("{")) return null;
  try {
    return JSON.parse(stdout) as Report;
  } catch {
    return null;
  }
}
