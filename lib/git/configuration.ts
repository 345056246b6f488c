// What git's configuration says about the remote and the repository, read in one call and checked before any
// connection is made: where we would talk to, and whether that is allowed.

import { Failure } from "../failure.ts";
import { quoted } from "../paste.ts";
import { parseConfig } from "./parse.ts";
import type { Git } from "./shell.ts";

export interface Configuration {
  /** The remote's URL with credentials taken out, for messages. */
  readonly shownUrl: string;
  readonly loopbackHttp: boolean;
  /** The user's `core.sshCommand`, or null. */
  readonly sshCommand: string | null;
  /** A name and an address for commits are configured. */
  readonly hasIdentity: boolean;
  /** `core.sparseCheckout` is on. */
  readonly sparse: boolean;
  /** Bytes of an object id: 20, or 32 in a SHA-256 repository. */
  readonly oidBytes: 20 | 32;
}

/** @throws {Failure} `not-a-repository` without a remote; `halted` for a remote that must not be used as it is. */
export async function readConfiguration(git: Git, remoteName: string): Promise<Configuration> {
  const answer = await git.run(["config", "--list", "-z"]);
  const values = parseConfig(answer.stdout);
  const last = (key: string): string | null => values.get(key)?.at(-1) ?? null;
  const urls = values.get(`remote.${remoteName}.url`) ?? [];
  const pushUrls = values.get(`remote.${remoteName}.pushurl`) ?? [];
  const url = urls[0];
  if (url === undefined) {
    throw new Failure("not-a-repository", {
      cause: `no remote named ${remoteName} is set up in ${git.place.folder}`,
      remedy: [`git remote add ${remoteName} URL`],
    });
  }
  if (urls.length > 1 || pushUrls.length > 1 || (pushUrls.length === 1 && pushUrls[0] !== url)) {
    throw new Failure("halted", {
      cause: `foreign-remote: ${remoteName} has more than one URL, so a push could reach one place and not the other`,
      remedy: [`git config --get-all remote.${remoteName}.url`, `git config --unset-all remote.${remoteName}.pushurl`],
    });
  }
  if (last("http.sslverify")?.toLowerCase() === "false") {
    throw new Failure("halted", {
      cause: "http.sslVerify is off: anybody on the network could stand in for the remote",
      remedy: ["git config --unset http.sslVerify   # add --global if it is set there"],
    });
  }
  const kind = judgeUrl(url);
  if (kind.refusal !== null) throw new Failure("halted", kind.refusal);
  return {
    shownUrl: kind.shown,
    loopbackHttp: kind.loopbackHttp,
    sshCommand: last("core.sshcommand"),
    hasIdentity: last("user.name") !== null && last("user.email") !== null,
    sparse: last("core.sparsecheckout")?.toLowerCase() === "true",
    oidBytes: last("extensions.objectformat")?.toLowerCase() === "sha256" ? 32 : 20,
  };
}

export interface JudgedUrl {
  /** The URL without credentials. */
  readonly shown: string;
  readonly loopbackHttp: boolean;
  /** Why it must not be used, or null. */
  readonly refusal: { readonly cause: string; readonly remedy: readonly string[] } | null;
}

/** Judges a remote URL: https, ssh (also `host:path`), local paths, and http to this machine itself; no credentials inside. */
export function judgeUrl(url: string): JudgedUrl {
  const match = /^([a-z][a-z0-9+.-]*):\/\/(?:([^@/]*)@)?([^/]*)/i.exec(url);
  if (match === null) {
    const foreign = /^[a-z0-9]+::/i.test(url) || url.startsWith("-");
    const refusal = foreign
      ? {
          cause: `foreign-remote: ${url} would run a program of its own choosing`,
          remedy: ["git remote set-url origin URL   # https, ssh or a path"],
        }
      : null;
    return { shown: url, loopbackHttp: false, refusal };
  }
  const [, scheme = "", userinfo = "", host = ""] = match;
  const shown =
    userinfo === ""
      ? url
      : url.replace(`${userinfo}@`, scheme.toLowerCase() === "ssh" ? `${userinfo.split(":")[0]}@` : "");
  const secret = scheme.toLowerCase() === "ssh" ? userinfo.includes(":") : userinfo !== "";
  const loopback = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/i.test(host);
  const allowed =
    ["https", "ssh", "file"].includes(scheme.toLowerCase()) || (scheme.toLowerCase() === "http" && loopback);
  if (secret) {
    return {
      shown,
      loopbackHttp: false,
      refusal: {
        cause: `the remote's URL holds credentials (${shown}); git writes such a URL into logs and error messages`,
        remedy: [
          `git remote set-url origin ${quoted(shown)}`,
          "git config --global credential.helper osxkeychain   # then log in once: git fetch",
        ],
      },
    };
  }
  if (!allowed) {
    return {
      shown,
      loopbackHttp: false,
      refusal: {
        cause: `foreign-remote: ${scheme} is not a way to a remote that is safe to use (${shown})`,
        remedy: ["git remote set-url origin URL   # https, ssh or a path"],
      },
    };
  }
  return { shown, loopbackHttp: scheme.toLowerCase() === "http", refusal: null };
}
