// Talking to the remote: fetch, push, look. Says which of three things happened (done, refused, not reached), and
// never takes an empty answer for "nothing there".
import { Failure } from "../failure.ts";
import { parseLsRemote, parsePush } from "./parse.ts";
import { RECORD_PLACES, recordRefspecs, trackingOf } from "./record-refs.ts";
import { classify, type Host, isPassing, tooSlow } from "./remote-failure.ts";
import { type Git, type GitAnswer, GitError } from "./shell.ts";

export interface Remote extends Host {
  /** Short branch name. */
  readonly branch: string;
  /** The URL is plain http to this machine itself. */
  readonly loopbackHttp: boolean;
  /** How often a connection that fails in passing is tried. */
  readonly attempts: number;
  /** Waits between tries; resolves early when the run is told to end. */
  readonly pause: (ms: number) => Promise<void>;
}

const FIRST_PAUSE_MS = 500;

/** What the remote's branch was found to be: its commit, or `absent` where the remote answered without it. */
export type RemoteHead = { readonly commit: string } | "absent";

/**
 * What comes as the difference to an object that is here gets that object into its pack, and git compresses it for that:
 * a quarter of the time of a large fetch. Left as it is, it takes two and a half times the room until git packs the store
 * anew, which makes it hardly larger than it would have been (measured: 8 times 500 files, 265 instead of 195 MB, then 104
 * instead of 102; 60 times 10 files, 169 instead of 157 MB, then 101 each).
 */
const UNCOMPRESSED = ["core.looseCompression=0"];

/**
 * Fetches the branch into its remote-tracking branch, never forced, and the machines' records with it.
 * @param hasRoom whether the store may take more room until git's next maintenance.
 * @returns `absent` when the remote answered but has no such branch.
 * @throws {Failure} `remote-unreachable`, `remote-rejected`, or `halted` when the remote's history was rewritten.
 */
export async function fetchBranch(git: Git, remote: Remote, hasRoom: boolean): Promise<"fetched" | "absent"> {
  const branch = `refs/heads/${remote.branch}:refs/remotes/${remote.name}/${remote.branch}`;
  const answer = await fetchRefs(git, remote, [branch, ...recordRefspecs(remote.name)], hasRoom ? UNCOMPRESSED : []);
  if (answer.exit === 0) return "fetched";
  if (/couldn't find remote ref/.test(answer.stderr)) return "absent";
  if (/non-fast-forward/.test(answer.stderr)) throw rewritten(remote, answer.stderr);
  throw classify(remote, answer.stderr, false);
}

/**
 * Fetches the machines' records alone; says whether that worked. A record that is gone at the remote stays here: that its
 * machine is silent is told until a person says otherwise.
 */
export async function fetchRecords(git: Git, remote: Remote): Promise<boolean> {
  return (await fetchRefs(git, remote, recordRefspecs(remote.name))).exit === 0;
}

function fetchRefs(
  git: Git,
  remote: Remote,
  refspecs: readonly string[],
  config: readonly string[] = [],
): Promise<GitAnswer> {
  const args = [
    "fetch",
    "--no-progress",
    "--no-tags",
    "--no-prune",
    "--no-write-fetch-head",
    "--no-auto-maintenance",
    "--no-recurse-submodules",
  ];
  return connect(git, remote, [...args, "--end-of-options", remote.name, ...refspecs], [0, 1, 128], config);
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

/** The remote as a look finds it. */
export interface RemoteLook {
  readonly branch: RemoteHead;
  /** The machines' records by where a fetch keeps them here, each with its commit. */
  readonly records: ReadonlyMap<string, string>;
}

/** Asks the remote for the branch's commit and for the records': one connection, nothing transferred. */
export async function lookAtRemote(git: Git, remote: Remote): Promise<RemoteLook> {
  const ref = `refs/heads/${remote.branch}`;
  const args = [
    "ls-remote",
    "--quiet",
    "--end-of-options",
    remote.name,
    ref,
    ...RECORD_PLACES.map((place) => `${place}*`),
  ];
  const answer = await connect(git, remote, args, [0, 128]);
  if (answer.exit !== 0) throw classify(remote, answer.stderr, false);
  const refs = parseLsRemote(Buffer.from(answer.stdout).toString("utf8"));
  const commit = refs.get(ref);
  const records = new Map<string, string>();
  for (const [name, oid] of refs) {
    if (RECORD_PLACES.some((place) => name.startsWith(place))) records.set(trackingOf(remote.name, name), oid);
  }
  return { branch: commit === undefined ? "absent" : { commit }, records };
}

/** Asks the remote for the branch's commit. */
export async function lookAtBranch(git: Git, remote: Remote): Promise<RemoteHead> {
  return (await lookAtRemote(git, remote)).branch;
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
  config: readonly string[] = [],
): Promise<GitAnswer> {
  for (let attempt = 1; ; attempt++) {
    const answer = await git
      .run(args, { accept, config, timeoutMs: remote.timeoutMs, environment: protocols(remote) })
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
