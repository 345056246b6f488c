// A small smart-HTTP git server on loopback: `git http-backend` as CGI behind Bun's server, with a password, and with
// the moods a real network has.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Machine } from "./machine.ts";
import { gitText } from "./plain-git.ts";

const USER = "peter";
const PASSWORD = "correct-horse";

/** `serve` works; the others never reach git. */
export type Mood = "serve" | "stall" | "error" | "portal" | "empty" | "forbid";

function backend(): string {
  const answer = Bun.spawnSync(["git", "--exec-path"]);
  return join(answer.stdout.toString().trim(), "git-http-backend");
}

/** Why there can be no git server here; null when there can. */
export function missingHttpBackend(): string | null {
  return existsSync(backend()) ? null : "git http-backend is not installed";
}

export interface HttpServer extends AsyncDisposable {
  readonly url: string;
  mood: Mood;
  /** Requests answered since the start, such as `GET /remote.git/info/refs?service=git-upload-pack`. */
  readonly requests: string[];
  /** Stores a password for this server in the machine's own home, the right one unless told otherwise. */
  introduce(machine: Machine, password?: string): void;
}

/** Serves every repository below `root`; ends when disposed. */
export function startHttpServer(root: string): HttpServer {
  const program = backend();
  const requests: string[] = [];
  const state: { mood: Mood } = { mood: "serve" };
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    fetch: (request) => {
      const url = new URL(request.url);
      requests.push(`${request.method} ${url.pathname}${url.search}`);
      return answerOf(state.mood, request, url, { program, root });
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}/remote.git`,
    get mood() {
      return state.mood;
    },
    set mood(mood: Mood) {
      state.mood = mood;
    },
    requests,
    introduce(machine, password = PASSWORD) {
      const stored = `http://${USER}:${password}@127.0.0.1:${server.port}\n`;
      writeFileSync(join(machine.home, ".git-credentials"), stored, { mode: 0o600 });
      gitText(machine.home, machine.home, ["config", "--global", "credential.helper", "store"]);
    },
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

interface Served {
  readonly program: string;
  readonly root: string;
}

function answerOf(mood: Mood, request: Request, url: URL, served: Served): Promise<Response> | Response {
  if (mood === "stall") return new Promise<Response>(() => undefined);
  if (mood === "error") return new Response("broken", { status: 503 });
  if (mood === "portal")
    return new Response("<html>please log in</html>", { headers: { "content-type": "text/html" } });
  if (mood === "empty") return new Response("");
  const expected = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString("base64")}`;
  if (request.headers.get("authorization") !== expected) {
    return new Response("who are you?", { status: 401, headers: { "www-authenticate": 'Basic realm="git"' } });
  }
  if (mood === "forbid") return new Response("not yours", { status: 403 });
  return cgi(request, url, served);
}

/** Source: RFC 3875 and git-http-backend(1). */
async function cgi(request: Request, url: URL, served: Served): Promise<Response> {
  const body = new Uint8Array(await request.arrayBuffer());
  const child = Bun.spawn([served.program], {
    env: {
      PATH: process.env["PATH"] ?? "",
      GIT_PROJECT_ROOT: served.root,
      GIT_HTTP_EXPORT_ALL: "1",
      GIT_CONFIG_NOSYSTEM: "1",
      REQUEST_METHOD: request.method,
      PATH_INFO: decodeURIComponent(url.pathname),
      QUERY_STRING: url.search.slice(1),
      CONTENT_TYPE: request.headers.get("content-type") ?? "",
      CONTENT_LENGTH: String(body.length),
      HTTP_CONTENT_ENCODING: request.headers.get("content-encoding") ?? "",
      HTTP_GIT_PROTOCOL: request.headers.get("git-protocol") ?? "",
      GIT_PROTOCOL: request.headers.get("git-protocol") ?? "",
      REMOTE_USER: USER,
      REMOTE_ADDR: "127.0.0.1",
    },
    stdin: body,
    stdout: "pipe",
    stderr: "ignore",
  });
  return responseOf(Buffer.from(await child.stdout.bytes()));
}

function responseOf(output: Buffer): Response {
  const end = output.indexOf("\r\n\r\n");
  if (end < 0) return new Response("the backend said nothing", { status: 500 });
  const headers = new Headers();
  let status = 200;
  for (const line of output.subarray(0, end).toString("latin1").split("\r\n")) {
    const colon = line.indexOf(":");
    const [name, value] = [line.slice(0, colon), line.slice(colon + 1).trim()];
    if (name.toLowerCase() === "status") status = Number.parseInt(value, 10);
    else headers.append(name, value);
  }
  return new Response(new Uint8Array(output.subarray(end + 4)), { status, headers });
}
