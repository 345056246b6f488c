// One of the demonstration's computers: a home of its own, a folder, a git identity, and the product run there as typed.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DemoFailure, type Narrator } from "./narrator.ts";
import { readTree, type Tree } from "./tree.ts";

export type Variables = Readonly<Record<string, string | undefined>>;

export interface Ended {
  /** Exit code; 128 + the number of the signal where one ended it. */
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface MachineRequest {
  readonly name: string;
  /** Where the machine's home and folder are made. */
  readonly scratch: string;
  readonly binary: readonly string[];
  readonly environment: Variables;
  readonly narrator: Narrator;
}

/** What a command needs from the surroundings; everything else of the person's own environment stays out. */
const PASSED_ON = ["PATH", "TMPDIR", "DEVELOPER_DIR"] as const;

/** The repository, the copies of snapshots, and the pages of alerts: no difference between folders. */
const OWN: readonly string[] = [".git", ".sync-snapshot", "data/alerts"];

export class Machine {
  readonly name: string;
  readonly folder: string;
  readonly home: string;
  readonly environment: Variables;
  private readonly binary: readonly string[];
  private readonly narrator: Narrator;

  constructor(request: MachineRequest) {
    this.name = request.name;
    this.binary = request.binary;
    this.narrator = request.narrator;
    this.home = join(request.scratch, `${request.name}-home`);
    this.folder = join(this.home, "PetesBrain");
    const passed = PASSED_ON.map((key) => [key, request.environment[key]] as const).filter(
      ([, value]) => value !== undefined,
    );
    this.environment = {
      ...Object.fromEntries(passed),
      HOME: this.home,
      LANG: "C.UTF-8",
      NO_COLOR: "1",
      GIT_CONFIG_NOSYSTEM: "1",
      // the demonstration says on the terminal what happens, and its troubles are not real
      PETESBRAIN_SYNC_NOTIFICATIONS: "off",
    };
    mkdirSync(this.home, { recursive: true });
    const identity = `[user]\n\tname = ${request.name}\n\temail = ${request.name}@demo.example\n[init]\n\tdefaultBranch = main\n`;
    writeFileSync(join(this.home, ".gitconfig"), identity);
  }

  /** Starts the product in the folder (`from` names another place to start in), without showing anything. */
  start(args: readonly string[], from = this.folder) {
    const [program, ...before] = this.binary;
    if (program === undefined) throw new DemoFailure("the demonstration was given no program to run");
    const options = {
      cwd: from,
      env: { ...this.environment },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    } as const;
    return Bun.spawn([program, ...before, ...args], options);
  }

  /** Shows the command, runs it, shows what it wrote. @throws {DemoFailure} when it ends with no exit code of `wanted` */
  async run(args: readonly string[], wanted: readonly number[] = [0], from = this.folder): Promise<Ended> {
    const typed = this.asTyped(["petesbrain-sync", ...args]);
    this.narrator.typed(this.name, typed);
    const ended = await finished(this.start(args, from));
    this.narrator.output(ended.stdout);
    this.narrator.output(ended.stderr);
    if (ended.exit !== 0) this.narrator.tell(`(exit code ${ended.exit})`);
    if (wanted.includes(ended.exit)) return ended;
    throw new DemoFailure(`exit code ${ended.exit} where ${wanted.join(" or ")} was to come: ${this.name} $ ${typed}`);
  }

  /** Output of a git command in the folder. @throws {DemoFailure} when git fails */
  async git(...args: string[]): Promise<string> {
    const child = Bun.spawn(["git", ...args], {
      cwd: this.folder,
      env: { ...this.environment },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const ended = await finished(child);
    if (ended.exit !== 0) throw new DemoFailure(`git ${args.join(" ")} ends with ${ended.exit}\n${ended.stderr}`);
    return ended.stdout;
  }

  /** Shows and runs a line of shell in the folder, as pasted by a person. @throws {DemoFailure} when it fails */
  async paste(line: string): Promise<void> {
    this.narrator.typed(this.name, line);
    const options = {
      cwd: this.folder,
      env: { ...this.environment },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    } as const;
    const ended = await finished(Bun.spawn(["sh", "-c", line], options));
    this.narrator.output(ended.stdout + ended.stderr);
    if (ended.exit !== 0) throw new DemoFailure(`exit code ${ended.exit}: ${this.name} $ ${line}`);
  }

  /** Writes a file as an editor would. */
  write(path: string, text: string): void {
    writeFileSync(join(this.folder, path), text);
  }

  /** The words as a person would type them in a shell of this machine. */
  private asTyped(words: readonly string[]): string {
    const quoted = words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`));
    return quoted.join(" ").replaceAll(`${this.home}/`, "~/");
  }

  /** What is in the folder now, without what belongs to this machine alone and what `skip` names. */
  tree(skip: (path: string) => boolean = () => false): Tree {
    return readTree(this.folder, (path) => OWN.includes(path) || skip(path));
  }
}

/** Waits for the end of a started command and collects what it wrote. */
export async function finished(child: ReturnType<Machine["start"]>): Promise<Ended> {
  const [stdout, stderr, exit] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { exit, stdout, stderr };
}
