// The channels that alerts are sent by, named so that a waiting alert finds its channel again in later settings.
import { type AlertSettings, shownAddress } from "../machine/settings-alerts.ts";

export type Channel =
  | { readonly name: string; readonly shown: string; readonly kind: "email" }
  | {
      readonly name: string;
      readonly shown: string;
      readonly kind: "webhook";
      readonly hook: AlertSettings["webhooks"][number];
    };

/** Every channel of the settings. Names hold no secret: of an address only a digest. */
export function channelsOf({ email, webhooks }: AlertSettings): Channel[] {
  const mail: Channel[] = email === null ? [] : [{ name: "email", shown: `e-mail to ${email.to}`, kind: "email" }];
  const hooks = webhooks.map((hook): Channel => {
    const digest = Bun.CryptoHasher.hash("sha256", hook.url, "hex").slice(0, 12);
    return {
      name: `webhook:${digest}`,
      shown: `${hook.kind} webhook ${shownAddress(hook.url)}`,
      kind: "webhook",
      hook,
    };
  });
  return [...mail, ...hooks];
}
