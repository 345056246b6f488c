// E-mail, webhooks and pings against real servers on loopback: what arrives, that it arrives once, and what becomes of
// channels that refuse, hang, redirect, lie or are not there.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deliver } from "../lib/alert/deliver.ts";
import { type About, type Message, makeMessage } from "../lib/alert/message.ts";
import { raise } from "../lib/alert/raise.ts";
import { post } from "../lib/alert/web.ts";
import { pingPosted, postedTo } from "../lib/alert/webhook.ts";
import type { AlertSettings } from "../lib/machine/settings-alerts.ts";
import { State } from "../lib/machine/state.ts";
import { startHookServer } from "./support/hook-server.ts";
import { startMailServer } from "./support/mail-server.ts";
import "./support/matchers.ts";

const START = Date.parse("2026-01-04T10:25:00Z");
const NONE: AlertSettings = { notifications: false, email: null, webhooks: [], pingUrl: null };
const EMAIL = { to: "peter@example.com", from: "sync@example.com", api: "https://api.resend.com" };
const KEY = "re_4fQ9zLm27Xw1Kc8Tn5Vb3Yd6";

const HAPPENING = {
  event: "failed",
  key: "push:remote-rejected",
  cause: "the remote refused\r\nBcc: everyone@example.com",
  paths: ["clients/Søren/tasks.json"],
  done: ["the run ended without changing any file"],
  remedy: ["petesbrain-sync push"],
} as const;

const ABOUT: Omit<About, "at" | "since" | "count"> = {
  machine: { name: "mini", role: "desktop" },
  folder: "/brain",
  command: "push",
  run: "20260104T102500Z-4f2a",
  lastRuns: [],
  log: ["a line"],
  secrets: [],
};

let home = "";
let state: State;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "sync-channels-"));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** A machine whose clock is moved by hand, with an alert of one failure waiting. */
function waiting(settings: AlertSettings, environment: Record<string, string> = {}) {
  const folder = mkdtempSync(join(home, "m-"));
  state = State.open(folder);
  const clock = { now: START };
  const tries: [channel: string, fault: string | null][] = [];
  raise(
    { happenings: [HAPPENING], ends: [] },
    { store: state.alerts, folder, settings, now: new Date(START), about: () => ABOUT, onNoPage: () => undefined },
  );
  const send = (signal = new AbortController().signal): Promise<void> =>
    deliver({
      store: state.alerts,
      settings,
      environment,
      signal,
      now: () => new Date(clock.now),
      onTry: (channel, _alert, fault) => tries.push([channel, fault]),
    });
  return { store: state.alerts, clock, tries, send };
}

describe("e-mail by SMTP", () => {
  test("arrives with text and page, and no name or word of others makes a header", async () => {
    await using server = await startMailServer({ tls: "none" });
    const { send, tries, store } = waiting({ ...NONE, email: EMAIL }, { SMTP_URL: `smtp://127.0.0.1:${server.port}` });
    await send();
    expect(tries).toEqual([["e-mail to peter@example.com", null]]);
    const [mail = ""] = server.mails;
    const head = mail.slice(0, mail.indexOf("\r\n\r\n"));
    expect(head).toMatch(/^From: sync@example\.com$/m);
    expect(head).toMatch(/^To: peter@example\.com$/m);
    expect(head).toMatch(/^Message-ID: <20260104T102500Z-4f2a-1@petesbrain-sync>$/im);
    expect(head).toMatch(/^Auto-Submitted: auto-generated$/m);
    expect(head).not.toMatch(/^Bcc:/im);
    expect(mail).toContain("Content-Type: text/plain; charset=utf-8");
    expect(mail).toContain("Content-Type: text/html; charset=utf-8");
    expect(store.unsent()).toEqual([]);
    await send();
    expect(server.mails).toHaveLength(1);
  });

  test("gives the password that is asked for, and waits where it is wrong", async () => {
    await using server = await startMailServer({ tls: "none", password: "right horse" });
    const url = (password: string): string => `smtp://me:${encodeURIComponent(password)}@127.0.0.1:${server.port}`;
    const right = waiting({ ...NONE, email: EMAIL }, { SMTP_URL: url("right horse") });
    await right.send();
    expect(server.mails).toHaveLength(1);
    const wrong = waiting({ ...NONE, email: EMAIL }, { SMTP_URL: url("wrong horse") });
    await wrong.send();
    expect(wrong.tries[0]?.[1]).toMatch(/who are you\?/);
    expect(wrong.tries[0]?.[1]).not.toContain("wrong");
    expect(wrong.store.unsent()).toHaveLength(1);
  });

  test("needs an address of its own kind, and does not repeat a wrong one", async () => {
    const { send, tries } = waiting({ ...NONE, email: EMAIL }, { SMTP_URL: "http://me:secret-word@example.com" });
    await send();
    expect(tries[0]?.[1]).toBe("SMTP_URL is no address that begins with smtps:// or smtp://");
  });

  test("that is turned back is tried again by a later run, not by the next within minutes", async () => {
    await using server = await startMailServer({ tls: "none", refuses: "mailbox is full" });
    const { send, tries, clock } = waiting({ ...NONE, email: EMAIL }, { SMTP_URL: `smtp://127.0.0.1:${server.port}` });
    await send();
    await send();
    expect(tries).toHaveLength(1);
    expect(tries[0]?.[1]).toContain("mailbox is full");
    clock.now += 3_600_000;
    await send();
    expect(tries).toHaveLength(2);
  });

  test("without a server or a key says what is missing", async () => {
    const { send, tries } = waiting({ ...NONE, email: EMAIL });
    await send();
    expect(tries[0]?.[1]).toContain("neither SMTP_URL nor RESEND_API_KEY is set");
  });

  test("raised while offline goes out once when the network is back", async () => {
    const server = await startMailServer({ tls: "none" });
    const { port } = server;
    await server[Symbol.asyncDispose]();
    const environment = { SMTP_URL: `smtp://127.0.0.1:${port}` };
    const { send, tries, clock, store } = waiting({ ...NONE, email: EMAIL }, environment);
    await send();
    expect(tries[0]?.[1]).toMatch(/ECONNREFUSED/);
    expect(store.unsent()[0]?.fault).toMatch(/ECONNREFUSED/);
    await using back = await startMailServer({ tls: "none" });
    environment.SMTP_URL = `smtp://127.0.0.1:${back.port}`;
    clock.now += 3_600_000;
    await Promise.all([send(), send()]);
    await send();
    expect(back.mails).toHaveLength(1);
    expect(store.unsent()).toEqual([]);
  });
});

describe("e-mail by an HTTP API", () => {
  test("is one request, with the key as a header and a key of its own for the request", async () => {
    await using server = startHookServer();
    const { send } = waiting({ ...NONE, email: { ...EMAIL, api: server.url } }, { RESEND_API_KEY: KEY });
    await send();
    expect(server.told).toHaveLength(1);
    const [told] = server.told;
    expect(told?.path).toBe("/emails");
    expect(told?.headers["authorization"]).toBe(`Bearer ${KEY}`);
    expect(told?.headers["idempotency-key"]).toBe("20260104T102500Z-4f2a-1");
    const body: unknown = JSON.parse(told?.body ?? "");
    expect(body).toMatchObject({ from: EMAIL.from, to: [EMAIL.to], text: expect.stringContaining("Sync Failed") });
    expect(body).toMatchObject({ subject: expect.not.stringMatching(/[\r\n]/), html: expect.stringMatching(/^<!doc/) });
  });

  test("shows the key nowhere, whatever the server says", async () => {
    await using server = startHookServer();
    server.mood = "refuse";
    const { send, tries, store } = waiting({ ...NONE, email: { ...EMAIL, api: server.url } }, { RESEND_API_KEY: KEY });
    await send();
    expect(tries[0]?.[1]).toMatch(/answers 403: invalid_token \\x1b\[31mxoxb line two/);
    expect(JSON.stringify(store.unsent())).not.toContain(KEY);
  });
});

const message: Message = makeMessage(HAPPENING, { ...ABOUT, at: new Date(START), since: new Date(START), count: 1 });
const hook = (kind: "json" | "slack" | "ntfy", url: string) => ({ url: `${url}/T0/secret-path`, kind });

describe("a webhook", () => {
  test("of kind json is told everything", async () => {
    await using server = startHookServer();
    const { send } = waiting({ ...NONE, webhooks: [hook("json", server.url)] });
    await send();
    const body: unknown = JSON.parse(server.told[0]?.body ?? "");
    expect(body).toMatchObject({ schema: 1, event: "failed", machine: { role: "desktop" }, count: 1 });
    expect(server.told[0]?.headers["content-type"]).toBe("application/json");
  });

  test("of kind slack cannot be made to call anybody or to link anywhere", () => {
    const hostile = { ...message, cause: "<!channel> & <https://evil.example|click> ``` *x*" };
    const { text } = JSON.parse(postedTo(hook("slack", "https://x"), hostile).body) as { text: string };
    expect(text).not.toMatch(/<[!h]/);
    expect(text).toContain("&lt;!channel&gt; &amp;");
    expect(text.match(/```/g)).toHaveLength(2);
  });

  test("of kind ntfy gets a title that is plain ASCII, and no header from a text", async () => {
    await using server = startHookServer();
    const { send } = waiting({ ...NONE, webhooks: [hook("ntfy", server.url)] });
    await send();
    const [told] = server.told;
    expect(told?.headers["title"]).toMatch(/^=\?UTF-8\?B\?[A-Za-z0-9+/=]+\?=$/);
    expect(told?.headers["bcc"]).toBeUndefined();
    expect(told?.body).toContain("clients/Søren/tasks.json");
  });

  test("each of several gets its own, and one that fails holds up no other", async () => {
    await using good = startHookServer();
    await using bad = startHookServer();
    bad.mood = "refuse";
    const { send, store } = waiting({ ...NONE, webhooks: [hook("json", bad.url), hook("slack", good.url)] });
    await send();
    expect(good.told).toHaveLength(1);
    expect(store.unsent()).toHaveLength(1);
  });

  test("whose message is damaged is said to be so, once", async () => {
    await using server = startHookServer();
    const { send, tries, store } = waiting({
      ...NONE,
      webhooks: [hook("json", server.url), hook("slack", server.url)],
    });
    const [alert] = store.alerts({ limit: 1, unread: true });
    if (alert === undefined) throw new Error("no alert waits");
    store.update(alert.id, { ...alert, message: alert.message.slice(0, -1) });
    for (const _ of [1, 2]) await send();
    expect(tries.map(([, fault]) => fault)).toEqual(["what was to be said is damaged in state.db"]);
    expect(store.unsent()).toEqual([]);
    expect(server.told).toEqual([]);
  });

  test("that was taken out of the settings is forgotten", async () => {
    await using server = startHookServer();
    const { store } = waiting({ ...NONE, webhooks: [hook("json", server.url)] });
    await deliver({
      ...{ store, settings: NONE, environment: {}, signal: new AbortController().signal },
      ...{ now: () => new Date(START), onTry: () => undefined },
    });
    expect(store.unsent()).toEqual([]);
  });
});

describe("a server that is not well", () => {
  const FAULTS = [
    ["refuse", /answers 403/, 1],
    ["broken", /answers 503: try later/, 2],
    ["redirect", /answers with a redirect \(302\), which is not followed/, 1],
    ["hang", /does not answer within 0.3 s/, 1],
    ["stall", /does not answer within 0.3 s|answers 500/, 1],
    ["garbage", /answers 500/, 2],
  ] as const;

  test.each(FAULTS)("%s is told as a fault, within the deadline", async (mood, fault, requests) => {
    await using server = startHookServer();
    server.mood = mood;
    const signal = new AbortController().signal;
    const call = { url: `${server.url}/hidden-path-of-a-hook`, body: "x", headers: {}, signal, deadlineMs: 300 };
    const said = await post(call);
    expect(said).toMatch(fault);
    expect(said).not.toContain("hidden-path");
    expect(server.told.length).toBeGreaterThanOrEqual(requests);
  });

  test("once is tried again and takes it", async () => {
    await using server = startHookServer();
    server.mood = "once-broken";
    const signal = new AbortController().signal;
    expect(await post({ url: server.url, body: "x", headers: {}, signal })).toBeNull();
    expect(server.told).toHaveLength(2);
  });

  test("ends with the run that is told to end", async () => {
    await using server = startHookServer();
    server.mood = "hang";
    const controller = new AbortController();
    const { send, store } = waiting({ ...NONE, webhooks: [hook("json", server.url)] });
    const sending = send(controller.signal);
    controller.abort();
    await sending;
    expect(store.unsent()).toHaveLength(1);
  });
});

test("a ping keeps the address's query behind the word", () => {
  const url = (kind: "start" | "success" | "fail"): string => pingPosted("https://x.example/p/1/?a=b", kind, "").url;
  expect([url("start"), url("success"), url("fail")]).toEqual([
    "https://x.example/p/1/start?a=b",
    "https://x.example/p/1/?a=b",
    "https://x.example/p/1/fail?a=b",
  ]);
});
