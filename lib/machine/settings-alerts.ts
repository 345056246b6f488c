// The channels that alerts go out by, as this machine's own settings name them.

export const WEBHOOK_KINDS = ["json", "slack", "ntfy"] as const;
export type WebhookKind = (typeof WEBHOOK_KINDS)[number];

export interface AlertSettings {
  /** Whether notifications are shown on this machine's screen. */
  readonly notifications: boolean;
  /** Null where no address is set. */
  readonly email: {
    readonly to: string;
    readonly from: string;
    /** Address of the HTTP mail API, without its path. */
    readonly api: string;
  } | null;
  readonly webhooks: readonly { readonly url: string; readonly kind: WebhookKind }[];
  /** Told of every run's start and end; null where none is set. */
  readonly pingUrl: string | null;
}

const ALERTS_BUILT_IN = { notifications: "on", mailApi: "https://api.resend.com" } as const;

/** Addresses of webhooks and pings are secrets as a whole; what may be shown of one is where it leads. */
export function shownAddress(url: string): string {
  return URL.canParse(url) ? `${new URL(url).origin}/…` : "…";
}

/** Puts the channels together from the keys of the settings; `value` gives a key's value, or what is given for it. */
export function alertSettings(value: <T>(key: string, otherwise: T) => T): AlertSettings {
  const webhooks: { url: string; kind: WebhookKind }[] = [];
  for (let n = 0; ; n++) {
    const url = value<string | null>(`webhook[${n}].url`, null);
    const kind = value<WebhookKind | null>(`webhook[${n}].kind`, null);
    if (url === null && kind === null) break;
    if (url !== null) webhooks.push({ url, kind: kind ?? "json" });
  }
  const to = value<string | null>("email.to", null);
  const from = value<string | null>("email.from", to);
  const api = value<string>("email.api", ALERTS_BUILT_IN.mailApi);
  return {
    notifications: value<string>("notifications", ALERTS_BUILT_IN.notifications) === "on",
    email: to === null || from === null ? null : { to, from, api: api.replace(/\/+$/, "") },
    webhooks,
    pingUrl: value<string | null>("ping.url", null),
  };
}

/** Everything in the channels' addresses and in the environment's secrets that must never be seen in a log or an alert. */
export function secretsOf(
  { webhooks, pingUrl }: Pick<AlertSettings, "webhooks" | "pingUrl">,
  environment: Readonly<Record<string, string | undefined>>,
): string[] {
  const addresses = [...webhooks.map(({ url }) => url), ...(pingUrl === null ? [] : [pingUrl])];
  const parts = addresses.flatMap((url) => {
    const { pathname, search } = new URL(url);
    return [`${pathname}${search}`, ...pathname.split("/")];
  });
  const smtp = environment["SMTP_URL"] ?? "";
  const password = URL.canParse(smtp) ? new URL(smtp).password : "";
  const passwords = [password, unescaped(password), smtp, environment["RESEND_API_KEY"] ?? ""];
  // shorter ones are words that would be blacked out wherever they stand
  return [
    ...passwords.filter((text) => text.length >= SHORTEST_PASSWORD),
    ...parts.filter((text) => text.length >= SHORTEST_PART),
  ];
}

const SHORTEST_PASSWORD = 6;
const SHORTEST_PART = 16;

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a stray percent sign: it is what it is
  }
}
