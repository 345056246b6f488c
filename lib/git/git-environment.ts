// The clean, allow-listed environment and the options under which every git command runs, so that neither the caller's
// environment nor the repository's configuration can run a program, ask a question or change what an output means.
// Source: git(1) "Environment Variables", git-config(1).

type Environment = Readonly<Record<string, string | undefined>>;

/** Variables handed on to git; everything else (all other GIT_*, BASH_ENV, BUN_*, NODE_OPTIONS…) is dropped. */
const KEPT = [
  "HOME",
  "USER",
  "LOGNAME",
  "TMPDIR",
  "SSH_AUTH_SOCK",
  "XDG_CONFIG_HOME",
  "DEVELOPER_DIR",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "ALL_PROXY",
  "http_proxy",
  "https_proxy",
  "no_proxy",
  "all_proxy",
  "GIT_SSL_CAINFO",
  "GIT_SSL_CAPATH",
  "GIT_SSL_CERT",
  "GIT_SSL_KEY",
  "GIT_CONFIG_GLOBAL",
  "GIT_CONFIG_SYSTEM",
  "GIT_CONFIG_NOSYSTEM",
  "SSL_CERT_FILE",
] as const;

const FALLBACK_PATH = "/opt/homebrew/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";

/** Appended to the user's own ssh command: questions become errors, dead peers are noticed. */
const SSH_OPTIONS = "-oBatchMode=yes -oConnectTimeout=10 -oServerAliveInterval=15 -oServerAliveCountMax=3";

/** The search path for git and what git starts. */
export function searchPath(environment: Environment): string {
  const path = environment["PATH"];
  return path === undefined || path === "" ? FALLBACK_PATH : path;
}

/** The environment of a git command. `sshCommand` is the user's own (`core.sshCommand`), null for plain ssh. */
export function gitEnvironment(environment: Environment, sshCommand: string | null): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of KEPT) {
    const value = environment[name];
    if (value !== undefined) kept[name] = value;
  }
  const ssh = environment["GIT_SSH_COMMAND"] ?? sshCommand ?? "ssh";
  return {
    ...kept,
    PATH: searchPath(environment),
    LC_ALL: "C",
    TZ: "UTC",
    GIT_TERMINAL_PROMPT: "0",
    GIT_ASKPASS: "",
    SSH_ASKPASS: "",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_LITERAL_PATHSPECS: "1",
    GIT_ALLOW_PROTOCOL: "https:ssh:file",
    GIT_PROTOCOL_FROM_USER: "0",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_EDITOR: "false",
    GIT_SSH_COMMAND: `${ssh} ${SSH_OPTIONS}`,
  };
}

const OPTIONS: readonly string[] = [
  // no program of the repository or the user's configuration
  "core.fsmonitor=false",
  "core.askPass=",
  "diff.external=",
  "commit.gpgSign=false",
  "push.gpgSign=false",
  // every change is seen, whatever the repository says
  "core.untrackedCache=false",
  "core.splitIndex=false",
  "core.trustctime=true",
  "core.checkStat=default",
  "core.safecrlf=false",
  "core.ignoreStat=false",
  "core.fileMode=true",
  "core.symlinks=true",
  "status.relativePaths=false",
  // names as bytes, and no disguised .git
  "core.quotePath=false",
  "core.protectHFS=true",
  "core.protectNTFS=true",
  // durable, one flush for many objects
  "core.fsync=all",
  "core.fsyncMethod=batch",
  // nothing in the background, nothing besides what was asked
  "gc.auto=0",
  "maintenance.auto=false",
  "fetch.prune=false",
  "fetch.recurseSubmodules=no",
  "submodule.recurse=false",
  "push.recurseSubmodules=no",
  "push.followTags=false",
  "push.pushOption=",
  // what arrives is checked, what stalls ends
  "transfer.fsckObjects=true",
  "fetch.fsckObjects=true",
  "http.lowSpeedLimit=1000",
  "http.lowSpeedTime=20",
];

/** Options before the command word. `hooks` leaves the user's hooks on; only this machine's own settings may say so. */
export function gitOptions(hooks: boolean): string[] {
  const options = ["--no-pager"];
  if (!hooks) options.push("-c", "core.hooksPath=/dev/null");
  for (const option of OPTIONS) options.push("-c", option);
  return options;
}
