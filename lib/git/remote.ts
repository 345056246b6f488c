// Talking to the remote: fetch, push, look. Says which of three things happened (done, refused, not reached), and
// never takes an empty answer for "nothing there".
import { Failure } from "../failure.ts";
import { parseLsRemote, parsePush } from "./parse.ts";
import { type Git, type GitAnswer, GitError } from "./shell.ts";

export interface Remote {
  /** Name of the remote, such as `origin`. */
  readonly name: string;
  /** Short branch name. */
  readonly branch: string;
  /** URL with any credentials taken out, for messages. */
  readonly shownUrl: string;
  /** The URL is plain http to this machine itself. */
  readonly loopbackHttp: boolean;
  /** Longest time one connection may take, milliseconds. */
  readonly timeoutMs: number;
  /** How often a connection that fails in passing is tried. */
  readonly attempts: number;
  /** Waits between tries; resolves early when the run is told to end. */
  readonly pause: (ms: number) => Promise<void>;
}

const FIRST_PAUSE_MS = 500;

/** What the remote's branch was found to be: its commit, or `absent` where the remote answered without it. */
export type RemoteHead = { readonly commit: string } | "absent";

/**
 * Fetches the branch into its remote-tracking branch, never forced, and the machines' records with it.
 * @returns `absent` when the remote answered but has no such branch.
 * @throws {Failure} `remote-unreachable`, `remote-rejected`, or `halted` when the remote's history was rewritten.
 */
export async function fetchBranch(git: Git, remote: Remote): Promise<"fetched" | "absent"> {
  const refspecs = [
    `refs/heads/${remote.branch}:refs/remotes/${remote.name}/${remote.branch}`,
    // parentless commits that replace each other
    "+refs/petesbrain-sync/machines/*:refs/petesbrain-sync/machines/*",
    `+refs/heads/petesbrain-sync/machines/*:refs/remotes/${remote.name}/petesbrain-sync/machines/*`,
  ];
  const args = [
    "fetch",
    "--no-progress",
    "--no-tags",
    "--no-write-fetch-head",
    "--no-auto-maintenance",
    "--no-recurse-submodules",
  ];
  const answer = await connect(git, remote, [...args, "--end-of-options", remote.name, ...refspecs], [0, 1, 128]);
  if (answer.exit === 0) return "fetched";
  if (/couldn't find remote ref/.test(answer.stderr)) return "absent";
  if (/non-fast-forward/.test(answer.stderr)) throw rewritten(remote, answer.stderr);
  throw classify(remote, answer.stderr, false);
}

function rewritten(remote: Remote, detail: string): Failure {
  return new Failure("halted", {
    cause: `foreign-remote: the branch ${remote.branch} at ${remote.shownUrl} no longer contains what this machine had from it; its history was rewritten`,
    remedy: [
      `git fetch ${remote.name} && git log --oneline --left-right HEAD...FETCH_HEAD   # look at both histories`,
      `git branch before-rewrite refs/remotes/${remote.name}/${remote.branch}   # keeps what was known here`,
    ],
    because: detail,
  });
}

/** Asks the remote for the branch's commit: one connection, nothing transferred. */
export async function lookAtBranch(git: Git, remote: Remote): Promise<RemoteHead> {
  const ref = `refs/heads/${remote.branch}`;
  const answer = await connect(git, remote, ["ls-remote", "--quiet", "--end-of-options", remote.name, ref], [0, 128]);
  if (answer.exit !== 0) throw classify(remote, answer.stderr, false);
  const commit = parseLsRemote(Buffer.from(answer.stdout).toString("utf8")).get(ref);
  return commit === undefined ? "absent" : { commit };
}

/**
 * `stale`: one of the refs is no longer where its lease says. `unknown`: only another look can tell. `record-refused`:
 * the host did not take the record, and perhaps not the branch either; nothing was moved.
 */
export type PushOutcome =
  | { readonly kind: "done" }
  | { readonly kind: "stale" }
  | { readonly kind: "unknown"; readonly failure: Failure }
  | { readonly kind: "refused"; readonly failure: Failure }
  | { readonly kind: "record-refused"; readonly failure: Failure };

/** A ref of the remote, the commit it is to name, and the one it must name now (null: it must not exist). */
export interface PushedTo {
  readonly ref: string;
  readonly commit: string;
  readonly expected: string | null;
}

/** Pushes the branch, and the machine's record with it: both or neither, where the host can. */
export async function pushBranch(
  git: Git,
  remote: Remote,
  branch: Omit<PushedTo, "ref">,
  record: PushedTo | null,
): Promise<PushOutcome> {
  const own = { ref: `refs/heads/${remote.branch}`, ...branch };
  const both = record === null ? [own] : [own, record];
  try {
    const answer = await push(git, remote, ["--atomic"], both);
    // a host without atomic pushes: the branch first, each ref is atomic by itself
    if (answer.exit !== 0 && /does not support --atomic/.test(answer.stderr))
      return await pushOneByOne(git, remote, both);
    return answer.exit === 0 ? { kind: "done" } : pushOutcome(remote, answer, record);
  } catch (error) {
    if (error instanceof GitError && error.timedOut) return { kind: "unknown", failure: tooSlow(remote) };
    throw error;
  }
}

function push(git: Git, remote: Remote, atomic: readonly string[], refs: readonly PushedTo[]): Promise<GitAnswer> {
  const leases = refs.map(({ ref, expected }) => `--force-with-lease=${ref}:${expected ?? ""}`);
  const refspecs = refs.map(({ ref, commit }) => `${commit}:${ref}`);
  const args = ["push", "--quiet", "--porcelain", ...atomic, ...leases, "--end-of-options", remote.name, ...refspecs];
  return git.run(args, { accept: [0, 1, 128], timeoutMs: remote.timeoutMs, environment: protocols(remote) });
}

/** Pushes a machine's record by itself; says whether the host took it. */
export async function pushRecord(git: Git, remote: Remote, record: PushedTo): Promise<boolean> {
  return (await push(git, remote, [], [record])).exit === 0;
}

async function pushOneByOne(git: Git, remote: Remote, refs: readonly PushedTo[]): Promise<PushOutcome> {
  for (const [n, ref] of refs.entries()) {
    const answer = await push(git, remote, [], [ref]);
    // the branch is what counts; a record that did not come along is seen to be lacking in the next look
    if (answer.exit !== 0) return n === 0 ? pushOutcome(remote, answer, null) : { kind: "done" };
  }
  return { kind: "done" };
}

const MOVED =
  /stale info|fetch first|non-fast-forward|cannot lock ref|atomic transaction failed|failed to update ref|incorrect old value|reference already exists/;
/** Said of a ref that was only turned back because the other one was. */
const TURNED_BACK = /^\[[a-z ]*rejected\] \(atomic (?:push failed|push failure|transaction failed)\)/;

function pushOutcome(remote: Remote, answer: GitAnswer, record: PushedTo | null): PushOutcome {
  const rejected = parsePush(Buffer.from(answer.stdout).toString("utf8")).filter((ref) => ref.flag === "!");
  if (rejected.length === 0) {
    const failure = classify(remote, answer.stderr, false);
    return { kind: failure.kind === "remote-rejected" ? "refused" : "unknown", failure };
  }
  const first = rejected.find(({ summary }) => !TURNED_BACK.test(summary)) ?? rejected[0];
  const said = `${first?.summary ?? ""} ${answer.stderr}`;
  if (MOVED.test(said)) return { kind: "stale" };
  const failure = classify(remote, `${first?.summary ?? ""}\n${answer.stderr}`, true);
  const recordToo = rejected.some(({ remoteRef, summary }) => remoteRef === record?.ref && !TURNED_BACK.test(summary));
  return { kind: recordToo ? "record-refused" : "refused", failure };
}

/** One connection, tried again with growing pauses while it fails in passing. */
async function connect(
  git: Git,
  remote: Remote,
  args: readonly string[],
  accept: readonly number[],
): Promise<GitAnswer> {
  for (let attempt = 1; ; attempt++) {
    const answer = await git
      .run(args, { accept, timeoutMs: remote.timeoutMs, environment: protocols(remote) })
      .catch((error: unknown) => {
        if (error instanceof GitError && error.timedOut) throw tooSlow(remote);
        throw error;
      });
    // a ref that another process moved or locked meanwhile ends a fetch with 1
    const failed = answer.exit === 128 || /cannot lock ref/.test(answer.stderr);
    if (!failed || attempt >= remote.attempts || !isPassing(answer.stderr)) return answer;
    await remote.pause(FIRST_PAUSE_MS * 2 ** (attempt - 1));
  }
}

function protocols(remote: Remote): Record<string, string> {
  return remote.loopbackHttp ? { GIT_ALLOW_PROTOCOL: "https:ssh:file:http" } : {};
}

const PASSING =
  /Could not resolve host|Temporary failure in name resolution|Connection (?:refused|reset|timed out)|Operation timed out|timed out|Network is unreachable|No route to host|Failed to connect|early EOF|unexpected disconnect|RPC failed|Couldn't connect|HTTP 5\d\d|returned error: 5\d\d|kex_exchange_identification|Connection closed by|cannot lock ref/i;

function isPassing(stderr: string): boolean {
  return PASSING.test(stderr) && !REFUSED.test(stderr);
}

const REFUSED =
  /Authentication failed|could not read (?:Username|Password)|terminal prompts disabled|Permission denied \(|returned error: 40[13]|HTTP 40[13]|Host key verification failed|access denied|not authorized|protected branch|hook declined|Permission to .* denied|quota|deny(?:ing|Current)|GH\d{3}|remote rejected|unpacker error|insufficient permission/i;
/** Waiting does not mend it, so it is no trouble of the network. */
const DAMAGED_STORE =
  /^(?:error|fatal): .*(?:corrupt (?:loose|packed) object|(?:loose|packed) object .* corrupt|failed to unpack compressed delta|unable to unpack [0-9a-f]+ )/m;
const LOCAL_DISK = /No space left on device|Disk quota exceeded/i;

/** What a failed connection means, from git's words in the C locale. */
function classify(remote: Remote, stderr: string, answered: boolean): Failure {
  const cause = `${remote.shownUrl}: ${firstComplaint(stderr)}`;
  const lock = /Unable to create '(.*\.lock)': File exists/.exec(stderr)?.[1];
  if (lock !== undefined && !/^remote:/m.test(stderr)) {
    return new Failure("locked", {
      cause: `another git command is working in this folder, or was killed and left its lock behind: ${lock}`,
      remedy: [`rm '${lock}'   # only when no git is at work: ps ax | grep '[g]it '`],
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
      remedy: ["git fsck --full", `git fetch --refetch ${remote.name}   # brings a good copy where the remote has one`],
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
function unsoundObject(remote: Remote, what: string, check: string, because: string): Failure {
  const guard = /^(?:has|full|null)/.test(check) && /dot|path/i.test(check) ? "bad-name" : "foreign-remote";
  return new Failure("halted", {
    cause: `${guard}: ${remote.shownUrl} holds what must not be taken in: object ${what.trim()}; nothing was changed`,
    remedy: [
      "git log --stat -5   # on the machine that published last: undo the commit that added it, and publish again",
    ],
    because,
  });
}

function refusalRemedy(remote: Remote, stderr: string): string[] {
  if (/Host key verification failed/.test(stderr))
    return [`ssh -T '${remote.shownUrl}'   # once by hand, to accept the host's key`];
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

function tooSlow(remote: Remote): Failure {
  return new Failure("remote-unreachable", {
    cause: `${remote.shownUrl} did not finish answering within ${Math.round(remote.timeoutMs / 1000)} s`,
    remedy: [`git ls-remote ${remote.name}   # then run the same command again`],
  });
}
