// What a webhook or a ping is told: JSON for programs, the form that Slack takes, the form that ntfy takes, and the
// pings of a dead man's switch.
import type { WebhookKind } from "../machine/settings-alerts.ts";
import { type Message, textOf } from "./message.ts";

export interface Posted {
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

const JSON_TYPE = { "content-type": "application/json" } as const;
const TEXT_TYPE = { "content-type": "text/plain; charset=utf-8" } as const;
/** Slack cuts longer texts off; ntfy turns longer ones into attachments. */
const LONGEST_SLACK = 3000;
const LONGEST_NTFY = 3800;

/** The request that tells a webhook of an alert. */
export function postedTo(hook: { readonly url: string; readonly kind: WebhookKind }, message: Message): Posted {
  const { url, kind } = hook;
  switch (kind) {
    case "json":
      return { url, headers: JSON_TYPE, body: JSON.stringify({ schema: 1, ...message, text: textOf(message) }) };
    case "slack":
      return { url, headers: JSON_TYPE, body: JSON.stringify({ text: slackText(message) }) };
    case "ntfy":
      return { url, headers: ntfyHeaders(message), body: cut(withoutTitle(textOf(message)), LONGEST_NTFY) };
  }
}

function cut(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 2)}…\n`;
}

function withoutTitle(text: string): string {
  return text.slice(text.indexOf("\n") + 1);
}

/** Source: Slack, "Formatting text for app surfaces": three characters are escaped, the rest is shown as it is. */
function slackText(message: Message): string {
  const plain = (text: string): string =>
    text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("`", "'");
  const [, ...rest] = textOf(message).trimEnd().split("\n");
  return `*${plain(message.title)}*\n\`\`\`${cut(plain(rest.join("\n")), LONGEST_SLACK)}\`\`\``;
}

/** Source: ntfy, "Publishing"; headers that are not ASCII go as encoded words (RFC 2047). */
function ntfyHeaders(message: Message): Record<string, string> {
  const calm = message.title.startsWith("✅");
  const title = Buffer.from(`${message.title} (${message.machine.role})`).toString("base64");
  return { ...TEXT_TYPE, title: `=?UTF-8?B?${title}?=`, priority: calm ? "2" : "4", tags: "petesbrain-sync" };
}

export type PingKind = "start" | "success" | "fail";

/** The request of a ping: `/start`, the address itself, or `/fail`; the query, if any, stays behind it. */
export function pingPosted(address: string, kind: PingKind, body: string): Posted {
  const url = new URL(address);
  if (kind !== "success") url.pathname = `${url.pathname.replace(/\/+$/, "")}/${kind}`;
  return { url: url.href, headers: TEXT_TYPE, body };
}
