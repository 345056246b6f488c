// A real sshd on loopback, for one test: own host key, own user key, a free port, the user who runs the test.
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import type { Machine } from "./machine.ts";
import { gitText } from "./plain-git.ts";

const PLACES = ["/usr/sbin/sshd", "/usr/local/sbin/sshd", "/usr/local/bin/sshd", "/opt/homebrew/sbin/sshd"];
/** sshd started by root insists on this folder. */
const PRIVILEGE_FOLDER = "/run/sshd";

function findSshd(): string | null {
  return Bun.which("sshd") ?? PLACES.find((place) => existsSync(place)) ?? null;
}

/** Why there can be no sshd here; null when there can. */
export function missingSshd(): string | null {
  if (findSshd() === null) return "sshd is not installed";
  if (Bun.which("ssh") === null || Bun.which("ssh-keygen") === null) return "the ssh client is not installed";
  return null;
}

export interface SshServer extends AsyncDisposable {
  readonly port: number;
  /** URL of a repository on this computer, by absolute path. */
  urlOf(path: string): string;
  /** Gives a machine the key and the knowledge of the host; without `key` it has nothing to show. */
  introduce(machine: Machine, choice?: { readonly key: boolean }): void;
}

/** Starts the server; its files lie in `root`, it ends when disposed. */
export async function startSshServer(root: string): Promise<SshServer> {
  const sshd = findSshd();
  if (sshd === null) throw new Error("sshd is not installed");
  const place = join(root, "sshd");
  mkdirSync(place, { recursive: true, mode: 0o700 });
  for (const name of ["host", "user", "stranger"]) makeKey(join(place, name));
  writeFileSync(join(place, "authorized_keys"), readFileSync(join(place, "user.pub")), { mode: 0o600 });
  const madeFolder = process.getuid?.() === 0 && !existsSync(PRIVILEGE_FOLDER);
  if (madeFolder) mkdirSync(PRIVILEGE_FOLDER, { mode: 0o755 });
  const port = await freePort();
  writeFileSync(join(place, "config"), configOf(place, port));
  const server = Bun.spawn([sshd, "-D", "-e", "-f", join(place, "config")], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  await answering(port, server.exited);
  return {
    port,
    urlOf: (path) => `ssh://${userName()}@127.0.0.1:${port}${path}`,
    introduce: (machine, choice = { key: true }) => introduce(machine, place, port, choice.key ? "user" : "stranger"),
    async [Symbol.asyncDispose]() {
      server.kill("SIGTERM");
      await server.exited;
      if (madeFolder) rmdirSync(PRIVILEGE_FOLDER);
    },
  };
}

/** By `id`, because the runtime takes the name from variables that may be missing. */
function userName(): string {
  return Bun.spawnSync(["id", "-un"]).stdout.toString().trim();
}

function makeKey(place: string): void {
  const made = Bun.spawnSync(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", place]);
  if (made.exitCode !== 0) throw new Error(`ssh-keygen: ${made.stderr.toString()}`);
}

function configOf(place: string, port: number): string {
  return [
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    `HostKey ${join(place, "host")}`,
    `AuthorizedKeysFile ${join(place, "authorized_keys")}`,
    `PidFile ${join(place, "pid")}`,
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "PermitRootLogin prohibit-password",
    "StrictModes no",
    "UsePAM no",
    "",
  ].join("\n");
}

/** ssh reads `~` from the user database, never from HOME, so a machine of a test gets a configuration by name. */
function introduce(machine: Machine, place: string, port: number, key: string): void {
  const folder = join(machine.home, ".ssh");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const host = readFileSync(join(place, "host.pub"), "utf8").split(" ").slice(0, 2).join(" ");
  writeFileSync(join(folder, "known_hosts"), `[127.0.0.1]:${port} ${host}\n`);
  const lines = [
    `IdentityFile ${join(place, key)}`,
    "IdentitiesOnly yes",
    `UserKnownHostsFile ${join(folder, "known_hosts")}`,
    "GlobalKnownHostsFile /dev/null",
    "StrictHostKeyChecking yes",
  ];
  writeFileSync(join(folder, "config"), `${lines.join("\n")}\n`);
  gitText(machine.home, machine.home, ["config", "--global", "core.sshCommand", `ssh -F ${join(folder, "config")}`]);
}

/** A port nobody listened on a moment ago. */
export function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = createServer();
  server.on("error", reject).listen(0, "127.0.0.1", () => {
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    server.close(() => resolve(port));
  });
  return promise;
}

/** Resolves once something accepts connections at the port; fails when the server ends first. */
async function answering(port: number, ended: Promise<number>): Promise<void> {
  let exit: number | null = null;
  void ended.then((code) => {
    exit = code;
  });
  while (true) {
    if (exit !== null) throw new Error(`sshd ended with ${exit} before it answered`);
    if (await accepts(port)) return;
  }
}

function accepts(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, "127.0.0.1");
  socket
    .on("connect", () => socket.destroy())
    .on("close", (failed) => resolve(!failed))
    .on("error", () => undefined);
  return promise;
}
