// Which machine wrote a version of a file: the oldest commit of a history that brought exactly this content to the path
// names its role in the trailer that every run's commit carries. A commit made with plain git names none.
import { decodePath, splitRecords } from "../git/parse.ts";
import type { Git } from "../git/shell.ts";
import type { Writers } from "../merge/preference.ts";
import type { Sides } from "../merge/reconcile.ts";
import type { Session } from "./session.ts";
import { together } from "./together.ts";

/** A version of a path; `oid` null for its deletion. */
export interface Version {
  readonly path: string;
  readonly oid: string | null;
}

/** The commits to look through: those that `tip` has and `base` has not; all of them where there is no base. */
export interface History {
  readonly base: string | null;
  readonly tip: string;
}

/** One line of git-log(1)'s answer for each commit, marked with a byte that no raw record begins with. */
const FORMAT = "--format=%x01%(trailers:key=Sync-Role,valueonly,separator=%x2C)";
const LOG = [
  "log",
  "-z",
  "--raw",
  "--no-abbrev",
  "--no-renames",
  "-m",
  "--topo-order",
  "--full-history",
  "--no-color",
  FORMAT,
];
/** Above this many paths git is not told which; a command line has an end. */
const MOST_NAMED = 200;

/** The role that wrote each version, by `path` and version; absent where no commit of the history did, null where it says no role. */
async function writersIn(
  git: Git,
  history: History,
  wanted: readonly Version[],
): Promise<(version: Version) => string | null | undefined> {
  const known = new Map<string, string | null>();
  if (wanted.length > 0 && history.base !== history.tip) {
    const range = history.base === null ? [history.tip] : [history.tip, `^${history.base}`];
    const paths = [...new Set(wanted.map(({ path }) => path))];
    const named = paths.length <= MOST_NAMED ? paths : [];
    const { stdout } = await git.run([...LOG, "--end-of-options", ...range, "--", ...named]);
    const asked = new Set(wanted.map(keyOf));
    // from the newest to the oldest: what is set last is the commit that brought it
    for (const [version, role] of parseWrites(stdout)) if (asked.has(keyOf(version))) known.set(keyOf(version), role);
  }
  return (version) => known.get(keyOf(version));
}

function keyOf({ path, oid }: Version): string {
  return `${oid ?? "-"} ${path}`;
}

/** Reads `git log -z --raw` with `FORMAT`: every version that a commit brought, newest commit first. */
export function* parseWrites(bytes: Uint8Array): Generator<readonly [Version, string | null]> {
  let role: string | null = null;
  const records = splitRecords(bytes);
  for (const record of records) {
    if (record.length === 0) continue;
    if (record[0] === 1) {
      role = roleOf(Buffer.from(record.subarray(1)).toString("utf8"));
      continue;
    }
    const header = Buffer.from(record).toString("latin1").trimStart();
    const [, mode, oid] = /^:\d{6} (\d{6}) [0-9a-f]{40,64} ([0-9a-f]{40,64}) [AMDT]$/.exec(header) ?? [];
    const name = records.next();
    if (mode === undefined || oid === undefined || name.done === true)
      throw new Error(`git log answered an unknown record: ${header.slice(0, 120)}`);
    yield [{ path: decodePath(name.value), oid: mode === "000000" ? null : oid }, role];
  }
}

/** What a run may be called: whatever else stands in a commit that arrives is no role, and is never part of a name. */
const ROLE = /^[\p{L}\p{N}][\p{L}\p{N}._-]{0,63}$/u;

/** The last trailer counts, as everywhere in git. */
export function roleOf(trailers: string): string | null {
  const role = trailers.trim().split(",").at(-1) ?? "";
  return ROLE.test(role) ? role : null;
}

/** The two lines of commits that are being united, for the question of who wrote what. */
export interface Histories {
  /** Their merge base; null where there is none. */
  readonly base: string | null;
  /** This machine's commit; null where it has none. What is in no commit yet was written here. */
  readonly ours: string | null;
  readonly theirs: string;
  /** What the sides are called where they are no machines' histories. */
  readonly names?: { readonly ours: string; readonly theirs: string };
}

/** Who wrote the two versions of a path, for many paths at once. */
export async function writersOf(
  { git, context }: Session,
  histories: Histories | null,
  decisions: readonly { readonly path: string; readonly sides: Sides }[],
): Promise<(decision: { readonly path: string; readonly sides: Sides }) => Writers> {
  if (histories === null || histories.names !== undefined) return () => ({ ours: null, theirs: null });
  const { base, ours, theirs } = histories;
  const versions = (side: "ours" | "theirs"): Version[] =>
    decisions.map(({ path, sides }) => ({ path, oid: sides[side]?.oid ?? null }));
  const [here, there] = await together(
    ours === null ? Promise.resolve(() => undefined) : writersIn(git, { base, tip: ours }, versions("ours")),
    writersIn(git, { base, tip: theirs }, versions("theirs")),
  );
  return ({ path, sides }) => {
    const own = here({ path, oid: sides.ours?.oid ?? null });
    return {
      // a version that no commit has was written in this folder, by its own machine
      ours: own === undefined ? context.settings.role : own,
      theirs: there({ path, oid: sides.theirs?.oid ?? null }) ?? null,
    };
  };
}
