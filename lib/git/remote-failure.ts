// What a failed connection to the remote means, told from git's words in the C locale: refused, not reached, or something
// on this machine. Nothing of a server's words reaches a terminal as it is.

import { Failure } from "../failure.ts";
import { quoted } from "../paste.ts";

/** What a message needs to know of the remote. */
export interface Host {
  /** Name of the remote, such as `origin`. */
  readonly name: string;
  /** URL with any credentials taken out, for messages. */
  readonly shownUrl: string;
  /** Longest time one connection may take, milliseconds. */
  readonly timeoutMs: number;
}

const PASSING =
  /Could not resolve host|Temporary failure in name resolution|Connection (?:refused|reset|timed out)|Operation timed out|timed out|Network is unreachable|No route to host|Failed to connect|early EOF|unexpected disconnect|RPC failed|Couldn't connect|HTTP 5\d\d|returned error: 5\d\d|kex_exchange_identification|Connection closed by|cannot lock ref/i;

/** Says whether the same call may succeed in a moment. */
export function isPassing(stderr: string): boolean {
  return PASSING.test(stderr) && !REFUSED.test(stderr);
}

const REFUSED =
  /Authentication failed|could not read (?:Username|Password)|terminal prompts disabled|Permission denied \(|returned error: 40[13]|HTTP 40[13]|Host key verification failed|access denied|not authorized|protected branch|hook declined|Permission to .* denied|quota|deny(?:ing|Current)|GH\d{3}|remote rejected|unpacker error|insufficient permission/i;
/** Waiting does not mend it, so it is no trouble of the network. */
const DAMAGED_STORE =
  /^(?:error|fatal): .*(?:corrupt (?:loose|packed) object|(?:loose|packed) object .* corrupt|failed to unpack compressed delta|unable to unpack [0-9a-f]+ )/m;
const LOCAL_DISK = /No space left on device|Disk quota exceeded/i;

/** What a failed connection means, from git's words in the C locale. */
export function classify(remote: Host, stderr: string, answered: boolean): Failure {
  const cause = `${remote.shownUrl}: ${firstComplaint(stderr)}`;
  const lock = /Unable to create '(.*\.lock)': File exists/.exec(stderr)?.[1];
  if (lock !== undefined && !/^remote:/m.test(stderr)) {
    return new Failure("locked", {
      cause: `another git command is working in this folder, or was killed and left its lock behind: ${lock}`,
      remedy: [`rm ${quoted(lock)}   # only when no git is at work: ps ax | grep '[g]it '`],
      because: stderr,
    });
  }
  if (LOCAL_DISK.test(stderr) && !/^remote:/m.test(stderr)) {
    return new Failure("snapshot-failed", {
      cause: `the disk is full: ${firstComplaint(stderr)}`,
      remedy: ["df -h ."],
      because: stderr,
    });
  }
  const unsound = /^error: object ([0-9a-f]+: (\w+): .*)/m.exec(stderr);
  if (DAMAGED_STORE.test(stderr)) {
    return new Failure("integrity-mismatch", {
      cause: `a store holds a damaged object, here or at ${remote.shownUrl}: ${firstComplaint(stderr)}; nothing was changed`,
      remedy: [
        "petesbrain-sync verify --all   # names every damaged object here, and what to move out of the way first",
        `git fetch --refetch ${remote.name}   # then brings a good copy, where the remote has one`,
      ],
      because: stderr,
    });
  }
  if (unsound !== null) return unsoundObject(remote, unsound[1] ?? "", unsound[2] ?? "", stderr);
  if (answered || REFUSED.test(stderr)) {
    return new Failure("remote-rejected", { cause, remedy: refusalRemedy(remote, stderr), because: stderr });
  }
  return new Failure("remote-unreachable", {
    cause,
    remedy: [`git ls-remote ${remote.name}   # says more once the network is back; then run the same command again`],
    because: stderr,
  });
}

/** What git's own check (fsck-msgids of git-fsck(1)) does not let in. Waiting does not help, so it is no trouble of the network. */
function unsoundObject(remote: Host, what: string, check: string, because: string): Failure {
  const guard = /^(?:has|full|null)/.test(check) && /dot|path/i.test(check) ? "bad-name" : "foreign-remote";
  return new Failure("halted", {
    cause: `${guard}: ${remote.shownUrl} holds what must not be taken in: object ${what.trim()}; nothing was changed`,
    remedy: [
      "git log --stat -5   # on the machine that published last: undo the commit that added it, and publish again",
    ],
    because,
  });
}

function refusalRemedy(remote: Host, stderr: string): string[] {
  if (/Host key verification failed/.test(stderr))
    return [`ssh -T ${quoted(remote.shownUrl)}   # once by hand, to accept the host's key`];
  if (/Permission denied \(|publickey/.test(stderr))
    return ["ssh-add -l   # is the key loaded? then: ssh-add --apple-use-keychain ~/.ssh/id_ed25519"];
  if (/Authentication failed|could not read|terminal prompts|40[13]/.test(stderr)) {
    return [`git credential approve   # or log in once by hand: git fetch ${remote.name}`];
  }
  return [`git push --dry-run ${remote.name} HEAD   # shows the host's own words`];
}

/** The line that says most: what refuses or fails in passing, else git's own first complaint. */
function firstComplaint(stderr: string): string {
  const lines = stderr
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("From "));
  const told =
    lines.find((line) => REFUSED.test(line) || PASSING.test(line)) ??
    lines.find((line) => /^(?:fatal|error|remote|ssh|!|\[)/i.test(line)) ??
    lines[0];
  // control characters from a server must not reach a terminal
  return (told ?? "no answer")
    .replace(/^(?:fatal|error|remote): /i, "")
    .replace(/[\x00-\x1f\x7f-\x9f]/g, " ")
    .replace(/:\/\/[^@/\s]+@/g, "://***@")
    .replace(/[.\s]+$/, "")
    .slice(0, 300);
}

/** The failure of a connection that did not end in time. */
export function tooSlow(remote: Host): Failure {
  return new Failure("remote-unreachable", {
    cause: `${remote.shownUrl} did not finish answering within ${Math.round(remote.timeoutMs / 1000)} s`,
    remedy: [`git ls-remote ${remote.name}   # then run the same command again`],
  });
}
