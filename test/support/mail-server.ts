// A real SMTP server on loopback that keeps what it is sent.
import { SMTPServer } from "smtp-server";
import type { Certificate } from "./certificate.ts";

export interface MailServer extends AsyncDisposable {
  readonly port: number;
  /** Whole mails, headers and all, in the order in which they were taken. */
  readonly mails: string[];
  /** Whether each of them came over an encrypted connection. */
  readonly encrypted: boolean[];
}

export interface MailMood {
  /** `implicit`: encrypted from the first byte; `starttls`: offered; `none`: not even offered. */
  readonly tls: "implicit" | "starttls" | "none";
  readonly certificate?: Certificate;
  /** The password that is asked for; nobody is asked without it. */
  readonly password?: string;
  /** Turned back with these words once the mail was written. */
  readonly refuses?: string;
}

/** Starts a server with that mood; ends when disposed. */
export async function startMailServer({ tls, certificate, password, refuses }: MailMood): Promise<MailServer> {
  const mails: string[] = [];
  const encrypted: boolean[] = [];
  const server = new SMTPServer({
    secure: tls === "implicit",
    hideSTARTTLS: tls !== "starttls",
    authOptional: password === undefined,
    allowInsecureAuth: true,
    disableReverseLookup: true,
    ...(certificate === undefined ? {} : { key: certificate.key, cert: certificate.cert }),
    onAuth: (auth, _session, done) => {
      if (auth.password === password) done(null, { user: auth.username ?? "" });
      else done(new Error("who are you?"));
    },
    onData: (stream, session, done) => {
      const pieces: Buffer[] = [];
      stream.on("data", (piece: Buffer) => pieces.push(piece));
      stream.on("end", () => {
        if (refuses !== undefined) return done(Object.assign(new Error(refuses), { responseCode: 452 }));
        mails.push(Buffer.concat(pieces).toString("utf8"));
        encrypted.push(session.secure === true);
        done();
      });
    },
  });
  server.on("error", () => undefined); // a client that goes away in the middle is part of some tests
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const address = server.server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    mails,
    encrypted,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
