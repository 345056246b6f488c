// Reads the contents that guards judge, each once and where it is cheapest.
import { join } from "node:path";
import { type ObjectHead, type ObjectVisitor, readObjects } from "../git/cat-file.ts";
import type { Change } from "../git/parse.ts";
import { ContentReader } from "../integrity/content.ts";
import { type Contents, isContent, keyOf, type Wanted } from "../integrity/contents.ts";
import { digestIfSteady, type FileDigest } from "../integrity/digest.ts";
import { damagedObject, sizesOf } from "../integrity/objects.ts";
import type { KnownDigest } from "../machine/state.ts";
import { LEFT_BY_FILE, tidy } from "../tidy.ts";
import { breathe } from "./pause.ts";
import type { Session } from "./session.ts";

const READ_AT_ONCE = 16;
/** Digests, or sizes that are asked for, that are held at once. */
const MOST_HELD = 1_000;
/**
 * Reads changed files in the folder, as far as they are the objects that the changes name: what is learned and digested
 * here need not be read from the store again. A file that is something else by now, or goes through a filter, is left out.
 */
export async function learnFromFolder(session: Session, changes: readonly Change[]): Promise<void> {
  const unknown = changes.filter(({ path, after }) => isContent(after) && !session.contents.knows(path, after.oid));
  await learnPaths(
    session,
    unknown.map(({ path }) => path),
  );
}

/** Reads files of the folder as they are now, whatever object that is. */
export async function learnPaths(session: Session, paths: readonly string[]): Promise<void> {
  const { oidBytes } = await session.configuration;
  const digests = new Map<string, KnownDigest>();
  for (const [n, path] of paths.entries()) {
    if (n % READ_AT_ONCE === 0) await breathe();
    tidy(LEFT_BY_FILE * 2);
    const found = learnFile(session, path, oidBytes);
    if (found !== null) digests.set(found.oid, found);
    if (digests.size < MOST_HELD) continue;
    session.state.rememberDigests(digests);
    digests.clear();
  }
  session.state.rememberDigests(digests);
}

/** Reads one file of the folder with a content reader; null when it is gone, no file, or does not stand still. */
function learnFile(session: Session, path: string, oidBytes: 20 | 32): FileDigest | null {
  const reader = session.contents.reader(path);
  const digest = digestIfSteady(join(session.repository.folder, path), oidBytes, reader.begin);
  if (digest === null || digest === "unsteady") return null;
  reader.keep(digest.oid);
  return digest;
}

/** Reads from the store what is not known yet. @throws {Failure} `integrity-mismatch` for a missing object. */
export async function learnFromStore(
  session: Session,
  wanted: readonly { readonly path: string; readonly oid: string }[],
): Promise<void> {
  const unknown = new Map<string, Wanted>();
  for (const { path, oid } of wanted) {
    if (session.contents.knows(path, oid)) continue;
    const want = { oid, json: session.contents.wantsJson(path) };
    unknown.set(keyOf(want), want);
  }
  const asked = [...unknown.values()];
  const [lacking] = await readObjects(
    session.git,
    asked.map(({ oid }) => oid),
    new Learner(session.contents, asked),
  );
  if (lacking !== undefined) throw damagedObject(asked[lacking]?.oid ?? "");
}

class Learner implements ObjectVisitor {
  private readonly contents: Contents;
  private readonly asked: readonly Wanted[];
  private wanted: Wanted = { oid: "", json: false };
  private reader = new ContentReader({ json: false });

  constructor(contents: Contents, asked: readonly Wanted[]) {
    this.contents = contents;
    this.asked = asked;
  }

  begin({ sizeBytes }: ObjectHead, asked: number): void {
    this.wanted = this.asked[asked] ?? this.wanted;
    this.reader = new ContentReader({ json: this.wanted.json, sizeBytes });
  }

  take(piece: Uint8Array): void {
    this.reader.take(piece);
  }

  end(): void {
    this.contents.put(this.wanted, this.reader.end());
  }
}

/** Sizes of objects by id, bytes: those that are remembered, and those that git has to be asked for. */
export async function sizesByObject(session: Session, oids: Iterable<string>): Promise<ReadonlyMap<string, number>> {
  const { sizes } = session.contents;
  const unknown = [...oids].filter((oid) => !sizes.has(oid));
  for (let at = 0; at < unknown.length; at += MOST_HELD) {
    const part = [...new Set(unknown.slice(at, at + MOST_HELD))];
    for (const [oid, { sizeBytes }] of session.state.digestsOf(part)) sizes.set(oid, sizeBytes);
    tidy(part.length * LEFT_BY_FILE);
  }
  const asked = [...new Set(unknown)].filter((oid) => !sizes.has(oid));
  for (const [oid, sizeBytes] of await sizesOf(session.git, asked)) sizes.set(oid, sizeBytes);
  return sizes;
}
