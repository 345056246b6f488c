// How the channels of the settings stand, without sending anything: what is missing, and what could not be sent lately.
import { platform } from "node:os";
import type { AlertStore } from "../machine/alert-store.ts";
import type { Context } from "../machine/context.ts";
import { channelsOf } from "./channels.ts";

export interface ChannelState {
  readonly name: string;
  readonly level: "ok" | "warning" | "error";
  readonly says: string;
  readonly remedy: readonly string[];
}

const TRY = "petesbrain-sync alerts --try   # sends a test by each, and says where to look for it";

/** The state of each channel; `store` is null where there is no state yet. */
export function channelStates({ settings, environment }: Context, store: AlertStore | null): ChannelState[] {
  const waiting = store?.unsent() ?? [];
  const states = channelsOf(settings.alerts).map((channel): ChannelState => {
    const faults = waiting.filter((one) => one.channel === channel.name && one.fault !== null);
    const name = channel.shown;
    const noSecret = channel.kind === "email" && !hasMailSecret(environment);
    if (noSecret)
      return {
        ...{ name, level: "error", says: "neither SMTP_URL nor RESEND_API_KEY is set, so no mail can be sent" },
        remedy: ["petesbrain-sync config path   # names the file of secrets, which must have mode 0600"],
      };
    const last = faults.at(-1)?.fault;
    if (last == null) return { name, level: "ok", says: "set up; nothing waits to be sent", remedy: [TRY] };
    return { name, level: "warning", says: `${faults.length} not sent yet: ${last}`, remedy: [TRY] };
  });
  return [notificationState(settings.alerts.notifications, environment["PATH"] ?? ""), ...states];
}

function hasMailSecret(environment: Context["environment"]): boolean {
  return (environment["SMTP_URL"] ?? "") !== "" || (environment["RESEND_API_KEY"] ?? "") !== "";
}

function notificationState(isOn: boolean, path: string): ChannelState {
  const name = "notifications";
  if (!isOn) return { name, level: "ok", says: 'turned off by notifications = "off"', remedy: [] };
  if (platform() === "darwin" || Bun.which("notify-send", { PATH: path }) !== null)
    return { name, level: "ok", says: "on; whether the system shows them only a look can tell", remedy: [TRY] };
  return { name, level: "warning", says: "there is no notify-send, so nothing can be shown", remedy: [TRY] };
}
