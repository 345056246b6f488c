// Where releases are: which addresses are taken, and where in them a version lies. The same rules as in install.sh. Pure.
import { Failure } from "../failure.ts";

const LOOPBACK = /^(?:127\.0\.0\.1|localhost|\[::1\])$/;
const LATEST = "/latest/download";

/**
 * Reads the address of a release: https, or http from this machine itself, and no name or password in it.
 * @throws Failure `usage`
 */
export function parseReleaseAddress(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && isTrusted(url) && url.username === "" && url.password === "") return url;
  const cause = `this is no address of a release: ${text.replace(/\/\/[^/]*@/, "//…@")} (https, or http from this machine only)`;
  throw new Failure("usage", { cause, remedy: ["petesbrain-sync upgrade --base-url https://HOST/FOLDER"] });
}

/** True for https, and for http that never leaves this machine: anybody on the way could change what else http brings. */
export function isTrusted(url: URL): boolean {
  return url.protocol === "https:" || (url.protocol === "http:" && LOOPBACK.test(url.hostname));
}

/** The address of a file of the newest release, or of that of `version`: beside `latest/download` as hosts have it, else in `vVERSION/`. */
export function addressOf(base: URL, version: string | null, file: string): URL {
  const folder = new URL(base);
  const path = folder.pathname.replace(/\/+$/, "");
  const ofVersion = path.endsWith(LATEST)
    ? `${path.slice(0, -LATEST.length)}/download/v${version}`
    : `${path}/v${version}`;
  folder.pathname = `${version === null ? path : ofVersion}/${file}`;
  return folder;
}
