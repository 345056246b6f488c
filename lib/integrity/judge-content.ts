// Judges one file's change by the facts of its content before and after. Pure; which file is critical, what it held
// before and whether git LFS has it is told by the caller. Symbolic links have no content to judge.
import type { Hit } from "../guard.ts";
import type { ContentFacts } from "./content.ts";

/** What a file held before: its facts, its size alone where `needsBefore` said that this is enough, null for a new file. */
export type Before = ContentFacts | { readonly sizeBytes: number } | null;

export interface ContentChange {
  readonly path: string;
  readonly critical: boolean;
  /** The attributes give the file to git LFS, so that git itself holds a pointer. */
  readonly lfs: boolean;
  /** Of an exactly renamed file, the content under its former name. */
  readonly before: Before;
  readonly after: ContentFacts;
}

export interface ContentLimits {
  readonly shrunkPercent: number;
  readonly shrunkLeastBytes: number;
}

const TEXT =
  /\.(?:md|markdown|txt|json|jsonl|ndjson|csv|tsv|html?|xml|ya?ml|toml|ini|cfg|conf|py|js|mjs|cjs|jsx|tsx|gs|css|scss|sh|bash|zsh|sql|log|rst|tex|svg|ics|vcf|ipynb)$/i;
const BINARY =
  /\.(?:png|jpe?g|gif|webp|heic|tiff?|bmp|ico|pdf|docx?|xlsx?|pptx?|od[tsp]|pages|numbers|zip|gz|tgz|bz2|xz|zst|7z|rar|dmg|mp[34]|m4[av]|mov|wav|avi|webm|sqlite3?|db|pickle|pkl|pyc|npy|parquet|woff2?|ttf|otf|so|dylib|exe|bin|wasm|jar)$/i;

type Rule = (change: ContentChange, limits: ContentLimits) => string | null;

const RULES: readonly (readonly [Hit["guard"], Rule])[] = [
  ["invalid-json", invalidJson],
  ["emptied", emptied],
  ["shrunk", shrunk],
  ["nul-bytes", nulBytes],
  ["conflict-markers", conflictMarkers],
  ["secret", secret],
  ["lfs-pointer", lfsPointer],
];

/** True where the content must be read as JSON to be judged. */
export function wantsJson(path: string, critical: boolean): boolean {
  return critical && path.toLowerCase().endsWith(".json");
}

/**
 * True where the facts of the earlier content are needed to judge; its size always is. The path spares the reading of
 * pictures and the like, whose NUL bytes say nothing.
 */
export function needsBefore(after: ContentFacts, critical: boolean, path = ""): boolean {
  return (
    after.secrets.length > 0 ||
    after.conflicts > 0 ||
    after.lfsPointer ||
    (after.nul && !after.text && (after.allZero || !BINARY.test(path))) ||
    (critical && after.blank && after.sizeBytes > 0)
  );
}

/**
 * What stands against a change, at most one hit a guard, in the order of the guards. A `before` of which only the size
 * is known counts as sound: when in doubt, the change is halted.
 */
export function judgeContent(change: ContentChange, limits: ContentLimits): Hit[] {
  return RULES.flatMap(([guard, rule]) => {
    const says = rule(change, limits);
    return says === null ? [] : [{ guard, path: change.path, says }];
  });
}

function invalidJson({ path, critical, lfs, after }: ContentChange): string | null {
  if (!wantsJson(path, critical) || (lfs && after.lfsPointer)) return null;
  if (after.json === null) throw new Error(`${path} is to be judged as JSON and was not read as JSON`);
  return after.json === "valid" ? null : `does not parse as JSON: it ${after.json}`;
}

function emptied({ critical, before, after }: ContentChange): string | null {
  if (before === null || before.sizeBytes === 0) return null;
  if (after.sizeBytes === 0) return `had ${bytes(before.sizeBytes)} and has none`;
  if (!critical || !after.blank || factsOf(before)?.blank === true) return null;
  return `had ${bytes(before.sizeBytes)} and has nothing but white space (${bytes(after.sizeBytes)})`;
}

function shrunk({ critical, lfs, before, after }: ContentChange, limits: ContentLimits): string | null {
  if (!critical || before === null || after.blank || (lfs && after.lfsPointer)) return null;
  if (before.sizeBytes <= limits.shrunkLeastBytes) return null;
  if (after.sizeBytes * 100 >= before.sizeBytes * limits.shrunkPercent) return null;
  return `had ${bytes(before.sizeBytes)} and has ${counted(after.sizeBytes)}`;
}

function nulBytes({ path, before, after }: ContentChange): string | null {
  if (!after.nul || after.text) return null;
  const facts = factsOf(before);
  const isNew = before === null || before.sizeBytes === 0;
  if (after.allZero) {
    if (isNew ? !TEXT.test(path) : facts?.allZero === true) return null;
    return `has ${bytes(after.sizeBytes)}, all of them zero`;
  }
  if (BINARY.test(path) || (isNew ? !TEXT.test(path) : facts?.text === false)) return null;
  return "is text with NUL bytes in it";
}

function conflictMarkers({ before, after }: ContentChange): string | null {
  const had = factsOf(before)?.conflicts ?? 0;
  if (after.conflicts <= had) return null;
  const found = after.conflicts === 1 ? "an unfinished merge" : `${counted(after.conflicts)} unfinished merges`;
  return `holds the markers of ${found}${had === 0 ? "" : `, and held ${counted(had)} before`}`;
}

function secret({ before, after }: ContentChange): string | null {
  const known = new Set(factsOf(before)?.secrets.map(({ mark }) => mark));
  const fresh = after.secrets.filter(({ mark }) => !known.has(mark));
  if (fresh.length === 0) return null;
  const shown = fresh.slice(0, 3).map(({ kind, line }) => `${kind} (line ${line})`);
  return `holds ${shown.join(", ")}${fresh.length > 3 ? ` and ${counted(fresh.length - 3)} more` : ""}`;
}

function lfsPointer({ lfs, before, after }: ContentChange): string | null {
  if (!after.lfsPointer || lfs || factsOf(before)?.lfsPointer === true) return null;
  return before === null || before.sizeBytes === 0
    ? "is a pointer of git LFS, and no attribute gives it to git LFS"
    : `had ${bytes(before.sizeBytes)} of content and is a pointer of git LFS`;
}

function factsOf(before: Before): ContentFacts | null {
  return before !== null && "secrets" in before ? before : null;
}

function bytes(count: number): string {
  return `${counted(count)} byte${count === 1 ? "" : "s"}`;
}

function counted(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ",");
}
