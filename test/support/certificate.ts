// A certificate for loopback, made for one test by `openssl` and trusted by nobody who is not told to.
import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface Certificate {
  readonly key: string;
  readonly cert: string;
  /** File to give as NODE_EXTRA_CA_CERTS to whoever shall trust it. */
  readonly path: string;
}

/** Why no certificate can be made here; null when one can. */
export function missingOpenssl(): string | null {
  return Bun.which("openssl") === null ? "openssl is not installed" : null;
}

/** Makes one below `root`, for `localhost` and 127.0.0.1. */
export function makeCertificate(root: string): Certificate {
  const [key, cert] = [join(root, "key.pem"), join(root, "cert.pem")];
  const words = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  const made = Bun.spawnSync(["openssl", ...words, ...names, "-keyout", key, "-out", cert]);
  if (made.exitCode !== 0) throw new Error(`openssl: ${made.stderr.toString()}`);
  return { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8"), path: cert };
}
