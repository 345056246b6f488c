// The installer as people run it: through a pipe into a shell, as a user that is not root, with a home of its own and a
// real web server for the release. The server has the moods of a real one.
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT, type Target } from "../../.ci/bun-packages.mjs";
import { writeRelease } from "../../.ci/release.ts";
import { cannotBecomeNobody, NOBODY } from "./skip.ts";

export const INSTALLER = join(ROOT, "install.sh");

/** The shells the installer must work in: macOS has bash 3.2 as sh, Debian dash, Alpine busybox. */
export const SHELLS: readonly (readonly [name: string, command: readonly string[], missing: string | null])[] = [
  ["dash", ["dash"]],
  ["bash", ["bash", "--posix"]],
  ["busybox", ["busybox", "sh"]],
].map(([name, command]) => {
  const words = [command ?? []].flat();
  const found = Bun.which(words[0] ?? "") !== null;
  return [String(name), words, found ? cannotInstall() : `${words[0]} is not installed`] as const;
});

/** Why the installer cannot be run here, which refuses root; null when it can. */
export function cannotInstall(): string | null {
  if (process.getuid?.() === 0) return cannotBecomeNobody();
  return Bun.which("curl") === null ? "curl is not installed" : null;
}

export interface Said {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly shell?: readonly string[];
  /** Standard input; the installer itself unless told otherwise. */
  readonly script?: Uint8Array | string;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Desk extends Disposable {
  readonly home: string;
  /** `~/.local/bin` */
  readonly bin: string;
  /** The words that run a command as the user of the desk. */
  readonly through: readonly string[];
  /** A folder in front of PATH for programs that stand for those of another system. */
  readonly programs: string;
  /** `install.sh ARGS`, read from standard input by a shell. */
  install(args: readonly string[], options?: RunOptions): Promise<Said>;
  /** Any command as the user of the desk. */
  run(words: readonly string[], options?: RunOptions): Promise<Said>;
  child(words: readonly string[], options?: RunOptions): Bun.Subprocess<"pipe", "pipe", "pipe">;
  /** Everything in a folder of the home, sorted; nothing when it is not there. */
  files(folder?: string): string[];
  /** Writes a program into `programs`. */
  pretend(name: string, text: string): void;
  /** Makes a folder or file belong to the user of the desk. */
  give(path: string): void;
}

const [setpriv, ...asNobody] = NOBODY.through;
// by its path, for a test may leave next to nothing in PATH
const asUser = process.getuid?.() === 0 ? [Bun.which(setpriv) ?? setpriv, ...asNobody] : [];

export function installerDesk(): Desk {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "sync-install-")));
  const programs = join(home, "programs");
  const bin = join(home, ".local", "bin");
  const give = (path: string): void => {
    if (process.getuid?.() === 0) chownSync(path, NOBODY.id, NOBODY.id);
  };
  mkdirSync(programs);
  give(home);
  const child: Desk["child"] = (words, { script = "", environment = {} } = {}) => {
    const spawned = Bun.spawn([...asUser, ...words], {
      cwd: home,
      env: {
        HOME: home,
        PATH: `${programs}:${process.env["PATH"] ?? ""}`,
        LC_ALL: "C",
        SHELL: "/bin/zsh",
        ...environment,
      },
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
      detached: true,
    });
    spawned.stdin.write(script);
    spawned.stdin.end();
    return spawned;
  };
  const run: Desk["run"] = async (words, options) => {
    const started = child(words, options);
    const [out, err, exit] = await Promise.all([started.stdout.text(), started.stderr.text(), started.exited]);
    return { exit, out, err };
  };
  return {
    home,
    bin,
    through: asUser,
    programs,
    child,
    run,
    install: async (args, options = {}) => {
      const script = options.script ?? readFileSync(INSTALLER);
      return await run([...(options.shell ?? ["sh"]), "-s", "--", ...args], { ...options, script });
    },
    files: (folder = bin) => {
      try {
        return readdirSync(folder).sort();
      } catch {
        return [];
      }
    },
    pretend: (name, text) => writeFileSync(join(programs, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 }),
    give,
    [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }),
  };
}

/** A program that answers `--version` like the product and tells everything it is called with. */
export function pretendProduct(version: string): string {
  const json = JSON.stringify({ schema: 1, command: "version", exit: 0, version, commit: "pretended", failure: null });
  const lines = [
    "#!/bin/sh",
    `[ "$*" != "--version --json" ] || { echo '${json}'; exit 0; }`,
    `[ "$1" != --version ] || { echo "petesbrain-sync ${version} (pretended)"; exit 0; }`,
    'echo "called: $*"',
  ];
  return `${lines.join("\n")}\n`;
}

export type ReleaseMood = "serve" | "error" | "stall" | "stall-in-body" | "cut-off" | "portal" | "redirect" | "circle";

export interface ReleaseServer extends AsyncDisposable {
  readonly url: string;
  readonly folder: string;
  readonly requests: string[];
  mood: ReleaseMood;
  /** Resolves when the next request has arrived. */
  asked(): Promise<void>;
}

/** Publishes a release with one executable for every target, whose text is that of `programOf`. */
export function publish(
  folder: string,
  programOf: (target: Target) => string | Uint8Array,
  { url = null, version }: { readonly url?: string | null; readonly version?: string } = {},
): void {
  const executables: Record<string, string> = {};
  mkdirSync(folder, { recursive: true });
  for (const target of ["darwin-arm64", "darwin-x64", "linux-x64", "linux-arm64"] as const) {
    executables[target] = join(folder, `.program-${target}`);
    writeFileSync(executables[target], programOf(target));
  }
  // quick is enough: some of them hold the whole product
  writeRelease({
    level: 1,
    executables,
    installer: INSTALLER,
    commit: "pretended",
    url,
    folder,
    ...(version === undefined ? {} : { version }),
  });
}

/** Serves the files below `shared`, or below a scratch folder of its own; ends when disposed. */
export function startReleaseServer(shared: string | null = null): ReleaseServer {
  const folder = shared ?? mkdtempSync(join(tmpdir(), "sync-release-"));
  chmodSync(folder, 0o755);
  const requests: string[] = [];
  const state: { mood: ReleaseMood; wake: () => void } = { mood: "serve", wake: () => undefined };
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    fetch: async (request) => {
      const { pathname } = new URL(request.url);
      requests.push(pathname);
      state.wake();
      return await answerOf(state.mood, join(folder, pathname));
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    folder,
    requests,
    get mood() {
      return state.mood;
    },
    set mood(mood) {
      state.mood = mood;
    },
    asked: () =>
      new Promise<void>((resolve) => {
        state.wake = resolve;
      }),
    [Symbol.asyncDispose]: async () => {
      await server.stop(true);
      if (shared === null) rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function answerOf(mood: ReleaseMood, path: string): Promise<Response> {
  if (mood === "stall") return await new Promise<Response>(() => undefined);
  if (mood === "error") return new Response("broken", { status: 503 });
  if (mood === "redirect") return Response.redirect("http://example.invalid/release");
  if (mood === "circle") return Response.redirect("/SHA256SUMS");
  if (mood === "portal") return new Response("<html>please log in</html>");
  const file = Bun.file(path);
  if (!(await file.exists())) return new Response("there is nothing here", { status: 404 });
  const isLarge = path.endsWith(".gz");
  if (mood === "stall-in-body" && isLarge) return new Response(firstBytes(await file.bytes(), false));
  if (mood === "cut-off" && isLarge) return new Response(firstBytes(await file.bytes(), true));
  return new Response(file);
}

/** Half of the bytes, and then the end, or nothing for ever. */
function firstBytes(bytes: Uint8Array, ends: boolean): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: (controller) => {
      controller.enqueue(bytes.slice(0, bytes.length / 2));
      if (ends) controller.close();
    },
  });
}
