// What was learned of contents in a run, by object, so that each is read once: from the folder, from what was staged, or
// from the object store, whichever is read anyway.
import type { Entry } from "../git/parse.ts";
import { pathMatcher } from "../machine/globs.ts";
import { type ContentFacts, ContentReader } from "./content.ts";
import type { BeginTake } from "./digest.ts";
import { wantsJson } from "./judge-content.ts";

/** A content that is wanted: an object, and whether it is to be read as JSON. */
export interface Wanted {
  readonly oid: string;
  readonly json: boolean;
}

/** Facts of contents by object. */
export class Contents {
  private readonly facts = new Map<string, ContentFacts>();
  /** Sizes of contents with nothing special about them: of 100,000 files nearly all are, and their facts are all alike. */
  private readonly plain = new Map<string, number>();
  /** Sizes of objects that were asked for, bytes. */
  readonly sizes = new Map<string, number>();
  private readonly isCritical: (path: string) => boolean;

  constructor(critical: readonly string[]) {
    this.isCritical = pathMatcher(critical);
  }

  /** Whether a critical file is to hold JSON. */
  wantsJson(path: string): boolean {
    return wantsJson(path, this.isCritical(path));
  }

  /** What is known of an object as the content of a path. */
  of(path: string, oid: string): ContentFacts | undefined {
    const wanted = { oid, json: this.wantsJson(path) };
    const key = keyOf(wanted);
    const sizeBytes = this.plain.get(key);
    return sizeBytes === undefined ? this.facts.get(key) : plainFacts(sizeBytes, wanted);
  }

  /** Whether anything is known of an object as the content of a path. */
  knows(path: string, oid: string): boolean {
    const key = keyOf({ oid, json: this.wantsJson(path) });
    return this.plain.has(key) || this.facts.has(key);
  }

  /** A reader for a file's bytes as they are digested; `keep` says which object they turned out to be. */
  reader(path: string): { readonly begin: BeginTake; readonly keep: (oid: string) => void } {
    const json = this.wantsJson(path);
    let reader: ContentReader | null = null;
    return {
      begin: (sizeBytes) => {
        const begun = new ContentReader({ json, sizeBytes });
        reader = begun;
        return (piece) => begun.take(piece);
      },
      keep: (oid) => {
        if (reader !== null) this.put({ oid, json }, reader.end());
        reader = null;
      },
    };
  }

  put(wanted: Wanted, facts: ContentFacts): void {
    if (isPlain(facts, wanted)) this.plain.set(keyOf(wanted), facts.sizeBytes);
    else this.facts.set(keyOf(wanted), facts);
  }
}

/** The facts of a text without anything in it that a guard would look at twice. */
function plainFacts(sizeBytes: number, { json }: Wanted): ContentFacts {
  return {
    sizeBytes,
    nul: false,
    allZero: false,
    blank: false,
    text: true,
    conflicts: 0,
    secrets: [],
    json: json ? "valid" : null,
    lfsPointer: false,
  };
}

function isPlain(facts: ContentFacts, { json }: Wanted): boolean {
  const { nul, allZero, blank, text, conflicts, secrets, lfsPointer } = facts;
  const isQuiet = conflicts === 0 && secrets.length === 0 && !lfsPointer;
  return text && !nul && !allZero && !blank && isQuiet && facts.json === (json ? "valid" : null);
}

/** One key for an object read in one way. */
export function keyOf({ oid, json }: Wanted): string {
  return json ? `${oid} json` : oid;
}

/** Entries whose content a guard can judge: files, not links and not other repositories. */
export function isContent(entry: Entry | null): entry is Entry {
  return entry?.mode.startsWith("100") === true;
}
