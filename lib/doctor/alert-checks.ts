// The ways in which this machine gets loud: what is set up, what it lacks, and what could not be sent.
import { channelsOf } from "../alert/channels.ts";
import { searchPath } from "../git/git-environment.ts";
import { settingsPaths } from "../machine/settings.ts";
import { pasted } from "../paste.ts";
import { withState } from "../sync/machines.ts";
import { type Finding, isMac, ok, type Patient, warning } from "./finding.ts";

/** Whether anybody saw one cannot be known: on a Mac they belong to Script Editor, which has to be allowed first. */
function checkScreen(patient: Patient): Finding {
  const { settings, environment } = patient.context;
  if (!settings.alerts.notifications) return ok("notifications", "switched off in the settings");
  if (isMac(patient))
    return ok(
      "notifications",
      "shown by Script Editor, where it was allowed to (open it once and run: display notification)",
    );
  if (Bun.which("notify-send", { PATH: searchPath(environment) }) !== null)
    return ok("notifications", "shown by notify-send");
  return ok("notifications", "not shown here, for there is no notify-send; pages, e-mail and webhooks do without");
}

/** What the channels of the settings lack; none at all leaves every alert on this machine. */
function checkWays({ context, place }: Patient): Finding[] {
  const { settings, environment } = context;
  const { machine, secrets } = settingsPaths({ home: place.home, environment, folder: null });
  const channels = channelsOf(settings.alerts);
  if (channels.length === 0) {
    const says = "neither e-mail nor a webhook is configured: an alert stays on this machine";
    return [
      warning("alerts", says, [`"\${EDITOR:-nano}" ${pasted(machine)}   # for example: [email] to = "me@example.com"`]),
    ];
  }
  const canMail = ["SMTP_URL", "RESEND_API_KEY"].some((name) => (environment[name] ?? "") !== "");
  return channels.map(({ kind, shown }) => {
    if (kind !== "email" || canMail) return ok("alerts", `${shown}; petesbrain-sync alerts --try sends a test by each`);
    const says = `${shown} cannot be sent: neither SMTP_URL nor RESEND_API_KEY is in ${secrets}`;
    return warning("alerts", says, [`"\${EDITOR:-nano}" ${pasted(secrets)} && chmod 600 ${pasted(secrets)}`]);
  });
}

/** Alerts that were tried and did not go out. */
function checkUnsent({ context, repository }: Patient): Promise<Finding[]> {
  return withState(repository, (state) => {
    const names = new Map(channelsOf(context.settings.alerts).map(({ name, shown }) => [name, shown]));
    const failed = (state?.alerts.unsent() ?? []).filter(({ fault }) => fault !== null);
    return [...Map.groupBy(failed, ({ channel }) => channel)].map(([channel, waiting]) => {
      const count = waiting.length === 1 ? "an alert" : `${waiting.length} alerts`;
      const says = `${count} could not be sent by ${names.get(channel) ?? channel}: ${waiting.at(-1)?.fault}`;
      return warning("unsent alerts", says, ["petesbrain-sync alerts"]);
    });
  });
}

/** Screen, e-mail and webhooks. */
export async function checkAlerts(patient: Patient): Promise<Finding[]> {
  return [checkScreen(patient), ...checkWays(patient), ...(await checkUnsent(patient))];
}
