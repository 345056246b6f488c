// Proves what git wrote beside the folder before any of it goes into the folder: every staged file is read back.
import { utimesSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../failure.ts";
import type { Change, Entry } from "../git/parse.ts";
import { type BeginTake, type FileDigest, readFile, type SeenFile, type WantedOid } from "../integrity/digest.ts";
import { saveOf } from "../integrity/file-state.ts";
import type { KnownDigest } from "../machine/state.ts";
import { LEFT_BY_FILE, tidy } from "../tidy.ts";
import { notAsGitMakes } from "./filtered.ts";
import { breathe } from "./pause.ts";
import type { Session } from "./session.ts";

/** A change that puts something into the folder. */
export type Arriving = Change & { readonly after: Entry };

/** Where staged files are, and what is to be known of them. */
export interface StagingProof {
  /** Holds the tree that the changes lead to. */
  readonly indexFile: string;
  readonly staging: string;
  readonly taken: Taken;
  /** Guards will judge what arrives: it is learned while it is read. */
  readonly judged: boolean;
}

export const LINK = "120000";
const OLDER_SECONDS = 3;
const SECOND_NS = 1_000_000_000n;
/** Files read before what runs at the same time (the flushing) gets its turn. */
const READ_AT_ONCE = 8;
const REMEMBERED_AT_ONCE = 2_000;
/**
 * Sets a staged file's time back, to before the second in which the index will be written. git doubts every entry that
 * is not older than its index, and would read all that arrived again in each run that finds nothing to do. A whole
 * second, and an even one: no tool and no file system loses part of it.
 * @returns the file's size and time from now on, as `saveOf` writes them.
 */
function makeOlder(path: string, { size, mtimeNs }: SeenFile["stat"], taken: readonly bigint[] = []): string {
  const seconds = Number(mtimeNs / SECOND_NS) - OLDER_SECONDS;
  let even = seconds - (seconds % 2);
  while (taken.some((time) => time / SECOND_NS === BigInt(even))) even -= 2;
  utimesSync(path, even, even);
  return saveOf({ size, mtimeNs: BigInt(even) * SECOND_NS });
}

export type Taken = ReadonlyMap<string, readonly bigint[]> | undefined;

/** A staged file as it was read and proven; a link, which is made anew where it goes, has no size and time of its own. */
export interface ProvenFile {
  readonly digest: FileDigest;
  readonly save: string | undefined;
}

/**
 * Each staged file must be its object's content: the id computed from its bytes is the object's, or git's filters make
 * it so under the arriving attributes. What was read here first is remembered as the object's SHA-256, and put into `proven`.
 */
export async function proveStaged(
  session: Session,
  arriving: readonly Arriving[],
  { indexFile, staging, taken, judged }: StagingProof,
  proven: Map<string, ProvenFile>,
): Promise<void> {
  const { oidBytes } = await session.configuration;
  const contents = new Map<string, KnownDigest & { path: string }>();
  const filtered: Arriving[] = [];
  let remembered: ReadonlyMap<string, KnownDigest> = new Map();
  for (const [n, change] of arriving.entries()) {
    if (n % READ_AT_ONCE === 0) await breathe();
    if (n % REMEMBERED_AT_ONCE === 0)
      remembered = session.state.digestsOf(arriving.slice(n, n + REMEMBERED_AT_ONCE).map(({ after }) => after.oid));
    tidy(LEFT_BY_FILE * (judged ? 5 : 2));
    const place = join(staging, change.path);
    const reader = judged ? session.contents.reader(change.path) : null;
    const known = remembered.get(change.after.oid)?.sha256;
    const { digest, stat } = readStaged(place, change, { known, oidBytes, begin: reader?.begin });
    if (contents.size >= REMEMBERED_AT_ONCE) rememberStaged(session, contents);
    if (digest.oid === change.after.oid) {
      if (digest.sha256 !== known)
        contents.set(digest.oid, { sha256: digest.sha256, sizeBytes: digest.sizeBytes, path: change.path });
      reader?.keep(digest.oid);
    } else filtered.push(change);
    const save = change.after.mode === LINK ? undefined : makeOlder(place, stat, taken?.get(change.path));
    proven.set(change.path, { digest, save });
  }
  rememberStaged(session, contents);
  const [wrong] = await notAsGitMakes(
    session,
    filtered.map(({ path, after }) => [path, after]),
    { indexFile, folder: staging },
  );
  if (wrong !== undefined) throw damagedStaging(wrong);
}

/**
 * Reads a staged file. Where it has the SHA-256 with which its object was read before, the object's id need not be
 * computed from its bytes once more.
 */
function readStaged(
  place: string,
  { path, after }: Arriving,
  how: { known: string | undefined; oidBytes: 20 | 32; begin: BeginTake | undefined },
): SeenFile {
  const read = (wanted: WantedOid): SeenFile => {
    const seen = readFile(place, wanted, how.begin);
    if (seen === null || seen === "unsteady" || seen.digest.mode !== after.mode) throw damagedStaging(path);
    return seen;
  };
  if (how.known === undefined) return read(how.oidBytes);
  const { digest, stat } = read(null);
  return digest.sha256 === how.known ? { digest: { ...digest, oid: after.oid }, stat } : read(how.oidBytes);
}

/**
 * Remembers contents that were read, and lets go of them. What was read now must be what was remembered of the same
 * object: git's ids alone may be SHA-1.
 */
function rememberStaged(session: Session, contents: Map<string, KnownDigest & { readonly path: string }>): void {
  for (const [oid, { sha256 }] of session.state.digestsOf([...contents.keys()])) {
    const read = contents.get(oid);
    if (read !== undefined && read.sha256 !== sha256) throw damagedStaging(read.path);
  }
  session.state.rememberDigests(contents);
  contents.clear();
}

function damagedStaging(path: string): Failure {
  return new Failure("integrity-mismatch", {
    cause: `${path} was not written as the commit holds it; the folder was not touched`,
    paths: [path],
    remedy: ["git fsck --full", "df -h .   # then run the same command again"],
  });
}
