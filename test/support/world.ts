// A whole world for one test: machines, a real bare remote, nothing shared with the computer it runs on.
// `await using world = await twoMachines({...})` starts with the same tree on every machine and on the remote.
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Machine } from "./machine.ts";
import { gitText } from "./plain-git.ts";
import "./matchers.ts";

export type Content =
  | string
  | Uint8Array
  | { readonly text: string; readonly mode: number }
  | { readonly link: string };
export type Contents = Readonly<Record<string, Content>>;

export interface Remote {
  /** The bare repository. */
  readonly path: string;
  /** Output of a plain git command in it. */
  git(...args: string[]): string;
  /** Every ref with its id. */
  refs(): string;
  /** Commit of the synced branch; null when there is none. */
  head(): string | null;
  /** Path to content of every file on the synced branch. */
  files(): Record<string, string>;
}

export class World implements AsyncDisposable {
  readonly root: string;
  readonly remote: Remote;
  readonly machines: readonly Machine[];

  constructor(root: string, machines: readonly Machine[]) {
    this.root = root;
    this.machines = machines;
    this.remote = remoteAt(join(root, "remote.git"), root);
  }

  get desktop(): Machine {
    return this.machine("desktop");
  }

  get laptop(): Machine {
    return this.machine("laptop");
  }

  get studio(): Machine {
    return this.machine("studio");
  }

  private machine(name: string): Machine {
    const found = this.machines.find((machine) => machine.name === name);
    if (found === undefined) throw new Error(`this world has no ${name}`);
    return found;
  }

  /** Sets the world aside as it is now; `restore` brings exactly this back, at the same place. */
  save(): void {
    rmSync(`${this.root}.saved`, { recursive: true, force: true });
    copyAll(this.root, `${this.root}.saved`);
  }

  restore(): void {
    rmSync(this.root, { recursive: true, force: true });
    copyAll(`${this.root}.saved`, this.root);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (process.env["PETESBRAIN_TEST_KEEP"] !== undefined) {
      console.error(`kept: ${this.root}`);
      return;
    }
    for (const place of [this.root, `${this.root}.saved`]) removeAll(place);
  }
}

/** Copies with times, modes and links, by the system's own `cp`: what a test compares must survive the copy. */
function copyAll(from: string, to: string): void {
  const copy = Bun.spawnSync(["cp", "-a", from, to]);
  if (copy.exitCode !== 0) throw new Error(`cp -a ${from} ${to}: ${copy.stderr.toString()}`);
}

function removeAll(place: string): void {
  if (!existsSync(place)) return;
  // a test may have taken its own right to delete
  if (process.getuid?.() !== 0) Bun.spawnSync(["chmod", "-R", "u+rwx", place]);
  rmSync(place, { recursive: true, force: true });
}

function remoteAt(path: string, home: string): Remote {
  const git = (...args: string[]): string => gitText(path, home, args);
  return {
    path,
    git,
    refs: () => git("for-each-ref", "--format=%(refname) %(objectname)"),
    head: () => git("for-each-ref", "--format=%(objectname)", "refs/heads/main") || null,
    files: () => {
      const files: Record<string, string> = {};
      for (const name of git("ls-tree", "-r", "-z", "--name-only", "--full-tree", "refs/heads/main").split("\0")) {
        if (name !== "")
          files[name] = Bun.spawnSync(["git", "cat-file", "blob", `refs/heads/main:${name}`], {
            cwd: path,
          }).stdout.toString();
      }
      return files;
    },
  };
}

/** Puts a tree of contents into a folder. */
function fill(folder: string, contents: Contents): void {
  for (const [path, content] of Object.entries(contents)) {
    const place = join(folder, path);
    mkdirSync(dirname(place), { recursive: true });
    if (typeof content === "string" || content instanceof Uint8Array) writeFileSync(place, content);
    else if ("link" in content) symlinkSync(content.link, place);
    else {
      writeFileSync(place, content.text);
      chmodSync(place, content.mode);
    }
  }
}

/** Makes a home with an identity and settings. `set` adds lines to the settings. */
export function makeMachine(root: string, name: string, set = ""): Machine {
  const home = join(root, name, "home");
  const folder = join(root, name, "PetesBrain");
  mkdirSync(join(home, ".config", "petesbrain-sync"), { recursive: true });
  const identity = `[user]\n\tname = ${name}\n\temail = ${name}@example.com\n[init]\n\tdefaultBranch = main\n[advice]\n\tdetachedHead = false\n`;
  writeFileSync(join(home, ".gitconfig"), identity);
  const settings = `folder = ${JSON.stringify(folder)}\nrole = "${name}"\nname = "${name}-mac"\n${set}\n[network]\nattempts = 2\ntimeout_seconds = 20\n`;
  writeFileSync(join(home, ".config", "petesbrain-sync", "config.toml"), settings, { mode: 0o600 });
  return new Machine({ name, home, folder });
}

const ROOMY_BYTES = 4_000_000_000;
let place: string | undefined;

/**
 * Where worlds are made: in memory where there is plenty and programs may run there, because a flush costs nothing there
 * (measured: half the time for all stories); else the system's temporary folder. TMPDIR decides when it is set.
 */
function placeForWorlds(): string {
  place ??= process.env["TMPDIR"] === undefined && isRoomy("/dev/shm") ? "/dev/shm" : tmpdir();
  return place;
}

function isRoomy(folder: string): boolean {
  if (process.platform !== "linux" || !existsSync(folder)) return false;
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < ROOMY_BYTES) return false;
  const probe = mkdtempSync(join(folder, "petesbrain-probe-"));
  const script = join(probe, "run.sh");
  writeFileSync(script, "#!/bin/sh\nexit 0\n", { mode: 0o755 });
  const runs = Bun.spawnSync(["sh", "-c", '"$0"', script]).exitCode === 0;
  rmSync(probe, { recursive: true });
  return runs;
}

/** A root of its own in that place, by its real path. */
export function makeRoot(): string {
  return realpathSync(mkdtempSync(join(placeForWorlds(), "petesbrain-test-")));
}

/** The lines `init` writes, so that worlds made without it behave alike. */
function excludeOwnFiles(machine: Machine): void {
  mkdirSync(machine.at(".git/info"), { recursive: true });
  writeFileSync(
    machine.at(".git/info/exclude"),
    "/.sync-checksums.json\n/.sync-snapshot/\n/data/alerts/\n/.sync-checksums.json.*\n",
  );
}

/** An empty bare remote that keeps a reflog, so that every value its branch ever had can be looked at. */
export function makeRemote(root: string): string {
  const path = join(root, "remote.git");
  gitText(root, root, ["init", "-q", "--bare", "--template=", "-b", "main", path]);
  gitText(path, root, ["config", "core.logAllRefUpdates", "always"]);
  return path;
}

async function makeWorld(names: readonly string[], contents: Contents): Promise<World> {
  const root = makeRoot();
  const remote = makeRemote(root);
  const machines = names.map((name) => makeMachine(root, name));
  const [first, ...others] = machines;
  if (first === undefined) throw new Error("a world needs a machine");
  mkdirSync(first.folder, { recursive: true });
  first.git("init", "-q", "--template=", "-b", "main").git("remote", "add", "origin", remote);
  excludeOwnFiles(first);
  fill(first.folder, contents);
  if (Object.keys(contents).length > 0) {
    first.git("add", "-A").git("commit", "-q", "-m", "start").git("push", "-q", "-u", "origin", "main");
  }
  for (const machine of others) {
    gitText(root, machine.home, ["clone", "-q", "--template=", remote, machine.folder]);
    excludeOwnFiles(machine);
  }
  return new World(root, machines);
}

/** Desktop and laptop, both with `contents`, through a remote that has them too. An empty tree means nothing was ever committed. */
export function twoMachines(contents: Contents): Promise<World> {
  return makeWorld(["desktop", "laptop"], contents);
}

/** Desktop, laptop and studio. */
export function threeMachines(contents: Contents): Promise<World> {
  return makeWorld(["desktop", "laptop", "studio"], contents);
}

/** Copies a folder into the world, links and modes kept. */
export function copyInto(from: string, to: string): void {
  cpSync(from, to, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
}
