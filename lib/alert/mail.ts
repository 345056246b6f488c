// E-mail, really sent: through an SMTP server (`SMTP_URL`), or through an HTTP mail API (`RESEND_API_KEY`).
import type { Environment } from "../machine/context.ts";
import type { AlertSettings } from "../machine/settings-alerts.ts";
import { headline, type Message, textOf } from "./message.ts";
import { formatPage } from "./page.ts";
import { post, reasonOf } from "./web.ts";

export interface Mail {
  readonly message: Message;
  readonly to: string;
  readonly from: string;
  /** The same for every try of one alert, so that servers and readers tell a second copy. */
  readonly id: string;
}

interface MailPlace {
  readonly environment: Environment;
  readonly signal: AbortSignal;
}

const SMTP_MS = 10_000;
const LONGEST_SUBJECT = 180;

/** Sends a mail. Returns null when the server took it, else in one sentence why not; never throws for that. */
export async function sendMail(
  email: NonNullable<AlertSettings["email"]>,
  mail: Omit<Mail, "to" | "from">,
  place: MailPlace,
): Promise<string | null> {
  const whole: Mail = { ...mail, to: email.to, from: email.from };
  const { SMTP_URL: smtp = "", RESEND_API_KEY: key = "" } = place.environment;
  if (smtp !== "") return await bySmtp(smtp, whole, place.signal);
  if (key !== "") return await byApi(`${email.api}/emails`, key, whole, place.signal);
  return "neither SMTP_URL nor RESEND_API_KEY is set in ~/.config/petesbrain-sync/.env";
}

/** The subject: one line, whatever is in the message. */
function subjectOf(message: Message): string {
  const line = headline(message).replace(/[\r\n]+/g, " ");
  return line.length <= LONGEST_SUBJECT ? line : `${line.slice(0, LONGEST_SUBJECT - 1)}…`;
}

/** Loopback needs no encryption: nothing leaves the machine. */
function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(host);
}

async function bySmtp(url: string, mail: Mail, signal: AbortSignal): Promise<string | null> {
  if (!URL.canParse(url) || !["smtp:", "smtps:"].includes(new URL(url).protocol))
    return "SMTP_URL is no address that begins with smtps:// or smtp://";
  const { protocol, hostname, host } = new URL(url);
  const { createTransport } = await import("nodemailer"); // loaded only where there is something to send
  const transport = createTransport({
    url,
    // a server that does not offer to encrypt gets neither the password nor the alert
    requireTLS: protocol === "smtp:" && !isLoopback(hostname),
    connectionTimeout: SMTP_MS,
    greetingTimeout: SMTP_MS,
    socketTimeout: SMTP_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const close = (): void => transport.close();
  signal.addEventListener("abort", close, { once: true });
  try {
    const { message, to, from, id } = mail;
    const sending = transport.sendMail({
      from,
      to,
      subject: subjectOf(message),
      text: textOf(message),
      html: formatPage(message),
      messageId: `<${id}@petesbrain-sync>`,
      date: new Date(message.at),
      headers: { "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All" },
    });
    await orAborted(sending, signal);
    return null;
  } catch (error) {
    return `${host}: ${signal.aborted ? "no answer in time" : reasonOf(error)}`;
  } finally {
    signal.removeEventListener("abort", close);
    close();
  }
}

/** A promise that ends with the signal at the latest. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(new Error("stopped"));
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

/** Source: Resend, "Send Email"; the key of a request makes a second copy of it the same request. */
function byApi(url: string, key: string, mail: Mail, signal: AbortSignal): Promise<string | null> {
  const { message, to, from, id } = mail;
  const body = { from, to: [to], subject: subjectOf(message), text: textOf(message), html: formatPage(message) };
  const headers = {
    "content-type": "application/json",
    authorization: `Bearer ${key}`,
    "idempotency-key": id,
  };
  return post({ url, body: JSON.stringify(body), headers, signal });
}
