// A real HTTP server on loopback that keeps what it is told, with the moods of servers that are not well.
import type { Certificate } from "./certificate.ts";

export interface Told {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type HookMood = "take" | "refuse" | "broken" | "redirect" | "hang" | "stall" | "garbage" | "once-broken";

export interface HookServer extends AsyncDisposable {
  readonly url: string;
  mood: HookMood;
  readonly told: Told[];
}

/** Starts a server; with a certificate it speaks TLS. */
export function startHookServer(certificate?: Certificate): HookServer {
  const told: Told[] = [];
  const state: { mood: HookMood } = { mood: "take" };
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    ...(certificate === undefined ? {} : { tls: { key: certificate.key, cert: certificate.cert } }),
    fetch: async (request) => {
      const { pathname, search } = new URL(request.url);
      const headers = Object.fromEntries(request.headers);
      told.push({ method: request.method, path: `${pathname}${search}`, headers, body: await request.text() });
      const { mood } = state;
      if (mood === "once-broken") state.mood = "take";
      return answerOf(mood);
    },
  });
  return {
    url: `${certificate === undefined ? "http" : "https"}://127.0.0.1:${server.port}`,
    get mood() {
      return state.mood;
    },
    set mood(mood: HookMood) {
      state.mood = mood;
    },
    told,
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

function answerOf(mood: HookMood): Response | Promise<Response> {
  switch (mood) {
    case "take":
      return new Response("ok");
    case "refuse":
      return new Response("invalid_token \u001b[31mxoxb\nline two", { status: 403 });
    case "broken":
    case "once-broken":
      return new Response("try later", { status: 503 });
    case "redirect":
      return Response.redirect("http://127.0.0.1:9/elsewhere", 302);
    case "hang":
      return new Promise<Response>(() => undefined);
    case "stall":
      return new Response(new ReadableStream({ pull: () => new Promise<void>(() => undefined) }), { status: 500 });
    case "garbage":
      return new Response(crypto.getRandomValues(new Uint8Array(60_000)), { status: 500 });
  }
}
