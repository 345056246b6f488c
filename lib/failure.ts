// The closed set of failures a run can end in, and the one catalogue that gives each its exit code, title, loudness
// and whether a retry makes sense. Everyone imports this file; it imports nothing.

export type FailureKind =
  | "internal"
  | "usage"
  | "config-invalid"
  | "not-a-repository"
  | "locked"
  | "remote-unreachable"
  | "remote-rejected"
  | "permission-denied"
  | "conflicts"
  | "halted"
  | "recovery-pending"
  | "held-back"
  | "snapshot-failed"
  | "integrity-mismatch"
  | "rollback-failed"
  | "interrupted"
  | "terminated";

/** How loud a failure is once channels exist: `quiet` is only logged, `notice` is shown, `alarm` is shown with sound and sent. */
export type Loudness = "quiet" | "notice" | "alarm";

export interface FailureRow {
  readonly exit: number;
  readonly title: string;
  readonly loudness: Loudness;
  /** True when the same command may succeed later without anybody doing anything. */
  readonly retry: boolean;
}

export const FAILURES: Readonly<Record<FailureKind, FailureRow>> = {
  internal: { exit: 1, title: "internal error", loudness: "alarm", retry: false },
  usage: { exit: 2, title: "wrong usage", loudness: "quiet", retry: false },
  "config-invalid": { exit: 3, title: "settings are not valid", loudness: "notice", retry: false },
  "not-a-repository": { exit: 10, title: "the folder cannot be synced as it is", loudness: "alarm", retry: false },
  locked: { exit: 11, title: "another run is working on this folder", loudness: "quiet", retry: true },
  "remote-unreachable": { exit: 12, title: "the remote cannot be reached", loudness: "quiet", retry: true },
  "remote-rejected": { exit: 13, title: "the remote refused", loudness: "alarm", retry: false },
  "permission-denied": { exit: 14, title: "permission denied", loudness: "alarm", retry: false },
  conflicts: { exit: 20, title: "both machines changed the same thing", loudness: "notice", retry: false },
  halted: { exit: 21, title: "halted before any harm was done", loudness: "alarm", retry: false },
  "recovery-pending": { exit: 22, title: "an earlier run must be recovered first", loudness: "alarm", retry: false },
  "held-back": { exit: 23, title: "synced, but some files were held back", loudness: "notice", retry: false },
  "snapshot-failed": { exit: 30, title: "no snapshot could be taken", loudness: "alarm", retry: false },
  "integrity-mismatch": { exit: 31, title: "files are not what they should be", loudness: "alarm", retry: false },
  "rollback-failed": { exit: 32, title: "the folder could not be put back", loudness: "alarm", retry: false },
  interrupted: { exit: 130, title: "interrupted", loudness: "quiet", retry: true },
  terminated: { exit: 143, title: "ended from outside", loudness: "quiet", retry: true },
};

/** Exit codes of runs that went through: all is done, but perhaps for files that were held back. */
export const WENT_THROUGH: readonly number[] = [0, FAILURES["held-back"].exit];

export interface FailureDetails {
  /** One sentence with the path and the numbers, lower case, no full stop. */
  readonly cause: string;
  /** Commands to paste, in order. */
  readonly remedy: readonly string[];
  /** Paths inside the folder that the failure is about. */
  readonly paths?: readonly string[];
  /** In place of the catalogue's, where that would not be true. */
  readonly title?: string;
  /** What was thrown underneath; goes to the log only. */
  readonly because?: unknown;
}

/** An expected end of a run. Anything else that is thrown is a bug and ends as `internal`. */
export class Failure extends Error {
  readonly kind: FailureKind;
  readonly remedy: readonly string[];
  readonly paths: readonly string[];
  readonly title: string;

  constructor(kind: FailureKind, details: FailureDetails) {
    super(details.cause, details.because === undefined ? undefined : { cause: details.because });
    this.name = "Failure";
    this.kind = kind;
    this.remedy = details.remedy;
    this.paths = details.paths ?? [];
    this.title = details.title ?? FAILURES[kind].title;
  }

  get exit(): number {
    return FAILURES[this.kind].exit;
  }
}

/** The system's short error name (`ENOSPC`, `EACCES`…), or null when `error` is not a system error. */
export function systemCode(error: unknown): string | null {
  if (typeof error !== "object" || error === null || !("code" in error)) return null;
  return typeof error.code === "string" ? error.code : null;
}

const DISK_CODES = /^(?:ENOSPC|EDQUOT|EIO|EFBIG|SQLITE_FULL|SQLITE_IOERR.*)$/;
const DAMAGED_OBJECT =
  /corrupt (?:loose|packed) object|(?:loose|packed) object .* corrupt|failed to unpack compressed delta|inflate: data stream error/;
const BROKEN_CONFIGURATION = /fatal: bad (?:config line|config variable|(?:numeric|boolean) config value)/;
const PERMISSION_CODES = /^(?:EACCES|EPERM|EROFS|SQLITE_READONLY.*|SQLITE_CANTOPEN.*|SQLITE_PERM)$/;

/**
 * What an error of the system or of git means for a run, or null when it is none that a person can act on.
 * Callers say what became of the folder; this says what stood in the way.
 */
export function surroundingFailure(error: unknown): Failure | null {
  if (error instanceof Failure) return error;
  const code = systemCode(error) ?? "";
  const text = error instanceof Error ? error.message : String(error);
  const path =
    typeof error === "object" && error !== null && "path" in error && typeof error.path === "string"
      ? `${error.path}: `
      : "";
  if (DISK_CODES.test(code) || /No space left on device|Disk quota exceeded|fsync error/.test(text)) {
    const what =
      code === "EIO" || code.startsWith("SQLITE_IOERR") ? "the disk failed to read or write" : "the disk is full";
    return new Failure("snapshot-failed", {
      cause: `${what}: ${path}${oneLine(text)}`,
      remedy: ["df -h ."],
      because: error,
    });
  }
  if (/^SQLITE_(?:CORRUPT|NOTADB)/.test(code)) {
    return new Failure("recovery-pending", {
      cause: `the history of this tool (state.db beside the repository) is damaged: ${oneLine(text)}`,
      remedy: [
        'd="$(git rev-parse --git-dir)/petesbrain-sync" && mkdir -p "$d/damaged-history" && mv "$d"/state.db* "$d/damaged-history"   # inside the folder; history is lost with it, no file of yours is',
        "petesbrain-sync rollback list   # after that: the snapshots are all there still",
      ],
      because: error,
    });
  }
  if (DAMAGED_OBJECT.test(text)) {
    return new Failure("integrity-mismatch", {
      cause: `git's store holds a damaged object: ${oneLine(text)}`,
      remedy: ["git fsck --full   # names every damaged object"],
      because: error,
    });
  }
  if (PERMISSION_CODES.test(code) || /Permission denied|Operation not permitted|Read-only file system/.test(text)) {
    return new Failure("permission-denied", {
      cause: `${path}${oneLine(text)}`,
      remedy: [
        "ls -ld .   # folder and repository must belong to you and be writable (on a Mac also: chflags nouchg FILE)",
      ],
      because: error,
    });
  }
  if (BROKEN_CONFIGURATION.test(text)) {
    return new Failure("not-a-repository", {
      cause: `git cannot read its configuration: ${oneLine(text)}`,
      remedy: [
        "git config --list --show-origin   # says which file and line; mend that, then run the same command again",
      ],
      because: error,
    });
  }
  if (/Unable to create '.*\.lock': File exists/.test(text)) {
    return new Failure("locked", {
      cause: oneLine(text),
      remedy: ["ps ax | grep '[g]it '   # is a git at work? let it end, then try again"],
      because: error,
    });
  }
  return null;
}

function oneLine(text: string): string {
  return (text.split("\n").find((line) => line.trim() !== "") ?? text).trim().slice(0, 300);
}
